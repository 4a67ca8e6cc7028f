"""Runs a state machine from a state as `startExecution.sync:2` does. The emulator checks no role for it.

A child that does not succeed is the error States.TaskFailed, with the description of its execution as
the cause. The emulator passes on the child's own error, or none.
"""

import contextvars
import json

from ministack.services import stepfunctions

from .permissions import why_not
from .task_roles import SERVICE, running

RULE = "StepFunctionsGetEventsForStepFunctionsExecutionRule"


def needed_for(started: str) -> list[tuple[str, str]]:
    """Returns the actions, each with its resource, that a role needs to run a state machine."""
    prefix, name = started.rsplit(":stateMachine:", 1)
    execution = f"{prefix}:execution:{name}:any"
    rule = f"{prefix.replace(':states:', ':events:')}:rule/{RULE}"
    return [
        ("states:StartExecution", started),
        *((f"states:{action}", execution) for action in ("DescribeExecution", "StopExecution")),
        *((f"events:{action}", rule) for action in ("PutTargets", "PutRule", "DescribeRule")),
    ]


def check_role(machine: dict, started: str) -> None:
    for action, resource in needed_for(started):
        missing = why_not(machine["roleArn"], SERVICE, machine["stateMachineArn"], action, resource)
        if missing:
            raise stepfunctions._ExecutionError("StepFunctions.AccessDeniedException", missing)


def described(execution: dict) -> dict:
    """Returns the fields of an execution as the integration names them, with input and output as JSON."""
    fields = {key[0].upper() + key[1:]: value for key, value in execution.items()}
    for key in ("Input", "Output"):
        fields[key] = json.loads(fields.get(key) or "{}")
    if fields["Status"] != "SUCCEEDED":
        del fields["Output"]
    return fields


def add() -> None:
    if not hasattr(stepfunctions, "_invoke_nested_start_execution_sync"):
        raise RuntimeError("The emulator's nested executions have changed: review this supplement")

    def run(_resource, parameters):
        request = stepfunctions._nested_start_execution_request(parameters)
        check_role(running.get(), request["stateMachineArn"])
        # In a context of its own: the child must not become the machine that the parent's calls are checked for.
        start = stepfunctions._start_sync_execution
        status, _, body = contextvars.copy_context().run(start, request)
        reply = json.loads(body)
        if status >= 400:
            raise stepfunctions._ExecutionError(f"StepFunctions.{reply['__type']}Exception", reply["message"])
        execution = described(reply)
        if execution["Status"] != "SUCCEEDED":
            raise stepfunctions._ExecutionError("States.TaskFailed", json.dumps(execution))
        return execution

    stepfunctions._invoke_nested_start_execution_sync = run
