"""A control plane as a process: opens the store, says that it is ready, stops at a signal."""

import asyncio

from weftline.cli.errors import CliError, ExitCode
from weftline.clock import SystemClock
from weftline.logs import Log
from weftline.process import say_ready, to_stderr, until_signal
from weftline_control.app import ControlPlane
from weftline_control.config import ControlConfig
from weftline_control.refusals import StoreAway
from weftline_control.store import StoreUnavailable
from weftline_control.store_open import open_store


def run(config: ControlConfig) -> None:
    """Run until SIGINT or SIGTERM.

    Raises:
        CliError, CannotListen: it cannot start; the message says what to do.
        OperatorError: a wrong option.
    """
    asyncio.run(until_signal(_serve(config)))


async def _serve(config: ControlConfig) -> None:
    clock = SystemClock()
    # It says little, so each line is written at once.
    log = Log(clock, to_stderr, gather_s=0)
    try:
        store = await open_store(config.store, config.data_dir)
        plane = ControlPlane(config, store, clock, log)
        try:
            await plane.start()
            desired = plane.service.view.desired
            say_ready(
                "control",
                address=plane.address,
                store=config.store_kind,
                revision=desired.revision,
                resources=len(desired.resources),
            )
            await asyncio.Event().wait()
        finally:
            await plane.close()
            await store.close()
    except (StoreUnavailable, StoreAway) as e:
        raise CliError(str(e), code=ExitCode.FAILED) from e
