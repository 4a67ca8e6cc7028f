"""Answers a ranged GET of a version with 206 and Content-Range. The emulator sends the whole object."""

from ministack.services import s3


def add() -> None:
    whole = s3._get_object

    def ranged(bucket_name, key, headers, query_params=None):
        answer = whole(bucket_name, key, headers, query_params)
        status, response_headers, body = answer
        named = s3._qp(query_params or {}, "versionId", "")
        if status != 200 or not named or not headers.get("range"):
            return answer
        span = s3._parse_range(headers["range"], len(body))
        if span is None:
            return 416, {"Content-Range": f"bytes */{len(body)}"}, b""
        start, end = span
        # The checksum is that of the whole object, not of the range.
        kept = {k: v for k, v in response_headers.items() if not k.lower().startswith("x-amz-checksum")}
        kept["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
        kept["Content-Length"] = str(end + 1 - start)
        return 206, kept, body[start : end + 1]

    s3._get_object = ranged
