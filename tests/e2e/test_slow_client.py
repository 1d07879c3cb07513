"""A client that does not read holds its endpoint back, and nothing piles up in between."""

import asyncio

from tests.e2e.rig import Rig
from tests.fakes.bad_upstream import BadUpstream
from tests.fakes.exchange import Exchange, Expect, Fault

# Socket buffers on the way (three kernels' worth on loopback) and ours; far below what the
# endpoint would send meanwhile.
HELD_BYTES_MAX = 16 * 1024 * 1024


async def _firehose(x: Exchange) -> None:
    x.begin()
    while True:
        x.chunk(b"".join(x.events[1:3]) * 100)
        await x.wire.drain()
        await asyncio.sleep(0)


async def test_who_does_not_read_stops_the_endpoint() -> None:
    upstream = BadUpstream(Fault("firehose", _firehose, Expect.HEALTHY, Expect.HEALTHY))
    async with upstream, Rig([upstream]) as rig:
        call = await rig.call("n1x", streamed=True)
        await call.until(b"n1x.0")
        before = -1
        async with asyncio.timeout(5):
            while upstream.sent_bytes != before:
                before = upstream.sent_bytes
                await asyncio.sleep(0.2)
        assert upstream.sent_bytes < HELD_BYTES_MAX
        # Its slowness is no stall of the endpoint's: it reads on after longer than the stall wait.
        await asyncio.sleep(0.4)
        read = len(call.reply.body)
        while len(call.reply.body) < read + before:
            await call.more()
        assert upstream.sent_bytes > before
        call.leave()
        await asyncio.wait_for(upstream.seen[0].left.wait(), 2)
