"""Keeps answers that go to clients as ever, so that they can be fetched and gone on from later."""

from typing import Final

import msgspec

from weftline.clock import Clock
from weftline_core.dialects.typed import Garbled, Misshapen, decoded
from weftline_core.sse import data_of, events
from weftline_core.usage import Usage
from weftline_core.verdict import Words
from weftline_node.delivery import Keeper
from weftline_node.kept.plan import KeepPlan
from weftline_node.kept.store import KEEP_S, Kept, ResponseStore, Turn

# A host may call its response whatever it likes; longer than this nobody does.
ID_CHARS_MAX: Final = 256

_ENDS: Final = frozenset(("response.completed", "response.incomplete"))


class _Named(msgspec.Struct):
    id: str = ""


class _Ended(msgspec.Struct):
    type: str = ""
    response: msgspec.Raw = msgspec.Raw(b"{}")


_NAMED: Final = msgspec.json.Decoder(_Named)
_ENDED: Final = msgspec.json.Decoder(_Ended)


class AnswerKeeper:
    """Keeps one response, by the id that the client has seen in it."""

    __slots__ = ("_clock", "_last", "_plan", "_store")

    def __init__(self, store: ResponseStore, clock: Clock, plan: KeepPlan) -> None:
        self._store = store
        self._clock = clock
        self._plan = plan
        self._last = b""

    def add(self, out: bytes) -> None:
        """Keep only the last of it: a stream ends with the whole response."""
        if out:
            self._last = out

    def keep(self, usage: Usage | None, *, stream: bool, dropped: tuple[str, ...] = ()) -> None:  # noqa: ARG002
        """Put the response where it can be fetched; one that tells no id can't be."""
        response, self._last = self._last, b""
        try:
            if stream:
                response = _ended(response)
            response_id = decoded(response, _NAMED).id
        except (Garbled, Misshapen):
            return
        if not 0 < len(response_id) <= ID_CHARS_MAX:
            return
        turn = Turn(self._plan.asked, self._plan.previous, response)
        kept = Kept(id=response_id, tenant=self._plan.tenant, turn=turn, keep_s=KEEP_S)
        self._store.put(kept, self._clock.now_s())

    def broken(self, frame: bytes) -> None:
        """Half an answer is not kept."""

    def refused(self, status: int, words: Words) -> None:
        """There is no answer."""

    def drop(self) -> None:
        """Let go of what has come."""
        self._last = b""


class Both:
    """Has two keep one answer."""

    __slots__ = ("_first", "_second")

    def __init__(self, first: Keeper, second: Keeper) -> None:
        self._first = first
        self._second = second

    def add(self, out: bytes) -> None:
        """Tell both."""
        self._first.add(out)
        self._second.add(out)

    def keep(self, usage: Usage | None, *, stream: bool, dropped: tuple[str, ...] = ()) -> None:
        """Tell both."""
        self._first.keep(usage, stream=stream, dropped=dropped)
        self._second.keep(usage, stream=stream, dropped=dropped)

    def broken(self, frame: bytes) -> None:
        """Tell both."""
        self._first.broken(frame)
        self._second.broken(frame)

    def refused(self, status: int, words: Words) -> None:
        """Tell both."""
        self._first.refused(status, words)
        self._second.refused(status, words)

    def drop(self) -> None:
        """Tell both."""
        self._first.drop()
        self._second.drop()


def _ended(out: bytes) -> bytes:
    """Return the response in the last of these events that ends one.

    Raises:
        Garbled, Misshapen: an event is not what all events are.
    """
    found = b""
    for event in events(out):
        data = data_of(event)
        if data and data != b"[DONE]":
            seen = decoded(data, _ENDED)
            if seen.type in _ENDS:
                found = bytes(seen.response)
    return found
