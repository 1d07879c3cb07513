"""What a process of the mesh owes to whoever started it: one ready line on standard output, logs
on standard error, a clear word when it cannot start, and a clean end at a signal.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Coroutine, Generator
from contextlib import contextmanager, suppress
from typing import Any

import orjson

from weftline_core.errors import MeshError


class CannotListen(MeshError):
    """An address cannot be had; the message names it, and the option by which another is chosen."""

    def __init__(self, address: object, reason: str, option: str = "--listen") -> None:
        super().__init__(
            f"cannot listen on {address}: {reason}; stop what uses it, or choose another with "
            f"{option}"
        )


@contextmanager
def listening_on(address: object, option: str = "--listen") -> Generator[None]:
    """Turn a failure to listen into words.

    Raises:
        CannotListen: the address is in use or not ours.
    """
    try:
        yield
    except OSError as e:
        # asyncio's own words repeat the address; those of a failed look-up have no number of ours.
        known = e.errno is not None and not isinstance(e, socket.gaierror)
        reason = os.strerror(e.errno) if known and e.errno else e.strerror or str(e)
        raise CannotListen(address, reason, option) from e


async def until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` until it ends, or until SIGINT or SIGTERM cancels it."""
    task = asyncio.current_task()
    assert task is not None, "a coroutine always runs in a task"
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await work


def say_ready(what: str, **facts: object) -> None:
    """Write the one line that says that this process serves, and where."""
    line = {"event": "ready", "what": what, **facts}
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.buffer.flush()


def to_stderr(data: bytes) -> None:
    """Write lines of a log. Whoever read it may be gone; that is no reason to stop."""
    with suppress(OSError):
        sys.stderr.buffer.write(data)
        sys.stderr.buffer.flush()


def quiet_grpc() -> None:
    """Keep gRPC's core from writing lines of its own on standard error, where ours are JSON; it
    looks when it is first imported.
    """
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
