"""The back's own promises; what it reads and writes is tested beside its modules."""

import orjson
import pytest

from tests.fakes.responses_wire import TARGET, message, response
from weftline_core.chat.conversation import Conversation, Turn
from weftline_core.chat.parts import Text
from weftline_core.dialects.dialect import AnswerIsError, ChatBack, CountBack, NotAnAnswer
from weftline_core.dialects.responses.back import BACK
from weftline_core.failures import Failure
from weftline_core.usage import Usage

ASKED = Conversation(turns=[Turn(role="user", parts=[Text(text="hi")])], max_tokens=9, stream=True)


def test_it_is_a_back_that_counts() -> None:
    assert isinstance(BACK, ChatBack)
    assert isinstance(BACK, CountBack)
    assert (BACK.name, BACK.task, BACK.framing) == ("responses", "chat", "sse")
    assert BACK.path(TARGET, stream=True) == "/responses"
    assert BACK.count_path(TARGET) == "/responses/input_tokens"


def test_a_clients_own_request_is_made_ready() -> None:
    thoughts: dict[str, object] = {
        "type": "reasoning",
        "encrypted_content": "weft.messages.s.x",
        "summary": [],
    }
    own: dict[str, object] = {"type": "reasoning", "encrypted_content": "gAAA", "summary": []}
    body: dict[str, object] = {
        "model": "m",
        "background": True,
        "store": True,
        "input": [thoughts, own, {"role": "user", "content": "hi"}],
        "stream_options": {"include_obfuscation": False},
    }
    BACK.own(body, TARGET, stream=False)
    assert body == {
        "model": "gpt-host",
        "store": True,
        "stream": False,
        "input": [own, {"role": "user", "content": "hi"}],
    }


def test_a_stream_keeps_its_options_and_a_plain_input_its_identity() -> None:
    items = [{"role": "user", "content": "hi"}]
    body: dict[str, object] = {"model": "m", "input": items, "stream_options": {}}
    BACK.own(body, TARGET, stream=True)
    assert body["input"] is items
    assert (body["stream"], body["stream_options"]) == (True, {})


def test_only_what_counts_is_sent_to_be_counted() -> None:
    body: dict[str, object] = {
        "model": "m",
        "input": "hi",
        "max_output_tokens": 3,
        "store": False,
        "tools": [],
        "stream": False,
    }
    BACK.count_own(body, TARGET)
    assert body == {"model": "gpt-host", "input": "hi", "tools": []}
    written = BACK.count_write(ASKED, TARGET)
    assert written.keys() == {"model", "input"}
    assert BACK.write(ASKED, TARGET).keys() > written.keys()


def test_a_count_is_read() -> None:
    assert BACK.count_read(b'{"object":"response.input_tokens","input_tokens":12}') == 12
    for wrong in (b"{}", b"", b"<html>", b'{"input_tokens":"12"}'):
        with pytest.raises(NotAnAnswer):
            BACK.count_read(wrong)


def test_answers_are_checked_read_and_judged() -> None:
    whole = orjson.dumps(response([message("hi")]))
    usage = Usage(10, 7, cache_read_tokens=4, cache_write_tokens=2, reasoning_tokens=3)
    assert BACK.check(whole) == usage
    assert BACK.read(whole).usage == usage
    with pytest.raises(AnswerIsError):
        BACK.check(b'{"error":{"message":"no"}}')
    assert BACK.verdict(503, {}, b"", 0.0).failure is Failure.OVERLOADED


def test_streams_have_a_reader_and_a_tap() -> None:
    assert BACK.reader().read(b"") == []
    assert BACK.tap(usage_wanted=False).read(b"") == b""
