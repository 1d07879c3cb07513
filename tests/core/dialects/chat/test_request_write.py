"""Conversations, written as requests."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.chat.conversation import (
    AnswerFormat,
    Conversation,
    Effort,
    Thinking,
    Tool,
    ToolChoice,
    Turn,
)
from weftline_core.chat.effort import EFFORTS
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Text
from weftline_core.dialects.chat.call_ids import nine_letters
from weftline_core.dialects.chat.request_read import read_request
from weftline_core.dialects.chat.request_write import Manners, ask_stream, write_request
from weftline_core.dialects.dialect import Target

PLAIN = Manners()
TARGET = Target(model="there")
HI = [Turn(role="user", parts=[Text(text="hi")])]
F, G = Tool(name="f", schema={"type": "object"}, description="d", strict=True), Tool(name="g")


def write(target: Target = TARGET, manners: Manners = PLAIN, **fields: Any) -> dict[str, object]:
    return write_request(Conversation(turns=HI, **fields), target, manners)


def test_a_bare_request_has_nothing_but_its_words() -> None:
    assert write() == {"model": "there", "messages": [{"role": "user", "content": "hi"}]}


FIELDS: list[tuple[dict[str, Any], Feature, dict[str, object]]] = [
    ({"temperature": 0.0}, Feature.TEMPERATURE, {"temperature": 0.0}),
    ({"top_p": 0.5}, Feature.TOP_P, {"top_p": 0.5}),
    ({"seed": 0}, Feature.SEED, {"seed": 0}),
    ({"stop": ("x",)}, Feature.STOP, {"stop": ["x"]}),
    ({"frequency_penalty": 0.1}, Feature.FREQUENCY_PENALTY, {"frequency_penalty": 0.1}),
    ({"presence_penalty": 0.1}, Feature.PRESENCE_PENALTY, {"presence_penalty": 0.1}),
    ({"logit_bias": {"5": 1.0}}, Feature.LOGIT_BIAS, {"logit_bias": {"5": 1.0}}),
    ({"logprobs": 0}, Feature.LOGPROBS, {"logprobs": True}),
    ({"logprobs": 3}, Feature.LOGPROBS, {"logprobs": True, "top_logprobs": 3}),
    ({"choices": 2}, Feature.CHOICES, {"n": 2}),
    ({"verbosity": "low"}, Feature.VERBOSITY, {"verbosity": "low"}),
    ({"user_id": "u"}, Feature.USER_ID, {"user": "u"}),
    ({"service_tier": "flex"}, Feature.SERVICE_TIER, {"service_tier": "flex"}),
    ({"cache_key": "k"}, Feature.CACHE_KEY, {"prompt_cache_key": "k"}),
    ({"format": AnswerFormat()}, Feature.JSON_OBJECT, {"response_format": {"type": "json_object"}}),
    (
        {"format": AnswerFormat(schema={"type": "object"})},
        Feature.JSON_SCHEMA,
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": {"type": "object"}},
            }
        },
    ),
    (
        {"thinking": Thinking(effort="low")},
        Feature.REASONING_EFFORT,
        {"reasoning_effort": "low"},
    ),
    (
        {"tools": [G]},
        Feature.TOOLS,
        {"tools": [{"type": "function", "function": {"name": "g"}}]},
    ),
    (
        {"tools": [Tool(name="c", description="d", free_text=True)]},
        Feature.TOOL_FREE_TEXT,
        {"tools": [{"type": "custom", "custom": {"name": "c", "description": "d"}}]},
    ),
]


@pytest.mark.parametrize(("fields", "feature", "body"), FIELDS)
def test_each_field_is_written_unless_the_model_refuses_it(
    fields: dict[str, Any], feature: Feature, body: dict[str, object]
) -> None:
    assert write(**fields) == write() | body
    assert write(Target(model="there", refuses=frozenset({feature})), **fields) == write()


def test_what_the_dialect_cannot_carry_is_left_out() -> None:
    lost = write(top_k=5, metadata={"a": "b"}, store=True, thinking=Thinking(shown=True))
    assert lost == write()


def test_a_host_has_its_manners() -> None:
    manners = Manners(
        max_tokens="max_completion_tokens", user="safety_identifier", stream_options=False
    )
    told = write(manners=manners, max_tokens=5, user_id="u", stream=True)
    more = {"max_completion_tokens": 5, "safety_identifier": "u", "stream": True}
    assert told == write() | more
    plain = {"max_tokens": 5, "stream": True, "stream_options": {"include_usage": True}}
    assert write(max_tokens=5, stream=True) == write() | plain


def test_asking_for_a_stream_changes_no_object_of_the_clients() -> None:
    options = {"include_obfuscation": False}
    body: dict[str, object] = {"stream_options": options}
    ask_stream(body, PLAIN)
    assert body["stream_options"] == {"include_obfuscation": False, "include_usage": True}
    assert options == {"include_obfuscation": False}
    ask_stream(body, Manners(stream_options=False))
    assert body == {"stream": True}


@pytest.mark.parametrize(
    ("choice", "written", "tools"),
    [
        (ToolChoice(mode="auto"), "auto", ["f", "g"]),
        (ToolChoice(mode="any"), "required", ["f", "g"]),
        (ToolChoice(mode="none"), "none", ["f", "g"]),
        (
            ToolChoice(mode="one", names=("f",)),
            {"type": "function", "function": {"name": "f"}},
            ["f", "g"],
        ),
        (ToolChoice(mode="any", names=("g",)), "required", ["g"]),
    ],
)
def test_a_choice_is_written_and_a_subset_is_all_there_is(
    choice: ToolChoice, written: object, tools: list[str]
) -> None:
    told: Any = write(tools=[F, G], tool_choice=choice, parallel_tools=False)
    assert told["tool_choice"] == written
    assert [tool["function"]["name"] for tool in told["tools"]] == tools
    assert told["parallel_tool_calls"] is False
    serial = frozenset({Feature.TOOL_SERIAL, Feature.TOOL_CHOICE, Feature.TOOL_STRICT})
    bare: Any = write(Target(model="there", refuses=serial), tools=[F], tool_choice=choice)
    assert {"tool_choice", "parallel_tool_calls"}.isdisjoint(bare)
    assert "strict" not in str(bare)


def test_a_free_text_tool_is_chosen_as_such() -> None:
    custom = Tool(name="c", free_text=True)
    told = write(tools=[custom], tool_choice=ToolChoice(mode="one", names=("c",)))
    assert told["tool_choice"] == {"type": "custom", "custom": {"name": "c"}}


def test_the_beginning_of_an_answer_is_marked_where_a_host_wants_it() -> None:
    begun = Turn(role="assistant", parts=[Text(text="It is")])
    for turns, marked in ((HI, False), ([*HI, begun], True)):
        told = write_request(Conversation(turns=turns), TARGET, Manners(prefix="prefix"))
        assert ("'prefix': True" in str(told)) == marked
        assert "prefix" not in str(write_request(Conversation(turns=turns), TARGET, PLAIN))


@pytest.mark.parametrize("count", [0, 3])
def test_a_host_may_want_log_probabilities_as_a_number(count: int) -> None:
    told = write(manners=Manners(logprobs_number=True), logprobs=count)
    assert told["logprobs"] == count
    assert "top_logprobs" not in told


@pytest.mark.parametrize(
    ("thinking", "efforts", "written"),
    [
        (Thinking(effort="max"), EFFORTS, "max"),
        (Thinking(effort="max"), ("none", "low", "high"), "high"),
        (Thinking(effort="low"), ("none", "high"), "high"),
        (Thinking(effort="medium"), ("none", "low", "high"), "low"),
        (Thinking(effort="none"), ("low", "high"), "low"),
        (Thinking(effort="none"), ("none", "high"), "none"),
        (Thinking(effort="low"), ("none",), "none"),
        (Thinking(effort="low"), (), None),
        (Thinking(budget_tokens=1), EFFORTS, "low"),
        (Thinking(budget_tokens=2500), EFFORTS, "medium"),
        (Thinking(budget_tokens=99999), EFFORTS, "high"),
        (Thinking(), EFFORTS, None),
    ],
)
def test_an_effort_is_one_the_host_knows(
    thinking: Thinking, efforts: tuple[Effort, ...], written: str | None
) -> None:
    target = Target(model="there", reasoning="effort")
    told = write(target, Manners(efforts=efforts), thinking=thinking)
    assert told.get("reasoning_effort") == written


def test_a_budget_is_no_effort_for_models_that_may_know_none() -> None:
    assert write(thinking=Thinking(budget_tokens=5000)) == write()


def test_a_prefill_goes_where_it_is_refused() -> None:
    turns = [*HI, Turn(role="assistant", parts=[Text(text="Sure")])]
    refusing = Target(model="m", refuses=frozenset({Feature.PREFILL}))
    asked = Conversation(turns=turns)
    assert len(write_request(asked, TARGET, PLAIN)["messages"]) == 2  # type: ignore[arg-type]
    assert len(write_request(asked, refusing, PLAIN)["messages"]) == 1  # type: ignore[arg-type]


CALL: dict[str, Any] = {
    "id": "functions.f:0",
    "type": "function",
    "function": {"name": "f", "arguments": "{}"},
}
MESSAGES: list[dict[str, Any]] = [
    {"role": "user", "content": "hi"},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "see"},
            {"type": "image_url", "image_url": {"url": "https://x/a.png", "detail": "low"}},
            {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}},
        ],
        "name": "bob",
    },
    {"role": "assistant", "content": "ok"},
    {"role": "system", "content": "french"},
]


def test_calls_and_results_keep_naming_each_other() -> None:
    said = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    result = {"role": "tool", "tool_call_id": "functions.f:0", "content": "x"}
    asked = read_request({"messages": [MESSAGES[0], said, result]}, stream=False)
    told: Any = write_request(asked, TARGET, Manners(call_id=nine_letters))["messages"]
    assert told[2]["tool_call_id"] == told[1]["tool_calls"][0]["id"] == nine_letters(CALL["id"])


@given(
    st.lists(st.sampled_from(MESSAGES), max_size=5),
    st.fixed_dictionaries(
        {},
        optional={
            "temperature": st.floats(0, 2),
            "seed": st.integers(0, 99),
            "stop": st.lists(st.text(min_size=1, max_size=3), min_size=1, max_size=4),
            "max_tokens": st.integers(1, 999),
            "n": st.integers(2, 4),
            "tools": st.just(
                [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
            ),
            "reasoning_effort": st.sampled_from(EFFORTS),
            "response_format": st.just({"type": "json_object"}),
            "user": st.text(min_size=1, max_size=3),
            "parallel_tool_calls": st.just(value=True),
        },
    ),
)
def test_what_is_read_is_written_the_same(
    messages: list[dict[str, Any]], more: dict[str, Any]
) -> None:
    body: dict[str, object] = {"model": "there", "messages": [MESSAGES[0], *messages], **more}
    written = write_request(read_request(body, stream=False), TARGET, PLAIN)
    body.pop("parallel_tool_calls", None)
    assert written == body
