"""What a user of the official SDK sees when endpoints misbehave: its own exception types."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import openai
import pytest
from openai.types.chat import ChatCompletionUserMessageParam

from tests.e2e.rig import KEY, MODEL, Rig
from tests.fakes.answers import text_of
from tests.fakes.bad_upstream import BadUpstream
from weftline_core.record import Outcome

NONCE = "n1x"
HELLO: ChatCompletionUserMessageParam = {"role": "user", "content": NONCE}


@asynccontextmanager
async def sdk(
    rig: Rig, *, retries: int = 0, timeout_s: float = 10.0
) -> AsyncGenerator[openai.AsyncOpenAI, None]:
    base_url = f"http://127.0.0.1:{rig.port}/v1"
    async with openai.AsyncOpenAI(
        base_url=base_url, api_key=KEY, max_retries=retries, timeout=timeout_s
    ) as client:
        yield client


async def read_stream(client: openai.AsyncOpenAI) -> str:
    text = ""
    stream = await client.chat.completions.create(model=MODEL, messages=[HELLO], stream=True)
    async for chunk in stream:
        if chunk.choices:
            text += chunk.choices[0].delta.content or ""
    return text


async def ask(client: openai.AsyncOpenAI) -> str:
    answer = await client.chat.completions.create(model=MODEL, messages=[HELLO])
    return answer.choices[0].message.content or ""


async def test_a_failover_is_not_noticed() -> None:
    bad, good = BadUpstream("reset_after_request", who="bad"), BadUpstream(who="good")
    async with bad, good, Rig([bad, good]) as rig, sdk(rig) as client:
        assert await read_stream(client) == text_of(NONCE)
        assert await ask(client) == text_of(NONCE)
        assert rig.records[0].attempts == 2


async def test_a_stream_read_to_its_end_counts_as_whole() -> None:
    """The SDK drops its connection at `[DONE]`, before the end of the body; that is no abort."""
    async with BadUpstream("healthy") as upstream, Rig([upstream]) as rig:
        async with sdk(rig) as client:
            await read_stream(client)
        assert [record.outcome for record in rig.records] == [Outcome.OK]


@pytest.mark.parametrize(
    "fault", ["cut_between_events", "cut_by_reset", "no_done_chunked", "stall", "error_mid_stream"]
)
async def test_a_stream_that_breaks_off_raises(fault: str) -> None:
    async with BadUpstream(fault) as upstream, Rig([upstream]) as rig, sdk(rig) as client:
        with pytest.raises(openai.APIError):
            await read_stream(client)


@pytest.mark.parametrize(
    ("fault", "raises"),
    [
        ("status_400", openai.BadRequestError),
        ("status_422", openai.UnprocessableEntityError),
        ("status_401", openai.InternalServerError),
        ("status_404", openai.InternalServerError),
        ("status_429", openai.RateLimitError),
        ("status_500", openai.InternalServerError),
        ("refuse", openai.InternalServerError),
        ("hang_after_request", openai.InternalServerError),
        ("error_first", openai.InternalServerError),
        ("html_200", openai.InternalServerError),
    ],
)
@pytest.mark.parametrize("streamed", [True, False])
async def test_an_endpoint_that_fails_alone(
    fault: str, raises: type[openai.APIStatusError], streamed: bool
) -> None:
    async with (
        BadUpstream(fault) as upstream,
        Rig([upstream], whole_only=not streamed) as rig,
        sdk(rig) as client,
    ):
        with pytest.raises(raises) as caught:
            await (read_stream(client) if streamed else ask(client))
    assert caught.value.request_id == rig.records[0].request_id
    assert caught.value.type


async def test_the_sdk_retries_what_may_pass() -> None:
    async with BadUpstream("status_500") as upstream, Rig([upstream]) as rig:
        async with sdk(rig, retries=1) as client:
            with pytest.raises(openai.InternalServerError):
                await ask(client)
        assert len(rig.records) == 2


async def test_the_sdk_does_not_retry_once_the_mesh_has_tried_enough() -> None:
    one, two, three = (BadUpstream("status_500", who=f"bad{i}") for i in range(3))
    async with one, two, three, Rig([one, two, three]) as rig:
        async with sdk(rig, retries=2) as client:
            with pytest.raises(openai.InternalServerError):
                await ask(client)
        assert [record.attempts for record in rig.records] == [3]


async def test_the_sdks_own_timeout_frees_the_endpoint() -> None:
    async with BadUpstream("hang_after_request") as upstream, Rig([upstream]) as rig:
        async with sdk(rig, timeout_s=0.1) as client:
            with pytest.raises(openai.APITimeoutError):
                await ask(client)
        await asyncio.wait_for(upstream.seen[0].left.wait(), 0.2)


async def test_a_user_who_stops_reading_frees_the_endpoint() -> None:
    async with BadUpstream("slow") as upstream, Rig([upstream]) as rig, sdk(rig) as client:
        stream = await client.chat.completions.create(model=MODEL, messages=[HELLO], stream=True)
        async for _ in stream:
            break
        await stream.close()
        await asyncio.wait_for(upstream.seen[0].left.wait(), 0.2)
