"""The items of a streamed answer while they are written: each knows its events."""

from typing import Final, Literal

import orjson

from weftline_core.chat.answer import Citation, TokenLogprob
from weftline_core.dialects.responses.objects import (
    Json,
    annotation,
    call_item,
    logprob_objects,
    message_item,
    reasoning_item,
    refusal_part,
    text_part,
)

# What every delta of words has, and few have something in it.
_NO_LOGPROBS: Final[Json] = {"logprobs": []}


class Numbered:
    """Numbers the events of one stream. sequence: the next one's."""

    __slots__ = ("sequence",)

    def __init__(self) -> None:
        self.sequence = 0

    def event(self, kind: str, fields: Json) -> bytes:
        """Return one event."""
        data = orjson.dumps({"type": kind, "sequence_number": self.sequence, **fields})
        self.sequence += 1
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)

    def delta(self, head: bytes, text: str) -> bytes:
        """Return one event that adds words. head: from `delta_head`."""
        sequence = self.sequence
        self.sequence = sequence + 1
        return b'%b%d,"delta":%b}\n\n' % (head, sequence, orjson.dumps(text))


def delta_head(kind: str, place: Json) -> bytes:
    """Return an event that adds words, up to its number."""
    fields = orjson.dumps({"type": kind, **place})[:-1]
    return b'event: %b\ndata: %b,"sequence_number":' % (kind.encode(), fields)


class OpenMessage:
    """A message that grows. Words and refusals stand in parts of their own."""

    def __init__(self, numbered: Numbered, index: int, item_id: str) -> None:
        self.index = index
        self._numbered = numbered
        self._id = item_id
        self._content: list[Json] = []
        self._kind: Literal["text", "refusal"] | None = None
        self._head = b""
        self._said: list[str] = []
        self._annotations: list[Json] = []
        self._logprobs: list[Json] = []

    def begin(self) -> bytes:
        """Return the event that adds it."""
        item = message_item(self._id, [], "in_progress")
        return self._numbered.event(
            "response.output_item.added", {"output_index": self.index, "item": item}
        )

    def text(self, text: str, tokens: list[TokenLogprob] | None = None) -> bytes:
        """Return the events that add words, with the tokens' probabilities if there are any."""
        opened = b"" if self._kind == "text" else self._open("text")
        self._said.append(text)
        if tokens is None:
            return opened + self._numbered.delta(self._head, text)
        logprobs = logprob_objects(tokens)
        self._logprobs += logprobs
        fields = self._place | {"delta": text, "logprobs": logprobs}
        return opened + self._numbered.event("response.output_text.delta", fields)

    def refusal(self, text: str) -> bytes:
        """Return the events that add words of a refusal."""
        opened = b"" if self._kind == "refusal" else self._open("refusal")
        self._said.append(text)
        return opened + self._numbered.delta(self._head, text)

    def cite(self, citation: Citation) -> bytes:
        """Return the events that add a source."""
        opened = b"" if self._kind == "text" else self._open("text")
        found = annotation(citation)
        fields = self._place | {"annotation_index": len(self._annotations), "annotation": found}
        self._annotations.append(found)
        return opened + self._numbered.event("response.output_text.annotation.added", fields)

    def end(self, status: str) -> tuple[bytes, Json]:
        """Return the events that finish it, and the item."""
        closed = self._close()
        item = message_item(self._id, self._content, status)
        done = self._numbered.event(
            "response.output_item.done", {"output_index": self.index, "item": item}
        )
        return closed + done, item

    @property
    def _place(self) -> Json:
        return {
            "item_id": self._id,
            "output_index": self.index,
            "content_index": len(self._content),
        }

    def _open(self, kind: Literal["text", "refusal"]) -> bytes:
        closed = self._close()
        self._kind = kind
        if kind == "text":
            self._head = delta_head("response.output_text.delta", self._place | _NO_LOGPROBS)
        else:
            self._head = delta_head("response.refusal.delta", self._place)
        part = text_part("") if kind == "text" else refusal_part("")
        added = self._place | {"part": part}
        return closed + self._numbered.event("response.content_part.added", added)

    def _close(self) -> bytes:
        if self._kind is None:
            return b""
        said, place = "".join(self._said), self._place
        if self._kind == "text":
            part = text_part(said, self._annotations, self._logprobs)
            done = self._numbered.event(
                "response.output_text.done", place | {"text": said, "logprobs": self._logprobs}
            )
        else:
            part = refusal_part(said)
            done = self._numbered.event("response.refusal.done", place | {"refusal": said})
        self._content.append(part)
        self._kind, self._said, self._annotations, self._logprobs = None, [], [], []
        return done + self._numbered.event("response.content_part.done", place | {"part": part})


class OpenThoughts:
    """Thoughts that grow, shown as one piece of a summary."""

    def __init__(self, numbered: Numbered, index: int, item_id: str) -> None:
        self.index = index
        self._numbered = numbered
        self._id = item_id
        self._thought: list[str] = []
        self._head = b""

    def begin(self) -> bytes:
        """Return the event that adds it."""
        return self._numbered.event(
            "response.output_item.added",
            {"output_index": self.index, "item": reasoning_item(self._id, None)},
        )

    def think(self, text: str) -> bytes:
        """Return the events that add thoughts."""
        opened = b""
        if not self._head:
            self._head = delta_head("response.reasoning_summary_text.delta", self._place)
            opened = self._numbered.event(
                "response.reasoning_summary_part.added",
                self._place | {"part": {"type": "summary_text", "text": ""}},
            )
        self._thought.append(text)
        return opened + self._numbered.delta(self._head, text)

    def end(self, encrypted: str | None = None) -> tuple[bytes, Json]:
        """Return the events that finish it, and the item. encrypted: what proves the thoughts."""
        closed, summary = b"", None
        if self._head:
            summary = "".join(self._thought)
            part = {"type": "summary_text", "text": summary}
            closed = self._numbered.event(
                "response.reasoning_summary_text.done", self._place | {"text": summary}
            ) + self._numbered.event(
                "response.reasoning_summary_part.done", self._place | {"part": part}
            )
        item = reasoning_item(self._id, summary, encrypted)
        done = self._numbered.event(
            "response.output_item.done", {"output_index": self.index, "item": item}
        )
        return closed + done, item

    @property
    def _place(self) -> Json:
        return {"item_id": self._id, "output_index": self.index, "summary_index": 0}


class OpenCall:
    """A call whose arguments grow."""

    def __init__(
        self, numbered: Numbered, index: int, stem: str, call_id: str, name: str, *, free_text: bool
    ) -> None:
        self.index = index
        self._numbered = numbered
        self._id = f"{'ctc' if free_text else 'fc'}_{stem}_{index}"
        self._call_id = call_id
        self._name = name
        self._free_text = free_text
        self._arguments: list[str] = []
        self._place: Json = {"item_id": self._id, "output_index": index}
        self._kind = (
            "response.custom_tool_call_input" if free_text else "response.function_call_arguments"
        )
        self._head = delta_head(f"{self._kind}.delta", self._place)

    def begin(self) -> bytes:
        """Return the event that adds it."""
        return self._numbered.event(
            "response.output_item.added",
            {"output_index": self.index, "item": self._item("", "in_progress")},
        )

    def add(self, arguments: str) -> bytes:
        """Return the event that adds to the arguments."""
        self._arguments.append(arguments)
        return self._numbered.delta(self._head, arguments)

    def end(self) -> tuple[bytes, Json]:
        """Return the events that finish it, and the item."""
        whole = "".join(self._arguments)
        if not whole and not self._free_text:
            whole = "{}"
        field = "input" if self._free_text else "arguments"
        done = self._numbered.event(f"{self._kind}.done", self._place | {field: whole})
        item = self._item(whole, "completed")
        return done + self._numbered.event(
            "response.output_item.done", {"output_index": self.index, "item": item}
        ), item

    def _item(self, arguments: str, status: str) -> Json:
        return call_item(
            self._id, self._call_id, self._name, arguments, status, free_text=self._free_text
        )
