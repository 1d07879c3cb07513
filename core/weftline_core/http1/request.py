"""The client's half of HTTP/1.1: bytes in, whole requests out.

`httptools` (llhttp) parses; one regular expression in front of it refuses everything on which two
parsers might disagree: folded headers, bare CR or LF, spaces before a colon, odd versions. Both
must agree before a request exists.
"""

import re
from dataclasses import dataclass

import httptools

from weftline_core.errors import CallerError, HeadersTooLarge, TooLarge
from weftline_core.http1.body import BadFraming, Body, ChunkedBody, LengthBody
from weftline_core.limits import (
    REQUEST_BODY_BYTES_MAX,
    REQUEST_HEAD_BYTES_MAX,
    REQUEST_HEADERS_MAX,
)

_HEAD_END = b"\r\n\r\n"
# Origin-form only: this is a server, not a forward proxy.
_LINE = rb"[A-Z]{1,20} /[!-~]* HTTP/1\.[01]\r\n"
_FIELD = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n"
_REQUEST_LINE = re.compile(_LINE)
_HEADER_LINE = re.compile(_FIELD)
_STRICT_HEAD = re.compile(_LINE + rb"(?:" + _FIELD + rb")*\r\n")
_LENGTH = re.compile(rb"[0-9]{1,18}")

# Headers of which a second one changes what the message means.
_SINGLE = frozenset((b"host", b"content-length", b"transfer-encoding", b"authorization"))


class MalformedRequest(CallerError):
    """The bytes are no HTTP/1.1 request that only one reading is possible for."""

    code = "malformed_request"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One whole request. Header names are in lower case; values of repeated ones are joined by
    commas.
    """

    method: str
    target: str
    headers: dict[bytes, bytes]
    body: bytes
    keep_alive: bool
    version: str = "1.1"

    @property
    def path(self) -> str:
        """Return the target without its query."""
        return self.target.partition("?")[0]


class _Head:
    """Collects what httptools reports of one request's head."""

    __slots__ = ("_parser", "headers", "keep_alive", "method", "target", "version")

    def __init__(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.target = b""
        self.method = b""
        self.version = ""
        self.keep_alive = False
        self._parser: httptools.HttpRequestParser | None = None

    def parse(self, head: bytes) -> None:
        """Take a whole head.

        Raises:
            MalformedRequest: llhttp refuses it, or a header is there twice that must not be.
        """
        self._parser = httptools.HttpRequestParser(self)
        try:
            self._parser.feed_data(head)
        except httptools.HttpParserUpgrade:
            # A client may offer HTTP/2 or WebSocket in passing; HTTP/1.1 goes on as if it had not.
            pass
        except httptools.HttpParserCallbackError as e:
            if isinstance(e.__context__, CallerError):
                raise e.__context__ from None
            raise
        except httptools.HttpParserError:
            # What the strict form lets through and llhttp does not is about the body's length.
            raise MalformedRequest(
                "the body's length is not plain: send one 'content-length' with a decimal number, "
                "or else 'transfer-encoding: chunked'"
            ) from None
        finally:
            # The parser holds this object's methods: without this, each request leaves a cycle.
            self._parser = None

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        name, value = name.lower(), value.rstrip(b" \t")
        before = self.headers.get(name)
        if before is not None:
            if name in _SINGLE:
                raise MalformedRequest(f"the header '{name.decode()}' is given more than once")
            value = before + b", " + value
        self.headers[name] = value

    def on_headers_complete(self) -> None:
        parser = self._parser
        assert parser is not None, "only a parser calls this"
        self.method = parser.get_method()
        self.version = parser.get_http_version()
        # Read here: after the message is complete llhttp always answers False.
        self.keep_alive = parser.should_keep_alive()


class RequestReader:
    """Reads the requests of one client connection, one at a time.

    While a request is out, bytes of the next one are held unread: call `next` when the answer to
    the first has been written. After an error the connection must be closed.
    """

    __slots__ = ("_body", "_buffer", "_head", "_pieces", "_received", "_scanned", "busy")

    def __init__(self) -> None:
        self._buffer = b""
        self._scanned = 0
        self._head: _Head | None = None
        self._body: Body | None = None
        self._pieces: list[bytes] = []
        self._received = 0
        self.busy = False

    @property
    def held_bytes(self) -> int:
        """Return how many bytes wait behind the request that is out."""
        return len(self._buffer) if self.busy else 0

    @property
    def idle(self) -> bool:
        """Return whether no byte of a further request has come."""
        return self._head is None and not self._buffer

    @property
    def in_body(self) -> bool:
        """Return whether the head is complete and the body is not."""
        return self._head is not None

    @property
    def wants_continue(self) -> bool:
        """Return whether the client waits for `100 Continue` before it sends any of its body."""
        head = self._head
        return (
            head is not None
            and not self._received
            and head.headers.get(b"expect", b"").lower() == b"100-continue"
        )

    def feed(self, data: bytes) -> HttpRequest | None:
        """Return the request completed by `data`, or None.

        Raises:
            MalformedRequest: not HTTP/1.1 in its strict form.
            HeadersTooLarge: the head is over `REQUEST_HEAD_BYTES_MAX` or `REQUEST_HEADERS_MAX`.
            TooLarge: the body is over `REQUEST_BODY_BYTES_MAX`.
        """
        if self.busy:
            self._buffer += data
            return None
        if self._body is not None:
            return self._feed_body(self._body, data)
        self._buffer = self._buffer + data if self._buffer else data
        return self._feed_head()

    def next(self) -> HttpRequest | None:
        """End the request that is out and return the one held behind it, if it is whole.

        Raises:
            CallerError: as `feed`.
        """
        self.busy = False
        return self._feed_head() if self._buffer else None

    def _feed_head(self) -> HttpRequest | None:
        buffer = self._buffer
        if buffer.startswith(b"\r\n"):
            # One empty line may follow an old client's POST. Source: RFC 9112 section 2.2.
            buffer = self._buffer = buffer[2:]
        end = buffer.find(_HEAD_END, self._scanned)
        if end < 0:
            _check_partial_head(buffer)
            self._scanned = max(0, len(buffer) - len(_HEAD_END) + 1)
            return None
        self._scanned = 0
        size = end + len(_HEAD_END)
        _check_head(buffer[:size])
        head = _Head()
        head.parse(buffer[:size])
        self._head = head
        self._buffer = b""
        self._body = _body_of(head)
        return self._feed_body(self._body, buffer[size:])

    def _feed_body(self, body: Body, data: bytes) -> HttpRequest | None:
        try:
            piece = body.feed(data)
        except BadFraming as e:
            raise MalformedRequest(f"the request body is not valid: {e}") from None
        if piece:
            self._received += len(piece)
            if self._received > REQUEST_BODY_BYTES_MAX:
                raise _body_too_large()
            self._pieces.append(piece)
        return self._complete(body) if body.done else None

    def _complete(self, body: Body) -> HttpRequest:
        head = self._head
        assert head is not None, "a body has a head"
        request = HttpRequest(
            method=head.method.decode("ascii"),
            target=head.target.decode("ascii"),
            headers=head.headers,
            body=self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces),
            keep_alive=head.keep_alive,
            version=head.version,
        )
        self._buffer = body.rest
        self._head = self._body = None
        self._pieces = []
        self._received = 0
        self.busy = True
        return request


def _body_of(head: _Head) -> Body:
    """Return the walker for the body that the head announces."""
    headers = head.headers
    length, coding = headers.get(b"content-length"), headers.get(b"transfer-encoding")
    modern = head.version == "1.1"
    if modern and b"host" not in headers:
        raise MalformedRequest("the header 'host' is missing")
    if coding is not None:
        if length is not None:
            raise MalformedRequest(
                "both 'content-length' and 'transfer-encoding' are given: send only one"
            )
        if coding.lower() != b"chunked" or not modern:
            raise MalformedRequest("the only transfer coding taken is 'chunked', in HTTP/1.1")
        return ChunkedBody()
    if length is None:
        return LengthBody(0)
    if not _LENGTH.fullmatch(length):
        raise MalformedRequest("the header 'content-length' is not a decimal number")
    if int(length) > REQUEST_BODY_BYTES_MAX:
        raise _body_too_large()
    return LengthBody(int(length))


def _body_too_large() -> TooLarge:
    return TooLarge(
        f"the request body is over REQUEST_BODY_BYTES_MAX ({REQUEST_BODY_BYTES_MAX} bytes)"
    )


def _head_too_large() -> HeadersTooLarge:
    return HeadersTooLarge(
        "the request line and headers are over REQUEST_HEAD_BYTES_MAX "
        f"({REQUEST_HEAD_BYTES_MAX} bytes)"
    )


def _check_partial_head(head: bytes) -> None:
    """Refuse at once what can never become a good head, rather than wait for the deadline."""
    if len(head) > REQUEST_HEAD_BYTES_MAX:
        raise _head_too_large()
    if not head:
        return
    if not 0x41 <= head[0] <= 0x5A:  # noqa: PLR2004  # A to Z: a TLS hello or junk is told at once
        raise MalformedRequest("this is not HTTP; if you meant HTTPS, use http:// here")
    if head.count(b"\n") != head.count(b"\r\n"):
        raise MalformedRequest("lines must end with CR LF")
    if b"\r\n" in head and not _REQUEST_LINE.match(head):
        raise MalformedRequest(_request_line_problem(head))


def _check_head(head: bytes) -> None:
    if len(head) > REQUEST_HEAD_BYTES_MAX:
        raise _head_too_large()
    if head.count(b"\r\n") - 2 > REQUEST_HEADERS_MAX:
        raise HeadersTooLarge(f"more headers than REQUEST_HEADERS_MAX ({REQUEST_HEADERS_MAX})")
    if _STRICT_HEAD.fullmatch(head):
        return
    line = _REQUEST_LINE.match(head)
    if line is None:
        raise MalformedRequest(_request_line_problem(head))
    at, number = line.end(), 1
    while field := _HEADER_LINE.match(head, at):
        at, number = field.end(), number + 1
    if head[at : at + 1] in (b" ", b"\t"):
        raise MalformedRequest(f"header {number} is folded over two lines, which is not allowed")
    raise MalformedRequest(
        f"header {number} is malformed: write 'name: value', with no space before the colon and "
        "no control characters"
    )


def _request_line_problem(head: bytes) -> str:
    line = head.partition(b"\r\n")[0]
    parts = line.split(b" ")
    if len(parts) != 3:  # noqa: PLR2004  # method, target, version
        return "the request line must be 'METHOD /path HTTP/1.1'"
    if parts[2] not in (b"HTTP/1.1", b"HTTP/1.0"):
        return "only HTTP/1.1 and HTTP/1.0 are spoken here"
    return "the request line must be 'METHOD /path HTTP/1.1', with a path that begins with '/'"
