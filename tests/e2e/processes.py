"""Real `weft` processes on loopback: started, waited for, stopped, and their logs kept."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, cast

ROOT = Path(__file__).resolve().parents[2]

# Until the ready line; a node takes well under 1 s, but a busy test machine may not.
READY_WAIT_S = 20.0
STOP_WAIT_S = 10.0


class Weft:
    """One process, ready when the constructor returns. ready: its ready line."""

    def __init__(
        self, *arguments: str, log: Path, environ: Mapping[str, str] | None = None
    ) -> None:
        self.log = log
        with log.open("wb") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "weftline", *arguments],
                cwd=ROOT,
                env={**os.environ, **(environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        self.ready = self._wait_ready()

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._process.pid

    def logs(self) -> str:
        """Return all it wrote to stderr so far."""
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """End it without a chance to say goodbye."""
        self._process.kill()
        self._process.wait(STOP_WAIT_S)

    def stop(self) -> int:
        """Ask it to stop and return its exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(STOP_WAIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        finally:
            if self._process.stdout is not None:
                self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.stop()

    def _wait_ready(self) -> dict[str, str]:
        out = self._process.stdout
        assert out is not None
        if not select.select([out], [], [], READY_WAIT_S)[0]:
            self.kill()
            raise AssertionError(f"not ready after {READY_WAIT_S:g} s: {self.logs()}")
        line = out.readline()
        if not line:
            self._process.wait(STOP_WAIT_S)
            out.close()
            raise AssertionError(f"it ended before it was ready: {self.logs()}")
        return cast("dict[str, str]", json.loads(line))
