"""Why an answer ended: Google's reasons, and ours.

There is no reason for tool calls: they end with STOP.
"""

from typing import Final

from weftline_core.chat.answer import Stop
from weftline_core.dialects.plain_verdict import CODE_CHARS_MAX
from weftline_core.failures import Failure
from weftline_core.verdict import Verdict, Words

_STOPS: Final[dict[str, Stop]] = {
    "STOP": Stop.END,
    "MAX_TOKENS": Stop.LENGTH,
    "CONTINUATION": Stop.PAUSED,
    "SAFETY": Stop.FILTERED,
    "RECITATION": Stop.FILTERED,
    "LANGUAGE": Stop.FILTERED,
    "BLOCKLIST": Stop.FILTERED,
    "PROHIBITED_CONTENT": Stop.FILTERED,
    "SPII": Stop.FILTERED,
    "OTHER": Stop.FILTERED,
    "IMAGE_SAFETY": Stop.FILTERED,
    "IMAGE_PROHIBITED_CONTENT": Stop.FILTERED,
    "IMAGE_RECITATION": Stop.FILTERED,
    "IMAGE_OTHER": Stop.FILTERED,
    "NO_IMAGE": Stop.FILTERED,
    "MODEL_ARMOR": Stop.FILTERED,
    "ESCALATION": Stop.FILTERED,
    "PUP_LIMITED_DISABLED": Stop.FILTERED,
}
# The answer is no use, and the model, not the client, is to blame.
_FAULTS: Final = frozenset(
    (
        "MALFORMED_FUNCTION_CALL",
        "MALFORMED_RESPONSE",
        "UNEXPECTED_TOOL_CALL",
        "TOO_MANY_TOOL_CALLS",
    )
)
_NO_SIGNATURE: Final = "MISSING_THOUGHT_SIGNATURE"
UNSPECIFIED: Final = "FINISH_REASON_UNSPECIFIED"
MALFORMED_CALL: Final = "MALFORMED_FUNCTION_CALL"
_REASONS: Final[dict[Stop, str]] = {
    Stop.END: "STOP",
    Stop.SEQUENCE: "STOP",
    Stop.TOOL_CALLS: "STOP",
    Stop.LENGTH: "MAX_TOKENS",
    Stop.FILTERED: "SAFETY",
    Stop.REFUSED: "SAFETY",
    Stop.PAUSED: "CONTINUATION",
}


def stop_of(reason: str, *, called: bool) -> Stop:
    """Return the stop of a reason that `fault_of` has passed; one that nobody knows is an end.
    called: the answer holds a tool call.
    """
    stop = _STOPS.get(reason, Stop.END)
    return Stop.TOOL_CALLS if called and stop is Stop.END else stop


def reason_of(stop: Stop) -> str:
    """Return Google's reason of a stop."""
    return _REASONS[stop]


def fault_of(reason: str, message: str | None = None) -> Verdict | None:
    """Return what a reason means that is a failure, or None. message: the host's own words."""
    code = reason.lower()[:CODE_CHARS_MAX]
    if reason == _NO_SIGNATURE:
        text = (
            "the request lacks a thoughtSignature that came with a part of the history: send "
            "every part back as it came"
        )
        return Verdict(Failure.CALLER, Words(message=message or text, code=code))
    if reason not in _FAULTS:
        return None
    text = f"the model failed in mid-answer: {message or reason}"
    return Verdict(Failure.BROKEN, Words(message=text, kind="server_error", code=code))


def broken(text: str) -> Verdict:
    """Return the verdict of an answer that breaks the dialect."""
    words = Words(
        message=f"the answer broke off: the endpoint {text}",
        kind="upstream_error",
        code="upstream_failed",
    )
    return Verdict(Failure.BROKEN, words)
