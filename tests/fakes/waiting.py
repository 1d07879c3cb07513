"""Waiting for what real time brings about."""

import asyncio
from collections.abc import Callable

# Far beyond what anything takes, so that only what never comes ends a wait.
WAIT_S = 5.0


async def until(true: Callable[[], object], wait_s: float = WAIT_S) -> None:
    """Look again and again until it is true; a TimeoutError if it never is."""
    async with asyncio.timeout(wait_s):
        while not true():
            await asyncio.sleep(0.005)
