"""Returns the name of an error that a Node function throws. The emulator returns Runtime.HandlerError.

Lambda returns `errorType` (the error's name), `errorMessage` and `trace`. Step Functions matches Retry
and Catch by the first and builds its Cause from all three.
"""

import threading

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

thrown = threading.local()

REPLY = 'status: "error", error: String(err.message || err), trace: err.stack || ""'
REPLY_WITH_NAME = REPLY + ", errorType: err.name"


def add() -> None:
    if lambda_runtime._NODEJS_WORKER_SCRIPT.count(REPLY) != 1:
        raise RuntimeError("The emulator's Node worker has changed: review this supplement")
    lambda_runtime._NODEJS_WORKER_SCRIPT = lambda_runtime._NODEJS_WORKER_SCRIPT.replace(REPLY, REPLY_WITH_NAME)
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
