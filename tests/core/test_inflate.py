"""Bounded decompression: right, damaged, cut, and a bomb."""

import gzip
import zlib

import pytest

from weftline_core.inflate import BadCompression, Inflater

TEXT = b"data: hello\n\n" * 50


def bare_deflate(data: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return squeeze.compress(data) + squeeze.flush()


@pytest.mark.parametrize(
    ("coding", "wire"),
    [
        (b"gzip", gzip.compress(TEXT, mtime=0)),
        (b"X-GZIP", gzip.compress(TEXT, mtime=0)),
        (b"deflate", zlib.compress(TEXT)),
        (b"deflate", bare_deflate(TEXT)),
    ],
)
def test_inflates_in_any_split(coding: bytes, wire: bytes) -> None:
    for step in (1, 7, len(wire)):
        inflater = Inflater(coding, len(TEXT))
        out = b"".join(inflater.feed(wire[i : i + step]) for i in range(0, len(wire), step))
        assert out == TEXT
        inflater.end()


def test_a_bomb_is_stopped_at_the_bound() -> None:
    bomb = gzip.compress(bytes(2**24))
    with pytest.raises(BadCompression, match="limit"):
        Inflater(b"gzip", 1000).feed(bomb)


def test_damage_and_cuts_are_told() -> None:
    wire = gzip.compress(TEXT, mtime=0)
    with pytest.raises(BadCompression, match="damaged"):
        Inflater(b"gzip", 10_000).feed(b"not gzip at all")
    with pytest.raises(BadCompression, match="follow"):
        Inflater(b"gzip", 10_000).feed(wire + b"more")
    cut = Inflater(b"gzip", 10_000)
    cut.feed(wire[:-4])
    with pytest.raises(BadCompression, match="cut"):
        cut.end()
    with pytest.raises(BadCompression, match="not asked"):
        Inflater(b"br", 10_000)
