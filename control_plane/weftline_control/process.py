"""A control plane as a process: opens the store, says that it is ready, stops at a signal."""

import asyncio
import signal
import sys
from contextlib import suppress

import orjson

from weftline.cli.errors import CliError, ExitCode
from weftline.clock import SystemClock
from weftline.logs import Log
from weftline_control.app import CannotListen, ControlPlane
from weftline_control.config import ControlConfig
from weftline_control.refusals import StoreAway
from weftline_control.store import StoreUnavailable
from weftline_control.store_open import open_store


def run(config: ControlConfig) -> None:
    """Run until SIGINT or SIGTERM.

    Raises:
        CliError: it cannot start; the message says what to do. OperatorError: a wrong option.
    """
    with suppress(asyncio.CancelledError):
        asyncio.run(_serve(config))


async def _serve(config: ControlConfig) -> None:
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    clock = SystemClock()
    # It says little, so each line is written at once.
    log = Log(clock, _to_stderr, gather_s=0)
    try:
        store = await open_store(config.store, config.data_dir)
        plane = ControlPlane(config, store, clock, log)
        try:
            await plane.start()
            _say_ready(config, plane)
            await asyncio.Event().wait()
        finally:
            await plane.close()
            await store.close()
    except (StoreUnavailable, StoreAway, CannotListen) as e:
        raise CliError(str(e), code=ExitCode.FAILED) from e


def _say_ready(config: ControlConfig, plane: ControlPlane) -> None:
    desired = plane.service.view.desired
    line = {
        "event": "ready",
        "what": "control",
        "address": plane.address,
        "store": config.store_kind,
        "revision": desired.revision,
        "resources": len(desired.resources),
    }
    sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
    sys.stdout.buffer.flush()


def _to_stderr(data: bytes) -> None:
    # Whoever read the log may be gone; that is no reason to stop.
    with suppress(OSError):
        sys.stderr.buffer.write(data)
        sys.stderr.buffer.flush()
