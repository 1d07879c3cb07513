"""The last good desired state on disk, so that a node starts with the control plane dead.

One line says what follows: a format, the length and the SHA-256 of the rest. Whatever is cut or
changed by a crash or a disk is recognised, put aside for the operator, and never served.
"""

import asyncio
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import msgspec

from weftline.logs import Log
from weftline_core.desired import Desired

FORMAT = "weftline-snapshot-1"

# Beyond it this is not a file of ours: the control plane bounds a state to 16 MiB as JSON.
FILE_BYTES_MAX = 64 * 1024 * 1024

# A full disk is emptied by people, in minutes; each failure is a line in the log.
SAVE_AGAIN_S = 10.0

# Only the node itself reads it: it tells where models run and the digests of keys.
FILE_MODE = 0o600


class FileSnapshot:
    """A `SnapshotStore` in one file. With a loop running it writes on a thread of its own: a busy
    disk takes 40 ms for an fsync, and tokens pass through this loop.
    """

    def __init__(self, path: Path, log: Log) -> None:
        self.path = path
        self._log = log
        # One thread, so that an older state never overtakes a newer one. It is waited for when
        # the process ends.
        self._writer = ThreadPoolExecutor(1, "snapshot")
        self._newest = b""
        self._again: asyncio.TimerHandle | None = None

    def load(self) -> Desired | None:
        """Return the state saved last, or None if there is none or it is damaged."""
        try:
            with self.path.open("rb") as file:
                data = file.read(FILE_BYTES_MAX + 1)
        except FileNotFoundError:
            return None
        except OSError as e:
            self._log.error("snapshot_unreadable", path=str(self.path), reason=e.strerror)
            return None
        try:
            return read_snapshot(data)
        except ValueError as e:
            self._put_aside(str(e))
            return None

    def save(self, desired: Desired) -> None:
        """Replace the saved state, atomically. On a thread, a failure is logged, and it is tried
        again until it succeeds or there is a newer state.

        Raises:
            OSError: the disk is full or broken; the old state is still there.
        """
        data = write_snapshot(desired)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._write(data)
        else:
            self._write_behind(data, loop)

    def close(self) -> None:
        """Wait until everything is written."""
        if self._again is not None:
            self._again.cancel()
        self._writer.shutdown()

    def _write_behind(self, data: bytes, loop: asyncio.AbstractEventLoop) -> None:
        if self._again is not None:
            self._again.cancel()
            self._again = None
        self._newest = data
        self._writer.submit(self._write_or_tell, data, loop)

    def _write_or_tell(self, data: bytes, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self._write(data)
        except OSError as e:
            # A loop that has ended has nobody left to tell.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._failed, e, data, loop)

    def _failed(self, error: OSError, data: bytes, loop: asyncio.AbstractEventLoop) -> None:
        reason = error.strerror or str(error)
        self._log.error("snapshot_not_saved", path=str(self.path), reason=reason)
        if data is self._newest:
            self._again = loop.call_later(SAVE_AGAIN_S, self._write_behind, data, loop)

    def _write(self, data: bytes) -> None:
        folder = self.path.parent
        folder.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_name(f"{self.path.name}.new")
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
        try:
            _write_all(file, data)
            os.fsync(file)
        finally:
            os.close(file)
        fresh.replace(self.path)
        # The new name survives a power cut only when its folder is on disk as well.
        holder = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(holder)
        finally:
            os.close(holder)

    def _put_aside(self, reason: str) -> None:
        aside = self.path.with_name(f"{self.path.name}.damaged")
        try:
            self.path.replace(aside)
        except OSError as e:
            reason = f"{reason}; it could not be put aside: {e.strerror}"
        self._log.error("snapshot_damaged", reason=reason, kept_as=str(aside))


def write_snapshot(desired: Desired) -> bytes:
    """Return the file's content for a state."""
    body = msgspec.json.encode(desired)
    return f"{FORMAT} {len(body)} {hashlib.sha256(body).hexdigest()}\n".encode() + body


def read_snapshot(data: bytes) -> Desired:
    """Return the state of a file's content.

    Raises:
        ValueError: it is of another format, cut, changed, or no state.
    """
    line, _, body = data.partition(b"\n")
    words = line.decode("ascii", "replace").split(" ")
    if len(words) != 3 or words[0] != FORMAT:  # noqa: PLR2004  # format, length, checksum
        raise ValueError(f"it does not begin with {FORMAT}")
    if words[1] != str(len(body)) or words[2] != hashlib.sha256(body).hexdigest():
        raise ValueError("its length or checksum is wrong")
    try:
        return msgspec.json.decode(body, type=Desired)
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        raise ValueError(f"it is whole, but no state of this version: {e}") from e


def _write_all(file: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]
