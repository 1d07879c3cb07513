"""A client that leaves is seen upstream within a tenth of a second, whatever it waited for."""

import asyncio

import pytest

from tests.e2e.rig import CHAT, MODEL, Rig
from tests.fakes.answers import ask
from tests.fakes.bad_upstream import BadUpstream
from tests.fakes.raw_client import Call, request_bytes
from weftline_core.record import Outcome

SEEN_S = 0.1


async def _leave(upstream: BadUpstream, call: Call) -> float:
    """Leave, and return how long the upstream took to see it."""
    loop = asyncio.get_running_loop()
    left_s = loop.time()
    call.leave()
    await asyncio.wait_for(upstream.seen[-1].left.wait(), 2.0)
    seen_s = upstream.seen[-1].left_at_s
    assert seen_s is not None
    return seen_s - left_s


async def test_in_mid_stream() -> None:
    async with BadUpstream("slow") as upstream, Rig([upstream]) as rig:
        call = await rig.call("n1x", streamed=True)
        await call.until(b"n1x.2")
        assert await _leave(upstream, call) < SEEN_S


async def test_in_a_stall() -> None:
    async with BadUpstream("stall") as upstream, Rig([upstream]) as rig:
        call = await rig.call("n1x", streamed=True)
        await call.until(b"n1x.1")
        assert await _leave(upstream, call) < SEEN_S


@pytest.mark.parametrize("fault", ["hang_after_request", "hang_after_head", "role_then_hang"])
async def test_before_the_first_token(fault: str) -> None:
    async with BadUpstream(fault) as upstream, Rig([upstream]) as rig:
        call = await rig.call("n1x", streamed=True)
        await upstream.arrived.wait()
        assert await _leave(upstream, call) < SEEN_S


async def test_while_a_whole_answer_is_made() -> None:
    async with BadUpstream("slow") as upstream, Rig([upstream]) as rig:
        call = await rig.call("n1x", streamed=False)
        await upstream.arrived.wait()
        assert await _leave(upstream, call) < SEEN_S


async def test_who_leaves_is_not_sent_to_the_twin() -> None:
    bad, good = BadUpstream("hang_after_request", who="bad"), BadUpstream(who="good")
    async with bad, good, Rig([bad, good]) as rig:
        call = await rig.call("n1x", streamed=True)
        await bad.arrived.wait()
        await _leave(bad, call)
        await asyncio.sleep(0.05)
        assert good.seen == []


async def test_leaving_is_nobodys_failure() -> None:
    async with BadUpstream("slow") as upstream, Rig([upstream]) as rig:
        for _ in range(5):
            call = await rig.call("n1x", streamed=True)
            await call.until(b"n1x.0")
            await _leave(upstream, call)
        upstream.set_fault("healthy")
        reply = await rig.ask("n2x", streamed=True)
        assert reply.status == 200


@pytest.mark.parametrize("sent", [0, 1, 20, 60, 130, 186])
async def test_with_half_a_request_sent(sent: int) -> None:
    async with BadUpstream("healthy") as upstream, Rig([upstream]) as rig:
        request = request_bytes(CHAT, ask("n1x", model=MODEL, streamed=True))
        assert sent < len(request)
        call = await Call.open(rig.dial, request[:sent])
        await asyncio.sleep(0.01)
        call.leave()
        await asyncio.sleep(SEEN_S)
        assert rig.connections == 0
        assert upstream.connections == 0
        assert rig.records == []


async def test_before_an_endpoint_is_connected() -> None:
    bad, good = BadUpstream("full_backlog", who="bad"), BadUpstream(who="good")
    async with bad, good, Rig([bad, good]) as rig:
        call = await rig.call("n1x", streamed=True)
        await asyncio.sleep(0.05)
        call.leave()
        await asyncio.sleep(SEEN_S)
        assert [record.outcome for record in rig.records] == [Outcome.CANCELED]
        assert rig.connections == 0
        await asyncio.sleep(0.3)
        assert good.connections == 0


async def test_right_after_the_last_byte() -> None:
    async with BadUpstream("healthy") as upstream, Rig([upstream]) as rig:
        call = await rig.call("n1x", streamed=True)
        await call.until(b"[DONE]")
        call.leave()
        await asyncio.sleep(SEEN_S)
        assert [record.outcome for record in rig.records] == [Outcome.OK]
        assert upstream.seen[0].left_at_s is None
