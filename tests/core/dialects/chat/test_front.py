"""The dialect as clients speak it, as a whole."""

from typing import Any

import orjson
import pytest

from weftline_core.chat.answer import Answer, Choice, Stop
from weftline_core.chat.events import Begin, Done
from weftline_core.dialects.chat.front import FRONT
from weftline_core.dialects.dialect import NO_ARGS, ChatFront, Echo
from weftline_core.errors import CallerError
from weftline_core.verdict import Words

BODY: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
ECHO = Echo(request_id="1", model="m", created_unix_s=5, body=BODY)


def test_it_is_a_front_for_chats() -> None:
    front: ChatFront = FRONT
    assert isinstance(FRONT, ChatFront)
    assert (front.name, front.task) == ("chat", "chat")


def test_as_much_is_checked_as_the_mesh_needs() -> None:
    for stream in (None, False, True):
        body: dict[str, object] = {**BODY, "stream": stream, "messages": "not looked at yet"}
        request = FRONT.request(body, NO_ARGS)
        assert (request.dialect, request.task, request.model) == ("chat", "chat", "m")
        assert request.stream is bool(stream)
        assert request.body is body


@pytest.mark.parametrize(
    ("more", "param"),
    [({"model": ""}, "model"), ({"stream": 1}, "stream"), ({"model": 7}, "model")],
)
def test_what_the_mesh_needs_is_refused_when_wrong(more: dict[str, Any], param: str) -> None:
    with pytest.raises(CallerError) as told:
        FRONT.request(BODY | more, NO_ARGS)
    assert told.value.param == param


def test_a_request_is_read_and_answered() -> None:
    request = FRONT.request({**BODY, "stream": True}, NO_ARGS)
    asked = FRONT.conversation(request)
    assert (len(asked.turns), asked.stream) == (1, True)
    answer = FRONT.answer(Answer(choices=[Choice(parts=[], stop=Stop.END)]), ECHO)
    assert orjson.loads(answer)["id"] == "chatcmpl-1"
    assert FRONT.writer(ECHO).write([Begin("", ""), Done()]).endswith(b"data: [DONE]\n\n")


def test_errors_are_openais() -> None:
    words = Words(message="no", kind="k", code="c")
    status, body = FRONT.error(529, words, "1")
    assert status == 529
    expected = {"message": "no", "type": "k", "param": None, "code": "c"}
    assert orjson.loads(body) == {"error": expected}
    assert FRONT.error_frame(502, words) == b"data: " + body + b"\n\n"
