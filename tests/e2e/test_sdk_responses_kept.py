"""OpenAI's SDK, unmodified: responses that the mesh keeps, and makes in the background."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from typing import Any, cast

import openai
import pytest
from openai.types.responses import Response

from tests.e2e.mesh import within
from tests.e2e.sdk_mesh import Mesh, mesh, mesh_in_thread, openai_async, openai_client
from tests.fakes.pop import PEPPER
from tests.fakes.waiting import until
from weftline_bench.sims.faults import NO_FAULTS, Faults
from weftline_core.desired import Key
from weftline_core.keys import digest
from weftline_core.record import Outcome

pytestmark = pytest.mark.e2e

# A host of Responses, and two into whose dialects requests are translated.
NAMES = ("responses", "anthropic", "vllm")
ASKED = "one two three four five six"
SAID = f"You said: {ASKED}"

# Between two events of a host, so that a client can leave in the middle.
SLOW = Faults(pace_s=0.05)
OVER = ("completed", "failed", "incomplete", "cancelled")
OTHER = "weft-other-tenant"

# Far beyond what any answer takes.
WAIT_S = 10.0


@pytest.fixture(scope="module")
def threaded() -> Generator[Mesh]:
    with mesh_in_thread(NAMES) as running:
        yield running


@pytest.fixture
def client(threaded: Mesh) -> Generator[openai.OpenAI]:
    threaded.calm()
    with openai_client(threaded) as client:
        yield client


@asynccontextmanager
async def running() -> AsyncGenerator[tuple[Mesh, openai.AsyncOpenAI]]:
    async with mesh(NAMES) as found, openai_async(found) as client:
        found.pop.apply(Key(name="other", digest=digest(PEPPER, OTHER), tenant="other"))
        yield found, client


def polled(response: Response, fetch: Callable[[str], Response]) -> Response:
    found = [response]

    def over() -> bool:
        found.append(fetch(response.id))
        return found[-1].status in OVER

    within(WAIT_S, over)
    return found[-1]


async def whole(client: openai.AsyncOpenAI, response: Response) -> Response:
    async with asyncio.timeout(WAIT_S):
        while response.status not in OVER:
            await asyncio.sleep(0.01)
            response = await client.responses.retrieve(response.id)
    return response


@pytest.mark.parametrize("name", NAMES)
def test_in_the_background(client: openai.OpenAI, name: str) -> None:
    made = client.responses.create(model=f"on/{name}", input=ASKED, background=True)
    assert made.status == "queued"
    assert made.background is True
    done = polled(made, client.responses.retrieve)
    assert (done.id, done.status, done.output_text) == (made.id, "completed", SAID)
    assert done.background is True
    assert done.usage is not None
    assert done.usage.output_tokens > 0
    items = list(client.responses.input_items.list(done.id))
    assert [cast("Any", item).content[0].text for item in items] == [ASKED]
    client.responses.delete(done.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(done.id)


@pytest.mark.parametrize("name", NAMES)
def test_a_cut_stream_goes_on_where_it_was(
    threaded: Mesh, client: openai.OpenAI, name: str
) -> None:
    threaded.sims[name].queued.append(SLOW)
    seen: list[tuple[int, str]] = []
    text, response_id = "", ""
    with client.responses.create(
        model=f"on/{name}", input=ASKED, background=True, stream=True
    ) as stream:
        for event in stream:
            seen.append((event.sequence_number, event.type))
            if event.type == "response.created":
                response_id = event.response.id
            if event.type == "response.output_text.delta":
                text += event.delta
                if len(text) > 12:
                    break
    with client.responses.retrieve(response_id, stream=True, starting_after=seen[-1][0]) as stream:
        for event in stream:
            seen.append((event.sequence_number, event.type))
            if event.type == "response.output_text.delta":
                text += event.delta
    assert text == SAID
    assert [number for number, _ in seen] == list(range(len(seen)))
    assert seen[-1][1] == "response.completed"
    with client.responses.retrieve(response_id, stream=True) as stream:
        assert [(event.sequence_number, event.type) for event in stream] == seen
    assert client.responses.retrieve(response_id).output_text == SAID


@pytest.mark.parametrize("name", NAMES)
def test_one_goes_on_from_another(threaded: Mesh, client: openai.OpenAI, name: str) -> None:
    first = client.responses.create(model=f"on/{name}", input="first", instructions="Be kind.")
    assert client.responses.retrieve(first.id).output_text == first.output_text
    second = client.responses.create(
        model=f"on/{name}", input="second", previous_response_id=first.id
    )
    assert second.previous_response_id == first.id
    with client.responses.create(
        model=f"on/{name}", input="third", previous_response_id=second.id, stream=True
    ) as stream:
        third = list(stream)[-1]
    assert third.type == "response.completed"
    assert third.response.previous_response_id == second.id
    asked = str(threaded.asked(name))
    for words in ("first", "You said: first", "second", "You said: second", "third"):
        assert words in asked
    assert "previous_response_id" not in asked
    assert "Be kind." not in asked, "instructions are of one request only"
    assert client.responses.retrieve(third.response.id).output_text == "You said: third"


def test_one_goes_on_at_another_provider(threaded: Mesh, client: openai.OpenAI) -> None:
    first = client.responses.create(model="on/responses", input="first")
    client.responses.create(model="on/anthropic", input="second", previous_response_id=first.id)
    roles = [message["role"] for message in cast("Any", threaded.asked("anthropic"))["messages"]]
    assert roles == ["user", "assistant", "user"]


def test_what_is_not_kept_is_not_found(client: openai.OpenAI) -> None:
    unkept = client.responses.create(model="on/vllm", input="hi", store=False)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(unkept.id)
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="on/vllm", input="hi", previous_response_id=unkept.id)
    assert caught.value.code == "previous_response_not_found"
    assert caught.value.param == "previous_response_id"
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="on/vllm", input="hi", conversation="conv_1")
    assert caught.value.param == "conversation"


def test_one_that_no_host_can_answer_fails(threaded: Mesh, client: openai.OpenAI) -> None:
    threaded.sims["vllm"].faults = Faults(status=500, trouble=None, cut_at=0)
    made = client.responses.create(model="on/vllm", input="hi", background=True)
    done = polled(made, client.responses.retrieve)
    assert done.status == "failed"
    assert done.error is not None
    threaded.sims["vllm"].faults = NO_FAULTS


@pytest.mark.parametrize("name", NAMES)
async def test_cancel(name: str) -> None:
    async with running() as (found, client):
        found.sims[name].faults = SLOW
        made = await client.responses.create(model=f"on/{name}", input=ASKED, background=True)
        stream = await client.responses.retrieve(made.id, stream=True)
        types: list[str] = []
        async for event in stream:
            types.append(event.type)
            if event.type == "response.output_text.delta":
                break
        cancelled = await client.responses.cancel(made.id)
        assert cancelled.status == "cancelled"
        assert SAID.startswith(cancelled.output_text)
        assert cancelled.output_text
        last = [event async for event in stream][-1]
        assert cast("Any", last).response.status == "cancelled"
        await until(lambda: found.sims[name].seen[-1].left)
        assert (await client.responses.cancel(made.id)).status == "cancelled"
        assert (await client.responses.retrieve(made.id)).status == "cancelled"
        assert [record.outcome for record in found.pop.records] == [Outcome.CANCELED]
        plain = await client.responses.create(model=f"on/{name}", input="hi")
        with pytest.raises(openai.BadRequestError):
            await client.responses.cancel(plain.id)


async def test_several_follow_one_response() -> None:
    async with running() as (found, client):
        found.sims["anthropic"].faults = SLOW
        made = await client.responses.create(model="on/anthropic", input=ASKED, background=True)

        async def follow(after: int) -> list[int]:
            stream = await client.responses.retrieve(made.id, stream=True, starting_after=after)
            return [event.sequence_number async for event in stream]

        seen = await asyncio.gather(*(follow(after) for after in range(6)))
        for after, numbers in enumerate(seen):
            assert numbers == list(range(after + 1, seen[0][-1] + 1))
        assert (await whole(client, made)).output_text == SAID


async def test_a_client_that_leaves_is_no_end() -> None:
    async with running() as (found, client):
        found.sims["responses"].faults = SLOW
        stream = await client.responses.create(
            model="on/responses", input=ASKED, background=True, stream=True
        )
        made = cast("Any", await anext(aiter(stream))).response
        await stream.close()
        assert (await whole(client, made)).output_text == SAID
        assert [record.outcome for record in found.pop.records] == [Outcome.OK]


async def test_of_another_tenant_nothing_can_be_seen() -> None:
    async with running() as (found, client):
        made = await whole(
            client,
            await client.responses.create(model="on/vllm", input="secret", background=True),
        )
        async with openai.AsyncOpenAI(
            base_url=f"{found.url}/v1", api_key=OTHER, max_retries=0
        ) as other:
            for call in (
                other.responses.retrieve,
                other.responses.cancel,
                other.responses.delete,
                other.responses.input_items.list,
            ):
                with pytest.raises(openai.NotFoundError):
                    await cast("Any", call)(made.id)
            with pytest.raises(openai.NotFoundError):
                await other.responses.retrieve(made.id, stream=True)
            with pytest.raises(openai.BadRequestError):
                await other.responses.create(
                    model="on/vllm", input="hi", previous_response_id=made.id
                )
        assert (await client.responses.retrieve(made.id)).id == made.id


async def test_whoever_follows_when_the_pop_stops_is_told() -> None:
    async with running() as (found, client):
        found.sims["vllm"].faults = SLOW
        stream = await client.responses.create(
            model="on/vllm", input=ASKED, background=True, stream=True
        )
        events = aiter(stream)
        made = cast("Any", await anext(events)).response
        await found.pop.pipeline.responses.close(wait_s=0.0)
        with pytest.raises(openai.APIError, match="stopped"):
            async for _ in events:
                pass
        assert (await client.responses.retrieve(made.id)).status == "failed"
