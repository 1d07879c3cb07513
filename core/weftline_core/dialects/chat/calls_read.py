"""Tool calls out of the fragments in which hosts send them.

OpenAI numbers its calls and gives id and name once. Others send whole calls in one piece, without a
number (Mistral), repeat the id or send it empty (Alibaba), or number all calls 0.
"""

import hashlib
from typing import Final

from weftline_core.chat.events import CallBegin, CallDelta, CallEnd, Event
from weftline_core.dialects.chat.host_shapes import HostCall, arguments_of

_ID_CHARS: Final = 24


class _Call:
    """One call. begun: its begin was told, which needs the name; until then arguments wait."""

    __slots__ = ("begun", "free_text", "id", "name", "waiting")

    def __init__(self) -> None:
        self.begun = False
        self.free_text = False
        self.id = ""
        self.name = ""
        self.waiting = ""


class Calls:
    """The calls of one choice."""

    __slots__ = ("_calls", "_choice", "_numbered", "_of")

    def __init__(self, choice: int, answer_id: str) -> None:
        self._choice = choice
        self._of = answer_id
        self._calls: list[_Call] = []
        self._numbered: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def nameless(self) -> bool:
        """Return whether there is a call of nobody knows what."""
        return any(not call.begun for call in self._calls)

    def add(self, fragment: HostCall, out: list[Event]) -> None:
        """Add a fragment; append the events it makes."""
        given, words = fragment.custom, ""
        if given is not None:
            name, words = given.name, arguments_of(given.input)
        else:
            name = fragment.function.name if fragment.function is not None else None
            if fragment.function is not None:
                words = arguments_of(fragment.function.arguments)
        call_id = fragment.id if isinstance(fragment.id, str) else ""
        called = name if isinstance(name, str) else ""
        at = self._find(fragment.index, call_id, called)
        call = self._calls[at]
        call.id = call.id or call_id
        call.name = call.name or called
        call.free_text = call.free_text or given is not None
        if not call.begun:
            words = call.waiting + words
            if not call.name:
                call.waiting = words
                return
            call.begun = True
            call.id = call.id or minted(self._of, self._choice, at)
            out.append(
                CallBegin(at, call.id, call.name, free_text=call.free_text, choice=self._choice)
            )
        if words:
            out.append(CallDelta(at, words, self._choice))

    def ends(self) -> list[Event]:
        """Return the ends of all calls."""
        return [CallEnd(at, self._choice) for at in range(len(self._calls))]

    def _find(self, index: int | None, call_id: str, name: str) -> int:
        """Return which call a fragment belongs to, maybe a new one."""
        at = self._known(index, call_id, name)
        if at is None:
            at = len(self._calls)
            self._calls.append(_Call())
        if index is not None:
            self._numbered[index] = at
        return at

    def _known(self, index: int | None, call_id: str, name: str) -> int | None:
        if index is not None:
            at = self._numbered.get(index)
            if at is None:
                return None
            other = call_id and self._calls[at].id and call_id != self._calls[at].id
            # Another id and a name: a host that numbers all its calls 0.
            return None if other and name else at
        if call_id:
            same = (at for at, call in enumerate(self._calls) if call.id == call_id)
            return next(same, None)
        return len(self._calls) - 1 if self._calls and not name else None


def minted(answer_id: str, choice: int, call: int) -> str:
    """Return an id for a call whose host gave none, its own in each answer."""
    digest = hashlib.sha256(f"{answer_id}:{choice}:{call}".encode("utf-8", "replace"))
    return f"call_{digest.hexdigest()[:_ID_CHARS]}"
