"""Makes StartExecution idempotent for the name and the input of a running execution.

The emulator rejects every known name. Step Functions does so only after the end of the execution, or for
another input.
"""

from ministack.core.responses import get_account_id, get_region, json_response
from ministack.services import stepfunctions


def running_twin(data: dict) -> dict | None:
    """Returns the running execution with this name and input."""
    machine = stepfunctions._state_machines.get(data.get("stateMachineArn", ""))
    if machine is None or not data.get("name"):
        return None
    arn = f"arn:aws:states:{get_region()}:{get_account_id()}:execution:{machine['name']}:{data['name']}"
    twin = stepfunctions._executions.get(arn)
    if twin is None or twin["status"] != "RUNNING" or twin["input"] != data.get("input", "{}"):
        return None
    return twin


def add() -> None:
    start = stepfunctions._start_execution

    def started(data):
        twin = running_twin(data)
        if twin is None:
            return start(data)
        return json_response({"executionArn": twin["executionArn"], "startDate": twin["startDate"]})

    stepfunctions._start_execution = started
