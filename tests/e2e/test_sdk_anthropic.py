"""Anthropic's SDK, unmodified, against every kind of provider."""

from collections.abc import Generator

import anthropic
import pytest
from anthropic.types import (
    Message,
    MessageParam,
    TextBlock,
    ToolParam,
    ToolResultBlockParam,
    ToolUseBlock,
)

from tests.e2e.sdk_mesh import (
    ALL,
    PNG_BASE64,
    PNG_SEEN,
    THREE,
    Mesh,
    anthropic_async,
    anthropic_client,
    mesh_in_thread,
)
from weftline_bench.sims.exchange import Trouble
from weftline_bench.sims.faults import Faults

pytestmark = pytest.mark.e2e

LIMIT = 4096


def said(text: str) -> list[MessageParam]:
    return [{"role": "user", "content": text}]


def tool(name: str) -> ToolParam:
    schema: dict[str, object] = {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    }
    return {"name": name, "description": "Tells.", "input_schema": schema}


TOOLS = [tool("call_weather"), tool("call_clock")]


@pytest.fixture(scope="module")
def running() -> Generator[tuple[Mesh, anthropic.Anthropic]]:
    with mesh_in_thread() as mesh, anthropic_client(mesh) as client:
        yield mesh, client


@pytest.fixture
def mesh(running: tuple[Mesh, anthropic.Anthropic]) -> Mesh:
    running[0].calm()
    return running[0]


@pytest.fixture
def client(mesh: Mesh, running: tuple[Mesh, anthropic.Anthropic]) -> anthropic.Anthropic:
    return running[1]


def text_of(message: Message) -> str:
    return "".join(block.text for block in message.content if isinstance(block, TextBlock))


@pytest.mark.parametrize("name", ALL)
def test_whole(client: anthropic.Anthropic, mesh: Mesh, name: str) -> None:
    raw = client.messages.with_raw_response.create(
        model=f"on/{name}", max_tokens=LIMIT, system="Be kind.", messages=said("good morning")
    )
    answer = raw.parse()
    assert text_of(answer) == "You said: good morning"
    assert (answer.type, answer.role, answer.stop_reason) == ("message", "assistant", "end_turn")
    assert answer.id.startswith("msg_")
    used = answer.usage
    cached = (used.cache_read_input_tokens or 0) + (used.cache_creation_input_tokens or 0)
    assert (used.input_tokens + cached, used.output_tokens) == (24, 4)
    record = mesh.record(raw.headers["x-request-id"])
    assert (record.dialect, record.endpoint, record.usage.prompt_tokens) == ("messages", name, 24)


@pytest.mark.parametrize("name", ALL)
def test_stream(client: anthropic.Anthropic, name: str) -> None:
    with client.messages.create(
        model=f"on/{name}", max_tokens=LIMIT, messages=said("say: one two three"), stream=True
    ) as stream:
        events = list(stream)
    assert list(dict.fromkeys(event.type for event in events)) == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    deltas = [event.delta for event in events if event.type == "content_block_delta"]
    assert "".join(d.text for d in deltas if d.type == "text_delta") == "one two three"
    last = [event for event in events if event.type == "message_delta"]
    assert [e.delta.stop_reason for e in last] == ["end_turn"]
    assert last[0].usage.output_tokens == 3


@pytest.mark.parametrize("name", ALL)
def test_the_helper_for_streams(client: anthropic.Anthropic, name: str) -> None:
    with client.messages.stream(
        model=f"on/{name}", max_tokens=LIMIT, messages=said("say: one two three")
    ) as stream:
        assert "".join(stream.text_stream) == "one two three"
        final = stream.get_final_message()
    assert text_of(final) == "one two three"
    assert final.usage.output_tokens == 3


@pytest.mark.parametrize("name", THREE)
async def test_async(mesh: Mesh, name: str) -> None:
    async with anthropic_async(mesh) as client:
        answer = await client.messages.create(
            model=f"on/{name}", max_tokens=LIMIT, messages=said("say: aye")
        )
        assert text_of(answer) == "aye"
        async with client.messages.stream(
            model=f"on/{name}", max_tokens=LIMIT, messages=said("say: one two")
        ) as stream:
            assert "".join([text async for text in stream.text_stream]) == "one two"


@pytest.mark.parametrize("name", ALL)
def test_a_limit_of_tokens(client: anthropic.Anthropic, name: str) -> None:
    # OpenAI's Responses take no lower limit than this.
    limit = 16
    answer = client.messages.create(
        model=f"on/{name}", max_tokens=limit, messages=said("say: " + "word " * 20)
    )
    assert text_of(answer) == ("word " * limit).strip()
    assert answer.stop_reason == "max_tokens"


def test_a_limit_below_what_responses_take(client: anthropic.Anthropic) -> None:
    answer = client.messages.create(model="on/responses", max_tokens=1, messages=said("say: aye"))
    assert text_of(answer) == "aye"


@pytest.mark.parametrize("name", [n for n in ALL if n != "responses"])
def test_a_stop_sequence(client: anthropic.Anthropic, name: str) -> None:
    answer = client.messages.create(
        model=f"on/{name}",
        max_tokens=LIMIT,
        messages=said("say: one STOP two"),
        stop_sequences=["STOP"],
    )
    assert text_of(answer).strip() == "one"
    assert answer.stop_reason in ("stop_sequence", "end_turn")


def asked(
    client: anthropic.Anthropic, name: str, messages: list[MessageParam], *, stream: bool
) -> Message:
    """Return an answer to somebody with two tools, put together by the SDK if it is streamed."""
    model = f"on/{name}"
    if not stream:
        return client.messages.create(model=model, max_tokens=LIMIT, messages=messages, tools=TOOLS)
    with client.messages.stream(
        model=model, max_tokens=LIMIT, messages=messages, tools=TOOLS
    ) as told:
        return told.get_final_message()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", ALL)
def test_parallel_tools_and_the_turn_after(
    client: anthropic.Anthropic, name: str, *, stream: bool
) -> None:
    messages = said("what is it like in Paris?")
    first = asked(client, name, messages, stream=stream)
    assert first.stop_reason == "tool_use"
    calls = [block for block in first.content if isinstance(block, ToolUseBlock)]
    assert [(c.name, c.input) for c in calls] == [
        ("call_weather", {"city": "text"}),
        ("call_clock", {"city": "text"}),
    ]
    results: list[ToolResultBlockParam] = [
        {"type": "tool_result", "tool_use_id": call.id, "content": content}
        for call, content in zip(calls, ("sunny", "noon"), strict=True)
    ]
    messages.append({"role": "assistant", "content": first.content})
    messages.append({"role": "user", "content": results})
    after = asked(client, name, messages, stream=stream)
    assert text_of(after) == "result: sunny, noon"
    assert after.stop_reason == "end_turn"


@pytest.mark.parametrize("after", ["anthropic", "openai", "gemini", "responses", "bedrock"])
@pytest.mark.parametrize("before", THREE)
def test_a_conversation_moves_to_another_provider(
    client: anthropic.Anthropic, before: str, after: str
) -> None:
    messages = said("what is it like in Paris?")
    first = client.messages.create(
        model=f"on/{before}", max_tokens=LIMIT, messages=messages, tools=TOOLS
    )
    results: list[ToolResultBlockParam] = [
        {"type": "tool_result", "tool_use_id": block.id, "content": block.name}
        for block in first.content
        if isinstance(block, ToolUseBlock)
    ]
    messages.append({"role": "assistant", "content": first.content})
    messages.append({"role": "user", "content": results})
    answer = client.messages.create(
        model=f"on/{after}", max_tokens=LIMIT, messages=messages, tools=TOOLS
    )
    assert text_of(answer) == "result: call_weather, call_clock"


@pytest.mark.parametrize("name", [n for n in ALL if n != "cohere"])
def test_a_tool_that_must_be_called(client: anthropic.Anthropic, name: str) -> None:
    answer = client.messages.create(
        model=f"on/{name}",
        max_tokens=LIMIT,
        messages=said("what is it like?"),
        tools=TOOLS,
        tool_choice={"type": "tool", "name": "call_clock"},
    )
    assert [b.name for b in answer.content if isinstance(b, ToolUseBlock)] == ["call_clock"]


@pytest.mark.parametrize("name", ALL)
def test_an_image(client: anthropic.Anthropic, name: str) -> None:
    answer = client.messages.create(
        model=f"on/{name}",
        max_tokens=LIMIT,
        messages=[
            {
                "role": "user",
                "content": [
                    {
                        "type": "image",
                        "source": {"type": "base64", "media_type": "image/png", "data": PNG_BASE64},
                    },
                    {"type": "text", "text": "what is this?"},
                ],
            }
        ],
    )
    assert text_of(answer) == PNG_SEEN


@pytest.mark.parametrize("name", ["anthropic", "gemini", "openai", "vllm"])
def test_tokens_are_counted(client: anthropic.Anthropic, mesh: Mesh, name: str) -> None:
    raw = client.messages.with_raw_response.count_tokens(
        model=f"on/{name}", messages=said("good morning")
    )
    count = raw.parse()
    if "x-weft-estimated" in raw.headers:
        assert name in ("openai", "vllm"), "the others count for nothing"
        assert count.input_tokens > 0
    else:
        assert count.input_tokens == 22
        assert mesh.sims[name].seen, "it was asked"


def test_models(client: anthropic.Anthropic) -> None:
    found = {model.id: model for model in client.models.list()}
    assert {f"on/{name}" for name in ALL} <= set(found)
    assert found["on/anthropic"].type == "model"
    assert client.models.retrieve("on/anthropic").id == "on/anthropic"
    with pytest.raises(anthropic.NotFoundError):
        client.models.retrieve("no/such-model")


TROUBLES: list[tuple[Trouble, type[anthropic.APIStatusError], int]] = [
    (Trouble.BAD_REQUEST, anthropic.BadRequestError, 400),
    (Trouble.CONTEXT_LENGTH, anthropic.BadRequestError, 400),
    (Trouble.RATE_LIMITED, anthropic.RateLimitError, 429),
    (Trouble.OVERLOADED, anthropic.OverloadedError, 529),
    (Trouble.SERVER_ERROR, anthropic.InternalServerError, 502),
    (Trouble.AUTH, anthropic.InternalServerError, 502),
]


@pytest.mark.parametrize(("trouble", "raised", "status"), TROUBLES)
@pytest.mark.parametrize("name", THREE)
def test_what_a_provider_refuses(
    client: anthropic.Anthropic,
    mesh: Mesh,
    name: str,
    trouble: Trouble,
    raised: type[anthropic.APIStatusError],
    status: int,
) -> None:
    for stream in (False, True):
        mesh.sims[name].queued.append(Faults(trouble=trouble))
        with pytest.raises(raised) as caught:
            client.messages.create(
                model=f"on/{name}", max_tokens=LIMIT, messages=said("hi"), stream=stream
            )
        assert caught.value.status_code == status
        body = caught.value.body
        assert isinstance(body, dict)
        assert body["type"] == "error"


def test_a_wrong_key_and_a_wrong_model(mesh: Mesh, client: anthropic.Anthropic) -> None:
    wrong = anthropic.Anthropic(base_url=mesh.url, api_key="weft-wrong", max_retries=0)
    with wrong, pytest.raises(anthropic.AuthenticationError):
        wrong.messages.create(model="on/anthropic", max_tokens=1, messages=said("hi"))
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(model="no/such", max_tokens=1, messages=said("hi"))


@pytest.mark.parametrize("name", ALL)
def test_an_error_after_the_first_word_is_raised(
    client: anthropic.Anthropic, mesh: Mesh, name: str
) -> None:
    mesh.sims[name].queued.append(Faults(error_after=8, pace_s=0.002))
    told: list[str] = []
    with (
        client.messages.stream(
            model=f"on/{name}", max_tokens=LIMIT, messages=said("say: " + "a " * 40 + "end")
        ) as stream,
        pytest.raises(anthropic.APIError),
    ):
        told.extend(stream.text_stream)
    text = "".join(told)
    assert text.startswith("a a")
    assert "end" not in text
