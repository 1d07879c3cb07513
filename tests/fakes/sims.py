"""Simulated providers in this process, several at once, on sockets of their own."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from weftline_bench.sims.flavour import KEY, Flavour, Options
from weftline_bench.sims.flavours import FLAVOURS
from weftline_bench.sims.script import Script
from weftline_bench.sims.server import SimServer

__all__ = ["KEY", "a_sim", "sims", "streamed", "whole"]


@asynccontextmanager
async def a_sim(name: str) -> AsyncGenerator[SimServer, None]:
    """Run one provider: `base_url` for an SDK, `seen` for what came, `faults` for what fails."""
    server = SimServer(FLAVOURS[name])
    await server.start()
    try:
        yield server
    finally:
        await server.close()


@asynccontextmanager
async def sims(*names: str) -> AsyncGenerator[dict[str, SimServer], None]:
    """Run several providers, by name."""
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(a_sim(name)) for name in names}


def whole(flavour: Flavour, script: Script, task: str = "") -> bytes:
    """Return the body of a whole answer."""
    return flavour.render(script, Options(model="m", task=task)).body()


def streamed(flavour: Flavour, script: Script, task: str = "") -> list[str]:
    """Return the events of a streamed answer, without the blank lines between them."""
    answer = flavour.render(script, Options(model="m", stream=True, task=task))
    return [frame.decode().rstrip("\r\n") for frame in answer.frames]
