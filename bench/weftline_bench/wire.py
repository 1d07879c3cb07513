"""The part of OpenAI's wire format that the demo endpoints speak: requests checked, answers and
errors written.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias, TypeVar

import msgspec
import orjson

# The most tokens of one answer. A paragraph of the built-in text ends sooner.
TOKENS_MAX = 4096
TOKENS_DEFAULT = 256

# OpenAI's own bounds.
STOPS_MAX = 4
INPUTS_MAX = 2048

# Hashing has no natural upper bound; this one keeps a batch of answers below 100 MB.
DIMENSIONS_MAX = 1024

Tokens: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=TOKENS_MAX)]
Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1)]

R = TypeVar("R")


class BadRequest(ValueError):
    """The client's request is wrong; `status`, `code` and `param` are for OpenAI's error object."""

    def __init__(
        self, message: str, *, status: int = 400, code: str | None = None, param: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.param = param


class Part(msgspec.Struct):
    """One part of a message; only its text is read."""

    type: str
    text: str = ""


class Message(msgspec.Struct):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    def text(self) -> str:
        """Return what the message says."""
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(msgspec.Struct):
    """What a streamed answer carries besides text."""

    include_usage: bool = False


class ChatRequest(msgspec.Struct):
    """A chat completion request; fields that a word counter has no use for are ignored."""

    model: str
    messages: Annotated[list[Message], msgspec.Meta(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, msgspec.Meta(ge=1, le=1)] | None = None
    max_tokens: Tokens | None = None
    max_completion_tokens: Tokens | None = None
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    seed: int | None = None
    stop: Text | Annotated[list[Text], msgspec.Meta(max_length=STOPS_MAX)] | None = None

    def prompt(self) -> str:
        """Return the conversation as one text."""
        return "\n".join(message.text() for message in self.messages)

    def tokens_max(self) -> int:
        """Return the length limit of the answer."""
        return self.max_completion_tokens or self.max_tokens or TOKENS_DEFAULT

    def stops(self) -> tuple[str, ...]:
        """Return the texts that end the answer."""
        if self.stop is None:
            return ()
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop)

    def wants_usage(self) -> bool:
        """Return whether the stream ends with a usage chunk."""
        return self.stream_options is not None and self.stream_options.include_usage


class EmbeddingRequest(msgspec.Struct):
    """An embedding request."""

    model: str
    input: Text | Annotated[list[Text], msgspec.Meta(min_length=1, max_length=INPUTS_MAX)]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, msgspec.Meta(ge=1, le=DIMENSIONS_MAX)] | None = None

    def texts(self) -> list[str]:
        """Return what is to be embedded."""
        return [self.input] if isinstance(self.input, str) else self.input


def read(body: bytes, kind: type[R]) -> R:
    """Return the checked request.

    Raises:
        BadRequest: the body is not JSON or breaks the schema; `param` names the field.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as e:
        _, _, path = str(e).partition("`$.")
        raise BadRequest(str(e), code="invalid_value", param=path.rstrip("`") or None) from e
    except msgspec.DecodeError as e:
        raise BadRequest(f"the body is not JSON: {e}", code="invalid_json") from e


def usage(prompt_tokens: int, completion_tokens: int | None = None) -> dict[str, int]:
    """Return a usage object; embeddings have no completion."""
    counts = {"prompt_tokens": prompt_tokens}
    if completion_tokens is not None:
        counts["completion_tokens"] = completion_tokens
    return {**counts, "total_tokens": prompt_tokens + (completion_tokens or 0)}


def error(message: str, kind: str, code: str | None = None, param: str | None = None) -> bytes:
    """Return OpenAI's error object."""
    fields = {"message": message, "type": kind, "param": param, "code": code}
    return orjson.dumps({"error": fields})


def event(data: Mapping[str, object]) -> bytes:
    """Return one server-sent event, in the one form that every SDK takes."""
    return b"data: " + orjson.dumps(data) + b"\n\n"


DONE = b"data: [DONE]\n\n"
