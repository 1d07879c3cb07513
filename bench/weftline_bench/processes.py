"""The bench's own `weft` processes: tied to it, waited for, ended in order."""

import asyncio
import os
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from weftline.cli import tether
from weftline.cli.errors import CliError
from weftline_bench.client import now_s

# An endpoint takes 0.6 s and a node 0.5 s on a quiet machine.
READY_WAIT_S = 30.0

# A node lets its requests end for 2 s.
STOP_WAIT_S = 5.0

# Lines of what a process said that are told when it does not start.
LINES_QUOTED = 5


async def spawn(*arguments: str, stderr: IO[bytes] | None = None) -> Process:
    """Run `weft ARGUMENTS...`, tied to this process: it ends even when we are killed. Its stdout is
    a pipe; its stderr is ours, unless given.
    """
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", tether.__file__, str(os.getpid())),
        *(sys.executable, "-m", "weftline", *arguments),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=stderr,
        # A session of its own: Ctrl-C reaches us alone, and we stop everything in order.
        start_new_session=True,
    )


async def end(process: Process, wait_s: float = STOP_WAIT_S) -> None:
    """Ask a process to stop, and kill it if it does not in time."""
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), wait_s)
    except TimeoutError:
        process.kill()
        await process.wait()


@asynccontextmanager
async def started(*arguments: str) -> AsyncGenerator[tuple[Process, float]]:
    """Run `weft ARGUMENTS...` while inside; yield it and the seconds until it was ready.

    Raises:
        CliError: it did not get ready.
    """
    began_s = now_s()
    with tempfile.TemporaryFile() as log:
        process = await spawn(*arguments, stderr=log)
        try:
            assert process.stdout is not None
            try:
                async with asyncio.timeout(READY_WAIT_S):
                    line = await process.stdout.readline()
            except TimeoutError:
                line = b""
            if not line:
                raise CliError(f"weft {arguments[0]} did not start", details=_last_words(log))
            yield process, now_s() - began_s
        finally:
            await end(process)


def _last_words(log: IO[bytes]) -> tuple[str, ...]:
    log.seek(0)
    return tuple(log.read().decode(errors="replace").splitlines()[-LINES_QUOTED:])


def memory_mb(pid: int, proc: Path = Path("/proc")) -> float | None:
    """Return the memory that a process holds, in MB, where the system tells."""
    try:
        lines = (proc / str(pid) / "status").read_text().splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("VmRSS:")]
    return int(found[0]) * 1024 / 1e6 if found else None
