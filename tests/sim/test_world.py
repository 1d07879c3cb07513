"""Promises with a time limit, each in a world with one trouble."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import TypeVar

import pytest

from tests.fakes.answers import ask
from tests.fakes.judge import Verdict, outcome
from tests.fakes.raw_client import Reply, fetch, request_bytes
from tests.sim.loop import run
from tests.sim.net import Net
from tests.sim.trace import Trace
from tests.sim.weather import Weather
from tests.sim.world import (
    CLIENT_PORT,
    CLIENTS,
    ENDPOINTS,
    FIRST_TOKEN_MS,
    KEY,
    MODEL,
    NODES,
    REGIONS,
    World,
    latencies,
)
from weftline_core.rows import EndpointState
from weftline_node.ports import Address

T = TypeVar("T")

# Until three nodes know each other and have measured every endpoint.
FORMED_S = 4.0

# Within this every PoP knows that an endpoint is dead.
KNOWN_S = 2.0


def tell(story: Callable[[World], Awaitable[T]], seed: int = 1) -> T:
    """Tell `story` in a fresh world."""

    async def main() -> T:
        rng = Random(seed)
        trace = Trace(asyncio.get_running_loop().time, None)
        world = World(Net(Weather(rng, latency_s=latencies()), trace), rng)
        await world.start()
        await asyncio.sleep(FORMED_S)
        try:
            return await story(world)
        finally:
            await world.stop()

    told, unnoticed = run(main())
    assert unnoticed == []
    return told


async def ask_at(world: World, region: str, nonce: str) -> Reply:
    """Send a streamed request to the region's PoP."""
    site, node = world.net.site(CLIENTS[region]), Address(NODES[region], CLIENT_PORT)
    body = ask(nonce, model=MODEL, streamed=True)
    request = request_bytes("/v1/chat/completions", body, {"authorization": f"Bearer {KEY}"})
    return await fetch(lambda: site.dial(node), request, 60.0)


def test_each_pop_uses_its_near_endpoint() -> None:
    async def story(world: World) -> list[str]:
        replies = [await ask_at(world, region, f"{region}1x") for region in REGIONS]
        return [reply.headers["x-weft-endpoint"] for reply in replies]

    assert tell(story) == [f"e-{region}" for region in REGIONS]


def test_all_pops_know_a_dead_endpoint_within_two_seconds() -> None:
    async def story(world: World) -> float:
        now_s = world.net.loop.time
        died_s = now_s()
        world.net.kill(ENDPOINTS["ams"])
        while not all(_all_say_down(world, region) for region in REGIONS):
            await asyncio.sleep(0.01)
            assert now_s() - died_s < 60
        return now_s() - died_s

    assert tell(story) < KNOWN_S


def _all_say_down(world: World, region: str) -> bool:
    node = world.pops[region].node
    assert node is not None
    said = {row.pop: row.state for row in node.table() if row.endpoint == "e-ams"}
    return set(said.values()) == {EndpointState.DOWN} and len(said) == len(REGIONS)


def test_no_client_notices_a_dead_endpoint() -> None:
    async def story(world: World) -> None:
        world.net.kill(ENDPOINTS["ams"])
        for number in range(20):
            reply = await ask_at(world, "ams", f"n{number}x")
            assert outcome(reply, f"n{number}x", streamed=True).verdict is Verdict.RIGHT
            assert reply.headers["x-weft-endpoint"] == "e-iad"

    tell(story)


def test_a_node_without_a_control_plane_goes_on_and_starts_again_from_its_disk() -> None:
    async def story(world: World) -> None:
        world.control.stop()
        assert (await ask_at(world, "ams", "n1x")).status == 200
        await world.kill_node("ams")
        await world.start_node("ams")
        await asyncio.sleep(1.0)
        assert (await ask_at(world, "ams", "n2x")).status == 200
        await asyncio.sleep(300.0)
        assert (await ask_at(world, "ams", "n3x")).status == 200

    tell(story)


def test_a_node_that_never_had_a_state_asks_for_patience() -> None:
    async def story(world: World) -> None:
        world.control.stop()
        await world.kill_node("ams")
        world.pops["ams"].disk.wipe()
        await world.start_node("ams")
        reply = await ask_at(world, "ams", "n1x")
        assert (reply.status, reply.headers["retry-after"]) == (503, "1")

    tell(story)


def test_an_isolated_node_serves_and_is_taken_back() -> None:
    async def story(world: World) -> None:
        others = {NODES[r] for r in REGIONS if r != "nrt"}
        world.net.weather.split({NODES["nrt"]}, others)
        await asyncio.sleep(30.0)
        node = world.pops["ams"].node
        assert node is not None
        assert {m.info.id for m in node.members() if m.state.name == "DEAD"} == {"nrt"}
        assert (await ask_at(world, "nrt", "n1x")).status == 200
        world.net.weather.clear()
        await asyncio.sleep(10.0)
        assert {m.state.name for m in node.members()} == {"ALIVE"}

    tell(story)


def test_a_drained_endpoint_gets_no_more_requests() -> None:
    async def story(world: World) -> None:
        world.control.apply(world.endpoint("ams", drain=True))
        await asyncio.sleep(0.5)
        before = len(world.upstreams["ams"].seen)
        for number in range(5):
            assert (await ask_at(world, "ams", f"n{number}x")).status == 200
        assert len(world.upstreams["ams"].seen) == before

    tell(story)


@pytest.mark.parametrize(
    ("fault", "wait_s"),
    [("retry_after_s", 2.0), ("retry_after_ms", 1.5), ("retry_after_1e9", 120.0)],
)
def test_an_endpoint_is_left_alone_as_long_as_it_asks_and_no_longer(
    fault: str, wait_s: float
) -> None:
    async def story(world: World) -> None:
        upstream = world.upstreams["ams"]
        upstream.set_fault(fault)
        loop = asyncio.get_running_loop()
        # The endpoint is asked a hundredth of a second from now; the answer comes from far away.
        begun_s = loop.time()
        assert (await ask_at(world, "ams", "n1x")).headers["x-weft-endpoint"] == "e-iad"
        upstream.set_fault("healthy")
        touched = len(upstream.seen)
        await asyncio.sleep(begun_s + wait_s * 0.9 - loop.time())
        assert (await ask_at(world, "ams", "n2x")).headers["x-weft-endpoint"] == "e-iad"
        assert len(upstream.seen) == touched
        await asyncio.sleep(begun_s + wait_s * 1.1 - loop.time())
        assert (await ask_at(world, "ams", "n3x")).headers["x-weft-endpoint"] == "e-ams"

    tell(story)


def test_an_endpoint_that_hangs_is_failed_over_at_its_deadline() -> None:
    async def story(world: World) -> None:
        world.upstreams["ams"].set_fault("hang_after_head")
        reply = await ask_at(world, "ams", "n1x")
        assert reply.status == 200
        assert reply.first_body_s is not None
        assert FIRST_TOKEN_MS / 1000 < reply.first_body_s < FIRST_TOKEN_MS / 1000 + 0.2
        # Two are enough to know.
        await ask_at(world, "ams", "n2x")
        reply = await ask_at(world, "ams", "n3x")
        assert reply.first_body_s is not None
        assert reply.first_body_s < 0.2

    tell(story)
