"""The client's half of HTTP/1.1: bytes in, whole requests out.

One regular expression takes a head apart and refuses everything on which two parsers might
disagree: folded headers, bare CR or LF, spaces before a colon, odd versions. Then `httptools`
(llhttp) must find nothing wrong with it either: both must agree before a request exists.
"""

import re

import httptools
import msgspec

from weftline_core.errors import CallerError, HeadersTooLarge, TooLarge
from weftline_core.http1.body import BadFraming, Body, ChunkedBody, LengthBody
from weftline_core.http1.fields import FIELD, LENGTH, RepeatedField, fields_of
from weftline_core.limits import (
    REQUEST_BODY_BYTES_MAX,
    REQUEST_HEAD_BYTES_MAX,
    REQUEST_HEADERS_MAX,
)

_HEAD_END = b"\r\n\r\n"
# Origin-form only: this is a server, not a forward proxy.
_LINE = rb"([A-Z]{1,20}) (/[!-~]*) HTTP/(1\.[01])\r\n"
_REQUEST_LINE = re.compile(_LINE)
_HEADER_LINE = re.compile(FIELD)
_HEAD = re.compile(_LINE + rb"((?:" + FIELD + rb")*+)\r\n")

# Headers of which a second one changes what the message means.
_SINGLE = frozenset((b"host", b"content-length", b"transfer-encoding", b"authorization"))

# llhttp tells whoever has callbacks; its verdict alone is wanted.
_NO_CALLBACKS = object()


class MalformedRequest(CallerError):
    """The bytes are no HTTP/1.1 request that only one reading is possible for."""

    code = "malformed_request"


class HttpRequest(msgspec.Struct):
    """One request. Header names are in lower case; values of repeated ones are joined by commas.

    body: empty until all of it has come.
    """

    method: str
    target: str
    headers: dict[bytes, bytes]
    body: bytes
    keep_alive: bool
    version: str = "1.1"

    def __repr__(self) -> str:
        # Headers hold keys, and bodies what nobody else should read.
        return f"HttpRequest({self.method}, {len(self.headers)} headers, {len(self.body)} bytes)"

    @property
    def path(self) -> str:
        """Return the target without its query."""
        return self.target.partition("?")[0]


class RequestReader:
    """Reads the requests of one client connection, one at a time.

    While a request is out, bytes of the next one are held unread: call `next` when the answer to
    the first has been written. After an error the connection must be closed.

    coming: the request whose head is complete and whose body is not, even if it is too large.
    """

    __slots__ = (
        "_body",
        "_body_bytes_max",
        "_buffer",
        "_pieces",
        "_received",
        "_scanned",
        "busy",
        "coming",
    )

    def __init__(self) -> None:
        self._buffer = b""
        self._scanned = 0
        self._body: Body | None = None
        self._body_bytes_max = REQUEST_BODY_BYTES_MAX
        self._pieces: list[bytes] = []
        self._received = 0
        self.coming: HttpRequest | None = None
        self.busy = False

    @property
    def held_bytes(self) -> int:
        """Return how many bytes wait behind the request that is out."""
        return len(self._buffer) if self.busy else 0

    @property
    def idle(self) -> bool:
        """Return whether no byte of a further request has come."""
        return self.coming is None and not self._buffer

    @property
    def wants_continue(self) -> bool:
        """Return whether the client waits for `100 Continue` before it sends any of its body."""
        return (
            self.coming is not None
            and not self._received
            and self.coming.headers.get(b"expect", b"").lower() == b"100-continue"
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
        if self.coming is not None:
            return self._feed_body(self.coming, data)
        self._buffer = self._buffer + data if self._buffer else data
        return self._feed_head()

    def allow(self, body_bytes_max: int) -> None:
        """Take no more than this of the body that is coming.

        Raises:
            TooLarge: more has come already, or is announced.
        """
        self._body_bytes_max = body_bytes_max
        self._check_received()
        announced = b"" if self.coming is None else self.coming.headers.get(b"content-length", b"")
        if announced and int(announced) > body_bytes_max:
            raise _over(body_bytes_max)

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
        request = _parse_head(buffer[:size])
        try:
            length = _body_length(request)
        except TooLarge:
            # Whoever refuses it in the client's words must know what was asked.
            self.coming = request
            raise
        if length is not None and len(buffer) - size >= length:
            # What nearly every request looks like: all of it has come.
            request.body = buffer[size : size + length]
            self._buffer = buffer[size + length :]
            self.busy = True
            return request
        self.coming = request
        self._body = ChunkedBody() if length is None else LengthBody(length)
        self._buffer = b""
        return self._feed_body(request, buffer[size:])

    def _feed_body(self, request: HttpRequest, data: bytes) -> HttpRequest | None:
        body = self._body
        assert body is not None, "a request that is coming has a body"
        try:
            piece = body.feed(data)
        except BadFraming as e:
            raise MalformedRequest(f"the request body is not valid: {e}") from None
        if piece:
            self._received += len(piece)
            self._check_received()
            self._pieces.append(piece)
        if not body.done:
            return None
        request.body = b"".join(self._pieces)
        self._buffer = body.rest
        self._body = self.coming = None
        self._pieces = []
        self._received = 0
        self._body_bytes_max = REQUEST_BODY_BYTES_MAX
        self.busy = True
        return request

    def _check_received(self) -> None:
        if self._received > self._body_bytes_max == REQUEST_BODY_BYTES_MAX:
            raise _body_too_large()
        if self._received > self._body_bytes_max:
            raise _over(self._body_bytes_max)


def _parse_head(head: bytes) -> HttpRequest:
    """Return the request that a whole head announces."""
    if len(head) > REQUEST_HEAD_BYTES_MAX:
        raise _head_too_large()
    match = _HEAD.fullmatch(head)
    if match is None:
        raise MalformedRequest(_head_problem(head))
    method, target, version, block = match.groups()
    if block.count(b"\n") > REQUEST_HEADERS_MAX:
        raise HeadersTooLarge(f"more headers than REQUEST_HEADERS_MAX ({REQUEST_HEADERS_MAX})")
    try:
        httptools.HttpRequestParser(_NO_CALLBACKS).feed_data(head)
    except httptools.HttpParserUpgrade:
        # A client may offer HTTP/2 or WebSocket in passing; HTTP/1.1 goes on as if it had not.
        pass
    except httptools.HttpParserError:
        # What the strict form lets through and llhttp does not is about the body's length.
        raise MalformedRequest(
            "the body's length is not plain: send one 'content-length' with a decimal number, "
            "or else 'transfer-encoding: chunked'"
        ) from None
    try:
        headers = fields_of(block, _SINGLE)
    except RepeatedField as e:
        raise MalformedRequest(str(e)) from None
    modern = version == b"1.1"
    if modern and b"host" not in headers:
        raise MalformedRequest("the header 'host' is missing")
    return HttpRequest(
        method.decode("ascii"),
        target.decode("ascii"),
        headers,
        b"",
        _keep_alive(headers.get(b"connection"), modern=modern),
        "1.1" if modern else "1.0",
    )


def _keep_alive(connection: bytes | None, *, modern: bool) -> bool:
    """Return whether the client takes another answer on the connection. Source: RFC 9112, 9.3."""
    if connection is None:
        return modern
    tokens = [token.strip() for token in connection.lower().split(b",")]
    return b"close" not in tokens and (modern or b"keep-alive" in tokens)


def _body_length(request: HttpRequest) -> int | None:
    """Return the length of the body that the head announces, None if it comes in chunks."""
    headers = request.headers
    length, coding = headers.get(b"content-length"), headers.get(b"transfer-encoding")
    if coding is not None:
        if length is not None:
            raise MalformedRequest(
                "both 'content-length' and 'transfer-encoding' are given: send only one"
            )
        if coding.lower() != b"chunked" or request.version != "1.1":
            raise MalformedRequest("the only transfer coding taken is 'chunked', in HTTP/1.1")
        return None
    if length is None:
        return 0
    if not LENGTH.fullmatch(length):
        raise MalformedRequest("the header 'content-length' is not a decimal number")
    if int(length) > REQUEST_BODY_BYTES_MAX:
        raise _body_too_large()
    return int(length)


def _over(body_bytes_max: int) -> TooLarge:
    return TooLarge(f"the request body is over the {body_bytes_max} bytes taken here")


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


def _head_problem(head: bytes) -> str:
    """Return what is wrong with a whole head that is not in the strict form."""
    line = _REQUEST_LINE.match(head)
    if line is None:
        return _request_line_problem(head)
    at, number = line.end(), 1
    while field := _HEADER_LINE.match(head, at):
        at, number = field.end(), number + 1
    if head[at : at + 1] in (b" ", b"\t"):
        return f"header {number} is folded over two lines, which is not allowed"
    return (
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
