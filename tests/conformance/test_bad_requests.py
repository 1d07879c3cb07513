"""Requests that break their dialect get its own error, with the path at fault."""

import json

import pytest

from tests.conformance.bad_requests import BAD, GOOD_PICTURE, RAW, Bad
from tests.conformance.desk import Desk, desk
from tests.conformance.matrix import CLIENTS
from tests.conformance.upstreams import UPSTREAMS
from tests.conformance.wants import MODEL
from tests.fakes.pop import KEY
from tests.fakes.raw_client import Ended, Reply, fetch
from tests.fakes.sims import a_sim

# A dialect that is none of the client's, so that its words are read and not passed on.
ABROAD = {"chat": "anthropic", "responses": "anthropic", "messages": "openai", "generate": "openai"}


async def send(at: Desk, bad: Bad, *, stream: bool) -> Reply:
    """Send a request as the bytes that it is; Python writes lone surrogates as escapes."""
    body = bad.raw or json.dumps({**bad.body, **({"stream": True} if stream else {})}).encode()
    path = at.client.path(stream=stream)
    head = (
        f"POST {path} HTTP/1.1\r\nhost: mesh.test\r\nauthorization: Bearer {KEY}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return await fetch(at.pop.dial, head.encode() + body)


def check(at: Desk, bad: Bad, reply: Reply) -> None:
    if bad.at is None:
        assert reply.status == 200, reply.body[:200]
        assert reply.headers["x-weft-dropped"] == "needle"
        return
    assert reply.status in (400, 413), (reply.status, reply.body[:200])
    error = at.client.error(reply.status, reply.body)
    assert "Traceback" not in error.message
    if bad.at:
        assert bad.at in (error.param or error.message), (bad.at, error)
        assert not error.param or error.param == bad.at


@pytest.mark.parametrize("client", BAD)
async def test_the_client_reads_what_is_wrong_and_where(client: str) -> None:
    upstream = UPSTREAMS[ABROAD[client]]
    wrong: list[str] = []
    async with a_sim(upstream.sim) as sim, desk(CLIENTS[client], upstream, sim) as at:
        for bad in (*BAD[client], *RAW):
            for stream in (False, True):
                # In Gemini's dialect the path asks for a stream.
                if stream and (bad.raw or client == "generate" or bad.at is None):
                    continue
                reply = await send(at, bad, stream=stream)
                assert reply.ended is Ended.WHOLE, bad.name
                try:
                    check(at, bad, reply)
                except Exception as e:  # noqa: BLE001  # all of them are wanted in one list
                    wrong.append(f"{bad.name}: {e}")
    assert wrong == []


async def test_what_is_good_is_not_refused() -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": [GOOD_PICTURE]}]}
    upstream = UPSTREAMS["anthropic"]
    async with a_sim(upstream.sim) as sim, desk(CLIENTS["chat"], upstream, sim) as at:
        assert (await send(at, Bad("", body), stream=False)).status == 200
