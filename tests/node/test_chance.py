"""Chance from the system, drawn ahead."""

import pytest

from weftline_node.chance import POOL_BYTES, SecretRng


@pytest.mark.parametrize("bits", [0, 1, 7, 8, 53, 80, 8 * POOL_BYTES, 8 * POOL_BYTES + 5])
def test_as_many_bits_as_asked_for(bits: int) -> None:
    rng = SecretRng()
    drawn = [rng.getrandbits(bits) for _ in range(40)]
    assert all(0 <= number < 2**bits for number in drawn)
    assert bits < 8 or max(drawn).bit_length() > bits - 8, "the high bits are random too"


def test_nothing_is_drawn_twice_across_pools_or_sources() -> None:
    one, other = SecretRng(), SecretRng()
    drawn = [rng.getrandbits(80) for _ in range(2 * POOL_BYTES // 10) for rng in (one, other)]
    assert len(set(drawn)) == len(drawn)


def test_ranges_are_kept_and_filled() -> None:
    rng = SecretRng()
    assert {rng.randrange(5) for _ in range(500)} == {0, 1, 2, 3, 4}
    assert {rng.randrange(1) for _ in range(5)} == {0}
    floats = [rng.random() for _ in range(500)]
    assert 0.0 <= min(floats) < 0.2
    assert 0.8 < max(floats) < 1.0
