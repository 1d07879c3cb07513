"""The calls in a host's stream, which may come in pieces, all at once, or both."""

from weftline_core.chat.events import CallBegin, CallDelta, CallEnd, Event
from weftline_core.dialects.responses.answer_shapes import ItemShape, arguments_of
from weftline_core.dialects.typed import Misshapen


class _Call:
    """A call that has begun. number: counts the calls from 0."""

    __slots__ = ("ended", "has_arguments", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.has_arguments = False
        self.ended = False


class Calls:
    """All calls of one stream, by the place of their item in the output, which may skip numbers."""

    __slots__ = ("_by_place",)

    def __init__(self) -> None:
        self._by_place: dict[int, _Call] = {}

    @property
    def begun(self) -> bool:
        """Return whether there is any."""
        return bool(self._by_place)

    def begin(self, item: ItemShape, place: int) -> list[Event]:
        """Return the beginning of a call, unless it has begun before."""
        if place in self._by_place:
            return []
        call = self._by_place[place] = _Call(len(self._by_place))
        free_text = item.type == "custom_tool_call"
        call_id = item.call_id or item.id or ""
        return [CallBegin(call.number, call_id, item.name or "", free_text=free_text)]

    def add(self, arguments: str, place: int) -> list[Event]:
        """Return more of a call's arguments.

        Raises:
            Misshapen: no call is open at this place.
        """
        call = self._by_place.get(place)
        if call is None or call.ended:
            raise Misshapen("arguments of a call that is not open")
        if not arguments:
            return []
        call.has_arguments = True
        return [CallDelta(call.number, arguments)]

    def lacks_arguments(self, place: int) -> bool:
        """Return whether nothing of a call's arguments has come."""
        call = self._by_place.get(place)
        return call is None or not call.has_arguments

    def end(self, item: ItemShape, place: int) -> list[Event]:
        """Return what has not come before of a call that is whole."""
        found = self.begin(item, place)
        call = self._by_place[place]
        if call.ended:
            return found
        if not call.has_arguments:
            found += self.add(arguments_of(item), place)
        call.has_arguments = call.ended = True
        return [*found, CallEnd(call.number)]

    def close(self) -> list[Event]:
        """Return the ends of all calls that are still open."""
        ends: list[Event] = []
        for call in self._by_place.values():
            if not call.ended:
                call.ended = True
                ends.append(CallEnd(call.number))
        return ends
