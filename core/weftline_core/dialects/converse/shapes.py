"""What Converse answers, as far as it is read. Source: botocore 1.44, `bedrock-runtime`."""

from typing import Final

import msgspec

from weftline_core.chat.answer import Citation, Stop
from weftline_core.usage import Usage

NAME: Final = "converse"


class Shape(msgspec.Struct, rename="camel"):
    """An object of the wire, named in its way."""


class ToolUse(Shape):
    """A call. kind: `server_tool_use` for tools that Bedrock runs itself."""

    tool_use_id: str
    name: str
    input: object = None
    kind: str | None = msgspec.field(default=None, name="type")


class ReasoningText(Shape):
    """Thoughts and what proves them."""

    text: str = ""
    signature: str | None = None


class ReasoningContent(Shape):
    """Thoughts, or what only their maker can read."""

    reasoning_text: ReasoningText | None = None
    redacted_content: str | None = None


class Web(Shape):
    """A page."""

    url: str | None = None


class Location(Shape):
    """Where a source is; only pages are addresses outside the request."""

    web: Web | None = None


class SourceShape(Shape):
    """Where a claim is from."""

    title: str | None = None
    source: str | None = None
    location: Location | None = None


class CitedText(Shape):
    """A claim."""

    text: str = ""


class CitationsContent(Shape):
    """Claims and where they are from."""

    content: list[CitedText] = []
    citations: list[SourceShape] = []


class ImageSource(Shape):
    """A picture in base64."""

    data: str | None = msgspec.field(default=None, name="bytes")


class Image(Shape):
    """A picture that the model made."""

    format: str = "png"
    source: ImageSource | None = None


class Block(Shape):
    """One part of an answer; exactly one field is set in those that are known."""

    text: str | None = None
    tool_use: ToolUse | None = None
    reasoning_content: ReasoningContent | None = None
    citations_content: CitationsContent | None = None
    image: Image | None = None


class Message(Shape):
    """The answer's message."""

    content: list[Block] = []


class Output(Shape):
    """What came out."""

    message: Message | None = None


class CacheDetail(Shape):
    """Tokens that were written to a cache for `ttl`."""

    ttl: str | None = None
    input_tokens: int = 0


class TokenUsage(Shape):
    """Tokens, the cached ones beside the input."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None
    cache_details: list[CacheDetail] | None = None


class AnswerShape(Shape):
    """A whole answer, or an error that came with status 200."""

    output: Output | None = None
    stop_reason: str | None = None
    usage: TokenUsage | None = None
    message: object = None
    kind: str | None = msgspec.field(default=None, name="__type")


_STOPS: Final = {
    "end_turn": Stop.END,
    "tool_use": Stop.TOOL_CALLS,
    "max_tokens": Stop.LENGTH,
    "model_context_window_exceeded": Stop.LENGTH,
    "stop_sequence": Stop.SEQUENCE,
    "guardrail_intervened": Stop.FILTERED,
    "content_filtered": Stop.FILTERED,
}
_MALFORMED: Final = "malformed_"


def stop_of(reason: str) -> Stop | None:
    """Return why the model stopped; None if it failed at its own format, which is no stop."""
    return None if reason.startswith(_MALFORMED) else _STOPS.get(reason, Stop.END)


def usage_of(told: TokenUsage | None) -> Usage | None:
    """Return the usage in the mesh's arithmetic, in which the prompt includes what was cached."""
    if told is None:
        return None
    read = max(0, told.cache_read_input_tokens or 0)
    written = max(0, told.cache_write_input_tokens or 0)
    details = told.cache_details or []
    for_an_hour = min(written, sum(max(0, d.input_tokens) for d in details if d.ttl == "1h"))
    return Usage(
        prompt_tokens=max(0, told.input_tokens) + read + written,
        completion_tokens=max(0, told.output_tokens),
        cache_read_tokens=read,
        cache_write_tokens=written - for_an_hour,
        cache_write_1h_tokens=for_an_hour,
    )


def citation_of(source: SourceShape) -> Citation | None:
    """Return a source as others know it; None if it has no address, such as a document sent."""
    url = source.location.web.url if source.location and source.location.web else None
    return Citation(url=url, title=source.title) if url else None
