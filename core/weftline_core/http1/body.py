"""Where a message body ends: by length, by chunks, or with the connection.

Requests and answers share these walkers. `feed` takes bytes in any split and returns the payload
in them; `rest` holds what follows the end of the message.
"""

import re
from typing import Protocol

# One chunk-size line with its extensions. Real ones have 3 to 10 bytes.
CHUNK_LINE_BYTES_MAX = 256

# All trailers of one message; nobody on this path needs them, so they are dropped.
TRAILER_BYTES_MAX = 8 * 1024

# Hexadecimal digits only: `int(x, 16)` would also take "+1", "0x1" and "1_0". Eight of them are
# 4 GiB.
_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")
_TRAILER_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*")


class BadFraming(ValueError):
    """The chunk framing is wrong; nothing that follows on this connection can be trusted."""


class Body(Protocol):
    """A walker over one message body."""

    done: bool
    rest: bytes

    def feed(self, data: bytes) -> bytes:
        """Return the payload in `data`.

        Raises:
            BadFraming: the framing is wrong.
        """
        ...

    def end(self) -> bool:
        """Return whether the body is whole when the connection ends here."""
        ...


class LengthBody:
    """A body of a length announced in advance."""

    __slots__ = ("_left", "done", "rest")

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = length == 0
        self.rest = b""

    def feed(self, data: bytes) -> bytes:
        """Return the payload in `data`."""
        left = self._left
        if len(data) < left:
            self._left = left - len(data)
            return data
        self._left = 0
        self.done = True
        if len(data) == left:
            return data
        self.rest = data[left:]
        return data[:left]

    def end(self) -> bool:
        """Return whether all of the announced length has come."""
        return self.done


class EndlessBody:
    """A body that ends with the connection. Nothing tells its end from a cut."""

    __slots__ = ("done", "rest")

    def __init__(self) -> None:
        self.done = False
        self.rest = b""

    def feed(self, data: bytes) -> bytes:
        """Return `data`: all of it is payload."""
        return data

    def end(self) -> bool:
        """Return True: the connection's end is the body's."""
        self.done = True
        return True


class ChunkedBody:
    """A body in chunks. Source: RFC 9112 section 7.1, without its leniencies."""

    __slots__ = (
        "_between",
        "_in_trailer",
        "_left",
        "_owes_crlf",
        "_pending",
        "_trailer_bytes",
        "done",
        "rest",
    )

    def __init__(self) -> None:
        self._pending = b""
        self._left = 0
        self._owes_crlf = False
        self._in_trailer = False
        self._trailer_bytes = 0
        # The next byte begins a chunk.
        self._between = True
        self.done = False
        self.rest = b""

    def feed(self, data: bytes) -> bytes:
        """Return the payload in `data`.

        Raises:
            BadFraming: a chunk size, a chunk's end or a trailer is malformed or too long.
        """
        if self._between and (match := _SIZE.match(data)) is not None:
            # What nearly every read of a stream is: one chunk.
            start = match.end()
            end = start + int(match[1], 16)
            if start < end == len(data) - 2 and data.endswith(b"\r\n"):
                return data[start:end]
        return self._walk(data)

    def end(self) -> bool:
        """Return whether the last chunk and its trailers have come."""
        return self.done

    def _walk(self, data: bytes) -> bytes:
        if self._pending:
            data = self._pending + data
            self._pending = b""
        pieces: list[bytes] = []
        at, size = 0, len(data)
        while at < size and not self.done:
            if self._left:
                piece = data[at : at + self._left]
                pieces.append(piece)
                at += len(piece)
                self._left -= len(piece)
                self._owes_crlf = not self._left
            elif self._owes_crlf:
                if size - at < len(b"\r\n"):
                    break
                if data[at : at + 2] != b"\r\n":
                    raise BadFraming("a chunk is longer than its size says")
                at += 2
                self._owes_crlf = False
            else:
                end = data.find(b"\r\n", at)
                if end < 0:
                    break
                self._line(data[at:end])
                at = end + 2
        self._keep(data[at:])
        self._between = not (
            self._pending or self._left or self._owes_crlf or self._in_trailer or self.done
        )
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _keep(self, tail: bytes) -> None:
        if self.done:
            self.rest = tail
            return
        if len(tail) > CHUNK_LINE_BYTES_MAX and not self._in_trailer:
            raise BadFraming("a chunk-size line is too long")
        if self._trailer_bytes + len(tail) > TRAILER_BYTES_MAX:
            raise BadFraming("the trailers are too long")
        self._pending = tail

    def _line(self, line: bytes) -> None:
        if self._in_trailer:
            self._trailer_bytes += len(line) + 2
            if self._trailer_bytes > TRAILER_BYTES_MAX:
                raise BadFraming("the trailers are too long")
            if not line:
                self.done = True
            elif not _TRAILER_LINE.fullmatch(line):
                raise BadFraming("a trailer is malformed")
            return
        match = _SIZE_LINE.fullmatch(line) if len(line) <= CHUNK_LINE_BYTES_MAX else None
        if match is None:
            raise BadFraming("a chunk size is malformed")
        self._left = int(match[1], 16)
        self._in_trailer = self._left == 0
