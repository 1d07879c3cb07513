"""The tool calls of one stream that are still being made."""

from weftline_core.chat.events import CallBegin, CallDelta, CallEnd, Event


class OpenCalls:
    """Numbers the calls of a host that marks each by an index of its own, for a time."""

    __slots__ = ("_count", "_empty", "_numbers")

    def __init__(self) -> None:
        self._count = 0
        self._numbers: dict[int, int] = {}
        # Indices of calls that have no arguments yet.
        self._empty: set[int] = set()

    def begin(self, index: int, call_id: str, name: str, arguments: str = "") -> list[Event]:
        """Return the beginning of a call."""
        self._numbers[index] = number = self._count
        self._count += 1
        self._empty.add(index)
        return [CallBegin(number, call_id, name), *self.add(index, arguments)]

    def add(self, index: int, arguments: str) -> list[Event]:
        """Return more of a call's arguments; nothing if no call is open there."""
        number = self._numbers.get(index)
        if number is None or not arguments:
            return []
        self._empty.discard(index)
        return [CallDelta(number, arguments)]

    def end(self, index: int) -> list[Event]:
        """Return the end of a call. One without arguments may have sent none, not even `{}`."""
        number = self._numbers.pop(index, None)
        if number is None:
            return []
        first: list[Event] = [CallDelta(number, "{}")] if index in self._empty else []
        self._empty.discard(index)
        return [*first, CallEnd(number)]

    def close(self) -> list[Event]:
        """Return the ends of all calls that are still open."""
        return [event for index in tuple(self._numbers) for event in self.end(index)]
