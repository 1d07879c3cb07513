"""What one request to `POST /responses` wants kept, and what it goes on from."""

from collections.abc import Mapping
from typing import ClassVar, cast

import msgspec
import orjson

from weftline_core.ask import Ask
from weftline_core.counting import CountAsk
from weftline_core.dialects.responses.keeping import continued, keeping
from weftline_core.errors import CallerError, NotFound, TooLarge
from weftline_core.limits import QUOTED_CHARS_MAX, REQUEST_BODY_BYTES_MAX
from weftline_node.asked import Alternative
from weftline_node.kept.continued import ContinuedAsk
from weftline_node.kept.store import ResponseStore, Turn

# From which states a response can be gone on from: all others have no answer, or half of one.
_WHOLE = ("completed", "incomplete")


# What a host is not told of a response that is made in the background, since it is made here.
_OURS = ("background", "background_options")


class PreviousNotFound(CallerError):
    """The response that a request goes on from is not kept here; OpenAI's own words for it."""

    code: ClassVar[str | None] = "previous_response_not_found"


class KeepPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of the answer to one request.

    background: it is made whether or not the client stays; stream: the client reads it as it comes.
    keep: it can be fetched later. said: the client's own fields, which its answer repeats, without
    the input; None where the request was not changed. asked: the input as JSON. previous: what it
    goes on from.
    """

    tenant: str = ""
    background: bool = False
    stream: bool = False
    keep: bool = False
    said: Mapping[str, object] | None = None
    asked: bytes = b""
    previous: Turn | None = None

    @property
    def earlier_bytes(self) -> int:
        """Return the size of what it goes on from."""
        return 0 if self.previous is None else self.previous.whole_size


NO_KEEP_PLAN = KeepPlan()


def planned(
    store: ResponseStore, tenant: str, alternative: Alternative, now_s: float
) -> tuple[Alternative, KeepPlan]:
    """Return a request as it is to be asked, and what becomes of its answer.

    Raises:
        PreviousNotFound: what it goes on from is not kept here.
        CallerError: what it says of keeping is wrong, or cannot be had.
    """
    ask = alternative.ask
    body = ask.request.body
    wish = keeping(body)
    _check_window(body)
    counts = isinstance(ask, CountAsk)
    if wish.conversation_id is not None:
        raise CallerError(
            "conversations are not kept here: go on with 'previous_response_id', or send the items",
            param="conversation",
        )
    previous = None
    if wish.previous_response_id is not None:
        previous = _previous(store, tenant, wish.previous_response_id, now_s)
    background = wish.background and not counts
    keep = (wish.store or background) and not counts
    if previous is None and not keep:
        return alternative, NO_KEEP_PLAN
    changed = body if previous is None else continued(body, _earlier(previous))
    if background:
        # As a stream, so that there is something to show before the end, and leaving ends it.
        changed = changed | {"stream": True}
        for name in _OURS:
            changed.pop(name, None)
        # Its answer repeats what it says, when it is too late to refuse it.
        _dumped(changed)
    plan = KeepPlan(
        tenant=tenant,
        background=background,
        stream=ask.request.stream,
        keep=keep,
        said=None if changed is body else {k: v for k, v in body.items() if k != "input"},
        asked=_dumped(body.get("input")) if keep else b"",
        previous=previous,
    )
    return _changed(alternative, changed, wish.previous_response_id), plan


def _check_window(body: Mapping[str, object]) -> None:
    """Refuse what is cheaper only where the host itself keeps the response for hours."""
    options = body.get("background_options")
    given = cast("dict[str, object]", options) if isinstance(options, dict) else {}
    window = given.get("completion_window")
    if window not in (None, "soonest"):
        raise CallerError(
            "responses are made at once here: leave the window out, or say 'soonest'",
            param="background_options.completion_window",
        )


def _previous(store: ResponseStore, tenant: str, response_id: str, now_s: float) -> Turn:
    try:
        kept = store.get(tenant, response_id, now_s)
    except NotFound:
        shown = response_id[:QUOTED_CHARS_MAX]
        raise PreviousNotFound(
            f"Previous response with id '{shown}' not found: it was never kept at this PoP, or no "
            "longer is",
            param="previous_response_id",
        ) from None
    state = cast("dict[str, object]", orjson.loads(kept.snapshot()))
    if state.get("status") not in _WHOLE:
        raise CallerError(
            f"the previous response is '{state.get('status')}': only a completed one can be gone "
            "on from",
            param="previous_response_id",
        )
    return kept.turn


def _earlier(previous: Turn) -> list[dict[str, object]]:
    """Return all that was asked and answered so far, the oldest first."""
    if previous.whole_size > REQUEST_BODY_BYTES_MAX:
        raise TooLarge(
            "what 'previous_response_id' goes on from has grown over REQUEST_BODY_BYTES_MAX "
            f"({REQUEST_BODY_BYTES_MAX} B): send a shorter input without it",
            param="previous_response_id",
        )
    return [item for turn in reversed(list(previous.back())) for item in turn.items()]


def _changed(
    alternative: Alternative, body: dict[str, object], previous_response_id: str | None
) -> Alternative:
    ask = alternative.ask
    if body is ask.request.body:
        return alternative
    stream = ask.request.stream or bool(body.get("stream"))
    request = msgspec.structs.replace(ask.request, body=body, stream=stream)
    again: Ask
    if previous_response_id is None or isinstance(ask, CountAsk):
        again = type(ask)(ask.front, request, ask.lines)
    else:
        again = ContinuedAsk(ask.front, request, ask.lines, previous_response_id)
    return msgspec.structs.replace(alternative, ask=again)


def _dumped(value: object) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError as e:
        # A lone surrogate passes every parser and no writer.
        raise CallerError(f"the body cannot be written as UTF-8 JSON: {e}") from None
