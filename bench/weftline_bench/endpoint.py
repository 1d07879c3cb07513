"""One demo endpoint as a process: it says on standard output when it is ready, and ends on a
signal.
"""

import asyncio
import os
from collections.abc import Callable
from typing import Protocol

import orjson

from weftline.cli.errors import CliError
from weftline.process import until_signal


def parse_address(text: str) -> tuple[str, int]:
    """Read `host:port`; an IPv6 host stands in brackets.

    Raises:
        ValueError: it is no address; the text says what is expected.
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isdecimal() and int(port) < 1 << 16):
        raise ValueError(f"'{text}' is not an address: write HOST:PORT, as in 127.0.0.1:9102")
    return host, int(port)


def ready_line(name: str, base_url: str) -> bytes:
    """Return the one line that tells whoever started us where we are."""
    line = {"event": "ready", "what": "endpoint", "name": name, "base_url": base_url}
    return orjson.dumps(line) + b"\n"


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


async def serve(name: str, server: Serving, write: Callable[[bytes], object]) -> None:
    """Serve until SIGINT or SIGTERM; a signal during the start ends it as well.

    Raises:
        OSError: the address can't be listened on.
        CliError: the server can't start.
    """

    async def work() -> None:
        try:
            await server.start()
            write(ready_line(name, server.base_url))
            await asyncio.Event().wait()
        finally:
            await server.close()

    await until_signal(work())


def cannot_listen(address: str, error: OSError) -> CliError:
    """Return what to tell a person whose address is taken."""
    why = os.strerror(error.errno) if error.errno else str(error)
    return CliError(
        f"cannot listen on {address}: {why}",
        hint="choose another port with --listen, or stop the process that uses it",
    )
