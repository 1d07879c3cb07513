"""Reads a whole answer of a host."""

from typing import Final, cast

import msgspec

from weftline_core.chat.answer import Answer, Choice, Citation, Stop
from weftline_core.chat.parts import Foreign, Part, Reasoning, Refusal, Text, ToolCall
from weftline_core.dialects.dialect import AnswerIsError, NotAnAnswer
from weftline_core.dialects.messages.errors import inner_verdict, is_error
from weftline_core.dialects.messages.shapes import (
    Json,
    RedactedBlock,
    TextBlock,
    ThinkingBlock,
    ToolUseBlock,
)
from weftline_core.dialects.messages.tables import NAME, STOPS
from weftline_core.dialects.messages.usage import usage_of
from weftline_core.dialects.wire import compact, is_utf8, json_object
from weftline_core.usage import Usage


class _Whole(msgspec.Struct):
    """What is read of an answer that is passed on; the rest is only checked to be JSON."""

    type: str | None = None
    error: object = None
    content: list[msgspec.Raw] | None = None
    usage: Json | None = None


class _Count(msgspec.Struct):
    """A count of tokens."""

    input_tokens: int


_WHOLE: Final = msgspec.json.Decoder(_Whole)
_COUNT: Final = msgspec.json.Decoder(_Count)
_FIELDS: Final = msgspec.json.Decoder(Json)


def check_answer(data: bytes) -> Usage | None:
    """Return the usage in an answer that is passed on as it is.

    Raises:
        NotAnAnswer: it is neither an answer nor an error.
        AnswerIsError: it is an error.
    """
    try:
        whole = _WHOLE.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        whole = None
    if whole is not None and whole.content is not None and not whole.error and is_utf8(data):
        return usage_of(whole.usage)
    return usage_of(_message(data).get("usage"))


def read_answer(data: bytes) -> Answer:
    """Return an answer.

    Raises:
        NotAnAnswer: it is neither an answer nor an error.
        AnswerIsError: it is an error.
    """
    fields = _message(data)
    reason = fields.get("stop_reason")
    if not isinstance(reason, str):
        raise NotAnAnswer("its answer has no 'stop_reason'")
    choice = Choice(parts=[], stop=STOPS.get(reason, Stop.END))
    sequence = fields.get("stop_sequence")
    choice.stop_sequence = sequence if isinstance(sequence, str) else None
    try:
        _read_blocks(choice, cast("list[object]", fields["content"]))
    except msgspec.ValidationError as e:
        raise NotAnAnswer(f"a block of its answer is malformed: {e}") from None
    why = refusal_of(fields.get("stop_details"))
    if why:
        choice.parts.append(Refusal(text=why))
    if choice.stop is Stop.END and any(isinstance(part, ToolCall) for part in choice.parts):
        choice.stop = Stop.TOOL_CALLS
    return Answer(
        choices=[choice],
        id=text_or(fields.get("id")),
        model=text_or(fields.get("model")),
        usage=usage_of(fields.get("usage")),
    )


def read_count(data: bytes) -> int:
    """Return a count of tokens.

    Raises:
        NotAnAnswer: it is none.
    """
    try:
        return max(0, _COUNT.decode(data).input_tokens)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotAnAnswer("its answer has no 'input_tokens'") from None


def citation_of(fields: object) -> Citation | None:
    """Return a citation; None for one without an address, such as of the client's own document."""
    if not isinstance(fields, dict):
        return None
    said = cast("Json", fields)
    url, title = said.get("url") or said.get("source"), said.get("title")
    if not isinstance(url, str) or not url:
        return None
    return Citation(url=url, title=title if isinstance(title, str) else None)


def refusal_of(details: object) -> str:
    """Return what a refusal's details say in words; empty if nothing."""
    if not isinstance(details, dict):
        return ""
    return text_or(cast("Json", details).get("explanation"))


def text_or(value: object) -> str:
    """Return a text; empty for anything else."""
    return value if isinstance(value, str) else ""


def _message(data: bytes) -> Json:
    fields = _exact(data) or json_object(data)
    if fields is None:
        raise NotAnAnswer("its answer is not a JSON object")
    if is_error(fields):
        raise AnswerIsError(inner_verdict(fields))
    if not isinstance(fields.get("content"), list):
        raise NotAnAnswer("its answer has no list 'content'")
    return fields


def _exact(data: bytes) -> Json | None:
    """Return a message with whole numbers of any size: a call's arguments may hold ids."""
    try:
        return _FIELDS.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _read_blocks(choice: Choice, blocks: list[object]) -> None:
    said = 0
    for value in blocks:
        block = msgspec.convert(value, Json)
        if block.get("type") == "text":
            text = msgspec.convert(block, TextBlock).text
            choice.citations = choice.citations + _cited(block.get("citations"), said, len(text))
            said += len(text)
            choice.parts.append(Text(text=text))
            continue
        part = _part(block)
        if part is not None:
            choice.parts.append(part)


def _part(block: Json) -> Part | None:
    kind = block.get("type")
    if kind == "tool_use":
        call = msgspec.convert(block, ToolUseBlock)
        arguments = compact(call.input)
        return ToolCall(id=call.id, name=call.name, arguments=arguments)
    if kind == "thinking":
        thoughts = msgspec.convert(block, ThinkingBlock)
        signature = thoughts.signature or None
        return Reasoning(text=thoughts.thinking, signature=signature, origin=NAME)
    if kind == "redacted_thinking":
        data = msgspec.convert(block, RedactedBlock).data
        return Reasoning(text="", redacted=data, origin=NAME)
    # Where another model took over is nothing that a reader waits for.
    return None if kind == "fallback" else Foreign(origin=NAME, value=block)


def _cited(citations: object, start: int, length: int) -> list[Citation]:
    if not isinstance(citations, list):
        return []
    found = [citation_of(fields) for fields in cast("list[object]", citations)]
    told = [citation for citation in found if citation is not None]
    for citation in told:
        citation.start, citation.end = start, start + length
    return told
