"""Hosts that speak a dialect of others, over real HTTP: paths, headers, bodies and framing."""

from collections.abc import Generator, Mapping
from typing import cast

import anthropic
import openai
import orjson
import pytest
from anthropic.types import MessageParam, TextBlock, ToolParam, ToolUseBlock

from tests.e2e.sdk_mesh import HOSTS, Mesh, anthropic_client, mesh_in_thread, openai_client
from weftline_bench.sims.faults import Faults
from weftline_bench.sims.server import Seen

pytestmark = pytest.mark.e2e

LIMIT = 4096
SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}
CLAUDE_TOOLS: list[ToolParam] = [{"name": "call_weather", "input_schema": SCHEMA}]

_BEDROCK = "/model/eu.anthropic.claude-haiku-4-5-20251001-v1%3A0"
_VERTEX = "/v1/projects/my-project/locations/europe-west4/publishers"

# Where a host answers whole and where in a stream, and which version its bodies name; as clients of
# Claude's dialect ask.
CLAUDE = {
    "bedrock-claude": (
        f"{_BEDROCK}/invoke",
        f"{_BEDROCK}/invoke-with-response-stream",
        "bedrock-2023-05-31",
    ),
    "vertex-claude": (
        f"{_VERTEX}/anthropic/models/claude-haiku-4-5%4020251001:rawPredict",
        f"{_VERTEX}/anthropic/models/claude-haiku-4-5%4020251001:streamRawPredict",
        "vertex-2023-10-16",
    ),
}

# The same as clients of OpenAI's dialect ask: Claude at Bedrock is asked in Converse then.
PATHS = {
    "bedrock-claude": (f"{_BEDROCK}/converse", f"{_BEDROCK}/converse-stream"),
    "bytedance": ("/v1/chat/completions", "/v1/chat/completions"),
    "vertex-gemini": (
        f"{_VERTEX}/google/models/gemini-2.5-flash:generateContent",
        f"{_VERTEX}/google/models/gemini-2.5-flash:streamGenerateContent",
    ),
    "vertex-claude": CLAUDE["vertex-claude"][:2],
}


@pytest.fixture(scope="module")
def running() -> Generator[Mesh]:
    with mesh_in_thread(tuple(HOSTS)) as mesh:
        yield mesh


@pytest.fixture
def mesh(running: Mesh) -> Mesh:
    running.calm()
    return running


@pytest.fixture
def claude(mesh: Mesh) -> Generator[anthropic.Anthropic]:
    with anthropic_client(mesh) as client:
        yield client


@pytest.fixture
def gpt(mesh: Mesh) -> Generator[openai.OpenAI]:
    with openai_client(mesh) as client:
        yield client


def only(mesh: Mesh, name: str) -> Seen:
    """Return the one request that a host saw; it came with a token and with no other key."""
    (seen,) = mesh.sims[name].seen
    assert (seen.method, seen.status) == ("POST", 200)
    assert seen.headers["authorization"] == "Bearer ***"
    assert not {"x-api-key", "x-goog-api-key", "api-key"} & seen.headers.keys()
    return seen


def body_of(seen: Seen) -> Mapping[str, object]:
    return cast("Mapping[str, object]", seen.body)


@pytest.mark.parametrize("name", CLAUDE)
def test_claude_whole(claude: anthropic.Anthropic, mesh: Mesh, name: str) -> None:
    raw = claude.messages.with_raw_response.create(
        model=f"on/{name}",
        max_tokens=LIMIT,
        messages=[{"role": "user", "content": "good morning"}],
    )
    answer = raw.parse()
    assert [b.text for b in answer.content if isinstance(b, TextBlock)] == [
        "You said: good morning"
    ]
    assert answer.stop_reason == "end_turn"
    used = answer.usage
    assert (used.input_tokens, used.cache_read_input_tokens, used.output_tokens) == (16, 4, 4)
    record = mesh.record(raw.headers["x-request-id"])
    assert (record.usage.prompt_tokens, record.usage.completion_tokens) == (22, 4)
    assert (record.endpoint, record.usage_source) == (name, "reported")
    seen, (path, _, version) = only(mesh, name), CLAUDE[name]
    assert seen.path == path
    body = body_of(seen)
    assert body["anthropic_version"] == version
    assert body["max_tokens"] == LIMIT
    assert not {"model", "stream"} & body.keys()


@pytest.mark.parametrize("name", CLAUDE)
def test_claude_streamed(claude: anthropic.Anthropic, mesh: Mesh, name: str) -> None:
    with claude.messages.stream(
        model=f"on/{name}",
        max_tokens=LIMIT,
        messages=[{"role": "user", "content": "say: one two three"}],
    ) as stream:
        assert "".join(stream.text_stream) == "one two three"
        final = stream.get_final_message()
        request_id = stream.response.headers["x-request-id"]
    assert (final.stop_reason, final.usage.output_tokens) == ("end_turn", 3)
    record = mesh.record(request_id)
    assert (record.usage.completion_tokens, record.usage_source) == (3, "reported")
    seen, (_, path, version) = only(mesh, name), CLAUDE[name]
    assert seen.path == path
    body = body_of(seen)
    assert body["anthropic_version"] == version
    assert "model" not in body
    # Amazon's path says it, Google's body does.
    assert body.get("stream") == (None if name == "bedrock-claude" else True)


@pytest.mark.parametrize("name", CLAUDE)
def test_claude_calls_a_tool_and_hears_its_result(
    claude: anthropic.Anthropic, mesh: Mesh, name: str
) -> None:
    messages: list[MessageParam] = [{"role": "user", "content": "what is it like?"}]
    with claude.messages.stream(
        model=f"on/{name}", max_tokens=LIMIT, messages=messages, tools=CLAUDE_TOOLS
    ) as stream:
        answer = stream.get_final_message()
    assert answer.stop_reason == "tool_use"
    (call,) = [b for b in answer.content if isinstance(b, ToolUseBlock)]
    assert (call.name, call.input) == ("call_weather", {"city": "text"})
    assert only(mesh, name).path == CLAUDE[name][1]
    messages.append({"role": "assistant", "content": answer.content})
    messages.append(
        {
            "role": "user",
            "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "rain"}],
        }
    )
    after = claude.messages.create(
        model=f"on/{name}", max_tokens=LIMIT, messages=messages, tools=CLAUDE_TOOLS
    )
    assert [b.text for b in after.content if isinstance(b, TextBlock)] == ["result: rain"]


@pytest.mark.parametrize("name", CLAUDE)
def test_what_fails_midway_is_raised(claude: anthropic.Anthropic, mesh: Mesh, name: str) -> None:
    mesh.sims[name].queued.append(Faults(error_after=8, pace_s=0.002))
    told: list[str] = []
    with (
        claude.messages.stream(
            model=f"on/{name}",
            max_tokens=LIMIT,
            messages=[{"role": "user", "content": "say: " + "a " * 40 + "end"}],
        ) as stream,
        pytest.raises(anthropic.APIError),
    ):
        told.extend(stream.text_stream)
    text = "".join(told)
    assert text.startswith("a a")
    assert "end" not in text


@pytest.mark.parametrize("name", PATHS)
def test_openai_whole(gpt: openai.OpenAI, mesh: Mesh, name: str) -> None:
    raw = gpt.chat.completions.with_raw_response.create(
        model=f"on/{name}",
        messages=[{"role": "user", "content": "good morning"}],
        max_tokens=50,
    )
    answer = raw.parse()
    assert answer.choices[0].message.content == "You said: good morning"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (22, 4)
    record = mesh.record(raw.headers["x-request-id"])
    assert (record.endpoint, record.usage_source) == (name, "reported")
    seen = only(mesh, name)
    assert seen.path == PATHS[name][0]


def test_bytedance_is_told_the_limit_in_its_own_word(
    claude: anthropic.Anthropic, mesh: Mesh
) -> None:
    answer = claude.messages.create(
        model="on/bytedance",
        max_tokens=50,
        messages=[{"role": "user", "content": "good morning"}],
    )
    assert [b.text for b in answer.content if isinstance(b, TextBlock)] == [
        "You said: good morning"
    ]
    body = body_of(only(mesh, "bytedance"))
    assert (body["model"], body["max_completion_tokens"]) == (HOSTS["bytedance"].chat, 50)
    assert "max_tokens" not in body


@pytest.mark.parametrize("name", PATHS)
def test_openai_streamed(gpt: openai.OpenAI, mesh: Mesh, name: str) -> None:
    with gpt.chat.completions.create(
        model=f"on/{name}",
        messages=[{"role": "user", "content": "say: one two three"}],
        stream=True,
        stream_options={"include_usage": True},
    ) as stream:
        chunks = list(stream)
    choices = [chunk.choices[0] for chunk in chunks if chunk.choices]
    assert "".join(c.delta.content or "" for c in choices) == "one two three"
    assert [c.finish_reason for c in choices if c.finish_reason] == ["stop"]
    assert [c.usage.completion_tokens for c in chunks if c.usage] == [3]
    seen = only(mesh, name)
    assert seen.path == PATHS[name][1]
    assert seen.query == ({"alt": "sse"} if name == "vertex-gemini" else {})


@pytest.mark.parametrize("name", PATHS)
def test_openai_calls_a_tool(gpt: openai.OpenAI, mesh: Mesh, name: str) -> None:
    answer = gpt.chat.completions.create(
        model=f"on/{name}",
        messages=[{"role": "user", "content": "what is it like?"}],
        tools=[{"type": "function", "function": {"name": "call_weather", "parameters": SCHEMA}}],
    )
    assert answer.choices[0].finish_reason == "tool_calls"
    (call,) = answer.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert call.function.name == "call_weather"
    assert orjson.loads(call.function.arguments) == {"city": "text"}
    assert only(mesh, name).path == PATHS[name][0]
