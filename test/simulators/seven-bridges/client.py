"""Runs calls of the vendor's own client, sevenbridges-python: one JSON object a line on stdin, one on stdout."""

import json
import sys
import threading

import sevenbridges

# A failed upload ends its thread; the status tells, so the trace is not printed.
threading.excepthook = lambda args: None


def fields(file):
    if file is None:
        return None
    return {"id": file.id, "name": file.name, "size": file.size, "parent": file.parent}


def upload(api, options):
    done = api.files.upload(**options)
    return {"status": str(done.status), "file": fields(done.result())}


def folder(api, options):
    return fields(api.files.create_folder(**options))


def query(api, options):
    return [fields(file) for file in api.files.query(**options).all()]


def limit(api, options):
    return {"limit": api.limit, "remaining": api.remaining}


CALLS = {"upload": upload, "folder": folder, "query": query, "limit": limit}


def main():
    for line in sys.stdin:
        request = json.loads(line)
        # The client takes plain http only with its own switch for debugging.
        api = sevenbridges.Api(url=request["url"], token=request["token"], debug=True)
        try:
            answer = CALLS[request["call"]](api, request["options"])
        except sevenbridges.errors.SbgError as error:
            answer = {"error": type(error).__name__, "code": error.code, "message": str(error)}
        print(json.dumps(answer), flush=True)


main()
