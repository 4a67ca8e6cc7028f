"""Checks that a state machine's role may invoke a function. The emulator does not check it."""

import contextvars

from ministack.services import stepfunctions

from .permissions import why_not

SERVICE = "states.amazonaws.com"
running: contextvars.ContextVar[dict] = contextvars.ContextVar("running")


def add() -> None:
    run, call = stepfunctions._run_execution, stepfunctions._call_lambda

    def run_as(execution_arn, *args, **kwargs):
        machine = stepfunctions._executions[execution_arn]["stateMachineArn"]
        running.set(stepfunctions._state_machines[machine])
        return run(execution_arn, *args, **kwargs)

    def call_as(function_arn, event):
        machine = running.get()
        source = machine["stateMachineArn"]
        missing = why_not(machine["roleArn"], SERVICE, source, "lambda:InvokeFunction", function_arn)
        if missing:
            raise stepfunctions._ExecutionError("Lambda.AWSLambdaException", missing)
        return call(function_arn, event)

    stepfunctions._run_execution = run_as
    stepfunctions._call_lambda = call_as
