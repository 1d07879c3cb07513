"""Writes a whole answer as a client of Responses reads it."""

import orjson

from weftline_core.chat.answer import Answer, Choice
from weftline_core.chat.parts import Media, Reasoning, Refusal, Text, ToolCall
from weftline_core.dialects.dialect import Echo
from weftline_core.dialects.responses.objects import (
    Json,
    annotation,
    call_item,
    ended,
    image_item,
    logprob_objects,
    message_item,
    reasoning_item,
    refusal_part,
    response_object,
    text_part,
)
from weftline_core.dialects.responses.seal import sealed, sealed_call
from weftline_core.ids import stem_of


def write_answer(answer: Answer, echo: Echo) -> bytes:
    """Return a whole answer. Only one choice can have been asked for."""
    choice = answer.choices[0]
    output = _Output(stem_of(echo.request_id))
    for part in choice.parts:
        output.add(part)
    refused = any(isinstance(part, Refusal) for part in choice.parts)
    status, why = ended(choice.stop, refused_in_words=refused)
    output.close(status, choice)
    response = response_object(
        echo, status, output=output.items, usage=answer.usage, incomplete=why
    )
    return orjson.dumps(response)


class _Output:
    """Grows while the parts of one answer are written."""

    def __init__(self, stem: str) -> None:
        self.items: list[Json] = []
        self._stem = stem
        self._content: list[Json] = []
        self._last_text: Json | None = None
        # Thoughts whose proof may still follow.
        self._thoughts: Json | None = None

    def add(self, part: object) -> None:
        if isinstance(part, Reasoning):
            self._flush("completed")
            self._reasoning(part)
            return
        self._thoughts = None
        if isinstance(part, Text):
            self._text(part.text)
        elif isinstance(part, Refusal):
            self._content.append(refusal_part(part.text))
        elif isinstance(part, ToolCall):
            self._flush("completed")
            self._call(part)
        elif isinstance(part, Media) and part.kind == "image" and part.data is not None:
            self._flush("completed")
            self.items.append(image_item(self._id("ig"), part.mime or "image/png", part.data))

    def close(self, status: str, choice: Choice) -> None:
        """Write what is open, with the state of the answer, and what belongs to the words."""
        self._flush(status)
        if self._last_text is not None:
            self._last_text["annotations"] = [annotation(c) for c in choice.citations]
            self._last_text["logprobs"] = logprob_objects(choice.logprobs or [])

    def _id(self, prefix: str) -> str:
        return f"{prefix}_{self._stem}_{len(self.items)}"

    def _text(self, text: str) -> None:
        last = self._content[-1] if self._content else None
        if last is not None and last is self._last_text:
            last["text"] = f"{last['text']}{text}"
        elif text:
            self._last_text = text_part(text)
            self._content.append(self._last_text)

    def _flush(self, status: str) -> None:
        if self._content:
            self.items.append(message_item(self._id("msg"), self._content, status))
            self._content = []

    def _reasoning(self, part: Reasoning) -> None:
        if part.signature is None and part.redacted is None:
            self._thoughts = reasoning_item(self._id("rs"), part.text)
            self.items.append(self._thoughts)
            return
        own_id, encrypted = sealed(part.origin, part.signature, part.redacted)
        item = self._thoughts
        if item is None:
            item = reasoning_item(self._id("rs"), part.text or None)
            self.items.append(item)
        if own_id is not None:
            item["id"] = own_id
        item["encrypted_content"] = encrypted
        self._thoughts = None

    def _call(self, call: ToolCall) -> None:
        if call.signature is not None:
            self.items.append(reasoning_item(self._id("rs"), None, sealed_call(call.signature)))
        prefix = "ctc" if call.free_text else "fc"
        self.items.append(
            call_item(
                self._id(prefix),
                call.id,
                call.name,
                call.arguments,
                "completed",
                free_text=call.free_text,
            )
        )
