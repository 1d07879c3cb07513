"""The back of generate."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.chat.conversation import Conversation, Thinking, Tool, Turn
from weftline_core.chat.parts import Media, Part, Text, ToolCall, ToolResult
from weftline_core.dialects.dialect import (
    AnswerIsError,
    ChatBack,
    CountBack,
    NotAnAnswer,
    PathArgs,
    Target,
)
from weftline_core.dialects.generate.back import BACK, GenerateBack
from weftline_core.dialects.generate.front import FRONT
from weftline_core.dialects.losses import GENERATE
from weftline_core.failures import Failure
from weftline_core.usage import Usage

Json = dict[str, object]
TARGET = Target(model="gemini-3/x", reasoning="level")
VERTEX = GenerateBack(models_path="/publishers/google/models/")


def test_it_is_a_back() -> None:
    chat: ChatBack = BACK
    count: CountBack = BACK
    assert isinstance(chat, ChatBack)
    assert isinstance(count, CountBack)
    assert (BACK.framing, BACK.losses) == ("sse", GENERATE)


def test_the_model_is_one_segment_of_the_path() -> None:
    assert BACK.path(TARGET, stream=False) == "/models/gemini-3%2Fx:generateContent"
    assert BACK.path(TARGET, stream=True) == "/models/gemini-3%2Fx:streamGenerateContent?alt=sse"
    assert BACK.count_path(TARGET) == "/models/gemini-3%2Fx:countTokens"
    there = "/publishers/google/models/m:generateContent"
    assert VERTEX.path(Target(model="m"), stream=False) == there


def test_an_own_request_goes_on_as_it_is() -> None:
    body: Json = {"contents": [], "brandNew": 1}
    BACK.own(body, TARGET, stream=True)
    assert body == {"contents": [], "brandNew": 1}


@pytest.mark.parametrize(
    ("body", "usage"),
    [
        (b'{"candidates":[{}]}', None),
        (
            b'{"candidates":[{}],"usageMetadata":{"promptTokenCount":3,"thoughtsTokenCount":2}}',
            Usage(3, 2, reasoning_tokens=2),
        ),
        (b'{"promptFeedback":{},"usageMetadata":{"promptTokenCount":3}}', Usage(3, 0)),
    ],
)
def test_usage_is_found_in_a_whole_answer(body: bytes, usage: Usage | None) -> None:
    assert BACK.check(body) == usage


def test_an_answer_that_is_none_never_passes() -> None:
    for body in (b"{}", b"no", b'{"candidates":[]}', b"[]"):
        with pytest.raises(NotAnAnswer):
            BACK.check(body)
    with pytest.raises(AnswerIsError) as caught:
        BACK.check(b'{"error":{"status":"INTERNAL"}}')
    assert caught.value.verdict.failure is Failure.SERVER_ERROR


def test_errors_are_googles() -> None:
    assert BACK.verdict(429, {}, b"", 0.0).failure is Failure.RATE_LIMITED


def test_streams_have_a_reader_and_a_tap() -> None:
    end = b'data: {"candidates":[{"finishReason":"STOP"}]}\n\n'
    reader, tap = BACK.reader(), BACK.tap(usage_wanted=False)
    assert len(reader.read(end) + reader.end()) == 3
    assert tap.read(end) == end


def test_a_count_is_asked_for_all_of_the_request() -> None:
    bare: Json = {"contents": [1]}
    BACK.count_own(bare, TARGET)
    assert bare == {"contents": [1]}
    full: Json = {"contents": [1], "tools": []}
    BACK.count_own(full, TARGET)
    inner = {"model": "models/gemini-3/x", "contents": [1], "tools": []}
    assert full == {"generateContentRequest": inner}
    asked = Conversation(system=[Text(text="s")], turns=[user(Text(text="hi"))])
    assert "generateContentRequest" in BACK.count_write(asked, TARGET)


def test_a_count_is_read() -> None:
    assert BACK.count_read(b'{"totalTokens":31,"promptTokensDetails":[]}') == 31
    for body in (b"{}", b"no", b'{"totalTokens":"x"}', b'{"error":{}}'):
        with pytest.raises(NotAnAnswer):
            BACK.count_read(body)


def user(*parts: Part) -> Turn:
    return Turn(role="user", parts=list(parts))


WORDS = st.text(min_size=1, max_size=8)
USER = st.lists(
    st.builds(Text, text=WORDS)
    | st.builds(Media, kind=st.just("image"), mime=st.just("image/png"), data=st.just("eA==")),
    min_size=1,
    max_size=3,
).map(lambda parts: [Turn(role="user", parts=list(parts))])


@st.composite
def exchanges(draw: st.DrawFn) -> list[Turn]:
    """A call of the model's, and its answer."""
    args = draw(st.dictionaries(st.text(max_size=3), st.integers(0, 9), max_size=2))
    call_id = draw(st.uuids()).hex
    call = ToolCall(id=call_id, name="f", arguments=orjson.dumps(args).decode())
    result = ToolResult(
        call_id=call_id,
        name="f",
        parts=[Text(text=draw(WORDS))],
        is_error=draw(st.booleans()),
    )
    return [Turn(role="assistant", parts=[call]), Turn(role="tool", parts=[result])]


@given(
    system=st.lists(WORDS, max_size=2),
    start=USER,
    middle=st.lists(exchanges(), max_size=3),
    thinking=st.none() | st.builds(Thinking, effort=st.sampled_from(["low", "high"])),
    top_k=st.none() | st.integers(1, 9),
)
def test_a_request_keeps_its_meaning_there_and_back(
    system: list[str],
    start: list[Turn],
    middle: list[list[Turn]],
    thinking: Thinking | None,
    top_k: int | None,
) -> None:
    asked = Conversation(
        system=[Text(text=text) for text in system],
        turns=start + [turn for pair in middle for turn in pair],
        tools=[Tool(name="f", description="d", schema={"type": "object", "properties": {"a": {}}})],
        thinking=thinking,
        top_k=top_k,
    )
    body = orjson.loads(orjson.dumps(BACK.write(asked, Target(model="m", reasoning=None))))
    found = FRONT.conversation(FRONT.request(body, PathArgs(model="m")))
    found.paths = {}
    assert found == asked
