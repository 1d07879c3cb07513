"""What an error means at hosts that tell little more than a status and a sentence."""

from typing import Final

from weftline_core.errors import UpstreamFailed
from weftline_core.failures import Failure
from weftline_core.verdict import Verdict, Words

# Codes are written to logs; a stranger's may be of any length.
CODE_CHARS_MAX: Final = 64
# What is said of a request that is too long, so that clients may look for it under one code.
TOO_LONG: Final = "context_length_exceeded"
# What is said where a host says nothing.
NO_REASON: Final = "the endpoint rejected the request and gave no reason"

_CALLER_STATUS_MIN, _SERVER_STATUS_MIN = 400, 500
_BY_STATUS: Final[dict[int, Failure]] = {
    401: Failure.DENIED,
    402: Failure.QUOTA,
    403: Failure.DENIED,
    404: Failure.NOT_FOUND,
    405: Failure.NOT_FOUND,
    408: Failure.SERVER_ERROR,
    410: Failure.NOT_FOUND,
    # The model, or what it depends on, failed.
    424: Failure.SERVER_ERROR,
    425: Failure.OVERLOADED,
    429: Failure.RATE_LIMITED,
    # The host gave up the request as if we had gone; we had not.
    499: Failure.SERVER_ERROR,
    503: Failure.OVERLOADED,
    529: Failure.OVERLOADED,
}
_KINDS: Final[dict[Failure, str]] = {
    Failure.CALLER: "invalid_request_error",
    Failure.RATE_LIMITED: "rate_limit_error",
    Failure.OVERLOADED: "service_unavailable_error",
}


def failure_of(status: int) -> Failure:
    """Return what an HTTP status other than 200 means where nothing else is known."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= _SERVER_STATUS_MIN:
        return Failure.SERVER_ERROR
    # Redirects are never followed, and no other 2xx carries an answer.
    return Failure.CALLER if status >= _CALLER_STATUS_MIN else Failure.BROKEN


def plain_verdict(
    failure: Failure,
    message: str | None,
    code: str | None = None,
    retry_after_s: float | None = None,
) -> Verdict:
    """Return a verdict in the words that OpenAI's dialect has for such a failure."""
    words = Words(
        message=message or NO_REASON,
        kind=_KINDS.get(failure, UpstreamFailed.kind),
        code=(code or "")[:CODE_CHARS_MAX] or None,
    )
    return Verdict(failure, words, retry_after_s)
