"""A whole node in this process, over real sockets: what it takes, what it refuses, how it ends."""

import asyncio
from dataclasses import replace

import aiohttp
import msgspec
import pytest

from tests.fakes.waiting import until
from tests.fakes.whole_node import GONE, IAD, SETTINGS, desired, running, world
from weftline.process import CannotListen
from weftline_core.desired import Credential, Endpoint, Model, Pop
from weftline_core.errors import OperatorError
from weftline_core.rows import EndpointState
from weftline_node import app
from weftline_node.app import Node
from weftline_node.ports import Address


async def ask(base: str) -> tuple[int, str]:
    body: dict[str, object] = {"model": "m/chat", "messages": []}
    headers = {"authorization": "Bearer key"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{base}/v1/chat/completions", json=body, headers=headers) as answer,
    ):
        return answer.status, await answer.text()


async def test_a_bad_state_is_refused_whole_and_the_old_one_serves_on() -> None:
    async with running() as (node, _):
        bad = desired(Endpoint(name="x", base_url=GONE, models={"nope": "x"}), revision=2)
        with pytest.raises(OperatorError, match="no Model resource defines"):
            node.apply(bad)
        assert node.desired.revision == 1
        assert node.catalog.revision == 1
        assert node.catalog.endpoint("x") is None


async def test_a_request_that_nobody_can_serve_is_counted_and_told() -> None:
    async with running() as (node, base):
        status, text = await ask(base)
        assert status in (502, 503)
        assert "127.0.0.1:1" not in text, "where endpoints are is no client's business"
        assert 'weftline_requests_total{model="m/chat"' in node.metrics.render()


async def test_draining_the_pop_turns_requests_away() -> None:
    async with running() as (node, base):
        node.apply(desired(Pop(name="ams", drain=True), revision=2))
        assert node.drained
        assert (await ask(base))[0] == 503


async def test_a_drained_endpoint_is_shown_to_all_as_draining() -> None:
    async with running() as (ams, _):
        iad = replace(SETTINGS, id="iad", region="iad", join=(_gossip_of(ams),))
        async with running(iad) as (other, _):

            def states() -> list[EndpointState]:
                return [row.state for row in other.table() if row.pop == "ams"]

            ams.apply(desired(msgspec.structs.replace(IAD, drain=True), revision=2))
            await until(lambda: states() == [EndpointState.DRAINING])
            ams.apply(desired(revision=3))
            await until(lambda: states() == [EndpointState.DOWN])


async def test_two_nodes_find_each_other_and_share_what_they_measured() -> None:
    async with running() as (ams, _):
        iad = replace(SETTINGS, id="iad", region="iad", join=(_gossip_of(ams),))
        async with running(iad) as (other, _):
            await until(lambda: len(other.members()) == 2)
            await until(lambda: any(row.pop == "ams" for row in other.table()))
            row = next(row for row in other.table() if row.pop == "ams")
            await until(
                lambda: any(r.state is EndpointState.DOWN for r in other.table() if r.pop == "ams")
            )
            assert row.endpoint == "iad"
            other.peers([_gossip_of(other)])
        await until(lambda: [m.state.name for m in ams.members()] == ["ALIVE", "LEFT"])


async def test_a_taken_port_is_told_with_its_option() -> None:
    async with running() as (_, base):
        host, _, port = base.removeprefix("http://").partition(":")
        second = Node(replace(SETTINGS, listen=Address(host, int(port))), world(desired(), []))
        with pytest.raises(CannotListen, match=r"cannot listen on .* in use; .* with --listen"):
            await second.start()
        await second.stop()


async def test_an_endpoint_whose_secret_is_missing_is_told_by_name_only() -> None:
    lines: list[bytes] = []
    secret = Endpoint(name="far", base_url=GONE, models={"m/chat": "x"}, secret="env:NO_SUCH")
    node = Node(SETTINGS, world(desired(secret), lines))
    await node.start()
    await until(lambda: node.desired.revision)
    await node.stop()
    node_log = b"".join(lines)
    assert b"endpoint_unusable" in node_log
    assert b"NO_SUCH is not set" in node_log


async def test_a_key_that_cannot_be_used_beside_others_is_told_without_any_key() -> None:
    lines: list[bytes] = []
    good = Credential(name="good", provider="selfhosted", env="GOOD")
    bad = Credential(name="bad", provider="selfhosted", env="BAD")
    one = Endpoint(
        name="far",
        base_url=GONE,
        models={"m/chat": "x"},
        provider="selfhosted",
        credentials=("good", "bad"),
    )
    environ = {"GOOD": "s3cret", "BAD": "s3cret\r\nx: y"}
    node = Node(SETTINGS, replace(world(desired(good, bad, one), lines), environ=environ))
    await node.start()
    await until(lambda: node.desired.revision)
    await node.stop()
    node_log = b"".join(lines)
    assert b"key_unusable" in node_log
    assert b"Credential/bad: the environment variable BAD holds characters" in node_log
    assert b"endpoint_unusable" not in node_log
    assert b"s3cret" not in node_log


async def test_what_this_pop_alone_cannot_use_is_no_news_of_the_endpoint() -> None:
    secret = Endpoint(name="far", base_url=GONE, models={"m/chat": "x"}, secret="env:NO_SUCH")
    async with running(state=desired(secret)) as (node, base):
        await until(lambda: any(row.endpoint == "iad" for row in node.rows()))
        # Others hold the credential, and must not hear from here that the endpoint is down.
        assert [row.endpoint for row in node.rows()] == ["iad"]
        model = node.catalog.model("m/chat")
        assert model is not None
        assert "NO_SUCH is not set" in str(node.selector.explain(model)["left_out"])
        assert "NO_SUCH" not in (await ask(base))[1], "no client's business"


def _gossip_of(node: Node) -> Address:
    return Address(*node.members()[0].info.address)


async def test_a_response_in_the_background_fails_in_words_when_the_node_stops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app, "BACKGROUND_WAIT_S", 0.05)
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    slow = Endpoint(name="slow", base_url=f"http://127.0.0.1:{port}/v1", models={"m/slow": "x"})
    node = Node(SETTINGS, world(desired(Model(name="m/slow"), slow), []))
    base = f"http://{await node.start()}"
    await until(lambda: node.desired.revision)
    body = {"model": "m/slow", "input": "hi", "background": True, "stream": True}
    headers = {"authorization": "Bearer key"}
    async with (
        server,
        aiohttp.ClientSession() as session,
        session.post(f"{base}/v1/responses", json=body, headers=headers) as answer,
        asyncio.TaskGroup() as group,
    ):
        await asked.wait()
        assert (node.responses.count, node.responses.running) == (1, 1)
        group.create_task(node.stop())
        told = await answer.text()
    assert "event: response.failed" in told
    assert "this PoP was stopped" in told
    assert node.responses.running == 0
