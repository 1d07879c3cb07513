"""Mistral's SDK, unmodified, against every kind of provider."""

from collections.abc import Generator, Sequence
from typing import cast

import orjson
import pytest
from mistralai.client import Mistral, models
from mistralai.client.errors import SDKError

from tests.e2e.sdk_mesh import (
    PNG_BASE64,
    PNG_SEEN,
    THREE,
    UPSTREAMS,
    Mesh,
    embedder,
    mesh_in_thread,
    mistral_client,
)
from weftline_bench.sims.embeddings import vector
from weftline_bench.sims.exchange import Trouble
from weftline_bench.sims.faults import Faults

pytestmark = pytest.mark.e2e


def tool(name: str) -> models.Tool:
    schema: dict[str, object] = {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    }
    return models.Tool(function=models.Function(name=name, description="Tells.", parameters=schema))


TOOLS = [tool("call_weather"), tool("call_clock")]


@pytest.fixture(scope="module")
def running() -> Generator[tuple[Mesh, Mistral]]:
    with mesh_in_thread() as mesh, mistral_client(mesh) as client:
        yield mesh, client


@pytest.fixture
def mesh(running: tuple[Mesh, Mistral]) -> Mesh:
    running[0].calm()
    return running[0]


@pytest.fixture
def client(mesh: Mesh, running: tuple[Mesh, Mistral]) -> Mistral:
    return running[1]


def said(text: str) -> list[models.ChatCompletionRequestMessage]:
    return [models.UserMessage(content=text)]


def words(events: Sequence[models.CompletionEvent]) -> str:
    contents = [choice.delta.content for event in events for choice in event.data.choices]
    return "".join(map(text_of, contents))


def text_of(content: object) -> str:
    """Return the text of a content, which Mistral itself may send as a list."""
    if isinstance(content, list):
        parts = cast("list[object]", content)
        return "".join(part.text for part in parts if isinstance(part, models.TextChunk))
    return content if isinstance(content, str) else ""


@pytest.mark.parametrize("name", UPSTREAMS)
def test_whole(client: Mistral, name: str) -> None:
    answer = client.chat.complete(model=f"on/{name}", messages=said("good morning"), max_tokens=50)
    choice = answer.choices[0]
    assert choice.message is not None
    assert choice.message.content == "You said: good morning"
    assert choice.finish_reason == "stop"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (22, 4)


@pytest.mark.parametrize("name", UPSTREAMS)
def test_stream(client: Mistral, name: str) -> None:
    with client.chat.stream(model=f"on/{name}", messages=said("say: one two three")) as stream:
        events = list(stream)
    assert words(events) == "one two three"
    reasons = [c.finish_reason for e in events for c in e.data.choices if c.finish_reason]
    assert reasons == ["stop"]


@pytest.mark.parametrize("name", THREE)
async def test_async(mesh: Mesh, name: str) -> None:
    async with mistral_client(mesh) as client:
        answer = await client.chat.complete_async(model=f"on/{name}", messages=said("say: aye"))
        message = answer.choices[0].message
        assert message is not None
        assert message.content == "aye"
        stream = await client.chat.stream_async(model=f"on/{name}", messages=said("say: one two"))
        async with stream:
            assert words([event async for event in stream]) == "one two"


def called(client: Mistral, name: str, *, stream: bool) -> list[models.ToolCall]:
    """Return the tools that a model calls."""
    model, messages = f"on/{name}", said("what is it like in Paris?")
    if not stream:
        choice = client.chat.complete(model=model, messages=messages, tools=TOOLS).choices[0]
        assert choice.finish_reason == "tool_calls"
        assert choice.message is not None
        return list(choice.message.tool_calls or [])
    with client.chat.stream(model=model, messages=messages, tools=TOOLS) as told:
        deltas = [choice.delta for event in told for choice in event.data.choices]
    return [call for delta in deltas for call in delta.tool_calls or []]


# The SDK refuses calls that come in pieces, as everybody's do but Mistral's own and Gemini's.
CALLS = [(name, False) for name in UPSTREAMS] + [("mistral", True), ("gemini", True)]


@pytest.mark.parametrize(("name", "stream"), CALLS)
def test_parallel_tools_and_the_turn_after(client: Mistral, name: str, *, stream: bool) -> None:
    calls = called(client, name, stream=stream)
    assert [call.function.name for call in calls] == ["call_weather", "call_clock"]
    arguments = [orjson.loads(str(call.function.arguments)) for call in calls]
    assert arguments == [{"city": "text"}] * 2
    messages = said("what is it like in Paris?")
    messages.append(models.AssistantMessage(content="", tool_calls=calls))
    for call, content in zip(calls, ("sunny", "noon"), strict=True):
        messages.append(
            models.ToolMessage(tool_call_id=call.id, name=call.function.name, content=content)
        )
    after = client.chat.complete(model=f"on/{name}", messages=messages, tools=TOOLS).choices[0]
    assert after.message is not None
    assert after.message.content == "result: sunny, noon"


@pytest.mark.parametrize("name", THREE)
def test_an_image(client: Mistral, name: str) -> None:
    image = models.ImageURLChunk(
        image_url=models.ImageURL(url=f"data:image/png;base64,{PNG_BASE64}")
    )
    text = models.TextChunk(text="what is this?")
    answer = client.chat.complete(
        model=f"on/{name}", messages=[models.UserMessage(content=[text, image])]
    )
    message = answer.choices[0].message
    assert message is not None
    assert message.content == PNG_SEEN


# OpenAI's own embeddings have no id, which the SDK asks for.
@pytest.mark.parametrize("name", ["gemini", "cohere", "mistral"])
def test_embeddings(client: Mistral, name: str) -> None:
    texts = ["near the sea", "by the sea"]
    answer = client.embeddings.create(model=embedder(name), inputs=texts)
    assert [item.embedding for item in answer.data] == [vector(text) for text in texts]
    few = client.embeddings.create(model=embedder(name), inputs="sea", output_dimension=256)
    assert [item.embedding for item in few.data] == [vector("sea", 256)]


def test_models(client: Mistral) -> None:
    cards = client.models.list().data or []
    found = {card.id for card in cards if isinstance(card, models.BaseModelCard)}
    assert {f"on/{name}" for name in UPSTREAMS} <= found


TROUBLES = [
    (Trouble.BAD_REQUEST, 400),
    (Trouble.RATE_LIMITED, 429),
    (Trouble.OVERLOADED, 503),
    (Trouble.AUTH, 502),
]


@pytest.mark.parametrize(("trouble", "status"), TROUBLES)
@pytest.mark.parametrize("name", THREE)
def test_what_a_provider_refuses(
    client: Mistral, mesh: Mesh, name: str, trouble: Trouble, status: int
) -> None:
    mesh.sims[name].queued.extend([Faults(trouble=trouble)] * 2)
    with pytest.raises(SDKError) as caught:
        client.chat.complete(model=f"on/{name}", messages=said("hi"))
    assert caught.value.status_code == status
    with pytest.raises(SDKError) as caught:
        client.chat.stream(model=f"on/{name}", messages=said("hi"))
    assert caught.value.status_code == status


def test_a_wrong_model(client: Mistral) -> None:
    with pytest.raises(SDKError) as caught:
        client.chat.complete(model="no/such", messages=said("hi"))
    assert caught.value.status_code == 404
