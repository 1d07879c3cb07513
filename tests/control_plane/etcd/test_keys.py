"""Keys and ranges of keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_control.etcd.keys import ZERO, prefix_range, to_bytes

BYTES = st.binary(max_size=4) | st.lists(st.sampled_from([0, 1, 0x61, 0xFE, 0xFF])).map(bytes)


@given(prefix=BYTES, key=BYTES.filter(len))
def test_a_range_holds_what_begins_with_the_prefix(prefix: bytes, key: bytes) -> None:
    first, end = prefix_range(prefix)
    # As etcd reads it: a lone zero byte at the end means that there is none, and no key is empty.
    within = first <= key and (end == ZERO or key < end)
    assert within == key.startswith(prefix)


@given(prefix=BYTES, more=BYTES)
def test_a_range_holds_every_extension_of_the_prefix(prefix: bytes, more: bytes) -> None:
    first, end = prefix_range(prefix)
    key = prefix + more
    assert not key or (first <= key and (end == ZERO or key < end))


@pytest.mark.parametrize(
    ("prefix", "end"), [("/a/", b"/a0"), (b"a\xff", b"b"), (b"\xff\xff", ZERO), ("", ZERO)]
)
def test_the_end_of_a_range(prefix: str | bytes, end: bytes) -> None:
    assert prefix_range(prefix)[1] == end


def test_text_is_utf8() -> None:
    assert to_bytes("é") == to_bytes(b"\xc3\xa9") == b"\xc3\xa9"
