"""Tokens counted by a host that does it for nothing, or estimated."""

from typing import Any, cast

import orjson
import pytest

from weftline_core.ask import Unfit
from weftline_core.chat.conversation import Conversation, Tool, Turn
from weftline_core.chat.parts import (
    Foreign,
    Media,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from weftline_core.counting import (
    BYTES_PER_TOKEN,
    TOKENS_PER_MEDIUM,
    TOKENS_PER_TURN,
    CountAsk,
    estimated,
)
from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.dialects.dialect import NO_ARGS, Echo, Front, NotAnAnswer, PathArgs, Target
from weftline_core.dialects.generate.back import BACK as GENERATE
from weftline_core.dialects.generate.front import FRONT as GENERATE_FRONT
from weftline_core.dialects.messages.back import BACK as MESSAGES
from weftline_core.dialects.messages.front import FRONT as MESSAGES_FRONT
from weftline_core.errors import CallerError
from weftline_core.hosts import Host

TARGET = Target(model="theirs", output_tokens_max=100)
HOST = Host(name="h", speaks=(MESSAGES, GENERATE))
BODY: dict[str, Any] = {"model": "ours", "messages": [{"role": "user", "content": "hello"}]}
CONTENTS: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]}


def never() -> Echo:
    raise AssertionError("a count repeats nothing of its request")


def asked(**more: Any) -> CountAsk:
    return CountAsk(MESSAGES_FRONT, MESSAGES_FRONT.request(BODY | more, NO_ARGS))


def asked_of_gemini() -> CountAsk:
    args = PathArgs(model="ours", stream=False)
    return CountAsk(GENERATE_FRONT, GENERATE_FRONT.request(dict(CONTENTS), args))


def test_a_count_is_asked_at_a_path_of_its_own() -> None:
    ask = asked()
    assert ask.purpose == "count"
    assert ask.path(HOST, MESSAGES, TARGET) == "/messages/count_tokens"
    assert ask.path(HOST, GENERATE, TARGET) == "/models/theirs:countTokens"


def test_in_its_own_dialect_the_clients_words_are_counted() -> None:
    put = asked(x_new=1).put(HOST, MESSAGES, TARGET)
    assert orjson.loads(put.body) == BODY | {"model": "theirs", "x_new": 1}
    assert put.dropped == ()
    assert BODY["model"] == "ours"


def test_in_another_dialect_it_is_written_anew() -> None:
    put = asked(metadata={"user_id": "u"}, x_new=1).put(HOST, GENERATE, TARGET)
    assert "hello" in put.body.decode()
    assert b"ours" not in put.body
    assert set(put.dropped) == {"x_new", "metadata.user_id"}
    other = asked_of_gemini().put(HOST, MESSAGES, TARGET)
    assert orjson.loads(other.body)["model"] == "theirs"
    assert b"max_tokens" not in other.body, "only an answer needs it"


def test_a_count_is_written_as_the_client_reads_it() -> None:
    assert asked().judge(MESSAGES, b'{"input_tokens":7}', never) == (b'{"input_tokens":7}', None)
    data, usage = asked().judge(GENERATE, b'{"totalTokens":7}', never)
    assert (orjson.loads(data), usage) == ({"input_tokens": 7}, None)
    data, _ = asked_of_gemini().judge(MESSAGES, b'{"input_tokens":7}', never)
    assert orjson.loads(data)["totalTokens"] == 7
    with pytest.raises(NotAnAnswer):
        asked().judge(MESSAGES, b"{}", never)


def test_who_cannot_count_is_unfit() -> None:
    unfit = asked().unfit(CHAT)
    assert isinstance(unfit, Unfit)
    assert "counts tokens" in unfit.message
    assert asked().unfit(MESSAGES) is None
    assert asked().unfit(GENERATE) is None


def test_what_no_other_dialect_knows_is_not_counted_there() -> None:
    tool = {"type": "web_search_20250305", "name": "web_search"}
    unfit = asked(tools=[tool]).unfit(GENERATE)
    assert unfit is not None
    assert unfit.param == "tools[0]"
    assert asked(tools=[tool]).unfit(MESSAGES) is None


def test_an_estimate_is_made_of_what_was_read() -> None:
    assert asked().estimate() == 2 + TOKENS_PER_TURN
    with pytest.raises(CallerError) as told:
        asked(messages=7).estimate()
    assert told.value.param == "messages"


CALL = ToolCall(id="c", name="find", arguments='{"a":1}')
PICTURE = Media(kind="image", mime="image/png", data="x" * 400_000)


@pytest.mark.parametrize(
    ("part", "tokens"),
    [
        (Text(text=""), 0),
        (Text(text="12345"), 2),
        (Refusal(text="1234"), 1),
        (Reasoning(text="12345678"), 2),
        (CALL, 3),
        (PICTURE, TOKENS_PER_MEDIUM),
        (ToolResult(call_id="c", name="n", parts=[Text(text="1234")]), 1),
        (ToolResult(call_id="c", name="n", parts=[PICTURE, PICTURE]), 2 * TOKENS_PER_MEDIUM),
        (Foreign(origin="messages", value={"a": "b"}), 3),
    ],
)
def test_every_part_counts(part: Part, tokens: int) -> None:
    conversation = Conversation(turns=[Turn(role="user", parts=[part])])
    assert estimated(conversation) == tokens + TOKENS_PER_TURN


def test_parts_and_turns_add_up() -> None:
    turn = Turn(role="user", parts=[PICTURE, Text(text="1234"), PICTURE, Text(text="5678")])
    pair = Conversation(turns=[turn, turn])
    assert estimated(pair) == 2 * (2 * TOKENS_PER_MEDIUM + 2 + TOKENS_PER_TURN)


def test_what_stands_beside_the_turns_counts_too() -> None:
    bare = Conversation(turns=[])
    assert estimated(bare) == 0
    system = Conversation(turns=[], system=[Text(text="1234"), Text(text="5678")])
    assert estimated(system) == 2 + TOKENS_PER_TURN
    schema: dict[str, object] = {"type": "object"}
    tool = Tool(name="find", description="d" * 96, schema=schema)
    tools = Conversation(turns=[], tools=[tool, Tool(name="1234")])
    letters = len("find") + 96 + len(str(schema)) + len("1234")
    assert estimated(tools) == -(-letters // BYTES_PER_TOKEN)


def test_every_front_that_counts_says_so() -> None:
    for front in (MESSAGES_FRONT, GENERATE_FRONT):
        ask = CountAsk(cast("Front", front), asked().request)
        assert b"5" in ask.answer(5)
