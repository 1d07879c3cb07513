"""The back as the mesh uses it, at Anthropic's own hosts and at the clouds."""

from typing import Any, TypeAlias

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.messages_stream import HELLO
from weftline_core.chat.conversation import Conversation, Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Text
from weftline_core.dialects.dialect import NO_ARGS, ChatBack, CountBack, NotAnAnswer, Target
from weftline_core.dialects.losses import MESSAGES
from weftline_core.dialects.messages.back import BACK, MessagesBack
from weftline_core.dialects.messages.front import FRONT
from weftline_core.failures import Failure
from weftline_core.usage import Usage

TARGET = Target(model="claude-5:0/x")
# As at a cloud whose path says the model and whether to stream; and at one that wants the latter.
PATHS_SAY = MessagesBack(
    answer_path="/model/{model}/invoke",
    stream_path="/model/{model}/stream",
    model_in_body=False,
    stream_in_body=False,
    anthropic_version="cloud-1",
    framing="eventstream",
)
PATH_SAYS_MODEL = MessagesBack(model_in_body=False, anthropic_version="cloud-2")
ASKED = Conversation(turns=[Turn(role="user", parts=[Text(text="hi")])], stream=True, stop=("a",))


def test_it_is_a_back_for_chats_and_counts() -> None:
    chat: ChatBack = BACK
    count: CountBack = BACK
    assert isinstance(chat, ChatBack)
    assert isinstance(count, CountBack)
    assert isinstance(PATHS_SAY, ChatBack)
    assert not isinstance(PATHS_SAY, CountBack)
    assert {b.name for b in (BACK, PATHS_SAY, PATH_SAYS_MODEL)} == {FRONT.name}
    assert BACK.losses is MESSAGES
    assert (BACK.framing, PATHS_SAY.framing) == ("sse", "eventstream")


def test_paths_name_the_model_where_the_host_wants_it() -> None:
    assert BACK.path(TARGET, stream=True) == BACK.path(TARGET, stream=False) == "/messages"
    assert BACK.count_path(TARGET) == "/messages/count_tokens"
    assert PATHS_SAY.path(TARGET, stream=False) == "/model/claude-5%3A0%2Fx/invoke"
    assert PATHS_SAY.path(TARGET, stream=True) == "/model/claude-5%3A0%2Fx/stream"


def test_each_host_has_its_body() -> None:
    heads = ("model", "stream", "anthropic_version")
    bodies = [b.write(ASKED, TARGET) for b in (BACK, PATHS_SAY, PATH_SAYS_MODEL)]
    assert [{k: b[k] for k in heads if k in b} for b in bodies] == [
        {"model": TARGET.model, "stream": True},
        {"anthropic_version": "cloud-1"},
        {"stream": True, "anthropic_version": "cloud-2"},
    ]


def test_a_clients_own_words_go_on() -> None:
    messages: list[Any] = [{"role": "user", "content": "hi"}]
    for back, stream, head in (
        (BACK, True, {"model": TARGET.model, "stream": True}),
        (BACK, False, {"model": TARGET.model}),
        (PATHS_SAY, True, {"anthropic_version": "cloud-1"}),
    ):
        body: dict[str, object] = {"model": "m", "stream": True, "messages": messages, "speed": "x"}
        body["anthropic_version"] = "other"
        back.own(body, TARGET, stream=stream)
        assert body == {"messages": messages, "speed": "x", **head}


def test_unsigned_thoughts_do_not_go_on() -> None:
    unsigned = {"type": "thinking", "thinking": "hm", "signature": ""}
    text = {"type": "text", "text": "x"}
    message = {"role": "assistant", "content": [unsigned, text]}
    body: dict[str, object] = {"messages": [message]}
    BACK.own(body, TARGET, stream=False)
    assert body["messages"] == [{"role": "assistant", "content": [text]}]
    assert message["content"] == [unsigned, text]
    empty: dict[str, object] = {}
    BACK.own(empty, TARGET, stream=False)
    assert "messages" not in empty


def test_a_count_asks_for_no_answer() -> None:
    assert BACK.count_write(ASKED, TARGET).keys() == {"model", "messages"}
    assert BACK.count_write(ASKED, TARGET)["model"] == TARGET.model
    body: dict[str, object] = {"model": "m", "max_tokens": 9, "stream": True, "messages": []}
    BACK.count_own(body, TARGET)
    assert body == {"model": TARGET.model, "messages": []}
    assert BACK.count_read(b'{"input_tokens":3}') == 3


def test_it_reads_what_hosts_send() -> None:
    answer = orjson.dumps(
        {
            "content": [{"type": "text", "text": "hi"}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 1, "output_tokens": 2},
        }
    )
    assert BACK.read(answer).usage == BACK.check(answer) == Usage(1, 2)
    with pytest.raises(NotAnAnswer):
        BACK.read(b"")
    assert BACK.verdict(529, {}, b"", 0.0).failure is Failure.OVERLOADED
    assert len(BACK.reader().read(HELLO)) == 6
    for wanted in (True, False):
        assert BACK.tap(usage_wanted=wanted).read(HELLO) is HELLO


Block: TypeAlias = dict[str, Any]


def text(words: str) -> Block:
    return {"type": "text", "text": words}


def first_of(more: list[Block]) -> Block:
    return {"role": "user", "content": [text("hi"), *more]}


TEXT = st.text("ab \n", min_size=1).map(text)
IMAGE: st.SearchStrategy[Block] = st.just(
    {"type": "image", "source": {"type": "url", "url": "https://x"}}
)
THOUGHT: st.SearchStrategy[Block] = st.just(
    {"type": "thinking", "thinking": "hm", "signature": "s"}
)
USER = st.lists(TEXT | IMAGE).map(first_of)


@st.composite
def exchanges(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Return a model's turn with calls, and the user's turn with all results."""
    ids = draw(st.lists(st.text("ab", min_size=1), min_size=1, max_size=3, unique=True))
    calls = [{"type": "tool_use", "id": i, "name": "f", "input": {"x": i}} for i in ids]
    results = [{"type": "tool_result", "tool_use_id": i, "content": "ok"} for i in ids]
    said = draw(st.lists(THOUGHT | TEXT, max_size=2))
    return [
        {"role": "assistant", "content": [*said, *calls]},
        {"role": "user", "content": [*results, *draw(st.lists(TEXT, max_size=2))]},
    ]


def meaning(body: dict[str, Any]) -> list[Any]:
    """Return a request's conversation, with its calls by their order and nothing invisible."""
    request = FRONT.request(body, NO_ARGS)
    asked = FRONT.conversation(request)
    order: dict[str, int] = {}
    said: list[Any] = [asked.system, asked.max_tokens, asked.tools, asked.temperature]
    for turn in asked.turns:
        for part in turn.parts:
            shown: Any = {f: getattr(part, f) for f in part.__struct_fields__}
            for field in ("id", "call_id"):
                if field in shown:
                    shown[field] = order.setdefault(shown[field], len(order))
            if not isinstance(part, Text) or part.text.strip():
                said.append((turn.role, type(part).__name__, shown))
    return said


@given(USER, st.lists(exchanges(), max_size=3), st.sampled_from([None, "be brief"]))
def test_a_request_that_is_read_and_written_means_the_same(
    first: dict[str, Any], more: list[list[dict[str, Any]]], system: str | None
) -> None:
    # Ids are a call's own in each exchange here, as the provider's are.
    for n, exchange in enumerate(more):
        for message in exchange:
            for block in message["content"]:
                for field in ("id", "tool_use_id"):
                    if field in block:
                        block[field] = f"{n}.{block[field]}"
    body: dict[str, Any] = {
        "model": "m",
        "max_tokens": 9,
        "messages": [first, *(message for exchange in more for message in exchange)],
        "tools": [{"name": "f", "input_schema": {"type": "object"}}],
        "temperature": 0.5,
    }
    if system is not None:
        body["system"] = system
    asked = FRONT.conversation(FRONT.request(body, NO_ARGS))
    written = BACK.write(asked, Target(model="m"))
    assert meaning(written) == meaning(body)
    assert BACK.write(FRONT.conversation(FRONT.request(written, NO_ARGS)), Target(model="m")) == (
        written
    )


def test_no_feature_of_the_table_is_forgotten() -> None:
    carried = set(Feature) - set(MESSAGES)
    assert {Feature.STOP, Feature.TOOLS, Feature.CACHE_HINT, Feature.PREFILL} <= carried
    assert Feature.TOOL_RESULT_MEDIA in carried
