"""The judge and the fakes, without a node between them: the baseline that must look bad.

A client that talks straight to a misbehaving endpoint is harmed by it. If the judge did not say
so here, its praise of the node in the other files would be worth nothing.
"""

import asyncio
from collections.abc import Iterable

import pytest

from tests.fakes.answers import ask
from tests.fakes.bad_upstream import FAULTS, BadUpstream
from tests.fakes.exchange import Expect, OnAccept
from tests.fakes.judge import Outcome, Verdict, outcome
from tests.fakes.raw_client import Call, dial_tcp, fetch, request_bytes

DEADLINE_S = 0.5


async def _direct(fault: str, *, streamed: bool) -> Outcome:
    async with BadUpstream(fault) as upstream:
        body = ask("n1", model="m", streamed=streamed)
        request = request_bytes("/v1/chat/completions", body)
        reply = await fetch(dial_tcp(upstream.port), request, DEADLINE_S)
        return outcome(reply, "n1", streamed=streamed)


async def _all(names: Iterable[str], *, streamed: bool) -> dict[str, Outcome]:
    each = [(name, _direct(name, streamed=streamed)) for name in names]
    outcomes = await asyncio.gather(*(run for _, run in each))
    return dict(zip((name for name, _ in each), outcomes, strict=True))


def test_there_are_enough_faults() -> None:
    bad = [f for f in FAULTS.values() if f.stream is not Expect.HEALTHY]
    assert len(bad) >= 30


@pytest.mark.parametrize("streamed", [True, False])
async def test_the_healthy_ones_are_right(streamed: bool) -> None:
    names = ["healthy", "one_write", "crlf_events", "byte_by_byte", "close_delimited", "one_1xx"]
    outcomes = await _all(names, streamed=streamed)
    assert {name: o for name, o in outcomes.items() if o.verdict is not Verdict.RIGHT} == {}


@pytest.mark.parametrize("streamed", [True, False])
async def test_no_fault_looks_right(streamed: bool) -> None:
    bad = {
        name
        for name, fault in FAULTS.items()
        if (fault.stream if streamed else fault.whole) in (Expect.FAILS, Expect.BROKEN_OFF)
    }
    # An attack on the next request, or on memory, harms nobody who asks once and reads frames.
    outcomes = await _all(sorted(bad - {"huge_head", "huge_event"}), streamed=streamed)
    assert {name for name, o in outcomes.items() if o.verdict is Verdict.RIGHT} == set()


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("no_done_chunked", "silent cut"),
        ("no_done_close", "silent cut"),
        ("length_too_short", "silent cut"),
        ("stall", "hung"),
        ("comments_then_hang", "hung"),
        ("reset_after_request", "no answer"),
        ("redirect", "status 302"),
        ("html_200", "silent cut"),
    ],
)
async def test_the_judge_says_why(fault: str, why: str) -> None:
    assert why in (await _direct(fault, streamed=True)).why


async def test_foreign_words_are_wrong_content() -> None:
    async with BadUpstream("healthy") as upstream:
        request = request_bytes("/v1/chat/completions", ask("n2", model="m", streamed=True))
        reply = await fetch(dial_tcp(upstream.port), request)
        assert "wrong content" in outcome(reply, "n1", streamed=True).why


async def test_it_notes_who_left_and_when() -> None:
    async with BadUpstream("hang_after_request") as upstream:
        request = request_bytes("/v1/chat/completions", ask("n1", model="m", streamed=True))
        call = await Call.open(dial_tcp(upstream.port), request)
        await upstream.arrived.wait()
        assert upstream.seen[0].left_at_s is None
        call.leave()
        await asyncio.wait_for(upstream.seen[0].left.wait(), 1.0)
        assert upstream.seen[0].left_at_s is not None


async def test_a_path_prefix_picks_the_fault() -> None:
    async with BadUpstream("healthy") as upstream:
        request = request_bytes(
            "/status_503/v1/chat/completions", ask("n", model="m", streamed=True)
        )
        assert (await fetch(dial_tcp(upstream.port), request)).status == 503


async def test_faults_of_the_connection_itself() -> None:
    names = [name for name, fault in FAULTS.items() if fault.on_accept is not OnAccept.SERVE]
    outcomes = await _all(names, streamed=True)
    assert {o.verdict for o in outcomes.values()} == {Verdict.WRONG}
