"""A tree of child processes that live and die together.

Each child says that it is ready with one JSON line on stdout; everything else it says goes to its
log file. A child that dies is started again after a growing pause, if that is wanted. Children run
in sessions of their own, so that Ctrl-C reaches the parent alone, which then stops them in order;
on Linux they are told to stop even when the parent is killed with SIGKILL.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from weftline.aio import Tasks
from weftline.cli import tether

# A process is ready within 1 s on a quiet machine; ten of them on two busy cores need more.
READY_WAIT_S = 30.0

# From the request to stop to SIGKILL. Three seconds finish short streams; with the time to collect
# the dead it stays below the 5 s that a person waits before pressing Ctrl-C again.
STOP_WAIT_S = 3.5

# Pause before a dead child is started again: doubled at each death, and forgotten after a life of
# RESTART_FORGET_S.
RESTART_WAIT_S = 0.5
RESTART_WAIT_S_MAX = 10.0
RESTART_FORGET_S = 30.0

# Lines of a child's log that are quoted when it fails.
LOG_LINES_QUOTED = 5
LOG_TAIL_BYTES = 16 * 1024

# A log longer than this at a child's start is put aside, in place of the one put aside before.
LOG_BYTES_MAX = 16 * 1024 * 1024

# A ready line is short; a child that writes more than this without a line break is not ours.
LINE_BYTES_MAX = 64 * 1024


class What(Enum):
    """What happened to a child."""

    READY = "ready"
    DIED = "died"
    RESTARTED = "restarted"
    LEFT_DOWN = "left down"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a person may want to hear of. `why` says how a child ended."""

    child: str
    what: What
    pid: int = 0
    why: str = ""
    again_in_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A process to run.

    restart: start it again when it dies. environment: None means the parent's own.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    restart: bool = True
    environment: Mapping[str, str] | None = None
    ready_wait_s: float = READY_WAIT_S


class ChildFailed(Exception):
    """A child ended, or stayed silent, before it was ready. The message quotes what it said.

    exit_code: None if it was still running.
    """

    def __init__(self, message: str, exit_code: int | None) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class _Stdout(asyncio.Protocol):
    """Finds the ready line in what a child writes to stdout, and drops the rest."""

    def __init__(self) -> None:
        self.ready: asyncio.Future[dict[str, object]] = asyncio.Future()
        self._line = bytearray()

    def data_received(self, data: bytes) -> None:
        """Take what came; once the ready line is found, only so that the pipe never fills."""
        if self.ready.done():
            return
        self._line += data
        *lines, rest = self._line.split(b"\n")
        self._line = rest[-LINE_BYTES_MAX:]
        for line in lines:
            with suppress(msgspec.DecodeError, msgspec.ValidationError):
                said = msgspec.json.decode(line, type=dict[str, object])
                if said.get("event") == "ready" and not self.ready.done():
                    self.ready.set_result(said)


@dataclass(slots=True)
class _Running:
    """A child's present life.

    log_start: where in its log that life begins. buried: it is over, and what it left is gone.
    """

    child: Child
    process: Process
    stdout: _Stdout
    pipe: asyncio.BaseTransport
    log_start: int
    buried: bool = False

    @property
    def ready(self) -> dict[str, object]:
        return self.stdout.ready.result()


class ProcessTree:
    """Children that end together; use it as `async with`, or call `stop`."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self._running: dict[str, _Running] = {}
        self._tasks = Tasks(self._broken)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self, child: Child) -> dict[str, object]:
        """Run a child, keep it running, and return its ready line.

        Raises:
            ChildFailed: it ended or was not ready in time.
        """
        assert child.name not in self._running, child.name
        try:
            running = await self._launch(child)
        except ChildFailed:
            self._running.pop(child.name, None)
            raise
        self._on_event(Event(child.name, What.READY, running.process.pid))
        self._tasks.spawn(self._keep(running), f"keep {child.name}")
        return running.ready

    def pid(self, name: str) -> int:
        """Return the process id of a child, as it is now."""
        return self._running[name].process.pid

    def kill(self) -> None:
        """Kill every child at once; `stop` still has to be called."""
        for running in self._running.values():
            if running.process.returncode is None:
                _kill_group(running.process)

    async def stop(self) -> None:
        """Ask every child to stop, wait up to STOP_WAIT_S, and kill what is left."""
        await self._tasks.close()
        await asyncio.gather(*(_end(running) for running in self._running.values()))
        self._running.clear()

    async def _launch(self, child: Child) -> _Running:
        """Start a child and wait until it is ready."""
        try:
            running = await _spawn(child)
        except OSError as e:
            raise ChildFailed(f"{child.name} cannot be started: {e}", None) from e
        self._running[child.name] = running
        ended = asyncio.ensure_future(running.process.wait())
        try:
            await asyncio.wait(
                (running.stdout.ready, ended),
                timeout=child.ready_wait_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            ended.cancel()
        if running.stdout.ready.done():
            return running
        code = ended.result() if ended.done() else None
        late = f"was not ready after {child.ready_wait_s:.0f} s"
        why = late if code is None else _how_it_ended(code)
        await _end(running)
        raise ChildFailed(f"{child.name} {why}{_quoted(running)}", code)

    async def _keep(self, running: _Running) -> None:
        """Wait for a child's death, again and again, and start it anew."""
        loop = asyncio.get_running_loop()
        child, wait_s = running.child, RESTART_WAIT_S
        while True:
            born_s = loop.time()
            why = _how_it_ended(await running.process.wait())
            await _end(running)
            if not child.restart:
                self._on_event(Event(child.name, What.LEFT_DOWN, running.process.pid, why))
                return
            if loop.time() - born_s > RESTART_FORGET_S:
                wait_s = RESTART_WAIT_S
            self._on_event(Event(child.name, What.DIED, running.process.pid, why, wait_s))
            running, wait_s = await self._revive(child, wait_s)

    async def _revive(self, child: Child, wait_s: float) -> tuple[_Running, float]:
        """Start a dead child again until it is ready; return it and the pause after its death."""
        while True:
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2.0, RESTART_WAIT_S_MAX)
            try:
                running = await self._launch(child)
            except ChildFailed as e:
                self._on_event(Event(child.name, What.DIED, why=str(e), again_in_s=wait_s))
            else:
                self._on_event(Event(child.name, What.RESTARTED, running.process.pid))
                return running, wait_s

    def _broken(self, name: str, error: BaseException) -> None:
        why = f"is no longer watched: {type(error).__name__}: {error}"
        self._on_event(Event(name, What.LEFT_DOWN, why=why))


async def _spawn(child: Child) -> _Running:
    shim = (sys.executable, "-I", "-S", tether.__file__, str(os.getpid()))
    # A pipe of our own: asyncio would hold back a child's death until what it started has closed
    # the pipe too.
    read_end, write_end = os.pipe()
    stdout = _Stdout()
    loop = asyncio.get_running_loop()
    pipe, _ = await loop.connect_read_pipe(lambda: stdout, os.fdopen(read_end, "rb", buffering=0))
    try:
        with _open_log(child.log) as log:
            log_start = log.tell()
            process = await asyncio.create_subprocess_exec(
                *shim,
                *child.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write_end,
                stderr=log,
                env=child.environment,
                start_new_session=True,
            )
    except BaseException:
        pipe.close()
        raise
    finally:
        os.close(write_end)
    return _Running(child, process, stdout, pipe, log_start)


async def _end(running: _Running) -> None:
    """Ask a child to stop; kill it, and what it started, if it does not in time."""
    process = running.process
    if running.buried:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    with suppress(TimeoutError):
        async with asyncio.timeout(STOP_WAIT_S):
            await process.wait()
    _kill_group(process)
    await process.wait()
    running.pipe.close()
    running.buried = True


def _kill_group(process: Process) -> None:
    """Kill a child and what it started: it leads a group of its own, which may outlive it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _open_log(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES_MAX:
        path.replace(path.with_name(f"{path.name}.1"))
    return path.open("ab")


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was killed by {signal.Signals(-code).name}"


def _quoted(running: _Running) -> str:
    """Return what a child's log ends with since its start, as lines to follow a message."""
    log = running.child.log
    with log.open("rb") as f:
        size = f.seek(0, os.SEEK_END)
        f.seek(max(running.log_start, size - LOG_TAIL_BYTES))
        lines = f.read().decode(errors="replace").splitlines()
    said = lines[-LOG_LINES_QUOTED:]
    for i, line in enumerate(lines):
        if line.startswith("error: "):
            # Its next step stands indented below it.
            said = [line, *takewhile(lambda line: line.startswith("  "), lines[i + 1 :])]
    return "".join(f"\n  {line}" for line in [*said, f"its log: {log}"])
