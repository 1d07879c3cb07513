"""An answer as a file: one line with lengths and a checksum, then what it is, then its body.

Whatever a crash or a disk has cut or changed is recognised. No fsync: a lost answer is made again.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from weftline_core.answer_cache import ENTRY_BYTES_MAX, CacheKey, Entry
from weftline_core.usage import Usage

FORMAT = "weftline-answer-1"

# What disks hand out.
BLOCK_BYTES = 4096

# The line and what it is: a few names and numbers, which are read of every file at start.
HEAD_BYTES_MAX = BLOCK_BYTES

# What they take in nearly every file; by it room is reckoned before one is written.
HEAD_BYTES_USUAL = 768

# Answers are as private as what they answer.
FILE_MODE, FOLDER_MODE = 0o600, 0o700

FRESH = ".new"
_NAME = re.compile(r"[0-9a-f]{64}")


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer is. digest: its key, so that a file that was renamed answers nothing."""

    digest: str
    tenant: str
    content_type: str
    stream: bool
    usage: Usage | None
    stored_unix_s: float
    expires_unix_s: float
    dropped: tuple[str, ...] = ()


class Slot(msgspec.Struct, frozen=True):
    """A file by its name, the bytes that it takes on disk, and when its time is over."""

    digest: str
    disk_bytes: int
    expires_unix_s: float


class Damaged(Exception):
    """A file is not what was written."""


def disk_bytes(size: int) -> int:
    """Return what a file of this size takes on disk."""
    return -(-size // BLOCK_BYTES) * BLOCK_BYTES


def written(key: CacheKey, entry: Entry) -> bytes:
    """Return the file's content."""
    head = msgspec.json.encode(
        Head(
            digest=key.digest,
            tenant=entry.tenant,
            content_type=entry.content_type,
            stream=entry.stream,
            usage=entry.usage,
            stored_unix_s=entry.stored_unix_s,
            expires_unix_s=entry.expires_unix_s,
            dropped=entry.dropped,
        )
    )
    summed = hashlib.sha256(head)
    summed.update(entry.body)
    line = f"{FORMAT} {len(head)} {len(entry.body)} {summed.hexdigest()}\n".encode()
    return b"".join((line, head, entry.body))


def read(data: bytes, digest: str) -> Entry:
    """Return the entry of a file's content.

    Raises:
        Damaged: it is cut, changed, or another key's.
    """
    start, end, checksum = _line(data, len(data))
    if hashlib.sha256(memoryview(data)[start:]).hexdigest() != checksum:
        raise Damaged("its checksum is wrong")
    head = _head(data[start:end], digest)
    return Entry(
        tenant=head.tenant,
        body=data[end:],
        content_type=head.content_type,
        stream=head.stream,
        usage=head.usage,
        stored_unix_s=head.stored_unix_s,
        expires_unix_s=head.expires_unix_s,
        dropped=head.dropped,
    )


def save(path: Path, data: bytes) -> None:
    """Write a file, all of it or nothing.

    Raises:
        OSError: the disk is full or broken; what was there before still is.
    """
    fresh = path.with_name(path.name + FRESH)
    try:
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
        with os.fdopen(file, "wb", buffering=0) as out:
            left = memoryview(data)
            while left:
                left = left[out.write(left) :]
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def load(path: Path, digest: str) -> Entry:
    """Return the entry of a file.

    Raises:
        OSError: it is gone, or cannot be read.
        Damaged: it is not what was written.
    """
    with path.open("rb") as file:
        return read(file.read(HEAD_BYTES_MAX + ENTRY_BYTES_MAX + 1), digest)


def scan(folder: Path, at_unix_s: float) -> tuple[list[Slot], int]:
    """Return the slots of a folder, the oldest first, and how many damaged files were removed.
    What is over and what was never finished goes too; files of other names stay as they are.

    Raises:
        OSError: the folder cannot be made or read.
    """
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    slots: list[tuple[float, Slot]] = []
    damaged = 0
    for path in _files(folder):
        try:
            written_s, slot = _glance(path)
        except Damaged:
            damaged += 1
            path.unlink(missing_ok=True)
        except OSError:
            continue
        else:
            if slot.expires_unix_s > at_unix_s:
                slots.append((written_s, slot))
            else:
                path.unlink(missing_ok=True)
    slots.sort(key=lambda found: found[0])
    return [slot for _, slot in slots], damaged


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if _NAME.fullmatch(path.name):
            yield path
        elif _NAME.fullmatch(path.name.removesuffix(FRESH)):
            path.unlink(missing_ok=True)


def _glance(path: Path) -> tuple[float, Slot]:
    """Return when a file was written, and its slot; its body is checked when it is used."""
    with path.open("rb") as file:
        stat = os.fstat(file.fileno())
        data = file.read(HEAD_BYTES_MAX)
    start, end, _ = _line(data, stat.st_size)
    head = _head(data[start:end], path.name)
    return stat.st_mtime, Slot(path.name, disk_bytes(stat.st_size), head.expires_unix_s)


def _line(data: bytes, size: int) -> tuple[int, int, str]:
    """Return where the head begins and ends, and the checksum of all that follows the line."""
    line, found, _ = data[:HEAD_BYTES_MAX].partition(b"\n")
    words = line.decode("ascii", "replace").split(" ")
    if not found or len(words) != 4 or words[0] != FORMAT:  # noqa: PLR2004  # the line's words
        raise Damaged(f"it does not begin with {FORMAT}")
    if not all(word.isdecimal() and len(word) < 12 for word in words[1:3]):  # noqa: PLR2004  # digits
        raise Damaged("its lengths are none")
    start = len(line) + 1
    end = start + int(words[1])
    if end + int(words[2]) != size:
        raise Damaged("its length is wrong")
    return start, end, words[3]


def _head(data: bytes, digest: str) -> Head:
    try:
        head = msgspec.json.decode(data, type=Head)
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        raise Damaged("its head cannot be read") from e
    if head.digest != digest:
        raise Damaged("it is the answer to another key")
    return head
