"""What clients ask for."""

import pytest

from weftline_core.chat.conversation import (
    AnswerFormat,
    Conversation,
    Thinking,
)
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Text
from weftline_core.dialects.generate.request_read import read_request
from weftline_core.errors import CallerError

Json = dict[str, object]
HELLO: Json = {"contents": [{"parts": [{"text": "hi"}]}]}
EMPTY: Json = {}
GC = "generationConfig"


def read(**more: object) -> Conversation:
    return read_request(HELLO | more, stream=False)


def config(**fields: object) -> Conversation:
    return read(generationConfig=fields)


def test_a_plain_request_uses_no_feature() -> None:
    found = read(
        systemInstruction={"parts": [{"text": "be"}, {"text": ""}, {"text": "kind"}]},
        toolConfig={"functionCallingConfig": {"mode": "AUTO"}},
        generationConfig={
            "maxOutputTokens": 9,
            "candidateCount": 1,
            "responseMimeType": "text/plain",
            "responseModalities": ["TEXT"],
            "thinkingConfig": {"thinkingBudget": -1, "includeThoughts": False},
        },
        safetySettings=[],
        cachedContent=None,
    )
    assert found.system == [Text(text="be"), Text(text="kind")]
    assert (found.max_tokens, found.thinking) == (9, Thinking())
    assert (found.paths, found.unknown) == ({}, ())


def test_a_stream_wants_usage() -> None:
    found = read_request(HELLO, stream=True)
    assert (found.stream, found.usage_in_stream) == (True, True)


@pytest.mark.parametrize(
    ("field", "value", "name", "feature", "read_as"),
    [
        ("temperature", 1, "temperature", Feature.TEMPERATURE, 1.0),
        ("topP", 0.5, "top_p", Feature.TOP_P, 0.5),
        ("topK", 40.0, "top_k", Feature.TOP_K, 40),
        ("seed", 7, "seed", Feature.SEED, 7),
        ("presencePenalty", 0.1, "presence_penalty", Feature.PRESENCE_PENALTY, 0.1),
        ("frequencyPenalty", 0.1, "frequency_penalty", Feature.FREQUENCY_PENALTY, 0.1),
        ("candidateCount", 2, "choices", Feature.CHOICES, 2),
        ("stopSequences", ["a"], "stop", Feature.STOP, ("a",)),
    ],
)
def test_sampling(field: str, value: object, name: str, feature: Feature, read_as: object) -> None:
    found = config(**{field: value})
    assert getattr(found, name) == read_as
    assert found.paths == {feature: f"{GC}.{field}"}


def test_log_probabilities() -> None:
    assert config(responseLogprobs=True, logprobs=3).logprobs == 3
    assert config(responseLogprobs=True).logprobs == 0
    assert config(logprobs=3).logprobs is None


@pytest.mark.parametrize(
    ("given", "thinking", "feature"),
    [
        ({"thinkingBudget": 0}, Thinking(effort="none"), Feature.REASONING_EFFORT),
        ({"thinkingBudget": 99}, Thinking(budget_tokens=99), Feature.REASONING_BUDGET),
        ({"thinkingLevel": "xhigh"}, Thinking(effort="xhigh"), Feature.REASONING_EFFORT),
        ({"includeThoughts": True}, Thinking(shown=True), Feature.REASONING_SHOWN),
    ],
)
def test_thinking(given: Json, thinking: Thinking, feature: Feature) -> None:
    found = config(thinkingConfig=given)
    assert found.thinking == thinking
    (name,) = given
    assert found.paths == {feature: f"{GC}.thinkingConfig.{name}"}


@pytest.mark.parametrize(
    ("given", "form", "feature"),
    [
        ({"responseMimeType": "application/json"}, AnswerFormat(), Feature.JSON_OBJECT),
        (
            {"responseSchema": {"type": "STRING"}},
            AnswerFormat(schema={"type": "string"}),
            Feature.JSON_SCHEMA,
        ),
        (
            {"responseMimeType": "application/json", "responseJsonSchema": {"type": "string"}},
            AnswerFormat(schema={"type": "string"}),
            Feature.JSON_SCHEMA,
        ),
    ],
)
def test_the_form_of_the_answer(given: Json, form: AnswerFormat, feature: Feature) -> None:
    found = config(**given)
    assert found.format == form
    assert set(found.paths) == {feature}


@pytest.mark.parametrize(
    ("given", "feature", "path"),
    [
        ({"responseModalities": ["TEXT", "Image"]}, Feature.IMAGE_OUT, "responseModalities"),
        ({"responseModalities": ["AUDIO"]}, Feature.AUDIO_OUT, "responseModalities"),
        ({"speechConfig": {"a": 1}}, Feature.UNKNOWN, "speechConfig"),
        ({"imageConfig": {"a": 1}}, Feature.UNKNOWN, "imageConfig"),
        ({"responseMimeType": "text/x.enum"}, Feature.FOREIGN_PART, "responseMimeType"),
    ],
)
def test_other_forms_are_features(given: Json, feature: Feature, path: str) -> None:
    assert config(**given).paths == {feature: f"{GC}.{path}"}


@pytest.mark.parametrize(
    ("field", "value", "feature"),
    [
        ("safetySettings", [{"category": "X"}], Feature.SAFETY),
        ("cachedContent", "cachedContents/x", Feature.FOREIGN_PART),
        ("continuationToken", "x", Feature.FOREIGN_PART),
        ("serviceTier", "STANDARD", Feature.SERVICE_TIER),
        ("labels", {"a": "b"}, Feature.METADATA),
        ("store", False, Feature.STORE),
        ("brandNew", 1, Feature.UNKNOWN),
    ],
)
def test_wishes(field: str, value: object, feature: Feature) -> None:
    found = read(**{field: value})
    assert found.paths == {feature: field}
    assert found.service_tier == ("default" if field == "serviceTier" else None)


BAD: list[tuple[Json, str | None]] = [
    ({}, None),
    ({"contents": []}, "contents"),
    ({"contents": [{"parts": []}]}, "contents"),
    ({"contents": "x"}, "contents"),
    (HELLO | {"contents": [{"parts": [{"text": 3}]}]}, "contents[0].parts[0].text"),
    (HELLO | {"systemInstruction": {"parts": [{}]}}, "systemInstruction.parts[0]"),
    (HELLO | {GC: {"maxOutputTokens": 0}}, f"{GC}.maxOutputTokens"),
    (HELLO | {GC: {"candidateCount": 0}}, f"{GC}.candidateCount"),
    (HELLO | {GC: {"temperature": "x"}}, f"{GC}.temperature"),
    (HELLO | {GC: {"responseLogprobs": True, "logprobs": -1}}, f"{GC}.logprobs"),
    (
        HELLO | {GC: {"thinkingConfig": {"thinkingLevel": "LOW", "thinkingBudget": 1}}},
        f"{GC}.thinkingConfig.thinkingBudget",
    ),
    (
        HELLO | {GC: {"thinkingConfig": {"thinkingLevel": "SOME"}}},
        f"{GC}.thinkingConfig.thinkingLevel",
    ),
    (
        HELLO | {GC: {"thinkingConfig": {"thinkingBudget": -2}}},
        f"{GC}.thinkingConfig.thinkingBudget",
    ),
]


@pytest.mark.parametrize(("body", "param"), BAD)
def test_a_mistake_is_told_with_its_path(body: Json, param: str | None) -> None:
    with pytest.raises(CallerError) as caught:
        read_request(body, stream=False)
    assert caught.value.param == param
