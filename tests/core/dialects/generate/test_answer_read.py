"""Whole answers of hosts."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.chat.answer import Choice, Citation, Stop, TokenLogprob
from weftline_core.chat.parts import Media, Reasoning, Text, ToolCall
from weftline_core.dialects.dialect import AnswerIsError, NotAnAnswer
from weftline_core.dialects.generate.answer_read import decoded, read_answer, usage_so_far
from weftline_core.dialects.generate.calls import minted_id
from weftline_core.failures import Failure
from weftline_core.usage import Usage
from weftline_core.verdict import Verdict

Json = dict[str, object]


def answer(
    *parts: Json, reason: str | None = "STOP", more: Json | None = None, **top: object
) -> bytes:
    candidate: Json = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    if reason is not None:
        candidate["finishReason"] = reason
    return orjson.dumps(
        {"candidates": [candidate | (more or {})], "responseId": "r", "modelVersion": "m"} | top
    )


def choice(*parts: Json, reason: str = "STOP", **more: object) -> Choice:
    return read_answer(answer(*parts, reason=reason, more=more)).choices[0]


def test_a_whole_answer() -> None:
    found = read_answer(
        answer(
            {"text": "hm", "thought": True, "thoughtSignature": "s1"},
            {"text": "a"},
            {"text": "b", "thoughtSignature": "s2"},
            {"inlineData": {"mimeType": "image/png", "data": "eA=="}},
            {"inlineData": {"mimeType": "image/png", "data": "eA=="}, "thought": True},
            {"executableCode": {"code": "1"}},
            usageMetadata={
                "promptTokenCount": 9,
                "candidatesTokenCount": 23,
                "thoughtsTokenCount": 185,
                "totalTokenCount": 217,
            },
        )
    )
    assert (found.id, found.model) == ("r", "m")
    assert found.usage == Usage(9, 208, reasoning_tokens=185)
    assert found.choices == [
        Choice(
            parts=[
                Reasoning(text="hm", signature="s1", origin="generate"),
                Text(text="ab"),
                Reasoning(text="", signature="s2", origin="generate"),
                Media(kind="image", mime="image/png", data="eA=="),
            ],
            stop=Stop.END,
        )
    ]


def test_calls_end_an_answer_with_calls() -> None:
    found = choice(
        {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "s"},
        {"functionCall": {"name": "f", "id": "own"}},
    )
    assert found.stop is Stop.TOOL_CALLS
    assert found.parts == [
        ToolCall(
            id=minted_id("r", 0, 0, "f", '{"a":1}'), name="f", arguments='{"a":1}', signature="s"
        ),
        ToolCall(id="own", name="f", arguments="{}"),
    ]


def test_a_limit_may_leave_no_text() -> None:
    body = b'{"candidates":[{"content":{"role":"model"},"finishReason":"MAX_TOKENS"}]}'
    assert read_answer(body).choices == [Choice(parts=[], stop=Stop.LENGTH)]


def test_a_blocked_prompt_is_a_filtered_answer() -> None:
    body = b'{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":4}}'
    found = read_answer(body)
    assert found.choices == [Choice(parts=[], stop=Stop.FILTERED)]
    assert found.usage == Usage(4, 0)


def test_a_chunk_keeps_the_searches_of_those_before_it() -> None:
    counts = {"promptTokenCount": 1}
    found = decoded(answer({"text": "a"}, usageMetadata=counts))
    assert not isinstance(found, Verdict)
    assert usage_so_far(found, None) == Usage(1, 0)
    assert usage_so_far(found, Usage(9, 9)) == Usage(1, 0)
    assert usage_so_far(found, Usage(9, 9, searches=2)) == Usage(1, 0, searches=2)
    silent = decoded(answer({"text": "a"}))
    assert not isinstance(silent, Verdict)
    assert usage_so_far(silent, Usage(9, 9, searches=2)) is None


def test_no_usage_is_not_zero() -> None:
    assert read_answer(answer({"text": "a"})).usage is None


def test_sources_and_searches() -> None:
    grounding: Json = {
        "webSearchQueries": ["a", "b"],
        "groundingChunks": [{"web": {"uri": "u1", "title": "t"}}, {"maps": {}}],
    }
    citations = {"citations": [{"uri": "u2", "startIndex": 3}, {"license": "x"}]}
    more: Json = {"groundingMetadata": grounding, "citationMetadata": citations}
    found = read_answer(answer({"text": "a"}, more=more, usageMetadata={"promptTokenCount": 1}))
    assert found.choices[0].citations == [Citation(url="u1", title="t"), Citation(url="u2")]
    assert found.usage == Usage(1, 0, searches=2)


def test_log_probabilities() -> None:
    result: Json = {
        "chosenCandidates": [{"token": "a", "logProbability": -0.5}, {"token": "b"}],
        "topCandidates": [{"candidates": [{"token": "c", "logProbability": -1.0}]}],
    }
    assert choice({"text": "ab"}, logprobsResult=result).logprobs == [
        TokenLogprob(token="a", logprob=-0.5, top=[TokenLogprob(token="c", logprob=-1.0)]),
        TokenLogprob(token="b", logprob=0.0),
    ]


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (b'{"error":{"code":503,"status":"UNAVAILABLE"}}', Failure.OVERLOADED),
        (b'[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}]', Failure.RATE_LIMITED),
        (answer({"text": "a"}, reason="MALFORMED_FUNCTION_CALL"), Failure.BROKEN),
        (answer(reason="MISSING_THOUGHT_SIGNATURE"), Failure.CALLER),
    ],
)
def test_an_error_with_status_200_is_one(body: bytes, failure: Failure) -> None:
    with pytest.raises(AnswerIsError) as caught:
        read_answer(body)
    assert caught.value.verdict.failure is failure


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"candidates":[]}',
        b'{"candidates":3}',
        answer({"text": "a"}, reason=None),
        answer({"text": "a"}, reason="FINISH_REASON_UNSPECIFIED"),
        answer({"text": 3}),
        answer({"functionCall": {"args": {}}}),
        answer({"text": "a"})[:-9],
        b'{"candidates":[{"content":{"parts":[{"text":"\xff"}]},"finishReason":"STOP"}]}',
        b'{"candidates":[{"finishReason":"STOP"}],"x":"\xff"}',
        b'{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":%b}}}]}}]}'
        % (b"[" * 400 + b"]" * 400),
        b'{"candidates":' + b"[" * 9999,
    ],
)
def test_what_is_no_answer_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        read_answer(body)


@given(st.binary())
def test_no_answer_is_too_odd(body: bytes) -> None:
    with pytest.raises(NotAnAnswer):
        read_answer(body)
