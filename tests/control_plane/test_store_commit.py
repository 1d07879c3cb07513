"""A commit is checked before any store sees it."""

import pytest

from weftline_control.store import COMMIT_BYTES_MAX, COMMIT_KEYS_MAX, VALUE_BYTES_MAX
from weftline_control.store_commit import Commit


def test_a_commit_is_in_key_order_and_names_each_deletion_once() -> None:
    commit = Commit.of({"b": b"2", "a": b"1"}, ["d", "c", "d"], {"y": 2, "x": 0}, 5)
    assert commit.put == (("a", b"1"), ("b", b"2"))
    assert commit.delete == ("c", "d")
    assert commit.if_revision == (("x", 0), ("y", 2))
    assert commit.lease == 5
    assert Commit.of({}) == Commit(())


def test_each_limit_is_named_in_its_error() -> None:
    keys = {f"k{i}": b"" for i in range(COMMIT_KEYS_MAX)}
    Commit.of(keys)
    with pytest.raises(ValueError, match=f"at most {COMMIT_KEYS_MAX} keys, not 121"):
        Commit.of(keys, ["one more"])
    with pytest.raises(ValueError, match=f"at most {COMMIT_KEYS_MAX} conditions, not 121"):
        Commit.of({}, (), dict.fromkeys([*keys, "one more"], 0))
    with pytest.raises(ValueError, match=f"big: a value has at most {VALUE_BYTES_MAX} bytes"):
        Commit.of({"big": bytes(VALUE_BYTES_MAX + 1)})
    full = {f"k{i:02}": bytes(VALUE_BYTES_MAX - 3) for i in range(16)}
    Commit.of(full)
    with pytest.raises(ValueError, match=f"at most {COMMIT_BYTES_MAX} bytes, not {2**20 + 1}"):
        Commit.of(full, ["d"])
    with pytest.raises(ValueError, match="both is both put and deleted"):
        Commit.of({"both": b""}, ["both"])
