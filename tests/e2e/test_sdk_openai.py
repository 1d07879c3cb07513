"""OpenAI's SDK, unmodified, against every kind of provider: chat completions."""

from collections.abc import Generator, Mapping
from typing import cast

import openai
import orjson
import pydantic
import pytest
from openai.types.chat import (
    ChatCompletion,
    ChatCompletionMessageFunctionToolCall,
    ChatCompletionMessageParam,
    ChatCompletionToolParam,
)

from tests.e2e.sdk_mesh import (
    ALL,
    PNG_BASE64,
    PNG_SEEN,
    THINKING,
    THREE,
    Mesh,
    mesh_in_thread,
    openai_async,
    openai_client,
)
from weftline_bench.sims.exchange import Trouble
from weftline_bench.sims.faults import Faults

pytestmark = pytest.mark.e2e


class City(pydantic.BaseModel):
    """What a structured answer holds."""

    name: str
    people: int


def said(text: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": text}]


def tool(name: str) -> ChatCompletionToolParam:
    schema: dict[str, object] = {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    }
    return {
        "type": "function",
        "function": {"name": name, "description": "Tells.", "parameters": schema, "strict": True},
    }


WEATHER, CLOCK = tool("call_weather"), tool("call_clock")


@pytest.fixture(scope="module")
def running() -> Generator[tuple[Mesh, openai.OpenAI]]:
    with mesh_in_thread() as mesh, openai_client(mesh) as client:
        yield mesh, client


@pytest.fixture
def mesh(running: tuple[Mesh, openai.OpenAI]) -> Mesh:
    running[0].calm()
    return running[0]


@pytest.fixture
def client(mesh: Mesh, running: tuple[Mesh, openai.OpenAI]) -> openai.OpenAI:
    return running[1]


@pytest.mark.parametrize("name", ALL)
def test_whole(client: openai.OpenAI, mesh: Mesh, name: str) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model=f"on/{name}", messages=said("good morning"), max_tokens=50, temperature=0.5
    )
    answer = raw.parse()
    assert answer.object == "chat.completion"
    # Mistral's own answers keep their own id.
    assert answer.id.startswith("chatcmpl-") or name == "mistral"
    assert answer.choices[0].message.content == "You said: good morning"
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (22, 4)
    assert answer.usage.total_tokens == 26
    record = mesh.record(raw.headers["x-request-id"])
    assert (record.usage.prompt_tokens, record.usage.completion_tokens) == (22, 4)
    assert record.cost_nanodollars == (22 + 2 * 4) * 1000
    assert (record.endpoint, record.dialect, record.usage_source) == (name, "chat", "reported")


@pytest.mark.parametrize("name", ALL)
def test_stream(client: openai.OpenAI, name: str) -> None:
    with client.chat.completions.create(
        model=f"on/{name}",
        messages=said("good morning"),
        stream=True,
        stream_options={"include_usage": True},
    ) as stream:
        chunks = list(stream)
    choices = [chunk.choices[0] for chunk in chunks if chunk.choices]
    assert "".join(c.delta.content or "" for c in choices) == "You said: good morning"
    assert [c.finish_reason for c in choices if c.finish_reason] == ["stop"]
    assert len({chunk.id for chunk in chunks}) == 1
    usages = [chunk.usage for chunk in chunks if chunk.usage]
    assert [(u.prompt_tokens, u.completion_tokens) for u in usages] == [(22, 4)]


# Mistral tells it with the finish, and its own SDK never asks.
@pytest.mark.parametrize("name", [n for n in ALL if n != "mistral"])
def test_usage_comes_only_when_asked_for(client: openai.OpenAI, name: str) -> None:
    with client.chat.completions.create(
        model=f"on/{name}", messages=said("hi"), stream=True
    ) as stream:
        assert [chunk.usage for chunk in stream if chunk.usage] == []


@pytest.mark.parametrize("name", THREE)
async def test_async(mesh: Mesh, name: str) -> None:
    async with openai_async(mesh) as client:
        answer = await client.chat.completions.create(model=f"on/{name}", messages=said("say: aye"))
        assert answer.choices[0].message.content == "aye"
        stream = await client.chat.completions.create(
            model=f"on/{name}", messages=said("say: one two three"), stream=True
        )
        text = ""
        async for chunk in stream:
            text += chunk.choices[0].delta.content or "" if chunk.choices else ""
        assert text == "one two three"


@pytest.mark.parametrize("name", ALL)
def test_a_limit_of_tokens(client: openai.OpenAI, name: str) -> None:
    # OpenAI's Responses take no lower limit than this.
    limit = 16
    answer = client.chat.completions.create(
        model=f"on/{name}", messages=said("say: " + "word " * 20), max_completion_tokens=limit
    )
    assert answer.choices[0].message.content == ("word " * limit).strip()
    assert answer.choices[0].finish_reason == "length"


def completed(
    client: openai.OpenAI,
    name: str,
    messages: list[ChatCompletionMessageParam],
    *,
    stream: bool,
) -> ChatCompletion:
    """Return an answer to somebody with two tools, put together by the SDK if it is streamed."""
    model, tools = f"on/{name}", [WEATHER, CLOCK]
    if not stream:
        return client.chat.completions.create(model=model, messages=messages, tools=tools)
    with client.chat.completions.stream(model=model, messages=messages, tools=tools) as told:
        return cast("ChatCompletion", told.get_final_completion())


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", ALL)
def test_parallel_tools_and_the_turn_after(
    client: openai.OpenAI, name: str, *, stream: bool
) -> None:
    messages = said("what is it like in Paris?")
    choice = completed(client, name, messages, stream=stream).choices[0]
    assert choice.finish_reason == "tool_calls"
    found = choice.message.tool_calls or []
    calls = [cast("ChatCompletionMessageFunctionToolCall", call) for call in found]
    assert [c.function.name for c in calls] == ["call_weather", "call_clock"]
    assert [orjson.loads(c.function.arguments) for c in calls] == [{"city": "text"}] * 2
    assert len({c.id for c in calls}) == 2
    said_before: ChatCompletionMessageParam = {
        "role": "assistant",
        "content": choice.message.content,
        "tool_calls": [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.function.name, "arguments": call.function.arguments},
            }
            for call in calls
        ],
    }
    results: list[ChatCompletionMessageParam] = [
        {"role": "tool", "tool_call_id": call.id, "content": content}
        for call, content in zip(calls, ("sunny", "noon"), strict=True)
    ]
    after = completed(client, name, [*messages, said_before, *results], stream=stream).choices[0]
    assert after.message.content == "result: sunny, noon"
    assert after.finish_reason == "stop"


@pytest.mark.parametrize("name", [n for n in ALL if n not in ("gemini", "cohere", "bedrock")])
def test_one_call_at_a_time(client: openai.OpenAI, name: str) -> None:
    answer = client.chat.completions.create(
        model=f"on/{name}",
        messages=said("what is it like?"),
        tools=[WEATHER, CLOCK],
        parallel_tool_calls=False,
    )
    assert len(answer.choices[0].message.tool_calls or []) == 1


@pytest.mark.parametrize("name", [n for n in ALL if n != "cohere"])
def test_a_tool_that_must_be_called(client: openai.OpenAI, name: str) -> None:
    answer = client.chat.completions.create(
        model=f"on/{name}",
        messages=said("what is it like?"),
        tools=[WEATHER, CLOCK],
        tool_choice={"type": "function", "function": {"name": "call_clock"}},
    )
    calls = answer.choices[0].message.tool_calls or []
    names = [cast("ChatCompletionMessageFunctionToolCall", c).function.name for c in calls]
    assert names == ["call_clock"]


@pytest.mark.parametrize("name", ALL)
def test_structured_output(client: openai.OpenAI, name: str) -> None:
    answer = client.chat.completions.parse(
        model=f"on/{name}", messages=said("which city?"), response_format=City
    )
    assert answer.choices[0].message.parsed == City(name="text", people=1)


@pytest.mark.parametrize("name", ALL)
def test_an_image(client: openai.OpenAI, name: str) -> None:
    url = f"data:image/png;base64,{PNG_BASE64}"
    answer = client.chat.completions.create(
        model=f"on/{name}",
        messages=[
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "what is this?"},
                    {"type": "image_url", "image_url": {"url": url}},
                ],
            }
        ],
    )
    assert answer.choices[0].message.content == PNG_SEEN


@pytest.mark.parametrize("name", ["anthropic", "mistral", "vllm"])
def test_reasoning_is_told_beside_the_answer(client: openai.OpenAI, name: str) -> None:
    answer = client.chat.completions.create(
        model=f"thinks/{name}", messages=said("why?"), reasoning_effort="high"
    )
    message = answer.choices[0].message
    assert message.content == "You said: why?"
    assert thoughts(message) == "Thinking about: why?"
    with client.chat.completions.create(
        model=f"thinks/{name}", messages=said("why?"), reasoning_effort="high", stream=True
    ) as stream:
        deltas = [chunk.choices[0].delta for chunk in stream if chunk.choices]
    assert "".join(map(thoughts, deltas)) == "Thinking about: why?"
    assert "".join(delta.content or "" for delta in deltas) == "You said: why?"


def test_fields_of_mistrals_own_go_on_to_it(client: openai.OpenAI, mesh: Mesh) -> None:
    own = {"safe_prompt": True, "prompt_mode": "reasoning"}
    answer = client.chat.completions.create(
        model="on/mistral", messages=said("why?"), seed=7, extra_body=own
    )
    assert thoughts(answer.choices[0].message) == "Thinking about: why?"
    assert mesh.asked("mistral").items() >= {**own, "random_seed": 7}.items()


def thoughts(said: pydantic.BaseModel) -> str:
    """Return what an answer holds in the field that engines have added to OpenAI's."""
    more = said.model_extra or {}
    return str(more.get("reasoning_content") or more.get("reasoning") or "")


# How an effort reaches each kind of provider that was asked by OpenAI's name for it.
EFFORTS: Mapping[str, tuple[str, object]] = {
    "openai": ("reasoning_effort", "high"),
    "responses": ("reasoning", {"effort": "high"}),
    "anthropic": ("thinking", {"type": "enabled", "budget_tokens": 4096}),
    "gemini": ("generationConfig", {"thinkingConfig": {"thinkingLevel": "HIGH"}}),
    "mistral": ("reasoning_effort", "high"),
    "vllm": ("reasoning_effort", "high"),
}


@pytest.mark.parametrize("name", THINKING)
def test_an_effort_arrives(client: openai.OpenAI, mesh: Mesh, name: str) -> None:
    client.chat.completions.create(
        model=f"thinks/{name}", messages=said("why?"), reasoning_effort="high"
    )
    field, value = EFFORTS[name]
    assert mesh.asked(name)[field] == value


def test_reasoning_is_counted(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model="thinks/openai", messages=said("why?"), reasoning_effort="high"
    )
    assert answer.usage is not None
    assert answer.usage.completion_tokens_details is not None
    assert answer.usage.completion_tokens_details.reasoning_tokens == 3


@pytest.mark.parametrize("name", ["openai", "mistral"])
def test_an_answer_that_another_provider_thought_about_goes_back(
    client: openai.OpenAI, name: str
) -> None:
    messages = said("why?")
    first = client.chat.completions.create(
        model="thinks/anthropic", messages=messages, reasoning_effort="high"
    )
    message = first.choices[0].message
    assert thoughts(message)
    messages.append(cast("ChatCompletionMessageParam", message.model_dump(exclude_none=True)))
    raw = client.chat.completions.with_raw_response.create(
        model=f"on/{name}", messages=[*messages, *said("say: aye")]
    )
    assert raw.parse().choices[0].message.content == "aye"
    assert raw.headers["x-weft-dropped"] == "messages[1].reasoning_content"


TROUBLES: list[tuple[Trouble, type[openai.APIStatusError], int]] = [
    (Trouble.BAD_REQUEST, openai.BadRequestError, 400),
    (Trouble.CONTEXT_LENGTH, openai.BadRequestError, 400),
    (Trouble.RATE_LIMITED, openai.RateLimitError, 429),
    (Trouble.OVERLOADED, openai.InternalServerError, 503),
    (Trouble.SERVER_ERROR, openai.InternalServerError, 502),
    (Trouble.AUTH, openai.InternalServerError, 502),
]


@pytest.mark.parametrize(("trouble", "raised", "status"), TROUBLES)
@pytest.mark.parametrize("name", THREE)
def test_what_a_provider_refuses(
    client: openai.OpenAI,
    mesh: Mesh,
    name: str,
    trouble: Trouble,
    raised: type[openai.APIStatusError],
    status: int,
) -> None:
    for stream in (False, True):
        mesh.sims[name].queued.append(Faults(trouble=trouble))
        with pytest.raises(raised) as caught:
            client.chat.completions.create(model=f"on/{name}", messages=said("hi"), stream=stream)
        assert caught.value.status_code == status
        assert caught.value.message


@pytest.mark.parametrize("name", ["openai", "mistral"])
def test_a_flagged_prompt_is_the_callers_own(client: openai.OpenAI, mesh: Mesh, name: str) -> None:
    mesh.sims[name].queued.append(Faults(trouble=Trouble.CONTENT_FILTER))
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model=f"on/{name}", messages=said("hi"))


@pytest.mark.parametrize("name", THREE)
def test_a_wrong_field_is_named_in_the_clients_words(client: openai.OpenAI, name: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(
            model=f"on/{name}",
            messages=[{"role": "user", "content": cast("str", [{"type": "text", "text": 5}])}],
        )
    # OpenAI itself is asked in its own dialect and is the judge there.
    assert caught.value.status_code == 400
    if name != "openai":
        assert caught.value.param == "messages[0].content[0].text"


@pytest.mark.parametrize("name", ["anthropic"])
def test_what_cannot_be_carried_is_refused_by_name(client: openai.OpenAI, name: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model=f"on/{name}", messages=said("hi"), n=2)
    assert caught.value.param == "n"


@pytest.mark.parametrize("name", ALL)
def test_an_error_after_the_first_word_is_raised(
    client: openai.OpenAI, mesh: Mesh, name: str
) -> None:
    mesh.sims[name].queued.append(Faults(error_after=8, pace_s=0.002))
    told: list[str] = []
    with client.chat.completions.create(
        model=f"on/{name}", messages=said("say: " + "a " * 40 + "end"), stream=True
    ) as stream:
        words = (chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
        with pytest.raises(openai.APIError):
            told.extend(words)
    text = "".join(told)
    assert text.startswith("a a")
    assert "end" not in text
