"""What a host is sent, feature by feature, checked by the SDK's own types."""

from typing import Any

import orjson
import pytest
from openai.types.responses.response_create_params import ResponseCreateParams
from pydantic import TypeAdapter

from tests.fakes.responses_wire import TARGET
from weftline_core.chat.conversation import (
    AnswerFormat,
    Conversation,
    Effort,
    Thinking,
    Tool,
    ToolChoice,
    Turn,
)
from weftline_core.chat.features import Feature as F  # noqa: N817  # as in the table of losses
from weftline_core.chat.parts import (
    Foreign,
    Media,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from weftline_core.desired import ReasoningStyle
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.losses import RESPONSES
from weftline_core.dialects.responses.request_read import read_request
from weftline_core.dialects.responses.request_write import write_request

PARAMS: TypeAdapter[Any] = TypeAdapter(ResponseCreateParams)
TURNS = [Turn(role="user", parts=[Text(text="hi")])]
TOOLS = [Tool(name="f", strict=True)]


def write(target: Target = TARGET, **fields: Any) -> dict[str, Any]:
    body = write_request(Conversation(turns=TURNS, **fields), target)
    PARAMS.validate_python(body)
    return body


def test_a_plain_request_says_little_and_is_not_kept() -> None:
    assert write() == {
        "model": "gpt-host",
        "store": False,
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "hi"}]}],
    }


CARRIED: list[tuple[F | None, dict[str, Any], dict[str, Any]]] = [
    (None, {"stream": True}, {"stream": True}),
    (None, {"max_tokens": 17}, {"max_output_tokens": 17}),
    (None, {"max_tokens": 1}, {"max_output_tokens": 16}),
    (None, {"system": [Text(text="a"), Text(text="b")]}, {"instructions": "a\n\nb"}),
    (F.TEMPERATURE, {"temperature": 0.0}, {"temperature": 0.0}),
    (F.TOP_P, {"top_p": 0.5}, {"top_p": 0.5}),
    (
        F.LOGPROBS,
        {"logprobs": 2},
        {"top_logprobs": 2, "include": ["message.output_text.logprobs"]},
    ),
    (F.JSON_OBJECT, {"format": AnswerFormat()}, {"text": {"format": {"type": "json_object"}}}),
    (
        F.JSON_SCHEMA,
        {"format": AnswerFormat(schema={"type": "object"}, strict=True)},
        {
            "text": {
                "format": {
                    "type": "json_schema",
                    "name": "answer",
                    "schema": {"type": "object"},
                    "strict": True,
                }
            }
        },
    ),
    (F.VERBOSITY, {"verbosity": "low"}, {"text": {"verbosity": "low"}}),
    (
        F.REASONING_EFFORT,
        {"thinking": Thinking(effort="low")},
        {"reasoning": {"effort": "low"}, "include": ["reasoning.encrypted_content"]},
    ),
    (
        F.REASONING_SHOWN,
        {"thinking": Thinking(shown=True)},
        {"reasoning": {"summary": "auto"}},
    ),
    (F.USER_ID, {"user_id": "u"}, {"safety_identifier": "u"}),
    (F.CACHE_KEY, {"cache_key": "k"}, {"prompt_cache_key": "k"}),
    (F.METADATA, {"metadata": {"a": "b"}}, {"metadata": {"a": "b"}}),
    (F.SERVICE_TIER, {"service_tier": "flex"}, {"service_tier": "flex"}),
    (
        F.TOOL_CHOICE,
        {"tools": TOOLS, "tool_choice": ToolChoice(mode="any")},
        {"tool_choice": "required"},
    ),
    (F.TOOL_SERIAL, {"tools": TOOLS, "parallel_tools": False}, {"parallel_tool_calls": False}),
]


@pytest.mark.parametrize(("feature", "fields", "written"), CARRIED)
def test_what_is_carried_is_written_unless_the_model_refuses_it(
    feature: F | None, fields: dict[str, Any], written: dict[str, Any]
) -> None:
    style: ReasoningStyle | None = "effort" if feature is F.REASONING_SHOWN else None
    body = write(Target(model="m", reasoning=style), **fields)
    assert {name: body[name] for name in written} == written
    if feature is not None:
        assert feature not in RESPONSES
        refuses = frozenset((feature.value,))
        without = write(Target(model="m", reasoning=style, refuses=refuses), **fields)
        assert not without.keys() & written.keys()


@pytest.mark.parametrize(
    ("style", "effort", "told"),
    [
        (None, None, None),
        ("effort", None, {"summary": "auto"}),
        (None, "low", {"effort": "low", "summary": "auto"}),
    ],
)
def test_thoughts_are_asked_for_where_there_are_any(
    style: ReasoningStyle | None, effort: Effort | None, told: object
) -> None:
    thinking = Thinking(effort=effort, shown=True)
    body = write(Target(model="m", reasoning=style), thinking=thinking)
    assert body.get("reasoning") == told


def user(*parts: Part, name: str | None = None) -> dict[str, Any]:
    return {"turns": [Turn(role="user", parts=list(parts), name=name), *TURNS]}


def history(*parts: Part, results: tuple[Part, ...] = ()) -> dict[str, Any]:
    said = Turn(role="assistant", parts=list(parts))
    return {"turns": [said, Turn(role="tool", parts=list(results)), *TURNS]}


CALL = ToolCall(id="c", name="f", arguments="{}")
IMAGE = Media(kind="image", mime="image/png", data="QQ")
# What stands in turns and tools: a word of what is written for it, or None where it is lost.
PARTS: list[tuple[F, dict[str, Any], str | None]] = [
    (F.IMAGE, user(IMAGE), "data:image/png;base64,QQ"),
    (F.IMAGE_URL, user(Media(kind="image", url="https://a/b")), "https://a/b"),
    (F.IMAGE_DETAIL, user(Media(kind="image", url="u", detail="low")), '"low"'),
    (F.FILE, user(Media(kind="file", mime="text/csv", data="QQ")), "file.csv"),
    (F.FILE_URL, user(Media(kind="file", url="https://a/b")), "https://a/b"),
    (F.LATE_SYSTEM, {"turns": [*TURNS, Turn(role="system", parts=[Text(text="now")])]}, '"system"'),
    (F.PREFILL, {"turns": [*TURNS, Turn(role="assistant", parts=[Text(text="so")])]}, '"so"'),
    (F.TOOLS, {"tools": TOOLS}, '"function"'),
    (F.TOOL_STRICT, {"tools": TOOLS}, '"strict":true'),
    (F.TOOL_FREE_TEXT, {"tools": [Tool(name="sh", free_text=True)]}, '"custom"'),
    (
        F.TOOL_SUBSET,
        {"tools": TOOLS, "tool_choice": ToolChoice(mode="auto", names=("f",))},
        "allowed_tools",
    ),
    (
        F.TOOL_RESULT_MEDIA,
        history(CALL, results=(ToolResult(call_id="c", name="f", parts=[IMAGE]),)),
        "input_image",
    ),
    (F.AUDIO, user(Media(kind="audio", mime="audio/wav", data="SECRET")), None),
    (F.VIDEO, user(Media(kind="video", url="SECRET")), None),
    (F.FILE_ID, user(Media(kind="file", file_id="SECRET")), None),
    (F.SPEAKER, user(Text(text="a"), name="SECRET"), None),
    (F.CACHE_HINT, user(Text(text="a", cache="1h")), None),
    (F.FOREIGN_PART, user(Foreign(origin="messages", value={"a": "SECRET"})), None),
    (F.REASONING_REPLAY, history(Reasoning(text="SECRET", origin="messages")), None),
    (
        F.TOOL_RESULT_ERROR,
        history(CALL, results=(ToolResult(call_id="c", name="f", parts=[], is_error=True),)),
        None,
    ),
]


@pytest.mark.parametrize(("feature", "fields", "written"), PARTS)
def test_what_stands_in_turns_goes_by_the_table(
    feature: F, fields: dict[str, Any], written: str | None
) -> None:
    whole: dict[str, Any] = {"turns": TURNS, **fields}
    body = write_request(Conversation(**whole), TARGET)
    PARAMS.validate_python(body)
    data = orjson.dumps(body).decode()
    assert (feature in RESPONSES) == (written is None)
    assert written is None or written in data
    for lost in ("SECRET", "cache", "is_error", "1h"):
        assert lost not in data


def test_every_feature_is_tried() -> None:
    tried = {feature for feature, _, _ in CARRIED} | {feature for feature, _, _ in PARTS}
    fields = {
        F.TOP_K, F.SEED, F.STOP, F.FREQUENCY_PENALTY, F.PRESENCE_PENALTY, F.LOGIT_BIAS, F.CHOICES,
        F.REASONING_BUDGET, F.STORE,
    }  # fmt: skip
    # A conversation has no place for these; their readers only note them.
    noted = {F.PREDICTION, F.AUDIO_OUT, F.IMAGE_OUT, F.HOSTED_TOOL, F.SAFETY, F.UNKNOWN}
    embeddings = {F.TOKENS, F.DIMENSIONS, F.PURPOSE, F.TITLE}
    assert tried - {None} | fields | noted == set(F) - embeddings
    assert fields | noted <= set(RESPONSES)


@pytest.mark.parametrize(
    "fields",
    [
        {"top_k": 3},
        {"seed": 3},
        {"stop": ("x",)},
        {"frequency_penalty": 1.0},
        {"presence_penalty": 1.0},
        {"logit_bias": {"1": 2.0}},
        {"choices": 2},
        {"thinking": Thinking(budget_tokens=1024)},
        {"store": True},
        {"thinking": Thinking()},
        {"parallel_tools": False, "tool_choice": ToolChoice(mode="none")},
    ],
)
def test_what_is_lost_is_left_out(fields: dict[str, Any]) -> None:
    assert write(**fields) == write()


def test_strictness_goes_where_it_is_refused() -> None:
    assert write(tools=TOOLS)["tools"][0]["strict"] is True
    refusing = Target(model="m", refuses=frozenset(("tool_strict",)))
    assert write(refusing, tools=TOOLS)["tools"][0]["strict"] is False


def test_a_subset_of_tools_is_named() -> None:
    choice = ToolChoice(mode="auto", names=("f",))
    assert write(tools=TOOLS, tool_choice=choice)["tool_choice"] == {
        "type": "allowed_tools",
        "mode": "auto",
        "tools": [{"type": "function", "name": "f"}],
    }


def test_thoughts_are_asked_for_of_a_model_that_thinks_unasked() -> None:
    body = write(Target(model="m", reasoning="effort"))
    assert body["include"] == ["reasoning.encrypted_content"]
    off = write(Target(model="m", reasoning="effort"), thinking=Thinking(effort="none"))
    assert off["reasoning"] == {"effort": "none"}
    assert "include" not in off


@pytest.mark.parametrize(("tokens", "effort"), [(1, "low"), (2500, "medium"), (99_999, "high")])
def test_a_budget_becomes_an_effort_that_every_model_knows(tokens: int, effort: Effort) -> None:
    body = write(
        Target(model="m", reasoning="effort"), thinking=Thinking(budget_tokens=tokens, shown=True)
    )
    assert body["reasoning"] == {"effort": effort, "summary": "auto"}
    assert body["include"] == ["reasoning.encrypted_content"]


def test_a_budget_is_left_out_where_efforts_are_refused() -> None:
    refusing = Target(model="m", reasoning="effort", refuses=frozenset({F.REASONING_EFFORT}))
    assert "reasoning" not in write(refusing, thinking=Thinking(budget_tokens=5000))


def test_system_words_alone_are_an_input() -> None:
    body = write_request(Conversation(system=[Text(text="be short")]), TARGET)
    assert body["input"] == [{"role": "system", "content": "be short"}]
    assert "instructions" not in body


def test_what_a_client_wrote_comes_out_with_the_same_meaning() -> None:
    body: dict[str, object] = {
        "model": "m",
        "instructions": "be short",
        "input": [
            {"role": "user", "content": "add"},
            {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "gA"},
            {"role": "assistant", "content": "wait"},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "4"},
            {"role": "system", "content": "now"},
        ],
        "tools": [
            {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": True}
        ],
        "tool_choice": {"type": "function", "name": "f"},
        "reasoning": {"effort": "high", "summary": "auto"},
        "max_output_tokens": 77,
    }
    once = read_request(body)
    written = write_request(once, TARGET)
    PARAMS.validate_python(written)
    again = read_request(written)
    once.paths, again.paths = {}, {}
    assert again == once


def conversation_of_2_kb() -> dict[str, object]:
    items: list[dict[str, object]] = [{"role": "user", "content": "why? " * 60}]
    for i in range(3):
        more: list[dict[str, object]] = [
            {"type": "function_call", "call_id": f"c{i}", "name": "f", "arguments": '{"a": 1}'},
            {"type": "function_call_output", "call_id": f"c{i}", "output": "x" * 200},
        ]
        items += more
    items.append({"role": "user", "content": [{"type": "input_text", "text": "go on " * 40}]})
    tool: dict[str, object] = {
        "type": "function",
        "name": "f",
        "parameters": {"type": "object", "properties": {}},
    }
    return {"model": "m", "input": items, "tools": [tool], "temperature": 0.5, "stream": True}


def test_a_usual_request_goes_through() -> None:
    found = write_request(read_request(conversation_of_2_kb()), TARGET)
    kinds = [turn.role for turn in read_request(found).turns]
    assert kinds == ["user", *["assistant", "tool"] * 3, "user"]


def test_results_without_tools_are_still_told() -> None:
    call = ToolCall(id="c", name="f", arguments="{}")
    result = ToolResult(call_id="c", name="f", parts=[Text(text="4")])
    turns = [Turn(role="assistant", parts=[call]), Turn(role="tool", parts=[result])]
    body = write_request(Conversation(turns=turns), TARGET)
    PARAMS.validate_python(body)
    assert "tools" not in body
