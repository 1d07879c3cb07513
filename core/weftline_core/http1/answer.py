"""The upstream's half of HTTP/1.1: bytes in, status, headers and payload out.

Written by hand because only lengths matter here: the payload is relayed, not understood. It is
strict all the same: an upstream whose answer can be read in two ways could answer the next request
with the wrong text.
"""

import re

from weftline_core.http1.body import BadFraming, Body, ChunkedBody, EndlessBody, LengthBody
from weftline_core.http1.fields import FIELD, LENGTH, fields_of
from weftline_core.limits import ANSWER_HEAD_BYTES_MAX

# Headers in one answer. Large providers send 20 to 30.
ANSWER_HEADERS_MAX = 200

# 1xx answers before the real one. One `100 Continue` or a few `103 Early Hints` are normal.
INTERIM_ANSWERS_MAX = 8

_STATUS_LINE = rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*+)?\r\n"
_HEAD = re.compile(_STATUS_LINE + rb"((?:" + FIELD + rb")*+)\r\n")
_BODILESS = frozenset((204, 304))


class BrokenAnswer(ValueError):
    """The upstream broke HTTP/1.1; the text says where, and never quotes what it sent."""


class AnswerReader:
    """Follows one answer, in any split of its bytes.

    head_done: `status` and `headers` are known. complete: the whole answer has come.
    keep_alive: the connection may carry another request once complete.
    poisoned: bytes followed the end of the answer; the connection must never be used again.
    """

    __slots__ = (
        "_body",
        "_buffer",
        "_head_only",
        "_interim",
        "complete",
        "head_done",
        "headers",
        "keep_alive",
        "poisoned",
        "status",
    )

    def __init__(self, *, head_only: bool = False) -> None:
        self._head_only = head_only
        self._buffer = b""
        self._interim = 0
        self._body: Body | None = None
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.head_done = False
        self.complete = False
        self.keep_alive = False
        self.poisoned = False

    @property
    def started(self) -> bool:
        """Return whether any byte of the answer has come."""
        return self.head_done or bool(self._buffer) or self._interim > 0

    def feed(self, data: bytes) -> bytes:
        """Return the payload in `data`, maybe none.

        Raises:
            BrokenAnswer: the answer breaks HTTP/1.1 or one of its limits.
        """
        body = self._body
        if body is None:
            return self._feed_head(data)
        if self.complete:
            if data:
                self._poison()
            return b""
        try:
            payload = body.feed(data)
        except BadFraming as e:
            raise BrokenAnswer(str(e)) from None
        if body.done:
            self.complete = True
            if body.rest:
                self._poison()
        return payload

    def eof(self) -> bool:
        """Return whether the answer is whole now that the connection has ended."""
        self.keep_alive = False
        if self._body is not None and self._body.end():
            self.complete = True
        return self.complete

    def _feed_head(self, data: bytes) -> bytes:
        if self.complete:
            self._poison()
            return b""
        buffer = self._buffer + data if self._buffer else data
        while True:
            end = buffer.find(b"\r\n\r\n")
            if end > ANSWER_HEAD_BYTES_MAX or (end < 0 and len(buffer) > ANSWER_HEAD_BYTES_MAX):
                raise BrokenAnswer(
                    f"its head is over ANSWER_HEAD_BYTES_MAX ({ANSWER_HEAD_BYTES_MAX} bytes)"
                )
            if end < 0:
                if not b"HTTP/1.".startswith(buffer[:7]):
                    raise BrokenAnswer("it does not begin with an HTTP/1.1 status line")
                self._buffer = buffer
                return b""
            head, buffer = buffer[: end + 4], buffer[end + 4 :]
            if self._parse_head(head):
                break
        self._buffer = b""
        self.head_done = True
        if self._body is not None:
            return self.feed(buffer)
        self.complete = True
        if buffer:
            self._poison()
        return b""

    def _poison(self) -> None:
        self.poisoned = True
        self.keep_alive = False

    def _parse_head(self, head: bytes) -> bool:
        """Take a whole head; return False for an interim answer, which is skipped."""
        match = _HEAD.fullmatch(head)
        if match is None:
            raise BrokenAnswer("its status line or one of its headers is malformed")
        minor, code, block = match.groups()
        if block.count(b"\n") > ANSWER_HEADERS_MAX:
            raise BrokenAnswer(
                f"it has more than ANSWER_HEADERS_MAX ({ANSWER_HEADERS_MAX}) headers"
            )
        modern, status = minor == b"1", int(code)
        headers = fields_of(block)
        if status < 200:  # noqa: PLR2004  # 1xx
            self._interim += 1
            if status == 101 or self._interim > INTERIM_ANSWERS_MAX:  # noqa: PLR2004
                raise BrokenAnswer("it sends interim answers without end or switches protocols")
            return False
        self.status = status
        self.headers = headers
        # `close` may stand in a list; a false match on another token only costs a reconnect.
        self.keep_alive = modern and b"close" not in headers.get(b"connection", b"").lower()
        if not self._head_only and status not in _BODILESS:
            self._body = self._body_of(headers, modern=modern)
            self.complete = self._body.done
        return True

    def _body_of(self, headers: dict[bytes, bytes], *, modern: bool) -> Body:
        length, coding = headers.get(b"content-length"), headers.get(b"transfer-encoding")
        if coding is not None:
            if length is not None or coding.lower() != b"chunked" or not modern:
                raise BrokenAnswer("its length can be read in two ways")
            return ChunkedBody()
        if length is None:
            self.keep_alive = False
            return EndlessBody()
        if not LENGTH.fullmatch(length):
            raise BrokenAnswer("its content-length is not one decimal number")
        return LengthBody(int(length))
