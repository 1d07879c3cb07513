"""The clocks of this machine."""

import time

from weftline_control.clock import SystemClock


def test_both_clocks_run() -> None:
    clock = SystemClock()
    first = clock.now_s()
    assert clock.now_s() >= first
    assert abs(clock.unix_ms() - time.time_ns() // 1_000_000) < 1_000
