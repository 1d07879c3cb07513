"""Writes a small MaxMind database, so that no licensed file is needed. Source: MaxMind DB file
format specification 2.0.
"""

import ipaddress
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

_MARKER = b"\xab\xcd\xefMaxMind.com"
_STRING, _DOUBLE, _MAP, _ARRAY = 2, 3, 7, 11
_UINTS = {16: 5, 32: 6, 64: 9}
_EXTENDED = 7
_SIZE_MAX = 29


@dataclass(frozen=True)
class Uint:
    """A number of a width, since readers insist on the widths of the metadata."""

    bits: int
    value: int


Value: TypeAlias = str | float | Uint | list["Value"] | Mapping[str, "Value"]


def database(kind: str, networks: Mapping[str, Mapping[str, Value]]) -> bytes:
    """Return a database of IPv4 and IPv6 networks; `kind` is such as `GeoLite2-City`."""
    # A node is [left, right]; a child is a node's index, ~offset of its data, or None.
    nodes: list[list[int | None]] = [[None, None]]
    data = b""
    for text, record in networks.items():
        _insert(nodes, _bits(text), ~len(data))
        data += _encode(record)
    count = len(nodes)

    def pointer(child: int | None) -> int:
        if child is None:
            return count
        return child if child >= 0 else count + 16 + ~child

    tree = b"".join(pointer(c).to_bytes(3, "big") for node in nodes for c in node)
    meta: dict[str, Value] = {
        "binary_format_major_version": Uint(16, 2),
        "binary_format_minor_version": Uint(16, 0),
        "build_epoch": Uint(64, 1_750_000_000),
        "database_type": kind,
        "description": {"en": "made by a test"},
        "ip_version": Uint(16, 6),
        "languages": ["en"],
        "node_count": Uint(32, count),
        "record_size": Uint(16, 24),
    }
    return tree + bytes(16) + data + _MARKER + _encode(meta)


def _bits(text: str) -> str:
    network = ipaddress.ip_network(text)
    if network.version == 4:
        # IPv4 lives at ::/96.
        return format(int(network.network_address), "0128b")[: 96 + network.prefixlen]
    return format(int(network.network_address), "0128b")[: network.prefixlen]


def _insert(nodes: list[list[int | None]], bits: str, leaf: int) -> None:
    at = 0
    for bit in bits[:-1]:
        child = nodes[at][int(bit)]
        if child is None:
            child = nodes[at][int(bit)] = len(nodes)
            nodes.append([None, None])
        assert child >= 0, "one network lies within another"
        at = child
    nodes[at][int(bits[-1])] = leaf


def _encode(value: Value) -> bytes:
    if isinstance(value, str):
        raw = value.encode()
        return _head(_STRING, len(raw)) + raw
    if isinstance(value, float | int):
        return _head(_DOUBLE, 8) + struct.pack(">d", value)
    if isinstance(value, Uint):
        return _head(_UINTS[value.bits], value.bits // 8) + value.value.to_bytes(
            value.bits // 8, "big"
        )
    if isinstance(value, list):
        return _head(_ARRAY, len(value)) + b"".join(map(_encode, value))
    pairs = b"".join(_encode(name) + _encode(held) for name, held in value.items())
    return _head(_MAP, len(value)) + pairs


def _head(kind: int, size: int) -> bytes:
    assert size < _SIZE_MAX, "longer values need a size extension"
    if kind > _EXTENDED:
        return bytes((size, kind - _EXTENDED))
    return bytes((kind << 5 | size,))
