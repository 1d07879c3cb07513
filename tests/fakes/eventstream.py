"""Writes Amazon's binary event stream, as Bedrock does."""

import struct
import zlib

import orjson


def header(name: str, value: str) -> bytes:
    """Return one header whose value is a string."""
    data = value.encode()
    return bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(data)) + data


def message(headers: bytes, payload: bytes) -> bytes:
    """Return one message with its checksums."""
    lengths = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    body = lengths + struct.pack(">I", zlib.crc32(lengths)) + headers + payload
    return body + struct.pack(">I", zlib.crc32(body))


def event(name: str, payload: object, kind: str = "event") -> bytes:
    """Return one event, or exception, with a JSON payload."""
    headers = (
        header(f":{kind}-type", name)
        + header(":content-type", "application/json")
        + header(":message-type", kind)
    )
    return message(headers, orjson.dumps(payload))
