"""One demo endpoint as a process: it says on standard output when it is ready, and ends on a
signal.
"""

import asyncio
import os
import signal
from collections.abc import Callable

import orjson

from weftline.cli.errors import CliError
from weftline_bench.model_server import EndpointConfig, ModelServer


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


async def serve(config: EndpointConfig, write: Callable[[bytes], object]) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        CliError: the address can't be listened on.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    server = ModelServer(config)
    try:
        await server.start()
    except OSError as e:
        raise CliError(
            f"cannot listen on {config.host}:{config.port}: {os.strerror(e.errno) if e.errno else e}",
            hint="choose another port with --listen, or stop the process that uses it",
        ) from e
    write(ready_line(config.name, server.base_url))
    await stop.wait()
    await server.close()
