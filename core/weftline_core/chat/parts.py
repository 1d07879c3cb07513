"""What a turn of a conversation, or an answer, is made of."""

from typing import Literal, TypeAlias

import msgspec

MediaKind: TypeAlias = Literal["image", "audio", "video", "file"]
CacheTtl: TypeAlias = Literal["5m", "1h"]


class Text(msgspec.Struct, kw_only=True):
    """Words. cache: the prompt up to and with this part should be kept by the provider."""

    text: str
    cache: CacheTtl | None = None


class Media(msgspec.Struct, kw_only=True):
    """An image, a sound, a film or a file; exactly one of data, url and file_id is set.

    mime: as in `image/png`; None if only the URL's server knows. data: base64. detail: how closely
    to look, in OpenAI's words (`low`, `high`, `auto`). name: of a file.
    """

    kind: MediaKind
    mime: str | None = None
    data: str | None = None
    url: str | None = None
    file_id: str | None = None
    detail: str | None = None
    name: str | None = None
    cache: CacheTtl | None = None


class ToolCall(msgspec.Struct, kw_only=True):
    """The model asks for a tool. arguments: JSON text of an object, as the model wrote it, perhaps
    cut short; for a free-text tool the text itself. signature: what its provider wants back with
    it, unchanged.
    """

    id: str
    name: str
    arguments: str
    signature: str | None = None
    free_text: bool = False
    cache: CacheTtl | None = None


class ToolResult(msgspec.Struct, kw_only=True):
    """What a tool answered. name: of the tool, looked up by its reader, since Gemini needs it."""

    call_id: str
    name: str
    parts: "list[Text | Media]"
    is_error: bool = False
    cache: CacheTtl | None = None


class Reasoning(msgspec.Struct, kw_only=True):
    """Thoughts of the model. signature: proves them to the provider that made them; `origin` names
    the dialect it is good for. redacted: thoughts that only that provider can read; then text is
    empty.
    """

    text: str
    signature: str | None = None
    redacted: str | None = None
    origin: str = ""


class Refusal(msgspec.Struct, kw_only=True):
    """The model says that it won't."""

    text: str


class Foreign(msgspec.Struct, kw_only=True):
    """A part that only its own dialect knows; `value` is its JSON object there."""

    origin: str
    value: dict[str, object]


Part: TypeAlias = Text | Media | ToolCall | ToolResult | Reasoning | Refusal | Foreign
