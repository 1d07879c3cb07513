"""The open loop: due is due, and what a stalled server costs is seen."""

import asyncio
import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.raw_server import WHOLE_STREAM, read_request, serving
from weftline_bench import load as load_module
from weftline_bench.client import Target, chat_target
from weftline_bench.load import Due, Load, OpenLoop, schedule
from weftline_bench.record import Sample, summarise

BODY: dict[str, object] = {"model": "m", "stream": True, "messages": []}


def planned(load: Load, targets: int = 1, seed: int = 1) -> list[Due]:
    rng = random.Random(seed)
    return schedule(load, targets, rng, lambda mean_s: rng.expovariate(1 / mean_s))


async def run(target: Target, load: Load, seed: int = 1) -> list[Sample]:
    samples: list[Sample] = []
    await OpenLoop([target], load, samples.append).run(planned(load, seed=seed))
    return samples


@given(targets=st.integers(1, 4), seed=st.integers(0, 99), fixed=st.booleans())
def test_every_round_asks_every_target_once(targets: int, seed: int, fixed: bool) -> None:
    load = Load(rps=20, duration_s=3, warm_up_s=1, arrivals="fixed" if fixed else "poisson")
    due = planned(load, targets, seed)
    assert due == planned(load, targets, seed), "the same seed plans the same"
    assert [one.at_s for one in due] == sorted(one.at_s for one in due)
    rounds = Counter((one.round, one.target) for one in due)
    assert set(rounds.values()) == {1}
    whole = range(due[-1].round)
    assert all((number, t) in rounds for number in whole for t in range(targets))
    assert all(one.counted == (one.at_s >= 1) for one in due)
    assert due[-1].at_s < 4


def test_the_rate_is_that_of_each_target() -> None:
    even = planned(Load(rps=10, duration_s=5, warm_up_s=0, arrivals="fixed"), targets=2)
    assert len(even) in (99, 100)
    gaps = {round(b.at_s - a.at_s, 9) for a, b in pairwise(even)}
    assert gaps == {0.05}
    drawn = planned(Load(rps=100, duration_s=60, warm_up_s=0))
    assert len(drawn) == pytest.approx(6000, rel=0.05)


def test_the_order_within_a_round_is_drawn() -> None:
    due = planned(Load(rps=50, duration_s=4, warm_up_s=0), targets=2)
    first = [one.target for one in due[::2]]
    assert 0.3 < sum(first) / len(first) < 0.7


async def test_requests_leave_on_time_and_the_warm_up_is_not_counted() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            writer.write(WHOLE_STREAM)

    load = Load(rps=100, duration_s=0.6, warm_up_s=0.2, arrivals="fixed")
    async with serving(handler) as url:
        samples = await run(chat_target("t", url, BODY), load)
    assert len(samples) in range(59, 62)
    found = summarise("t", samples)
    assert (found.errors, found.served_by) == ({}, {"ams-1": len(samples)})
    assert found.lag_ms["min"] is not None
    assert 0 <= found.lag_ms["min"] < 1.0, "never early, and on time when the machine is not busy"


async def test_what_a_stall_costs_is_seen_by_every_request_that_was_due() -> None:
    """Coordinated omission: a closed loop would have noted one slow request here."""
    stall = asyncio.Event()
    stalled_s = 0.3

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            await stall.wait()
            writer.write(WHOLE_STREAM)

    load = Load(rps=100, duration_s=0.6, warm_up_s=0, arrivals="fixed", in_flight_max=1)
    async with serving(handler) as url:
        asyncio.get_running_loop().call_later(stalled_s, stall.set)
        samples = await run(chat_target("t", url, BODY), load)
    slow = [sample for sample in samples if sample.ttft_ms > 50]
    assert len(slow) >= 20, "all those due in the stall, not only the one that was on the way"
    assert max(sample.ttft_ms for sample in samples) >= stalled_s * 1000 - 50
    assert sum(sample.held for sample in samples) >= 20, "one at a time was allowed"
    latest = max(samples, key=lambda sample: sample.sent_s - sample.scheduled_s)
    assert latest.ttft_ms > (latest.ended_s - latest.sent_s) * 1000 * 3


async def test_what_never_left_is_an_error_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_module, "DRAIN_WAIT_S", 0.1)

    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    load = Load(rps=50, duration_s=0.2, warm_up_s=0, arrivals="fixed", in_flight_max=2)
    async with serving(silent) as url:
        samples = await run(chat_target("t", url, BODY), load)
    assert summarise("t", samples).errors == {"not_sent": len(samples) - 2, "unfinished": 2}
    assert len(samples) >= 8


async def test_an_answer_that_takes_too_long_is_a_timeout() -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    load = Load(rps=40, duration_s=0.1, warm_up_s=0, arrivals="fixed", answer_wait_s=0.05)
    async with serving(silent) as url:
        samples = await run(chat_target("t", url, BODY), load)
    assert {sample.error for sample in samples} == {"timeout"}


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", "reset"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", "truncated"),
        (b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n", "http_503"),
    ],
)
async def test_every_way_to_fail_has_its_name(said: bytes, error: str) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(said)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    load = Load(rps=40, duration_s=0.1, warm_up_s=0, arrivals="fixed")
    async with serving(handler) as url:
        samples = await run(chat_target("t", url, BODY), load)
    assert {sample.error for sample in samples} == {error}


async def test_nobody_listening_is_refused() -> None:
    async with serving(lambda _r, _w: asyncio.sleep(0)) as url:
        pass
    load = Load(rps=40, duration_s=0.1, warm_up_s=0)
    samples = await run(chat_target("t", url, BODY), load)
    assert {sample.error for sample in samples} == {"refused"}


async def test_stop_ends_at_once_with_what_there_is() -> None:
    async def slow_second(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(WHOLE_STREAM)
        await reader.read()

    load = Load(rps=50, duration_s=60, warm_up_s=0, arrivals="fixed")
    samples: list[Sample] = []
    async with serving(slow_second) as url, asyncio.timeout(5):
        loop = OpenLoop([chat_target("t", url, BODY)], load, samples.append)
        asyncio.get_running_loop().call_later(0.2, loop.stop)
        await loop.run(planned(load))
    assert loop.stopped
    assert samples
    assert {sample.error for sample in samples} == {None}, "what was dropped is no sample"
