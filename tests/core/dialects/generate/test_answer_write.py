"""Whole answers for clients."""

from typing import cast

import orjson
import pytest

from weftline_core.chat.answer import Answer, Choice, Citation, Stop, TokenLogprob
from weftline_core.chat.conversation import Conversation, Thinking
from weftline_core.chat.parts import Media, Part, Reasoning, Refusal, Text, ToolCall
from weftline_core.dialects.dialect import Echo
from weftline_core.dialects.generate.answer_read import read_answer
from weftline_core.dialects.generate.answer_write import reason_for, write_answer
from weftline_core.usage import Usage

Json = dict[str, object]


def echo(shown: bool | None = True) -> Echo:
    asked = Conversation(thinking=Thinking(shown=shown))
    return Echo(request_id="r1", model="m", created_unix_s=0, body={}, asked=asked)


def candidate(*parts: Part, stop: Stop = Stop.END, shown: bool | None = True) -> Json:
    answer = Answer(choices=[Choice(parts=list(parts), stop=stop)])
    body = orjson.loads(write_answer(answer, echo(shown)))
    return cast("list[Json]", body["candidates"])[0]


def parts(*given: Part, shown: bool | None = True) -> object:
    content = candidate(*given, shown=shown)["content"]
    return cast("Json", content)["parts"]


def test_a_whole_answer() -> None:
    answer = Answer(
        id="theirs",
        model="their-model",
        choices=[
            Choice(
                parts=[Text(text="a")],
                stop=Stop.LENGTH,
                citations=[Citation(url="u")],
                logprobs=[TokenLogprob(token="a", logprob=-1.0)],
            ),
            Choice(parts=[], stop=Stop.FILTERED),
        ],
        usage=Usage(5, 7, cache_read_tokens=2, reasoning_tokens=3),
    )
    assert orjson.loads(write_answer(answer, echo())) == {
        "candidates": [
            {
                "content": {"parts": [{"text": "a"}], "role": "model"},
                "finishReason": "MAX_TOKENS",
                "index": 0,
                "groundingMetadata": {"groundingChunks": [{"web": {"uri": "u", "title": "u"}}]},
                "logprobsResult": {
                    "chosenCandidates": [{"token": "a", "logProbability": -1.0}],
                    "topCandidates": [{"candidates": []}],
                },
            },
            {"content": {"parts": [], "role": "model"}, "finishReason": "SAFETY", "index": 1},
        ],
        "usageMetadata": {
            "promptTokenCount": 5,
            "candidatesTokenCount": 4,
            "totalTokenCount": 12,
            "thoughtsTokenCount": 3,
            "cachedContentTokenCount": 2,
        },
        "modelVersion": "m",
        "responseId": "r1",
    }


WRITTEN: list[tuple[Part, list[Json]]] = [
    (Refusal(text="no"), [{"text": "no"}]),
    (
        Media(kind="image", mime="image/png", data="x"),
        [{"inlineData": {"mimeType": "image/png", "data": "x"}}],
    ),
    (
        ToolCall(id="c", name="f", arguments="", signature="s"),
        [{"functionCall": {"id": "c", "name": "f", "args": {}}, "thoughtSignature": "s"}],
    ),
    (
        Reasoning(text="hm", signature="s", origin="generate"),
        [{"text": "hm", "thought": True, "thoughtSignature": "s"}],
    ),
    (
        Reasoning(text="hm", signature="s", origin="messages"),
        [{"text": "hm", "thought": True}],
    ),
    (Reasoning(text="", redacted="x", origin="messages"), []),
]


@pytest.mark.parametrize(("part", "written"), WRITTEN)
def test_a_part_is_written(part: Part, written: object) -> None:
    assert parts(part) == written


def test_thoughts_are_shown_only_when_asked_for() -> None:
    thought = Reasoning(text="hm", signature="s", origin="generate")
    assert parts(thought, shown=None) == [{"text": "", "thoughtSignature": "s"}]
    unasked = Echo(request_id="r", model="m", created_unix_s=0, body={})
    answer = Answer(choices=[Choice(parts=[thought], stop=Stop.END)])
    assert b'"thought":true' in write_answer(answer, unasked)


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        (Stop.TOOL_CALLS, "MALFORMED_FUNCTION_CALL"),
        # A limit cut the arguments; the model is not to blame.
        (Stop.LENGTH, "MAX_TOKENS"),
    ],
)
def test_arguments_that_are_no_object_are_said_to_be_none(stop: Stop, reason: str) -> None:
    found = candidate(ToolCall(id="c", name="f", arguments='{"a'), stop=stop)
    assert found["finishReason"] == reason
    assert found["content"] == {"parts": [], "role": "model"}
    assert reason_for(stop, malformed=True) == reason


def test_a_refusal_is_no_plain_end() -> None:
    assert candidate(Refusal(text="no"))["finishReason"] == "SAFETY"


def test_what_is_written_is_read_again() -> None:
    answer = Answer(
        id="r1",
        model="m",
        choices=[
            Choice(
                parts=[
                    Reasoning(text="hm", signature="s", origin="generate"),
                    Text(text="a"),
                    ToolCall(id="c", name="f", arguments='{"a":[1,"\u2028"]}', signature="t"),
                ],
                stop=Stop.TOOL_CALLS,
                citations=[Citation(url="u", title="t")],
            )
        ],
        usage=Usage(5, 7, reasoning_tokens=3, audio_prompt_tokens=1),
    )
    assert read_answer(write_answer(answer, echo())) == answer
