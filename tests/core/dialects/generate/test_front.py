"""The front of generate."""

import orjson
import pytest

from weftline_core.chat.answer import Answer, Choice, Stop
from weftline_core.chat.events import Done, TextDelta
from weftline_core.dialects.dialect import ChatFront, CountFront, Echo, PathArgs
from weftline_core.dialects.generate.back import BACK
from weftline_core.dialects.generate.front import FRONT
from weftline_core.errors import CallerError
from weftline_core.verdict import Words

ARGS = PathArgs(model="models/gemini-3", stream=True)
ECHO = Echo(request_id="r", model="m", created_unix_s=0, body={})


def test_it_is_a_front_of_its_back() -> None:
    chat: ChatFront = FRONT
    count: CountFront = FRONT
    assert isinstance(chat, ChatFront)
    assert isinstance(count, CountFront)
    assert (FRONT.name, FRONT.task) == (BACK.name, BACK.task) == ("generate", "chat")


def test_model_and_stream_stand_in_the_path() -> None:
    request = FRONT.request({"contents": [], "model": "other"}, ARGS)
    assert (request.model, request.stream, request.dialect) == ("gemini-3", True, "generate")
    assert request.body == {"contents": []}
    assert not FRONT.request({}, PathArgs(model="m")).stream


def test_fields_may_be_in_snake_case() -> None:
    body: dict[str, object] = {
        "contents": [{"parts": [{"text": "hi"}]}],
        "system_instruction": {"parts": [{"text": "be"}]},
        "generation_config": {"max_output_tokens": 3, "thinking_config": {"thinking_budget": 5}},
    }
    found = FRONT.conversation(FRONT.request(body, ARGS))
    assert (found.max_tokens, found.stream, found.unknown) == (3, True, ())
    assert found.thinking is not None
    assert found.thinking.budget_tokens == 5


def test_a_request_to_be_counted_may_be_wrapped() -> None:
    inner = {"model": "models/x", "contents": [{"parts": [{"text": "hi"}]}]}
    request = FRONT.request({"generate_content_request": inner}, PathArgs(model="m"))
    assert request.body == {"contents": inner["contents"]}
    with pytest.raises(CallerError):
        FRONT.request({"generateContentRequest": 3}, PathArgs(model="m"))


def test_a_path_without_a_model_is_refused() -> None:
    with pytest.raises(CallerError) as caught:
        FRONT.request({}, PathArgs())
    assert caught.value.param == "model"


def test_answers_counts_and_errors_are_googles() -> None:
    answer = Answer(choices=[Choice(parts=[], stop=Stop.END)])
    assert orjson.loads(FRONT.answer(answer, ECHO))["responseId"] == "r"
    out = FRONT.writer(ECHO).write([TextDelta("a"), Done()])
    assert out.count(b"\r\n\r\n") == 2
    assert FRONT.count_answer(7) == b'{"totalTokens":7}'
    status, body = FRONT.error(404, Words(message="m"), "r")
    assert (status, orjson.loads(body)["error"]["status"]) == (404, "NOT_FOUND")
    assert FRONT.error_frame(503, Words(message="m")).startswith(b'data: {"error"')
