"""The folder in which a mesh on one machine keeps what must survive: secrets, state, logs."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from weftline.cli.errors import CliError
from weftline_core.keys import PEPPER_BYTES, new_key

# Secrets are for the person who started the mesh alone.
PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


class DataDir:
    """One mesh's folder, held by one process at a time until `close`.

    Raises:
        CliError: it cannot be used, or another process uses it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "logs"
        self.pepper_file = path / "pepper"
        self.key_file = path / "key"
        try:
            path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
        except OSError as e:
            raise CliError(
                f"{path} cannot be used: {e.strerror or e}", hint="choose a folder with --data"
            ) from e
        self._hold()

    def pepper(self) -> bytes:
        """Return the secret under which keys are stored; made at the first call, then kept."""
        return _kept(self.pepper_file, lambda: secrets.token_hex(PEPPER_BYTES)).encode()

    def key(self) -> str:
        """Return the client key; made at the first call, then kept."""
        return _kept(self.key_file, lambda: new_key(secrets.SystemRandom()))

    def of(self, child: str) -> Path:
        """Return a child process's own folder."""
        folder = self.path / child
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        return folder

    def forget(self, child: str) -> None:
        """Remove what a child process has kept."""
        shutil.rmtree(self.path / child, ignore_errors=True)

    def close(self) -> None:
        """Let another process use the folder."""
        os.close(self._lock)

    def _hold(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as e:
            holder = os.pread(self._lock, 32, 0).decode("ascii", "replace").strip()
            os.close(self._lock)
            raise CliError(
                f"another `weft up` uses {self.path} (process {holder or 'unknown'})",
                hint="stop it, or choose another folder with --data and ports with --base-port",
            ) from e
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)


def _kept(file: Path, make: Callable[[], str]) -> str:
    """Return what `file` holds; if there is none, what `make` returns, once it is on disk."""
    if file.exists():
        try:
            kept = file.read_text(encoding="ascii").strip()
        except UnicodeDecodeError:
            # Not chained: the error's own words quote the secret's bytes.
            kept = None
        if kept:
            return kept
        raise CliError(
            f"{file} is {'damaged: it holds no text' if kept is None else 'empty'}",
            hint="put the secret back, or delete the file to make a new one",
        )
    made = make()
    # Never half a secret under its name, and never readable for others, not even for a moment.
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="ascii") as f:
        f.write(made)
        f.flush()
        os.fsync(f.fileno())
    fresh.replace(file)
    return made
