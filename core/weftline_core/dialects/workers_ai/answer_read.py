"""Reads a whole answer of Workers AI, in either of its forms."""

from typing import Final

import msgspec

from weftline_core.chat.answer import Answer, Choice
from weftline_core.chat.parts import Part, Reasoning, Text, ToolCall
from weftline_core.dialects.cloudflare_errors import inner_verdict
from weftline_core.dialects.dialect import AnswerIsError, NotAnAnswer
from weftline_core.dialects.typed import typed
from weftline_core.dialects.wire import broken, json_object
from weftline_core.dialects.workers_ai.shapes import (
    NAME,
    CallShape,
    Envelope,
    MessageShape,
    Told,
    minted_id,
    stop_of,
    text_of,
    usage_of,
    words_of,
)
from weftline_core.usage import Usage

_ENVELOPE: Final = msgspec.json.Decoder(Envelope)


def read_answer(data: bytes) -> Answer:
    """Return a whole answer with status 200.

    Raises:
        NotAnAnswer: it is neither an answer nor an error.
        AnswerIsError: it is an error.
    """
    told = _told(data)
    reason, words = told.finish_reason, text_of(told.response)
    message = MessageShape(words, tool_calls=told.tool_calls)
    if told.choices:
        first = told.choices[0]
        reason, message = first.finish_reason, first.message or MessageShape()
    parts: list[Part] = []
    if message.thoughts:
        parts.append(Reasoning(text=message.thoughts, origin=NAME))
    if text := words_of(message.content):
        parts.append(Text(text=text))
    calls = [call for call in message.tool_calls or [] if call.called]
    parts += [_call(call, data, number) for number, call in enumerate(calls)]
    stop = stop_of(reason, called=bool(calls))
    if stop is None:
        raise AnswerIsError(broken("ended it with an error"))
    choice = Choice(parts=parts, stop=stop)
    usage = usage_of(told.usage)
    return Answer(choices=[choice], id=told.id or "", model=told.model or "", usage=usage)


def check_answer(data: bytes) -> Usage | None:
    """Return the usage in a whole answer with status 200.

    Raises:
        NotAnAnswer: it is neither an answer nor an error.
        AnswerIsError: it is an error.
    """
    return usage_of(_told(data).usage)


def _told(data: bytes) -> Told:
    envelope = typed(data, _ENVELOPE)
    if envelope is None:
        raise NotAnAnswer("its answer is not one of Workers AI's")
    if envelope.wrong:
        raise AnswerIsError(inner_verdict(json_object(data) or {}))
    told = envelope.result or envelope
    if not told.choices and not told.tool_calls and told.response is msgspec.UNSET:
        raise NotAnAnswer("its answer has no response and no choices")
    return told


def _call(call: CallShape, data: bytes, number: int) -> ToolCall:
    call_id = call.id or minted_id(data, number)
    return ToolCall(id=call_id, name=call.called, arguments=call.argued or "{}")
