"""A queue before a number of slots, and a pace."""

import asyncio
import time

import pytest

from weftline_bench.slots import Metronome, Overloaded, Pace, Slots


async def hold(slots: Slots, order: list[int], number: int, free: asyncio.Event) -> None:
    async with slots.taken():
        order.append(number)
        await free.wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_those_who_wait_are_served_in_order() -> None:
    slots, order, free = Slots(2), list[int](), asyncio.Event()
    tasks = [asyncio.ensure_future(hold(slots, order, n, free)) for n in range(4)]
    await settle()
    assert (order, slots.running, slots.waiting) == ([0, 1], 2, 2)
    free.set()
    await asyncio.gather(*tasks)
    assert (order, slots.running, slots.waiting) == ([0, 1, 2, 3], 0, 0)


async def test_beyond_the_queue_is_overload() -> None:
    slots, free = Slots(1, queue_max=1), asyncio.Event()
    tasks = [asyncio.ensure_future(hold(slots, [], n, free)) for n in range(2)]
    await settle()
    with pytest.raises(Overloaded):
        await hold(slots, [], 2, free)
    free.set()
    await asyncio.gather(*tasks)


async def test_who_leaves_the_queue_gives_the_place_back() -> None:
    slots, order, free = Slots(1), list[int](), asyncio.Event()
    tasks = [asyncio.ensure_future(hold(slots, order, n, free)) for n in range(3)]
    await settle()
    tasks[1].cancel()
    tasks[0].cancel()
    await settle()
    assert (order, slots.running, slots.waiting) == ([0, 2], 1, 0)
    free.set()
    await tasks[2]


def test_a_long_prompt_takes_longer() -> None:
    pace = Pace(ttft_ms=20, prefill_us_per_token=50)
    assert pace.prefill_s(0) == pytest.approx(0.020)
    assert pace.prefill_s(2000) == pytest.approx(0.120)


async def four_beats_with_a_late_one() -> float:
    metronome = Metronome()
    begin_s = time.perf_counter()
    await asyncio.sleep(0.03)
    for _ in range(4):
        await metronome.beat(0.01)
    return time.perf_counter() - begin_s


async def test_a_late_beat_does_not_make_the_next_ones_late() -> None:
    # The best of five: a busy machine can only add.
    best_s = min([await four_beats_with_a_late_one() for _ in range(5)])
    assert 0.039 < best_s < 0.060
