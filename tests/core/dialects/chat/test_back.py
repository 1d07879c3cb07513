"""The dialect as hosts speak it, as a whole."""

from typing import Any

import pytest

from weftline_core.chat.conversation import Conversation, Turn
from weftline_core.chat.events import Begin, TextDelta
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Text
from weftline_core.dialects.chat.back import BACK, ChatCompletionsBack
from weftline_core.dialects.chat.call_ids import nine_letters
from weftline_core.dialects.chat.request_write import Manners
from weftline_core.dialects.chat.usage import xai
from weftline_core.dialects.dialect import ChatBack, NotAnAnswer, Target
from weftline_core.dialects.losses import CHAT, DROP
from weftline_core.failures import Failure
from weftline_core.usage import Usage

TARGET = Target(model="there")
USED = (
    b'{"choices":[{"message":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,'
    b'"completion_tokens":1,"total_tokens":4,"completion_tokens_details":{"reasoning_tokens":2}}}'
)


def test_it_is_a_back_for_chats() -> None:
    back: ChatBack = BACK
    assert isinstance(BACK, ChatBack)
    assert (back.name, back.task, back.framing) == ("chat", "chat", "sse")
    assert back.losses is CHAT
    assert back.path(TARGET, stream=True) == "/chat/completions"


def test_a_clients_own_request_is_made_ready() -> None:
    options = {"include_obfuscation": False}
    body: dict[str, object] = {"model": "here", "stream": True, "stream_options": options, "x": 1}
    BACK.own(body, TARGET, stream=True)
    assert body == {
        "model": "there",
        "stream": True,
        "stream_options": {"include_obfuscation": False, "include_usage": True},
        "x": 1,
    }
    assert options == {"include_obfuscation": False}
    whole: dict[str, object] = {"model": "here", "stream": False}
    BACK.own(whole, TARGET, stream=False)
    assert whole == {"model": "there", "stream": False}


def test_a_host_that_knows_no_stream_options_gets_none() -> None:
    back = ChatCompletionsBack(manners=Manners(stream_options=False))
    body: dict[str, object] = {"model": "here", "stream": True, "stream_options": {}}
    back.own(body, TARGET, stream=True)
    assert body == {"model": "there", "stream": True}


def test_the_hosts_own_usage_is_used_everywhere() -> None:
    back = ChatCompletionsBack(usage_of=xai)
    expected = Usage(1, 3, reasoning_tokens=2)
    assert back.check(USED) == expected
    assert back.read(USED).usage == expected
    tap = back.tap(usage_wanted=True)
    tap.read(b"data: " + USED + b"\n\n")
    assert tap.usage == expected
    assert BACK.check(USED) == Usage(1, 1, reasoning_tokens=2)


def test_a_clients_own_call_ids_are_the_hosts() -> None:
    back = ChatCompletionsBack(manners=Manners(call_id=nine_letters))
    body: dict[str, Any] = {"messages": [{"role": "tool", "tool_call_id": "call_1"}]}
    back.own(body, TARGET, stream=False)
    assert body["messages"][0]["tool_call_id"] == nine_letters("call_1")


def test_it_writes_reads_and_judges() -> None:
    asked = Conversation(turns=[Turn(role="user", parts=[Text(text="hi")])], max_tokens=5)
    told: Any = BACK.write(asked, TARGET)
    assert (told["model"], told["max_tokens"]) == ("there", 5)
    event = b'data: {"id":"x","model":"m","choices":[{"delta":{"content":"a"}}]}\n\n'
    assert BACK.reader().read(event) == [Begin("x", "m"), TextDelta("a")]
    assert BACK.verdict(429, {}, b"", 0.0).failure is Failure.RATE_LIMITED
    with pytest.raises(NotAnAnswer):
        BACK.check(b"")


def test_usage_switched_on_for_us_is_taken_out_for_the_client() -> None:
    only = b'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}\n\n'
    assert BACK.tap(usage_wanted=False).read(only) == b""
    assert BACK.tap(usage_wanted=True).read(only) == only


def test_what_one_host_lacks_is_left_out_as_what_a_model_lacks() -> None:
    turns = [Turn(role="user", parts=[Text(text="hi")])]
    asked = Conversation(turns=turns, verbosity="low", seed=7, temperature=0.5)
    lacking = ChatCompletionsBack(losses=CHAT | {Feature.VERBOSITY: DROP})
    body = lacking.write(asked, Target(model="there", refuses=frozenset(("seed",))))
    assert {"verbosity", "seed"}.isdisjoint(body)
    assert body["temperature"] == 0.5
    assert BACK.write(asked, TARGET)["verbosity"] == "low"
