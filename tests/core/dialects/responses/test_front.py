"""The front's own promises; what it reads and writes is tested beside its modules."""

import orjson
import pytest
from openai.types.responses.input_token_count_response import InputTokenCountResponse

from tests.fakes.responses_wire import parsed
from weftline_core.dialects.dialect import NO_ARGS, ChatFront, CountFront
from weftline_core.dialects.responses.front import FRONT
from weftline_core.errors import CallerError
from weftline_core.verdict import Words


def test_it_is_a_front_that_counts() -> None:
    assert isinstance(FRONT, ChatFront)
    assert isinstance(FRONT, CountFront)
    assert (FRONT.name, FRONT.task) == ("responses", "chat")


def test_a_request_is_read() -> None:
    body: dict[str, object] = {"model": "m", "input": "hi", "stream": True}
    request = FRONT.request(body, NO_ARGS)
    assert (request.model, request.stream, request.dialect) == ("m", True, "responses")
    assert request.body is body
    assert FRONT.conversation(request).stream
    assert not FRONT.request({"model": "m"}, NO_ARGS).stream


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "model"),
        ({"model": ""}, "model"),
        ({"model": 7}, "model"),
        ({"model": "m", "stream": "yes"}, "stream"),
    ],
)
def test_what_the_mesh_reads_must_be_right(body: dict[str, object], param: str) -> None:
    with pytest.raises(CallerError) as caught:
        FRONT.request(body, NO_ARGS)
    assert caught.value.param == param


def test_a_count_is_what_the_sdk_reads() -> None:
    count = InputTokenCountResponse.model_validate_json(FRONT.count_answer(12))
    assert count.input_tokens == 12


def test_errors_have_openais_shape() -> None:
    words = Words(message="no", kind="invalid_request_error", param="input", code="bad")
    status, body = FRONT.error(400, words, "req_1")
    assert status == 400
    assert orjson.loads(body) == {
        "error": {
            "message": "no",
            "type": "invalid_request_error",
            "param": "input",
            "code": "bad",
        }
    }


def test_an_error_frame_is_valid_though_nothing_is_known() -> None:
    error, failed = parsed(FRONT.error_frame(503, Words(message="busy", kind="k", code="c")))
    assert (error["message"], error["error"]["message"]) == ("busy", "busy")
    assert (error["code"], error["error"]["code"]) == ("c", "c")
    assert failed["response"]["status"] == "failed"
    assert failed["response"]["error"] == {"code": "server_error", "message": "busy"}
    # Later than whatever was passed on before.
    assert 2**30 < error["sequence_number"] < failed["sequence_number"] < 2**31
