"""An answer's file is read back as it was written, or not at all."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.entries import entry_of, key_of
from weftline_core.answer_cache import ENTRY_BYTES_MAX, Entry
from weftline_core.usage import Usage
from weftline_node.cache_file import (
    BLOCK_BYTES,
    HEAD_BYTES_USUAL,
    Damaged,
    Slot,
    disk_bytes,
    load,
    read,
    save,
    scan,
    written,
)

KEY = key_of(1)
ENTRIES = st.builds(
    Entry,
    tenant=st.text(max_size=9),
    body=st.binary(max_size=300),
    content_type=st.just("text/event-stream"),
    stream=st.booleans(),
    usage=st.none() | st.builds(Usage, st.integers(0, 9), st.integers(0, 9)),
    stored_unix_s=st.floats(0, 1e10),
    expires_unix_s=st.floats(0, 1e10),
)


@given(ENTRIES)
def test_there_and_back(entry: Entry) -> None:
    data = written(KEY, entry)
    assert read(data, KEY.digest) == entry
    assert len(data) - len(entry.body) <= HEAD_BYTES_USUAL


@given(st.data())
def test_no_change_goes_unnoticed(data: st.DataObject) -> None:
    whole = written(KEY, entry_of())
    at = data.draw(st.integers(0, len(whole) - 1))
    cut = whole[:at]
    changed = bytearray(whole)
    changed[at] ^= data.draw(st.integers(1, 255))
    for wrong in (cut, bytes(changed), whole + b"x"):
        with pytest.raises(Damaged):
            read(wrong, KEY.digest)


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda b: b"weftline-answer-1 " + b))
def test_any_other_file_is_damaged(data: bytes) -> None:
    with pytest.raises(Damaged):
        read(data, KEY.digest)


def test_a_renamed_file_answers_nothing() -> None:
    with pytest.raises(Damaged, match="another key"):
        read(written(KEY, entry_of()), key_of(2).digest)


def test_a_file_is_private_and_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / KEY.digest
    save(path, written(KEY, entry_of(b"old")))
    save(path, written(KEY, entry_of(b"x" * ENTRY_BYTES_MAX)))
    assert path.stat().st_mode & 0o777 == 0o600
    assert load(path, KEY.digest).body == b"x" * ENTRY_BYTES_MAX
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / KEY.digest
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        save(path, b"data")
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "gone", KEY.digest)


def test_a_folder_is_read_oldest_first_and_cleaned(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "cache"
    assert scan(folder, 0.0) == ([], 0)
    assert folder.stat().st_mode & 0o777 == 0o700
    for number, expires in ((1, 100.0), (2, 100.0), (3, 10.0)):
        key = key_of(number)
        save(folder / key.digest, written(key, entry_of(expires_unix_s=expires)))
    os.utime(folder / key_of(2).digest, (1.0, 1.0))
    (folder / key_of(4).digest).write_bytes(b"rubbish")
    (folder / key_of(5).digest).write_bytes(written(key_of(5), entry_of())[:-1])
    (folder / f"{key_of(6).digest}.new").write_bytes(b"half")
    (folder / "README").write_text("not ours")
    size = disk_bytes(len(written(KEY, entry_of())))
    slots, damaged = scan(folder, 10.0)
    assert slots == [
        Slot(key_of(2).digest, size, 100.0),
        Slot(key_of(1).digest, size, 100.0),
    ]
    assert damaged == 2
    left = {path.name for path in folder.iterdir()}
    assert left == {key_of(1).digest, key_of(2).digest, "README"}


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"irectory|exists"):
        scan(tmp_path / "file" / "cache", 0.0)


def test_disks_give_whole_blocks() -> None:
    assert [disk_bytes(n) for n in (0, 1, BLOCK_BYTES, BLOCK_BYTES + 1)] == [
        0,
        BLOCK_BYTES,
        BLOCK_BYTES,
        2 * BLOCK_BYTES,
    ]
