"""What is read of a response, whole or in a stream's last event, and what it means."""

from typing import Final

import msgspec

from weftline_core.chat.answer import Citation, Stop, TokenLogprob
from weftline_core.dialects.responses.usage import usage_of
from weftline_core.dialects.typed import decoded
from weftline_core.usage import Usage, in_tier


class LogprobShape(msgspec.Struct):
    """One token."""

    token: str = ""
    logprob: float = 0.0
    top_logprobs: "list[LogprobShape] | None" = None


class AnnotationShape(msgspec.Struct):
    """A source; of other kinds than `url_citation` only the type is read."""

    type: str = ""
    url: str | None = None
    title: str | None = None
    start_index: int | None = None
    end_index: int | None = None


class PieceShape(msgspec.Struct):
    """A part of a message, or a piece of thoughts."""

    type: str = ""
    text: str | None = None
    refusal: str | None = None
    annotations: list[AnnotationShape] | None = None
    logprobs: list[LogprobShape] | None = None


class ItemShape(msgspec.Struct):
    """An item of the output; which fields stand there is told by `type`."""

    type: str = ""
    id: str | None = None
    role: str | None = None
    content: list[PieceShape] | None = None
    summary: list[PieceShape] | None = None
    encrypted_content: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: object = None
    input: str | None = None
    result: object = None
    output_format: str | None = None


class Why(msgspec.Struct):
    """Why a response is incomplete."""

    reason: str | None = None


class ResponseShape(msgspec.Struct):
    """A response. Items are read one by one: a kind that nobody knows may look like anything."""

    id: str | None = None
    model: str | None = None
    status: str | None = None
    error: object = None
    incomplete_details: Why | None = None
    output: list[msgspec.Raw] | None = None
    usage: object = None
    tool_usage: object = None
    service_tier: object = None

    @property
    def used(self) -> Usage | None:
        """Return the usage it reports."""
        return in_tier(usage_of(self.usage, self.tool_usage), self.service_tier)


CALLS: Final = frozenset(("function_call", "custom_tool_call"))
# The items that are read; all others are a provider's own tools at work.
READ: Final = CALLS | {"message", "reasoning", "image_generation_call"}

_ITEM: Final = msgspec.json.Decoder(ItemShape)


class _Kind(msgspec.Struct):
    type: object = None


_KIND: Final = msgspec.json.Decoder(_Kind)


def item_of(raw: msgspec.Raw) -> ItemShape | None:
    """Return an item, or None for one of a kind that is not read.

    Raises:
        Garbled, Misshapen: it is no JSON object, or a field that is read is of a wrong type.
    """
    data = bytes(raw)
    kind = decoded(data, _KIND).type
    if not isinstance(kind, str) or kind not in READ:
        return None
    return decoded(data, _ITEM)


def stop_of(response: ResponseShape, *, calls: bool, spoken: bool, refused: bool) -> Stop:
    """Return why an answer stopped. calls, spoken, refused: what is in it."""
    if response.status == "incomplete":
        reason = response.incomplete_details.reason if response.incomplete_details else None
        if reason == "content_filter":
            return Stop.FILTERED
        # What the provider cut for its own tools' sake.
        return Stop.PAUSED if reason in ("max_messages", "steered") else Stop.LENGTH
    if calls:
        return Stop.TOOL_CALLS
    return Stop.REFUSED if refused and not spoken else Stop.END


def citation_of(shape: AnnotationShape) -> Citation | None:
    """Return a source on the web, or None for any other."""
    if shape.type != "url_citation" or not shape.url:
        return None
    return Citation(
        url=shape.url, title=shape.title or None, start=shape.start_index, end=shape.end_index
    )


def logprobs_of(shapes: list[LogprobShape]) -> list[TokenLogprob]:
    """Return log probabilities."""
    return [
        TokenLogprob(
            token=shape.token, logprob=shape.logprob, top=logprobs_of(shape.top_logprobs or [])
        )
        for shape in shapes
    ]


def thoughts_of(item: ItemShape) -> str:
    """Return the thoughts in full if the host shows them, else their summary."""
    return "\n\n".join(piece.text or "" for piece in item.content or item.summary or [])


def arguments_of(item: ItemShape) -> str:
    """Return a call's arguments; hosts that leave them out mean none."""
    if item.type == "custom_tool_call":
        return item.input or ""
    if isinstance(item.arguments, str):
        return item.arguments or "{}"
    return "{}" if item.arguments is None else msgspec.json.encode(item.arguments).decode()


def mime_of(item: ItemShape) -> str:
    """Return the type of a picture that the model made."""
    form = item.output_format or "png"
    return "image/svg+xml" if form == "svg" else f"image/{form}"
