"""Amazon's binary event stream: whole messages out of any split of bytes, as server-sent events.

A message is four 32-bit words around two blocks: its length, its headers' length, CRC-32 of these
two, the headers, the payload, CRC-32 of all before. An event becomes `event: <type>` with its
payload as data, an exception `event: exception:<type>`, and a `chunk` the event that it wraps.

Source: Smithy's `application/vnd.amazon.eventstream`; checked against botocore's reader.
"""

import struct
import zlib
from typing import Final

import msgspec

from weftline_core.limits import EVENT_BYTES_MAX
from weftline_core.sse import EventTooLong

EXCEPTION: Final = "exception:"

_PRELUDE: Final = struct.Struct(">III")
_CRC_BYTES: Final = 4
_FRAME_BYTES: Final = _PRELUDE.size + _CRC_BYTES
# Types of header values that are of one size: true, false, 8 to 64 bits, a time, a UUID.
_SIZES: Final = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
_BYTES_TYPE: Final = 6
_STRING_TYPE: Final = 7
# What Bedrock's `InvokeModelWithResponseStream` wraps another dialect's event in.
_WRAPPED: Final = "chunk"
_END: Final = b"\n\n"


class DamagedEvent(ValueError):
    """A message is not what its checksums or lengths say; what follows cannot be trusted."""


class _Wrapped(msgspec.Struct):
    """The payload of a `chunk`: another JSON text in base64."""

    data: bytes = msgspec.field(name="bytes")


class _Typed(msgspec.Struct):
    """What is wrapped; dialects whose events have names repeat them here."""

    kind: str = msgspec.field(name="type", default="")


_WRAPPED_DECODER: Final = msgspec.json.Decoder(_Wrapped)
_TYPED_DECODER: Final = msgspec.json.Decoder(_Typed)


class EventStreamSplitter:
    """Lets only whole, undamaged messages through and keeps the unfinished tail."""

    __slots__ = ("_event_bytes_max", "_headers", "_name", "_needed", "_pending", "_pending_bytes")

    def __init__(self, event_bytes_max: int = EVENT_BYTES_MAX) -> None:
        # In pieces, so that a message that comes byte by byte costs no more than another; and how
        # many bytes must be there before it is worth a look.
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._needed = _PRELUDE.size
        self._event_bytes_max = event_bytes_max
        # Nearly all messages of a stream have the same headers, which are read once.
        self._headers = b""
        self._name = ""

    @property
    def pending_bytes(self) -> int:
        """Return the size of the unfinished message."""
        return self._pending_bytes

    def feed(self, chunk: bytes) -> bytes:
        """Return all events that `chunk` completes, in order; maybe none.

        Raises:
            EventTooLong: a message, finished or not, is over the limit.
            DamagedEvent: a checksum, a length or a header is wrong.
        """
        if self._pending:
            self._keep(chunk)
            if self._pending_bytes < self._needed:
                return b""
            chunk = b"".join(self._pending)
            self._pending, self._pending_bytes = [], 0
        return self._split(chunk)

    def _split(self, buffer: bytes) -> bytes:
        at, out = 0, list[bytes]()
        self._needed = _PRELUDE.size
        while len(buffer) - at >= _PRELUDE.size:
            size, headers_size = self._prelude(buffer, at)
            if len(buffer) - at < size:
                self._needed = size
                break
            out.append(self._event(buffer[at : at + size], headers_size))
            at += size
        self._keep(buffer[at:])
        return b"".join(out)

    def _keep(self, tail: bytes) -> None:
        if tail:
            self._pending.append(tail)
            self._pending_bytes += len(tail)

    def _prelude(self, buffer: bytes, at: int) -> tuple[int, int]:
        """Return the lengths of the message at `at` and of its headers."""
        size, headers_size, crc = _PRELUDE.unpack_from(buffer, at)
        if zlib.crc32(buffer[at : at + _PRELUDE.size - _CRC_BYTES]) != crc:
            raise DamagedEvent("the checksum of a message's lengths is wrong")
        if size > self._event_bytes_max:
            raise EventTooLong(f"an event is over EVENT_BYTES_MAX ({self._event_bytes_max} bytes)")
        if headers_size > size - _FRAME_BYTES:
            raise DamagedEvent("a message is shorter than its headers")
        return size, headers_size

    def _event(self, message: bytes, headers_size: int) -> bytes:
        if zlib.crc32(message[:-_CRC_BYTES]) != int.from_bytes(message[-_CRC_BYTES:], "big"):
            raise DamagedEvent("the checksum of a message is wrong")
        start = _PRELUDE.size + headers_size
        headers, payload = message[_PRELUDE.size : start], message[start:-_CRC_BYTES]
        if headers != self._headers:
            fields = headers_of(headers)
            self._name, self._headers = _name(fields), headers
            if fields[":message-type"] == "error":
                payload, self._headers = _error_payload(fields), b""
        name = self._name
        if name == _WRAPPED:
            name, payload = _unwrapped(payload)
        if b"\r" in payload:
            payload = payload.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if b"\n" in payload:
            payload = payload.replace(b"\n", b"\ndata: ")
        return b"event: %b\ndata: %b" % (name.encode(), payload) + _END


def headers_of(block: bytes) -> dict[str, str]:
    """Return the headers of a message that are strings.

    Raises:
        DamagedEvent: the block is malformed.
    """
    found: dict[str, str] = {}
    at = 0
    try:
        while at < len(block):
            name_end = at + 1 + block[at]
            kind, value = block[name_end], name_end + 1
            if kind in (_BYTES_TYPE, _STRING_TYPE):
                value += 2
                end = value + int.from_bytes(block[value - 2 : value], "big")
            else:
                end = value + _SIZES[kind]
            if end > len(block):
                raise DamagedEvent("a header is longer than its message")
            if kind == _STRING_TYPE:
                found[block[at + 1 : name_end].decode()] = block[value:end].decode()
            at = end
    except (IndexError, KeyError, UnicodeDecodeError):
        raise DamagedEvent("the headers of a message are malformed") from None
    return found


def _name(fields: dict[str, str]) -> str:
    """Return what the event is called when it is a server-sent one."""
    kind = fields.get(":message-type")
    if kind == "event":
        name = fields.get(":event-type", "")
    elif kind == "exception":
        name = EXCEPTION + fields.get(":exception-type", "")
    elif kind == "error":
        name = EXCEPTION + fields.get(":error-code", "")
    else:
        raise DamagedEvent("a message is neither an event nor an exception nor an error")
    if not name.isprintable():
        raise DamagedEvent("a message has an unprintable type")
    return name


def _error_payload(fields: dict[str, str]) -> bytes:
    """Return the payload of an `error`, which says everything in its headers."""
    return msgspec.json.encode({"message": fields.get(":error-message", "")})


def _unwrapped(payload: bytes) -> tuple[str, bytes]:
    """Return the name and the data of the event that a chunk wraps."""
    try:
        data = _WRAPPED_DECODER.decode(payload).data
        kind = _TYPED_DECODER.decode(data).kind
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise DamagedEvent("a chunk does not hold an event in base64") from None
    return (kind if kind and kind.isprintable() else _WRAPPED), data
