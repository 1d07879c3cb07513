"""What a host sent is read as it is meant, or not at all."""

import msgspec
import pytest

from weftline_core.dialects.typed import typed


class Told(msgspec.Struct):
    text: str = ""
    deep: object = None


DECODER = msgspec.json.Decoder(Told)


def test_a_shape_is_read() -> None:
    assert typed(b'{"text":"a","other":1}', DECODER) == Told("a")


def test_half_a_character_reads_as_a_replacement() -> None:
    assert typed(b'{"text":"\\ud83d!"}', DECODER) == Told("\ufffd!")


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{", b'{"text":1}', b'{"text":"\xff"}', b'{"deep":' + b"[" * 100_000, b"null"],
)
def test_anything_else_is_none(data: bytes) -> None:
    assert typed(data, DECODER) is None
