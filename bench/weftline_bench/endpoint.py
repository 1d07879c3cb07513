"""One demo endpoint as a process: it says on standard output when it is ready, and ends on a
signal.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from weftline.process import listening_on, say_ready, until_signal
from weftline_core.address import Address


class Serving(Protocol):
    """Something that serves between `start` and `close`."""

    @property
    def base_url(self) -> str:
        """Return where it serves; true after `start`."""
        ...

    async def start(self) -> None:
        """Begin to serve.

        Raises:
            OSError, CliError: it cannot.
        """
        ...

    async def close(self) -> None:
        """End what is in flight."""
        ...


async def serve(
    name: str, address: Address, server: Serving, ready: Callable[..., None] = say_ready
) -> None:
    """Serve until SIGINT or SIGTERM; a signal during the start ends it as well.

    Raises:
        CannotListen: the address is in use or not ours.
        CliError: the server can't start.
    """

    async def work() -> None:
        try:
            with listening_on(address):
                await server.start()
            ready("endpoint", name=name, base_url=server.base_url)
            await asyncio.Event().wait()
        finally:
            await server.close()

    await until_signal(work())
