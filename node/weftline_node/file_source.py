"""Desired state from a file, followed as it changes; a bad edit keeps what is in force."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from weftline.files import read_text
from weftline.logs import Log
from weftline_core.errors import OperatorError
from weftline_node.config import FileConfig, file_desired, read_file_config
from weftline_node.ports import Mesh

# An edit is in force within this time. Looking at one file's time stamp costs microseconds.
LOOK_INTERVAL_S = 0.5

# What a running node cannot change: sockets and its own name.
FIXED_FIELDS = ("id", "region", "listen", "admin", "source_address", "geoip")


class FileSource:
    """Feeds a node from a `weft.yaml`. Each good edit is one revision more."""

    def __init__(self, path: Path, pepper: bytes, environ: Mapping[str, str], log: Log) -> None:
        self._path = path
        self._pepper = pepper
        self._environ = environ
        self._log = log
        self._revision = 0
        self._text: str | None = None
        self._first: FileConfig | None = None

    async def run(self, mesh: Mesh) -> None:
        """Apply the file now and after each edit, until cancelled."""
        # At once, without a thread: a node that says it is ready has its file in force.
        stamp = self._stamp()
        self._take(mesh)
        while True:
            await asyncio.sleep(LOOK_INTERVAL_S)
            fresh = await asyncio.to_thread(self._stamp)
            if fresh is not None and fresh != stamp:
                stamp = fresh
                self._take(mesh)

    def _take(self, mesh: Mesh) -> None:
        try:
            text = read_text(self._path)
            if text == self._text:
                return
            self._text = text
            config = read_file_config(text, str(self._path))
            desired = file_desired(
                config,
                pepper=self._pepper,
                environ=self._environ,
                revision=self._revision + 1,
                source=str(self._path),
            )
            mesh.apply(desired)
        except OperatorError as e:
            self._log.warning("config_refused", reason=e.message, revision_kept=self._revision)
            return
        except Exception as e:  # noqa: BLE001  # a bug here must not end the following
            failure = f"{type(e).__name__}: {e}"
            self._log.error("config_failed", failure=failure, revision_kept=self._revision)
            return
        self._revision += 1
        self._first = self._first or config
        if fixed := [f for f in FIXED_FIELDS if getattr(config, f) != getattr(self._first, f)]:
            self._log.warning("restart_needed", fields=fixed)

    def _stamp(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size
