"""The events of a response that is made in the background, as its clients read them.

Whoever makes it, they begin with `response.created` and `response.queued`, are numbered from 0
without a gap, and name the response by the id that its client was given at once. What has been made
so far can be seen at any time.
"""

from typing import Final, cast

import msgspec
import orjson

from weftline_core.dialects.dialect import Echo
from weftline_core.dialects.responses.errors import error_events
from weftline_core.dialects.responses.objects import (
    Json,
    message_item,
    response_object,
    text_part,
)
from weftline_core.dialects.typed import Garbled, Misshapen, decoded
from weftline_core.sse import data_of, events
from weftline_core.verdict import Words

# What the mesh knows better than a host that was asked for a plain stream.
_OURS: Final = ("id", "created_at", "background", "previous_response_id", "store")

_PRELUDE: Final = frozenset(("response.created", "response.queued"))
_STATES: Final = frozenset(
    ("response.in_progress", "response.completed", "response.incomplete", "response.failed")
)
_DONE: Final = b"[DONE]"
_EMPTY: Final = msgspec.Raw()


class _Event(msgspec.Struct):
    type: str = ""
    sequence_number: int = -1
    output_index: object = 0
    item: msgspec.Raw = _EMPTY
    delta: msgspec.Raw = _EMPTY


_EVENT: Final = msgspec.json.Decoder(_Event)
_ANY: Final = msgspec.json.Decoder(dict[str, object])
_VALUE: Final = msgspec.json.Decoder(object)


class BackgroundStream:
    """The events of one response. done: the last one has been given."""

    __slots__ = ("_items", "_response", "_sequence", "_texts", "done")

    def __init__(self, echo: Echo) -> None:
        self._response = response_object(echo, "queued")
        self._sequence = 0
        self._items: dict[int, Json] = {}
        # Words of messages that are not whole yet, by their place.
        self._texts: dict[int, list[str]] = {}
        self.done = False

    def begin(self) -> bytes:
        """Return the events that tell a client the response's id, before anybody is asked."""
        return b"".join(
            self._numbered({"type": kind, "response": self._response})
            for kind in ("response.created", "response.queued")
        )

    def read(self, whole: bytes) -> bytes:
        """Return whole events of the one that makes the response, as its clients read them; nothing
        after the last.
        """
        out: list[bytes] = []
        for event in events(whole):
            data = data_of(event)
            if data and data != _DONE and not self.done:
                out.append(self._read(event, data))
        return b"".join(out)

    def failed(self, status: int, words: Words) -> bytes:
        """Return the events that end a response which will not be whole."""
        self._response = self._response | {"output": self._output()}
        out = error_events(status, words, self._response, self._sequence)
        return self.read(out)

    def cancelled(self) -> bytes:
        """Return the event that ends a response which its client wants no more. The dialect has
        none of its own for that; this one tells every SDK that no more will come.
        """
        self.done = True
        self._response = self._response | {"status": "cancelled", "output": self._output()}
        return self._numbered({"type": "response.incomplete", "response": self._response})

    def snapshot(self) -> bytes:
        """Return the response as it is now, with as much of its output as there is."""
        if self.done:
            return orjson.dumps(self._response)
        return orjson.dumps(self._response | {"output": self._output()})

    def _read(self, event: bytes, data: bytes) -> bytes:
        try:
            seen = decoded(data, _EVENT)
            kind = seen.type
            if kind in _PRELUDE:
                return b""
            if kind in _STATES:
                return self._state(decoded(data, _ANY).get("response"), kind)
            self._note(seen)
            if seen.sequence_number == self._sequence:
                self._sequence += 1
                return event + b"\n\n"
            return self._numbered(decoded(data, _ANY))
        except (Garbled, Misshapen):
            # What watches the stream has let it pass, so it is nothing that a client reads.
            return b""

    def _note(self, seen: _Event) -> None:
        """Note what there is of the output."""
        index = seen.output_index
        if not isinstance(index, int):
            return
        if seen.type == "response.output_text.delta":
            text = _plain(seen.delta)
            if isinstance(text, str):
                self._texts.setdefault(index, []).append(text)
        elif seen.type == "response.output_item.done":
            item = _plain(seen.item)
            if isinstance(item, dict):
                self._texts.pop(index, None)
                self._items[index] = cast("Json", item)

    def _state(self, response: object, kind: str) -> bytes:
        """Return the event of a new state."""
        state = cast("Json", response) if isinstance(response, dict) else {}
        ours = {name: self._response[name] for name in _OURS}
        self._response = self._response | state | ours
        self.done = kind != "response.in_progress"
        return self._numbered({"type": kind, "response": self._response})

    def _output(self) -> list[Json]:
        """Return the items that are whole, and the words of messages that are not."""
        stem = str(self._response["id"]).removeprefix("resp_")
        unfinished = {
            index: message_item(f"msg_{stem}_{index}", [text_part("".join(said))], "incomplete")
            for index, said in self._texts.items()
        }
        found = self._items | unfinished
        return [found[index] for index in sorted(found)]

    def _numbered(self, event: Json) -> bytes:
        event["sequence_number"] = self._sequence
        self._sequence += 1
        return b"event: %b\ndata: %b\n\n" % (str(event["type"]).encode(), orjson.dumps(event))


def _plain(raw: msgspec.Raw) -> object:
    """Return a part of an event, None if there is none."""
    data = bytes(raw)
    return decoded(data, _VALUE) if data else None
