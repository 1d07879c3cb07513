"""Reads a whole answer of a host, or only checks it."""

from typing import Final

import msgspec

from weftline_core.chat.answer import Answer, Choice, Citation, TokenLogprob
from weftline_core.chat.parts import Media, Part, Reasoning, Refusal, Text, ToolCall
from weftline_core.dialects.dialect import AnswerIsError, NotAnAnswer
from weftline_core.dialects.responses.answer_shapes import (
    CALLS,
    ItemShape,
    PieceShape,
    ResponseShape,
    arguments_of,
    citation_of,
    item_of,
    logprobs_of,
    mime_of,
    stop_of,
    thoughts_of,
)
from weftline_core.dialects.responses.errors import stream_verdict
from weftline_core.dialects.responses.seal import redacted_of
from weftline_core.dialects.responses.shapes import NAME
from weftline_core.dialects.typed import Garbled, Misshapen, decoded
from weftline_core.dialects.wire import is_utf8
from weftline_core.usage import Usage

_RESPONSE: Final = msgspec.json.Decoder(ResponseShape)


class _Count(msgspec.Struct):
    input_tokens: int


_COUNT: Final = msgspec.json.Decoder(_Count)


def check_answer(data: bytes) -> Usage | None:
    """Return the usage in a whole answer that is passed on as it is.

    A response that is queued, at work or cancelled is an answer here: a client asked for it.

    Raises:
        NotAnAnswer: it is neither an answer nor an error.
        AnswerIsError: it is an error.
    """
    used = _response(data).used
    if not is_utf8(data):
        raise NotAnAnswer("its answer is not UTF-8")
    return used


def read_answer(data: bytes) -> Answer:
    """Return a whole answer.

    Raises:
        NotAnAnswer: it is neither an answer nor an error, or not yet one.
        AnswerIsError: it is an error.
    """
    response = _response(data)
    # Some hosts say nothing of a response that is complete.
    if response.status not in ("completed", "incomplete", None):
        raise NotAnAnswer("its answer is not finished")
    if response.status is None and not response.output:
        raise NotAnAnswer("its answer has neither a status nor any output")
    reading = _Reading()
    try:
        for raw in response.output or []:
            item = item_of(raw)
            if item is not None:
                reading.add(item)
    except (Garbled, Misshapen):
        raise NotAnAnswer("an item of its answer has a field of a wrong type") from None
    stop = stop_of(response, calls=reading.calls, spoken=reading.spoken, refused=reading.refused)
    choice = Choice(
        parts=reading.parts,
        stop=stop,
        citations=reading.citations,
        logprobs=reading.logprobs or None,
    )
    return Answer(
        choices=[choice],
        id=response.id or "",
        model=response.model or "",
        usage=response.used,
    )


def read_count(data: bytes) -> int:
    """Return the count in an answer of `/responses/input_tokens`.

    Raises:
        NotAnAnswer: it is none.
    """
    try:
        return max(0, decoded(data, _COUNT).input_tokens)
    except (Garbled, Misshapen):
        raise NotAnAnswer("its answer has no count 'input_tokens'") from None


def _response(data: bytes) -> ResponseShape:
    try:
        response = decoded(data, _RESPONSE)
    except Garbled:
        raise NotAnAnswer("its answer is not JSON") from None
    except Misshapen:
        raise NotAnAnswer("its answer is not a response object") from None
    if response.error or response.status == "failed":
        raise AnswerIsError(stream_verdict(_nested(response.error)))
    if response.output is None:
        raise NotAnAnswer("its answer has no list 'output'")
    return response


def _nested(error: object) -> dict[str, object]:
    """Return an error as its shapes are told apart by."""
    return {"error": error} if isinstance(error, dict | str) else {}


class _Reading:
    """Grows while the items of one answer are read."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.citations: list[Citation] = []
        self.logprobs: list[TokenLogprob] = []
        self.calls = self.spoken = self.refused = False

    def add(self, item: ItemShape) -> None:
        if item.type == "message":
            for piece in item.content or []:
                self._piece(piece)
        elif item.type == "reasoning":
            text = thoughts_of(item)
            if text:
                self.parts.append(Reasoning(text=text, origin=NAME))
            if item.encrypted_content:
                redacted = redacted_of(item.id, item.encrypted_content)
                self.parts.append(Reasoning(text="", redacted=redacted, origin=NAME))
        elif item.type in CALLS:
            self.calls = True
            self.parts.append(
                ToolCall(
                    id=item.call_id or item.id or "",
                    name=item.name or "",
                    arguments=arguments_of(item),
                    free_text=item.type == "custom_tool_call",
                )
            )
        elif isinstance(item.result, str) and item.result:
            self.spoken = True
            self.parts.append(Media(kind="image", mime=mime_of(item), data=item.result))

    def _piece(self, piece: PieceShape) -> None:
        if piece.type == "refusal":
            self.refused = True
            self.parts.append(Refusal(text=piece.refusal or ""))
        elif piece.text is not None:
            self.spoken = self.spoken or bool(piece.text)
            self.parts.append(Text(text=piece.text))
            found = map(citation_of, piece.annotations or [])
            self.citations += [citation for citation in found if citation is not None]
            self.logprobs += logprobs_of(piece.logprobs or [])
