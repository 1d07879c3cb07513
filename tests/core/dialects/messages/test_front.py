"""The front as the mesh uses it."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.messages_stream import ECHO
from weftline_core.chat.answer import Answer, Choice, Stop
from weftline_core.chat.events import TextDelta
from weftline_core.chat.parts import Text
from weftline_core.dialects.dialect import NO_ARGS, ChatFront, CountFront, PathArgs, Target
from weftline_core.dialects.messages.back import BACK
from weftline_core.dialects.messages.front import FRONT
from weftline_core.errors import CallerError
from weftline_core.verdict import Words


def body(**fields: Any) -> dict[str, Any]:
    hi = {"role": "user", "content": "hi"}
    return {"model": "claude", "max_tokens": 9, "messages": [hi], **fields}


def test_it_is_a_front_for_chats_and_counts() -> None:
    chat: ChatFront = FRONT
    count: CountFront = FRONT
    assert isinstance(chat, ChatFront)
    assert isinstance(count, CountFront)
    assert (FRONT.name, FRONT.task) == ("messages", "chat")


def test_a_request_goes_on_as_it_came() -> None:
    sent = body(stream=True)
    request = FRONT.request(sent, NO_ARGS)
    assert (request.model, request.stream, request.dialect) == ("claude", True, "messages")
    assert request.body is sent
    assert FRONT.conversation(request).stream


def test_what_the_path_says_holds() -> None:
    request = FRONT.request(body(model=None), PathArgs(model="other", stream=True))
    assert (request.model, request.stream) == ("other", True)
    assert FRONT.conversation(request).stream
    assert not FRONT.request(body(stream=True), PathArgs(stream=False)).stream


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": None}, "model"),
        ({"model": ""}, "model"),
        ({"model": 1}, "model"),
        ({"stream": "yes"}, "stream"),
    ],
)
def test_a_mistake_is_told_with_its_path(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(CallerError) as told:
        FRONT.request(body(**fields), NO_ARGS)
    assert told.value.param == param


KINDS = ["text", "image", "document", "tool_use", "tool_result", "thinking", "x"]
FIELDS = [
    "type",
    "text",
    "source",
    "content",
    "data",
    "url",
    "id",
    "name",
    "input",
    "ttl",
    "tool_use_id",
    "cache_control",
    "thinking",
    "caller",
    "title",
    "budget_tokens",
    "effort",
    "format",
    "schema",
]
VALUES: st.SearchStrategy[object] = st.recursive(
    st.none() | st.integers(-1, 1) | st.sampled_from([*KINDS, "base64", "url", "content", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)
TURNS = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system"]), "content": VALUES}
)
TOPS = ["system", "tools", "tool_choice", "thinking", "output_config", "metadata", "cache_control"]


@given(st.lists(TURNS, min_size=1, max_size=3), st.dictionaries(st.sampled_from(TOPS), VALUES))
def test_whatever_a_client_sends_is_read_or_told(
    messages: list[dict[str, object]], more: dict[str, object]
) -> None:
    request = FRONT.request(body(messages=messages, **more), NO_ARGS)
    try:
        asked = FRONT.conversation(request)
    except CallerError as told:
        assert told.message  # noqa: PT017  # either is right
    else:
        orjson.dumps(BACK.write(asked, Target(model="m", reasoning="budget")))


def test_it_answers_in_its_dialect() -> None:
    answer = Answer(choices=[Choice(parts=[Text(text="hi")], stop=Stop.END)])
    assert orjson.loads(FRONT.answer(answer, ECHO))["type"] == "message"
    assert FRONT.writer(ECHO).write([TextDelta("hi")]).startswith(b"event: message_start\n")
    assert orjson.loads(FRONT.count_answer(7)) == {"input_tokens": 7}


def test_it_tells_errors_in_its_dialect() -> None:
    status, data = FRONT.error(503, Words(message="busy"), "req_1")
    assert status == 529
    assert orjson.loads(data)["error"]["type"] == "overloaded_error"
    assert FRONT.error_frame(502, Words(message="broke")).startswith(b"event: error\n")
