"""Reads a whole answer of Converse."""

from typing import Final

import msgspec

from weftline_core.chat.answer import Answer, Choice
from weftline_core.chat.parts import Media, Part, Reasoning, Text, ToolCall
from weftline_core.dialects.amazon_errors import named_verdict
from weftline_core.dialects.converse.shapes import (
    NAME,
    AnswerShape,
    Block,
    ReasoningContent,
    ToolUse,
    citation_of,
    stop_of,
    usage_of,
)
from weftline_core.dialects.dialect import AnswerIsError, NotAnAnswer
from weftline_core.dialects.typed import typed
from weftline_core.dialects.wire import broken, compact
from weftline_core.usage import Usage

_ANSWER: Final = msgspec.json.Decoder(AnswerShape)


def read_answer(data: bytes) -> Answer:
    """Return a whole answer with status 200.

    Raises:
        NotAnAnswer: it is neither an answer nor an error.
        AnswerIsError: it is an error, or the model failed at its own format.
    """
    told = _answer(data)
    blocks = told.output.message.content if told.output and told.output.message else []
    parts = [part for block in blocks for part in _parts(block)]
    sources = [s for b in blocks if b.citations_content for s in b.citations_content.citations]
    citations = [found for source in sources if (found := citation_of(source))]
    stop = stop_of(told.stop_reason or "")
    if stop is None:
        raise AnswerIsError(broken(f"ended it as {told.stop_reason}"))
    choice = Choice(parts=parts, stop=stop, citations=citations)
    return Answer(choices=[choice], usage=usage_of(told.usage))


def check_answer(data: bytes) -> Usage | None:
    """Return the usage in a whole answer with status 200.

    Raises:
        NotAnAnswer: it is neither an answer nor an error.
        AnswerIsError: it is an error.
    """
    return usage_of(_answer(data).usage)


def _answer(data: bytes) -> AnswerShape:
    told = typed(data, _ANSWER)
    if told is None:
        raise NotAnAnswer("its answer is not one of Converse's")
    if told.output is None or told.output.message is None or told.stop_reason is None:
        if told.kind is not None or isinstance(told.message, str):
            raise AnswerIsError(named_verdict(told.kind or "", data))
        raise NotAnAnswer("its answer has no message or no stop reason")
    return told


def _parts(block: Block) -> list[Part]:
    text = block.text or ""
    if block.citations_content is not None:
        text += "".join(claim.text for claim in block.citations_content.content)
    if text:
        return [Text(text=text)]
    if block.tool_use is not None:
        return _call(block.tool_use)
    if block.reasoning_content is not None:
        return [_reasoning(block.reasoning_content)]
    if block.image is not None and block.image.source is not None and block.image.source.data:
        mime, data = f"image/{block.image.format}", block.image.source.data
        return [Media(kind="image", mime=mime, data=data)]
    return []


def _call(call: ToolUse) -> list[Part]:
    if call.kind is not None:
        # A tool that ran at Bedrock: nobody else can answer the call.
        return []
    arguments = compact(call.input or {})
    return [ToolCall(id=call.tool_use_id, name=call.name, arguments=arguments)]


def _reasoning(content: ReasoningContent) -> Reasoning:
    told = content.reasoning_text
    return Reasoning(
        text=told.text if told else "",
        signature=told.signature if told else None,
        redacted=content.redacted_content,
        origin=NAME,
    )
