"""What Bedrock's errors mean, in whatever dialect it is asked.

Source: botocore 1.44, `bedrock-runtime`, and AWS common errors.
"""

from collections.abc import Mapping
from typing import Final

from weftline_core.dialects.plain_verdict import TOO_LONG, failure_of, plain_verdict
from weftline_core.dialects.wire import json_object
from weftline_core.failures import Failure
from weftline_core.retry_after import retry_after_s
from weftline_core.verdict import Verdict

# By the error's name, in lower case and without `Exception`.
_BY_NAME: Final[dict[str, Failure]] = {
    "throttling": Failure.RATE_LIMITED,
    "toomanyrequests": Failure.RATE_LIMITED,
    # A model that is still being loaded, although the status is 429.
    "modelnotready": Failure.OVERLOADED,
    "serviceunavailable": Failure.OVERLOADED,
    "servicequotaexceeded": Failure.QUOTA,
    "accessdenied": Failure.DENIED,
    "unrecognizedclient": Failure.DENIED,
    "expiredtoken": Failure.DENIED,
    "invalidsignature": Failure.DENIED,
    "incompletesignature": Failure.DENIED,
    "missingauthenticationtoken": Failure.DENIED,
    "invalidclienttokenid": Failure.DENIED,
    "notauthorized": Failure.DENIED,
    "resourcenotfound": Failure.NOT_FOUND,
    "validation": Failure.CALLER,
    "modeltimeout": Failure.SERVER_ERROR,
    "modelerror": Failure.SERVER_ERROR,
    "modelstreamerror": Failure.SERVER_ERROR,
    "internalserver": Failure.SERVER_ERROR,
    "internalfailure": Failure.SERVER_ERROR,
}
# A model that is unknown, or not offered in this way in this region, is told as a bad request.
_UNKNOWN_MODEL: Final = ("model identifier is invalid", "on-demand throughput")
_TOO_LONG: Final = ("input is too long", "prompt is too long", "maximum context length")
_STREAM_STATUS: Final = 500
# The header that names an error.
ERROR_TYPE: Final = b"x-amzn-errortype"


def verdict(status: int, headers: Mapping[bytes, bytes], body: bytes, at_unix_s: float) -> Verdict:
    """Return the meaning of an answer whose status is not 200."""
    fields = json_object(body) or {}
    told = headers.get(ERROR_TYPE, b"").decode("latin-1") or _text(fields.get("__type"))
    return _verdict(told, fields, status, retry_after_s(headers, at_unix_s))


def named_verdict(name: str, data: bytes) -> Verdict:
    """Return the meaning of an exception inside a stream, or of an error with status 200."""
    return _verdict(name, json_object(data) or {}, _STREAM_STATUS, None)


def _verdict(name: str, fields: Mapping[str, object], status: int, wait_s: float | None) -> Verdict:
    # Seen: `com.amazon.coral.service#ThrottlingException` and `ThrottlingException:http://...`.
    code = name.rpartition("#")[2].partition(":")[0]
    failure = _BY_NAME.get(code.lower().removesuffix("exception"), failure_of(status))
    message = _text(fields.get("message")) or _text(fields.get("Message"))
    lower = message.lower()
    if failure is Failure.CALLER:
        if any(words in lower for words in _UNKNOWN_MODEL):
            failure = Failure.NOT_FOUND
        elif any(words in lower for words in _TOO_LONG):
            code = TOO_LONG
    return plain_verdict(failure, message, code, wait_s)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
