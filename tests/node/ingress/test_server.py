"""The front door over real sockets."""

import asyncio

import orjson
import pytest

from tests.fakes.answers import ask
from tests.fakes.bad_upstream import BadUpstream
from tests.fakes.pop import CHAT, EMBED, KEY, FakePop, endpoint
from tests.fakes.raw_client import Call, Ended, Reply, fetch, request_bytes
from weftline_node.ingress.server import IngressSettings
from weftline_node.ports import Address

BEARER = {"authorization": f"Bearer {KEY}"}
CHAT_PATH = "/v1/chat/completions"


async def get(pop: FakePop, path: str, headers: dict[str, str] = BEARER) -> Reply:
    return await fetch(pop.dial, request_bytes(path, None, headers))


def error(reply: Reply) -> dict[str, str]:
    found: dict[str, str] = orjson.loads(reply.body)["error"]
    assert set(found) == {"message", "type", "param", "code"}
    return found


async def test_models() -> None:
    async with FakePop([]) as pop:
        listed = await get(pop, "/v1/models")
        one = await get(pop, "/v1/models/m/chat")
        quoted = await get(pop, "/v1/models/m%2Fchat")
        missing = await get(pop, "/v1/models/no/such")
        stranger = await get(pop, "/v1/models", {})
    assert [m["id"] for m in orjson.loads(listed.body)["data"]] == [CHAT.name, EMBED.name]
    assert orjson.loads(one.body)["id"] == CHAT.name
    assert one.body == quoted.body
    assert (missing.status, error(missing)["code"]) == (404, "model_not_found")
    assert (stranger.status, error(stranger)["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/v2/nothing", 404, "POST /v1/chat/completions"),
        ("GET", "/", 404, "GET /v1/models"),
        ("GET", CHAT_PATH, 405, "only POST"),
        ("DELETE", CHAT_PATH, 405, "only POST"),
        ("POST", "/v1/models", 405, "only GET"),
    ],
)
async def test_a_wrong_path_or_method_is_told_what_there_is(
    method: str, path: str, status: int, words: str
) -> None:
    async with FakePop([]) as pop:
        wire = request_bytes(path, None, BEARER).replace(b"GET", method.encode(), 1)
        reply = await fetch(pop.dial, wire)
    assert (reply.status, words in error(reply)["message"]) == (status, True)
    assert (reply.headers.get("allow") is not None) == (status == 405)


async def test_health_needs_no_key_and_follows_the_drain() -> None:
    async with FakePop([]) as pop:
        healthy = await get(pop, "/health", {})
        pop.drain()
        drained = await get(pop, "/health", {})
    assert (healthy.status, healthy.body) == (200, b'{"status":"ok"}')
    assert (drained.status, drained.headers["retry-after"]) == (503, "5")


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_request_goes_all_the_way(streamed: bool) -> None:
    async with BadUpstream() as upstream, FakePop([endpoint("a", upstream.base_url)]) as pop:
        body = ask("n1", model=CHAT.name, streamed=streamed)
        reply = await fetch(pop.dial, request_bytes(CHAT_PATH, body, BEARER))
        assert (reply.status, reply.ended) == (200, Ended.WHOLE)
        assert b"n1.11" in reply.body
        assert upstream.seen[0].headers["accept-encoding"] == "identity"
        assert "weft-test-key" not in str(upstream.seen[0].headers)
        assert pop.records[0].endpoint == "a"


async def test_embeddings() -> None:
    async with BadUpstream() as upstream, FakePop([endpoint("a", upstream.base_url)]) as pop:
        body = {"model": EMBED.name, "input": "x"}
        reply = await fetch(pop.dial, request_bytes("/v1/embeddings", body, BEARER))
    assert orjson.loads(reply.body)["data"][0]["embedding"] == [0.25, -0.5]


async def test_connections_are_counted_and_bounded() -> None:
    settings = IngressSettings(connections_max=3, connections_per_ip_max=2)
    async with FakePop([], settings=settings) as pop:
        held = [await pop.dial() for _ in range(2)]
        reply = await get(pop, "/health")
        assert (reply.status, reply.headers["retry-after"]) == (503, "1")
        for _, writer in held:
            writer.close()
        async with asyncio.timeout(2):
            while pop.ingress.connections:
                await asyncio.sleep(0.001)
        assert (await get(pop, "/health")).status == 200


async def test_closing_lets_a_stream_end_and_takes_nobody_new() -> None:
    async with BadUpstream("slow") as upstream, FakePop([endpoint("a", upstream.base_url)]) as pop:
        body = ask("n1", model=CHAT.name, streamed=True)
        idle_reader, idle = await pop.dial()
        call = await Call.open(pop.dial, request_bytes(CHAT_PATH, body, BEARER))
        await call.until(b"n1.0")
        closing = asyncio.ensure_future(pop.ingress.close(wait_s=5.0))
        assert await idle_reader.read() == b"", "an idle connection is closed at once"
        idle.close()
        reply = await call.finish(5.0)
        assert (reply.ended, b"[DONE]" in reply.body) == (Ended.WHOLE, True)
        await closing
        assert pop.ingress.connections == 0
        assert (await fetch(pop.dial, b"")).status == 0


async def test_closing_cuts_what_does_not_end_in_time() -> None:
    async with BadUpstream("stall") as upstream, FakePop([endpoint("a", upstream.base_url)]) as pop:
        body = ask("n1", model=CHAT.name, streamed=True)
        call = await Call.open(pop.dial, request_bytes(CHAT_PATH, body, BEARER))
        await call.until(b"n1.0")
        await pop.ingress.close(wait_s=0.01)
        assert (await call.finish(2.0)).ended is Ended.CUT
        await upstream.seen[0].left.wait()


async def test_a_port_in_use_is_an_oserror() -> None:
    async with FakePop([]) as pop:
        with pytest.raises(OSError, match="address already in use"):
            await pop.ingress.start(Address("127.0.0.1", pop.address.port))


async def test_a_gemini_client_may_show_its_key_in_the_query() -> None:
    async with FakePop([]) as pop:
        listed = await get(pop, f"/v1beta/models?key={KEY}&pageSize=1", {})
        assert len(orjson.loads(listed.body)["models"]) == 1
        assert (await get(pop, f"/v1/models?key={KEY}", {})).status == 401
        # A body so long comes in pieces, and the key is looked at before the last.
        for key, status in ((KEY, 503), ("wrong", 401)):
            path = f"/v1beta/models/{CHAT.name}:generateContent?key={key}"
            wire = request_bytes(path, {"contents": "x" * 1_000_000}, {})
            assert (await fetch(pop.dial, wire)).status == status


async def test_a_stranger_cannot_make_the_pop_hold_a_body() -> None:
    async with FakePop([]) as pop:
        for path, status in ((CHAT_PATH, 401), ("/nothing", 413)):
            head = (
                f"POST {path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer wrong\r\n"
                "content-length: 30000000\r\n\r\n"
            )
            call = await Call.open(pop.dial, head.encode() + b"x" * 100_000)
            reply = await call.finish(deadline_s=1.0)
            assert reply.status == status
            assert reply.headers["connection"] == "close"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", CHAT_PATH),
        ("POST", "/v1/responses/resp_1/cancel"),
        ("DELETE", "/v1/responses/resp_1"),
        ("GET", "/v1/responses/resp_1/input_items"),
        ("GET", "/v1/models"),
        ("GET", "/client/v4/accounts/a/ai/models/search"),
    ],
)
async def test_a_stranger_is_told_before_any_of_its_body_comes(method: str, path: str) -> None:
    async with FakePop([]) as pop:
        head = f"{method} {path} HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n"
        call = await Call.open(pop.dial, head.encode())
        assert (await call.finish(deadline_s=1.0)).status == 401


@pytest.mark.parametrize("path", ["/health", "/nothing"])
async def test_a_body_that_nobody_reads_is_refused_when_it_is_announced(path: str) -> None:
    async with FakePop([]) as pop:
        head = f"GET {path} HTTP/1.1\r\nhost: a\r\ncontent-length: 30000000\r\n\r\n"
        call = await Call.open(pop.dial, head.encode())
        assert (await call.finish(deadline_s=1.0)).status == 413
