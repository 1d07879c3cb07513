"""Every form of a wait on the wire, and every way to get it wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.retry_after import RETRY_AFTER_S_MAX, header_value, retry_after_s

AT = 1_445_412_420.0  # 2015-10-21 07:27:00 UTC


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, None),
        ({b"retry-after": b"2"}, 2.0),
        ({b"retry-after": b" 1.5 "}, 1.5),
        ({b"retry-after": b"0"}, 0.0),
        ({b"retry-after": b"-1"}, None),
        ({b"retry-after": b"1000000000"}, RETRY_AFTER_S_MAX),
        ({b"retry-after": b"soon"}, None),
        ({b"retry-after": b"nan"}, None),
        ({b"retry-after": b"inf"}, None),
        ({b"retry-after": b"Wed, 21 Oct 2015 07:28:00 GMT"}, 60.0),
        ({b"retry-after": b"Wed, 21 Oct 2015 07:20:00 GMT"}, 0.0),
        ({b"retry-after": b"Wed, 21 Oct 2099 07:28:00 GMT"}, RETRY_AFTER_S_MAX),
        ({b"retry-after": b"Wed, 99 Oct 2015 07:28:00 GMT"}, None),
        ({b"retry-after": b"Wed, 21 Foo 2015 07:28:00 GMT"}, None),
        ({b"retry-after-ms": b"1500", b"retry-after": b"9"}, 1.5),
        ({b"retry-after-ms": b"junk", b"retry-after": b"9"}, 9.0),
    ],
)
def test_every_form_is_read(headers: dict[bytes, bytes], wait_s: float | None) -> None:
    assert retry_after_s(headers, AT) == wait_s


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_any_bytes_give_a_bounded_wait_or_none(a: bytes, b: bytes) -> None:
    wait_s = retry_after_s({b"retry-after": a, b"retry-after-ms": b}, AT)
    assert wait_s is None or 0 <= wait_s <= RETRY_AFTER_S_MAX


def test_the_header_rounds_up() -> None:
    assert header_value(0.2) == "1"
    assert header_value(3.0) == "3"
