"""The two clocks of this machine."""

import asyncio
import time

from weftline.clock import SystemClock


async def test_the_clock_agrees_with_the_loops_timers_and_is_finer() -> None:
    clock = SystemClock()
    assert abs(clock.now_s() - asyncio.get_running_loop().time()) < 1
    first = clock.now_s()
    while (later := clock.now_s()) == first:
        pass
    assert later - first < 0.0005
    assert abs(clock.unix_ms() - time.time_ns() // 1_000_000) < 1_000
