"""Workers AI's text generation as a front."""

import orjson
import pytest

from weftline_core.chat.answer import Answer, Choice, Stop
from weftline_core.chat.events import Failed, TextDelta
from weftline_core.chat.parts import Text
from weftline_core.dialects.dialect import NO_ARGS, ChatFront, Echo, PathArgs
from weftline_core.dialects.workers_ai.back import BACK
from weftline_core.dialects.workers_ai.front import FRONT
from weftline_core.dialects.workers_ai.stream_read import WorkersAiReader
from weftline_core.errors import CallerError
from weftline_core.failures import Failure
from weftline_core.verdict import Words

ARGS = PathArgs(model="@cf/x")
ECHO = Echo(request_id="req_1", model="@cf/x", created_unix_s=0, body={})


def test_it_is_the_front_of_its_back() -> None:
    front: ChatFront = FRONT
    assert isinstance(front, ChatFront)
    assert (front.name, front.task) == (BACK.name, BACK.task)


def test_the_path_names_the_model_or_else_the_body() -> None:
    request = FRONT.request({"model": "other", "prompt": "x", "stream": True}, ARGS)
    assert (request.model, request.stream, request.task) == ("@cf/x", True, "chat")
    assert FRONT.request({"model": "m", "prompt": "x"}, NO_ARGS).model == "m"
    assert FRONT.conversation(request).stream


@pytest.mark.parametrize("body", [{}, {"model": ""}, {"model": "m", "stream": 1}])
def test_a_wrong_request(body: dict[str, object]) -> None:
    with pytest.raises(CallerError):
        FRONT.request(body, NO_ARGS)


def test_answers_are_in_the_envelope() -> None:
    answer = Answer(choices=[Choice(parts=[Text(text="a")], stop=Stop.END)])
    assert orjson.loads(FRONT.answer(answer, ECHO))["result"] == {"response": "a"}
    assert FRONT.writer(ECHO).write([TextDelta("a")]) == b'data: {"response":"a"}\n\n'


def test_errors_are_cloudflares() -> None:
    status, body = FRONT.error(503, Words(message="busy"), "req_1")
    assert status == 429
    assert orjson.loads(body)["errors"] == [{"code": 3040, "message": "busy"}]


def test_a_broken_stream_is_read_as_broken() -> None:
    frame = FRONT.error_frame(503, Words(message="busy"))
    (event,) = [e for e in WorkersAiReader().read(frame) if isinstance(e, Failed)]
    assert event.verdict.failure is Failure.OVERLOADED
