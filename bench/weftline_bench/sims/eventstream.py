"""AWS's binary framing of events, `application/vnd.amazon.eventstream`."""

import struct
import zlib
from collections.abc import Mapping

import orjson

from weftline_bench.sims.script import Json

# The type number of a header whose value is a string.
_STRING = 7

# Lengths and CRC before the headers, and the CRC after the payload.
_PRELUDE_BYTES = 12
_CRC_BYTES = 4


def message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Return one message: prelude, headers, payload, each half under its CRC."""
    block = b"".join(_header(name, value) for name, value in headers.items())
    total = _PRELUDE_BYTES + len(block) + len(payload) + _CRC_BYTES
    lengths = struct.pack(">II", total, len(block))
    body = lengths + struct.pack(">I", zlib.crc32(lengths)) + block + payload
    return body + struct.pack(">I", zlib.crc32(body))


def event(kind: str, payload: Json) -> bytes:
    """Return one event of JSON."""
    headers = {
        ":event-type": kind,
        ":content-type": "application/json",
        ":message-type": "event",
    }
    return message(headers, orjson.dumps(payload))


def exception(kind: str, payload: Json) -> bytes:
    """Return one exception of JSON; a stream ends with it."""
    headers = {
        ":exception-type": kind,
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    return message(headers, orjson.dumps(payload))


def _header(name: str, value: str) -> bytes:
    text = value.encode()
    return (
        struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", _STRING, len(text)) + text
    )
