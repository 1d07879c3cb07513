"""OpenAI's SDK, unmodified, against every kind of provider: responses."""

from collections.abc import Generator
from typing import cast

import openai
import orjson
import pydantic
import pytest
from openai.types.responses import FunctionToolParam, Response, ResponseFunctionToolCall
from openai.types.responses.response_input_param import ResponseInputParam

from tests.e2e.sdk_mesh import (
    ALL,
    PNG_BASE64,
    PNG_SEEN,
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


def tool(name: str) -> FunctionToolParam:
    return {
        "type": "function",
        "name": name,
        "description": "Tells.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
        "strict": True,
    }


TOOLS = [tool("call_weather"), tool("call_clock")]


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
    raw = client.responses.with_raw_response.create(
        model=f"on/{name}", input="good morning", instructions="Be kind."
    )
    answer = raw.parse()
    assert answer.output_text == "You said: good morning"
    assert answer.status == "completed"
    assert answer.id.startswith("resp_")
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (24, 4)
    record = mesh.record(raw.headers["x-request-id"])
    assert (record.dialect, record.endpoint, record.attempts) == ("responses", name, 1)


# What a stream of one text holds, in its order; `delta` as often as it likes.
EVENTS = [
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
]


@pytest.mark.parametrize("name", ALL)
def test_stream(client: openai.OpenAI, name: str) -> None:
    with client.responses.create(
        model=f"on/{name}", input="say: one two three", stream=True
    ) as stream:
        events = list(stream)
    assert list(dict.fromkeys(event.type for event in events)) == EVENTS
    assert [event.sequence_number for event in events] == list(range(len(events)))
    text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
    assert text == "one two three"
    last = events[-1]
    assert last.type == "response.completed"
    assert last.response.output_text == "one two three"
    assert last.response.usage is not None
    assert last.response.usage.output_tokens == 3


@pytest.mark.parametrize("name", ALL)
def test_the_helper_for_streams(client: openai.OpenAI, name: str) -> None:
    with client.responses.stream(model=f"on/{name}", input="say: one two three") as stream:
        last = ""
        for event in stream:
            if event.type == "response.output_text.delta":
                last = event.snapshot
        assert last == "one two three"
        assert stream.get_final_response().output_text == "one two three"


@pytest.mark.parametrize("name", THREE)
async def test_async(mesh: Mesh, name: str) -> None:
    async with openai_async(mesh) as client:
        answer = await client.responses.create(model=f"on/{name}", input="say: aye")
        assert answer.output_text == "aye"
        stream = await client.responses.create(
            model=f"on/{name}", input="say: one two", stream=True
        )
        kinds = [event.type async for event in stream]
        assert (kinds[0], kinds[-1]) == (EVENTS[0], EVENTS[-1])


@pytest.mark.parametrize("name", ALL)
def test_a_limit_of_tokens(client: openai.OpenAI, name: str) -> None:
    answer = client.responses.create(
        model=f"on/{name}", input="say: " + "word " * 20, max_output_tokens=16
    )
    assert answer.output_text == ("word " * 16).strip()
    assert answer.status == "incomplete"
    assert answer.incomplete_details is not None
    assert answer.incomplete_details.reason == "max_output_tokens"


def asked(client: openai.OpenAI, name: str, given: ResponseInputParam, *, stream: bool) -> Response:
    """Return an answer to somebody with two tools, put together by the SDK if it is streamed."""
    model = f"on/{name}"
    if not stream:
        return client.responses.create(model=model, input=given, tools=TOOLS)
    with client.responses.stream(model=model, input=given, tools=TOOLS) as told:
        return cast("Response", told.get_final_response())


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", ALL)
def test_parallel_tools_and_the_turn_after(
    client: openai.OpenAI, name: str, *, stream: bool
) -> None:
    given: ResponseInputParam = [{"role": "user", "content": "what is it like in Paris?"}]
    first = asked(client, name, given, stream=stream)
    calls = [item for item in first.output if isinstance(item, ResponseFunctionToolCall)]
    assert [c.name for c in calls] == ["call_weather", "call_clock"]
    assert [orjson.loads(c.arguments) for c in calls] == [{"city": "text"}] * 2
    assert len({c.call_id for c in calls}) == 2
    # As OpenAI's own guide does it: all that came goes back, and then what the tools gave.
    given += cast("ResponseInputParam", first.output)
    for call, output in zip(calls, ("sunny", "noon"), strict=True):
        given.append({"type": "function_call_output", "call_id": call.call_id, "output": output})
    after = asked(client, name, given, stream=stream)
    assert after.output_text == "result: sunny, noon"


@pytest.mark.parametrize("name", ALL)
def test_structured_output(client: openai.OpenAI, name: str) -> None:
    answer = client.responses.parse(model=f"on/{name}", input="which city?", text_format=City)
    assert answer.output_parsed == City(name="text", people=1)


@pytest.mark.parametrize("name", ALL)
def test_an_image(client: openai.OpenAI, name: str) -> None:
    answer = client.responses.create(
        model=f"on/{name}",
        input=[
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "what is this?"},
                    {
                        "type": "input_image",
                        "detail": "auto",
                        "image_url": f"data:image/png;base64,{PNG_BASE64}",
                    },
                ],
            }
        ],
    )
    assert answer.output_text == PNG_SEEN


@pytest.mark.parametrize("name", ["openai", "responses", "anthropic", "gemini"])
def test_a_summary_of_the_reasoning(client: openai.OpenAI, name: str) -> None:
    answer = client.responses.create(
        model=f"thinks/{name}", input="why?", reasoning={"effort": "high", "summary": "auto"}
    )
    found = [item for item in answer.output if item.type == "reasoning"]
    assert [part.text for item in found for part in item.summary] == ["Thinking about: why?"]
    assert answer.output_text == "You said: why?"


@pytest.mark.parametrize("name", ["openai", "anthropic", "gemini", "vllm"])
def test_tokens_are_counted(client: openai.OpenAI, mesh: Mesh, name: str) -> None:
    raw = client.responses.input_tokens.with_raw_response.count(
        model=f"on/{name}", input="good morning"
    )
    count = raw.parse()
    assert count.object == "response.input_tokens"
    if "x-weft-estimated" in raw.headers:
        assert name == "vllm", "the others count for nothing"
        assert count.input_tokens > 0
    else:
        assert count.input_tokens == 22
        assert mesh.sims[name].seen, "it was asked"


TROUBLES: list[tuple[Trouble, type[openai.APIStatusError], int]] = [
    (Trouble.BAD_REQUEST, openai.BadRequestError, 400),
    (Trouble.RATE_LIMITED, openai.RateLimitError, 429),
    (Trouble.OVERLOADED, openai.InternalServerError, 503),
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
            client.responses.create(model=f"on/{name}", input="hi", stream=stream)
        assert caught.value.status_code == status


def test_a_wrong_field_is_named(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(
            model="on/anthropic",
            input=[{"role": "user", "content": [{"type": "input_text", "text": cast("str", 5)}]}],
        )
    assert caught.value.param == "input[0].content[0].text"


@pytest.mark.parametrize("name", ALL)
def test_an_error_after_the_first_word_ends_in_failure(
    client: openai.OpenAI, mesh: Mesh, name: str
) -> None:
    mesh.sims[name].queued.append(Faults(error_after=9, pace_s=0.002))
    text, ends = "", list[str]()
    try:
        with client.responses.create(
            model=f"on/{name}", input="say: " + "a " * 40 + "end", stream=True
        ) as stream:
            for event in stream:
                if event.type == "response.output_text.delta":
                    text += event.delta
                ends.append(event.type)
    except openai.APIError:
        ends.append("raised")
    assert text.startswith("a a")
    assert "end" not in text
    # The SDK hands an error over as an event, and raises on none.
    assert ends[-1] in ("response.failed", "raised")
    assert "response.completed" not in ends
