"""Virtual time is exact, and a stuck program raises."""

import asyncio

import pytest

from tests.sim.loop import START_S, START_UNIX_MS, Stuck, VirtualClock, run


def test_waiting_moves_the_clock_exactly() -> None:
    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        seen = [loop.time()]
        await asyncio.sleep(3600)
        seen.append(loop.time())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.25):
                await asyncio.Event().wait()
        return [*seen, loop.time()]

    assert run(main()) == ([START_S, START_S + 3600, START_S + 3600.25], [])


def test_timers_run_in_order() -> None:
    async def main() -> list[int]:
        ran: list[int] = []
        async with asyncio.TaskGroup() as group:
            for i in (3, 1, 2):
                group.create_task(asyncio.sleep(i, i)).add_done_callback(
                    lambda task: ran.append(task.result())
                )
        return ran

    assert run(main())[0] == [1, 2, 3]


def test_a_deadlock_raises_at_once() -> None:
    with pytest.raises(Stuck, match="deadlock"):
        run(asyncio.Event().wait())


def test_a_spinning_program_raises() -> None:
    async def main() -> None:
        while True:  # the fault itself
            await asyncio.sleep(0)

    with pytest.raises(Stuck, match="spins"):
        run(main())


def test_threads_are_refused() -> None:
    with pytest.raises(Stuck, match="thread"):
        run(asyncio.to_thread(print, "no"))


def test_what_fails_unnoticed_is_told() -> None:
    async def main() -> None:
        asyncio.get_running_loop().call_soon(lambda: 1 // 0)
        await asyncio.sleep(1)

    assert "ZeroDivisionError" in run(main())[1][0]


def test_the_clock_reads_virtual_time() -> None:
    async def main() -> tuple[float, int]:
        clock = VirtualClock(asyncio.get_running_loop())
        clock.skew_ms = -7
        await asyncio.sleep(1.5)
        return clock.now_s(), clock.unix_ms()

    assert run(main())[0] == (START_S + 1.5, START_UNIX_MS + 1_493)
