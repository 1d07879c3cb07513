"""Why an answer ended, in the words of every host.

Sources: OpenAI's schema; vLLM, SGLang, TGI, Together, Mistral, DeepSeek and Zhipu for theirs.
"""

from typing import Final

from weftline_core.chat.answer import Stop
from weftline_core.failures import Failure
from weftline_core.verdict import Verdict, Words

_STOPS: Final[dict[str, Stop]] = {
    "stop": Stop.END,
    "eos": Stop.END,
    "eos_token": Stop.END,
    "end_turn": Stop.END,
    "stop_sequence": Stop.SEQUENCE,
    "length": Stop.LENGTH,
    "model_length": Stop.LENGTH,
    "max_tokens": Stop.LENGTH,
    "tool_calls": Stop.TOOL_CALLS,
    "function_call": Stop.TOOL_CALLS,
    "content_filter": Stop.FILTERED,
    "sensitive": Stop.FILTERED,
}
# The host's own fault: to call these a stop would be a lie.
_FAILURES: Final[dict[str, Failure]] = {
    "insufficient_system_resource": Failure.OVERLOADED,
    "network_error": Failure.SERVER_ERROR,
    "error": Failure.SERVER_ERROR,
    "abort": Failure.TRUNCATED,
}
REASONS: Final[dict[Stop, str]] = {
    Stop.END: "stop",
    Stop.SEQUENCE: "stop",
    Stop.LENGTH: "length",
    Stop.TOOL_CALLS: "tool_calls",
    Stop.FILTERED: "content_filter",
    Stop.REFUSED: "content_filter",
    Stop.PAUSED: "stop",
}


def failure_of(reason: object) -> Verdict | None:
    """Return what a finish reason that is a failure means; None for one that is a stop."""
    failure = _FAILURES.get(reason) if isinstance(reason, str) else None
    if failure is None:
        return None
    words = Words(
        message=f"the answer broke off: the endpoint ended it with {reason!r}",
        kind="upstream_error",
        code=str(reason),
    )
    return Verdict(failure, words)


def stop_of(reason: str, matched: object, *, called: bool, refused: bool) -> Stop:
    """Return the stop of a finish reason. An unknown one is an end.

    matched: what vLLM and SGLang say stopped it, a string if it was one of the caller's. called,
    refused: the answer has tool calls, a refusal; some hosts say `stop` all the same.
    """
    stop = _STOPS.get(reason, Stop.END)
    if stop is Stop.TOOL_CALLS and not called:
        return Stop.END
    if stop is not Stop.END:
        return stop
    if called:
        return Stop.TOOL_CALLS
    if refused:
        return Stop.REFUSED
    return Stop.SEQUENCE if isinstance(matched, str) else Stop.END


def reason_of(stop: Stop, *, refusal: bool) -> str:
    """Return the finish reason clients read; refusal: the answer has the words of one, which is an
    ordinary end here.
    """
    return "stop" if stop is Stop.REFUSED and refusal else REASONS[stop]
