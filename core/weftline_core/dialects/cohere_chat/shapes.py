"""What Cohere answers, as far as it is read.

Source: Cohere's `cohere-openapi.yaml` of 2026-08-20, cohere 7.3.1 (Python SDK), recorded traffic.
"""

from typing import Final

import msgspec

from weftline_core.chat.answer import Citation, Stop
from weftline_core.usage import Usage

NAME: Final = "cohere_chat"


class Function(msgspec.Struct):
    """A call, or in a stream some of one."""

    name: str | None = None
    arguments: str | None = None


class ToolCallShape(msgspec.Struct):
    """A call and its id."""

    id: str | None = None
    function: Function | None = None


class Content(msgspec.Struct):
    """One part of an answer, or in a stream some of one."""

    text: str | None = None
    thinking: str | None = None


class Document(msgspec.Struct):
    """A source; only one with an address means anything outside its request."""

    url: str | None = None
    title: str | None = None


class Source(msgspec.Struct):
    """A document of the request, or what a tool found."""

    document: Document | None = None
    tool_output: Document | None = None


class CitationShape(msgspec.Struct):
    """Where a claim is from. start, end: characters of one content part, or of the plan or the
    thoughts, as `kind` says.
    """

    start: int | None = None
    end: int | None = None
    sources: list[Source] | None = None
    content_index: int = 0
    kind: str | None = msgspec.field(default=None, name="type")


class Message(msgspec.Struct):
    """An answer's message."""

    content: list[Content] | str | None = None
    tool_plan: str | None = None
    tool_calls: list[ToolCallShape] | None = None
    citations: list[CitationShape] | None = None


class Billed(msgspec.Struct):
    """What is billed, in numbers that Cohere writes with a decimal point."""

    input_tokens: float | None = None
    output_tokens: float | None = None
    search_units: float | None = None


class UsageShape(msgspec.Struct):
    """What was used. tokens: with a hidden preamble that is not billed."""

    billed_units: Billed | None = None
    tokens: Billed | None = None


class AnswerShape(msgspec.Struct):
    """A whole answer; or an error, whose message is text."""

    id: str | None = None
    message: Message | str | None = None
    finish_reason: str | None = None
    usage: UsageShape | None = None


_STOPS: Final = {
    "COMPLETE": Stop.END,
    "STOP_SEQUENCE": Stop.SEQUENCE,
    "MAX_TOKENS": Stop.LENGTH,
    "TOOL_CALL": Stop.TOOL_CALLS,
}
_FAULTS: Final = frozenset(("ERROR", "TIMEOUT"))
_OF_THE_TEXT: Final = frozenset((None, "TEXT_CONTENT"))


def stop_of(reason: str) -> Stop | None:
    """Return why the model stopped; None if Cohere itself failed, which is no stop."""
    return None if reason in _FAULTS else _STOPS.get(reason, Stop.END)


def usage_of(told: UsageShape | None) -> Usage | None:
    """Return the tokens that are billed. What Cohere says of its cache counts a hidden preamble
    too, can be more than is billed, and so is not kept.
    """
    if told is None or (counts := told.billed_units or told.tokens) is None:
        return None
    return Usage(
        prompt_tokens=_count(counts.input_tokens),
        completion_tokens=_count(counts.output_tokens),
        searches=_count(counts.search_units),
    )


def citations_of(told: CitationShape, starts: dict[int, int]) -> list[Citation]:
    """Return a claim's sources that have an address. starts: where in the whole text each content
    part begins.
    """
    if told.kind not in _OF_THE_TEXT:
        return []
    first = starts.get(told.content_index, 0)
    start = None if told.start is None else first + told.start
    end = None if told.end is None else first + told.end
    documents = [source.document or source.tool_output for source in told.sources or []]
    return [
        Citation(url=document.url, title=document.title, start=start, end=end)
        for document in documents
        if document is not None and document.url
    ]


def _count(value: float | None) -> int:
    return max(0, int(value or 0))
