"""Requests and answers as the simulators see them, without sockets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import TypeVar, cast

import msgspec
import orjson

from weftline_bench.sims.script import Json

JSON = "application/json"
EVENTS = "text/event-stream; charset=utf-8"

T = TypeVar("T")


class Trouble(Enum):
    """What a provider refuses or fails with, before its own words for it."""

    BAD_REQUEST = "bad_request"
    AUTH = "auth"
    FORBIDDEN = "forbidden"
    NO_CREDIT = "no_credit"
    NOT_FOUND = "not_found"
    CONTEXT_LENGTH = "context_length"
    CONTENT_FILTER = "content_filter"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    OVERLOADED = "overloaded"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Request:
    """One request. headers: names in lower case. path: decoded, without the query.

    body: parsed JSON, None without a body.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    body: object = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. frames: its body in pieces; a stream sends one piece a write.

    terminal: how many frames at the end only say that it is over.
    """

    status: int
    headers: Mapping[str, str]
    frames: Sequence[bytes]
    stream: bool = False
    terminal: int = 0

    def body(self) -> bytes:
        """Return the whole body."""
        return b"".join(self.frames)

    def wire(self) -> bytes:
        """Return it as HTTP/1.1 sends it: a stream in one chunk a frame."""
        phrase = HTTPStatus(self.status).phrase if known(self.status) else "Unknown"
        head = f"HTTP/1.1 {self.status} {phrase}\r\n"
        lines = [*self.headers.items()]
        if self.stream:
            lines.append(("transfer-encoding", "chunked"))
            body = b"".join(b"%x\r\n%b\r\n" % (len(f), f) for f in self.frames if f) + b"0\r\n\r\n"
        else:
            body = self.body()
            lines.append(("content-length", str(len(body))))
        text = head + "".join(f"{name}: {value}\r\n" for name, value in lines) + "\r\n"
        return text.encode() + body


class Refused(Exception):
    """The request is refused; a flavour turns this into its own status and body.

    code, param: in the provider's words, where the trouble alone does not tell them.
    """

    def __init__(
        self,
        trouble: Trouble,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.trouble = trouble
        self.message = message
        self.code = code
        self.param = param
        self.status = status


def known(status: int) -> bool:
    """Return whether HTTP has a phrase for a status; 498 and 529 are inventions of providers."""
    return status in set(HTTPStatus)


def bad(message: str, param: str | None = None, code: str | None = None) -> Refused:
    """Return the refusal of a request that breaks the contract."""
    return Refused(Trouble.BAD_REQUEST, message, param=param, code=code)


def not_found(request: Request) -> Refused:
    """Return the refusal of a path the provider does not have."""
    return Refused(Trouble.NOT_FOUND, f"Invalid URL ({request.method} {request.path})")


def whole(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an answer of one JSON body."""
    return Answer(status, {"content-type": JSON, **(headers or {})}, (orjson.dumps(body),))


def streamed(
    frames: Iterable[bytes], headers: Mapping[str, str] | None = None, *, terminal: int = 0
) -> Answer:
    """Return an answer of server-sent events."""
    heads = {"content-type": EVENTS, "cache-control": "no-cache", **(headers or {})}
    return Answer(200, heads, tuple(frames), stream=True, terminal=terminal)


def data(body: object, event: str | None = None) -> bytes:
    """Return one server-sent event of JSON."""
    named = b"event: " + event.encode() + b"\n" if event else b""
    return named + b"data: " + orjson.dumps(body) + b"\n\n"


DONE = b"data: [DONE]\n\n"


def json_object(body: object) -> Json:
    """Return a request's body, which must be a JSON object."""
    if not isinstance(body, dict):
        raise bad("We could not parse the JSON body of your request: expected a JSON object.")
    return cast(Json, body)


def read(body: object, shape: type[T], say: str = "") -> T:
    """Return a body as a typed shape; a wrong one is refused with its path. say: a prefix."""
    try:
        return msgspec.convert(body, shape)
    except msgspec.ValidationError as e:
        text, _, path = str(e).partition(" - at `")
        param = path.rstrip("`").removeprefix("$").removeprefix(".") or None
        raise bad(f"{say}{text}", param) from e
