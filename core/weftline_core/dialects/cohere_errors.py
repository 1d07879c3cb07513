"""What Cohere's errors mean, for chat and embeddings alike. Their body is `{"id", "message"}`."""

from collections.abc import Mapping
from typing import Final

from weftline_core.dialects.plain_verdict import TOO_LONG, failure_of, plain_verdict
from weftline_core.dialects.wire import json_object
from weftline_core.failures import Failure
from weftline_core.retry_after import retry_after_s
from weftline_core.verdict import Verdict

_BY_STATUS: Final[dict[int, Failure]] = {
    # A token or content that Cohere blocks, whoever sends it.
    498: Failure.CALLER,
    501: Failure.CALLER,
}
_TOO_LONG: Final = "too many tokens"
# A trial key is limited by the minute and by the month; the latter does not pass by itself.
_SPENT: Final = "/ month"


def verdict(status: int, headers: Mapping[bytes, bytes], body: bytes, at_unix_s: float) -> Verdict:
    """Return the meaning of an answer whose status is not 200."""
    message = message_of(json_object(body) or {})
    failure = _BY_STATUS.get(status) or failure_of(status)
    lower = message.lower()
    code = None
    if failure is Failure.CALLER and _TOO_LONG in lower:
        code = TOO_LONG
    elif failure is Failure.RATE_LIMITED and _SPENT in lower:
        failure = Failure.QUOTA
    return plain_verdict(failure, message, code, retry_after_s(headers, at_unix_s))


def message_of(fields: Mapping[str, object]) -> str:
    """Return an error's sentence, or nothing."""
    message = fields.get("message")
    return message if isinstance(message, str) else ""


def failed(message: str | None) -> Verdict:
    """Return the verdict on an answer with status 200 that Cohere gave up."""
    return plain_verdict(Failure.SERVER_ERROR, message or "the endpoint gave up its answer")
