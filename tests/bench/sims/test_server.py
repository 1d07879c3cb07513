"""A simulated provider behind a socket."""

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.fakes.sims import KEY, a_sim, sims
from weftline_bench.sims.exchange import Trouble
from weftline_bench.sims.faults import HEADER, Faults
from weftline_bench.sims.server import SimServer

HI = {"model": "gpt-4o", "messages": [{"role": "user", "content": "say: a b c d"}], "stream": True}


async def post(server: SimServer, **headers: str) -> tuple[int, str, bytes]:
    heads = {"authorization": f"Bearer {KEY}", **headers}
    async with (
        aiohttp.ClientSession(headers=heads) as session,
        session.post(f"{server.base_url}/chat/completions?key=secret", json=HI) as answer,
    ):
        return answer.status, answer.content_type, await answer.read()


async def test_what_is_sent_is_what_is_rendered() -> None:
    async with a_sim("openai") as server:
        status, kind, body = await post(server)
    assert (status, kind) == (200, "text/event-stream")
    assert body.count(b"data: ") == 7
    [seen] = server.seen
    assert (seen.method, seen.path, seen.status) == ("POST", "/v1/chat/completions", 200)
    assert (seen.query, seen.body, seen.left) == ({"key": "***"}, HI, False)
    assert seen.headers["authorization"] == "Bearer ***"


async def test_faults_come_from_the_header_the_queue_and_the_server() -> None:
    async with a_sim("openai") as server:
        server.faults = Faults(trouble=Trouble.OVERLOADED)
        server.queued.append(Faults(trouble=Trouble.RATE_LIMITED))
        first = await post(server, **{HEADER: "trouble=timeout"})
        second = await post(server)
        third = await post(server)
        fourth = await post(server, **{HEADER: "nonsense=1"})
    assert [a[0] for a in (first, second, third, fourth)] == [504, 429, 503, 400]


async def test_a_clean_cut_ends_without_an_error() -> None:
    async with a_sim("openai") as server:
        whole = (await post(server))[2]
        server.faults = Faults(cut_at=100, cut="end")
        _, _, body = await post(server)
    assert body == whole.replace(b"chatcmpl-0001", b"chatcmpl-0002")[:100]


@pytest.mark.parametrize("cut", ["reset", "close"])
async def test_a_hard_cut_is_an_error(cut: Any) -> None:
    async with a_sim("openai") as server:
        server.faults = Faults(cut_at=100, cut=cut)
        with pytest.raises(aiohttp.ClientError):
            await post(server)


async def test_a_stall_lasts_until_the_client_goes() -> None:
    async with a_sim("openai") as server:
        server.faults = Faults(stall_at=100)
        heads = {"authorization": f"Bearer {KEY}"}
        async with (
            aiohttp.ClientSession(headers=heads) as session,
            session.post(f"{server.base_url}/chat/completions", json=HI) as answer,
        ):
            assert len(await answer.content.readexactly(100)) == 100
            answer.close()
        async with asyncio.timeout(5):
            await server.seen[0].over.wait()
    assert server.seen[0].left


async def test_delay_and_pace_change_no_byte() -> None:
    async with a_sim("openai") as server:
        quick = await post(server)
        slow = await post(server, **{HEADER: "delay_s=0.01; pace_s=0.001"})
    assert slow[2] == quick[2].replace(b"chatcmpl-0001", b"chatcmpl-0002")


async def test_a_body_that_is_no_json_is_refused_in_the_flavours_shape() -> None:
    async with (
        a_sim("anthropic") as server,
        aiohttp.ClientSession() as session,
        session.post(f"{server.base_url}/v1/messages", data=b"{") as answer,
    ):
        body = await answer.json()
    assert (answer.status, body["error"]["type"]) == (400, "invalid_request_error")


async def test_several_run_at_once() -> None:
    async with sims("openai", "gemini") as running:
        ports = {server.port for server in running.values()}
        assert len(ports) == 2
        assert running["openai"].base_url.endswith("/v1")
