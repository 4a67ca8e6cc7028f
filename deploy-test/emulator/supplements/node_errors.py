"""The name of an error that a Node function throws; the emulator says Runtime.HandlerError for each.

Lambda gives `errorType` (the error's name), `errorMessage` and `trace`; Step Functions matches Retry
and Catch on the first and makes its Cause of all three.
"""

import threading

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

thrown = threading.local()

SAID = 'status: "error", error: String(err.message || err), trace: err.stack || ""'
SAID_WITH_NAME = SAID + ", errorType: err.name"


def add() -> None:
    if lambda_runtime._NODEJS_WORKER_SCRIPT.count(SAID) != 1:
        raise RuntimeError("the emulator's Node worker has changed: look at this supplement again")
    lambda_runtime._NODEJS_WORKER_SCRIPT = lambda_runtime._NODEJS_WORKER_SCRIPT.replace(SAID, SAID_WITH_NAME)
    invoke, execute = lambda_runtime.Worker.invoke, lambda_svc._execute_function_warm

    def remembered(self, *args, **kwargs):
        thrown.answer = invoke(self, *args, **kwargs)
        return thrown.answer

    def named(func, event, request_id):
        thrown.answer = {}
        result = execute(func, event, request_id)
        if result.get("error") and thrown.answer.get("errorType"):
            trace = str(thrown.answer.get("trace", "")).split("\n")
            result["body"] = {
                "errorType": thrown.answer["errorType"],
                "errorMessage": thrown.answer["error"],
                "trace": trace,
            }
        return result

    lambda_runtime.Worker.invoke = remembered
    lambda_svc._execute_function_warm = named
