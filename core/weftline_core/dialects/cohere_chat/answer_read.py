"""Reads a whole answer of Cohere."""

from typing import Final

import msgspec

from weftline_core.chat.answer import Answer, Choice
from weftline_core.chat.parts import Part, Reasoning, Text, ToolCall
from weftline_core.dialects.cohere_chat.shapes import (
    NAME,
    AnswerShape,
    Content,
    Message,
    ToolCallShape,
    citations_of,
    stop_of,
    usage_of,
)
from weftline_core.dialects.cohere_errors import failed
from weftline_core.dialects.dialect import AnswerIsError, NotAnAnswer
from weftline_core.dialects.typed import typed
from weftline_core.usage import Usage

_ANSWER: Final = msgspec.json.Decoder(AnswerShape)


def read_answer(data: bytes) -> Answer:
    """Return a whole answer with status 200.

    The plan before a tool call is text, as other models say theirs; it comes first.

    Raises:
        NotAnAnswer: it is neither an answer nor an error.
        AnswerIsError: it is an error, or Cohere gave it up.
    """
    told, message, reason = _answer(data)
    stop = stop_of(reason)
    if stop is None:
        raise AnswerIsError(failed(None))
    content = message.content or []
    if isinstance(content, str):
        content = [Content(text=content)]
    parts: list[Part] = [Text(text=message.tool_plan)] if message.tool_plan else []
    starts, at = dict[int, int](), len(message.tool_plan or "")
    for i, part in enumerate(content):
        starts[i] = at
        at += len(part.text or "")
        parts += _parts(part)
    parts += [_call(call) for call in message.tool_calls or []]
    citations = [
        found for cited in message.citations or [] for found in citations_of(cited, starts)
    ]
    choice = Choice(parts=parts, stop=stop, citations=citations)
    return Answer(choices=[choice], id=told.id or "", usage=usage_of(told.usage))


def check_answer(data: bytes) -> Usage | None:
    """Return the usage in a whole answer with status 200.

    Raises:
        NotAnAnswer: it is neither an answer nor an error.
        AnswerIsError: it is an error.
    """
    told, _, _ = _answer(data)
    return usage_of(told.usage)


def _answer(data: bytes) -> tuple[AnswerShape, Message, str]:
    told = typed(data, _ANSWER)
    if told is None:
        raise NotAnAnswer("its answer is not one of Cohere's")
    if isinstance(told.message, str):
        raise AnswerIsError(failed(told.message))
    if told.message is None or told.finish_reason is None:
        raise NotAnAnswer("its answer has no message or no finish reason")
    return told, told.message, told.finish_reason


def _parts(content: Content) -> list[Part]:
    if content.thinking:
        return [Reasoning(text=content.thinking, origin=NAME)]
    return [Text(text=content.text)] if content.text else []


def _call(call: ToolCallShape) -> ToolCall:
    function = call.function
    if function is None or not function.name or not call.id:
        raise NotAnAnswer("its answer has a tool call without a name or an id")
    return ToolCall(id=call.id, name=function.name, arguments=function.arguments or "{}")
