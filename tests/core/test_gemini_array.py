"""What Gemini streams without events is an array, of answers as of errors."""

import orjson
import pytest

from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.dialects.dialect import Back, Echo, Front, NotAnAnswer, PathArgs
from weftline_core.dialects.generate.back import BACK as GENERATE
from weftline_core.dialects.generate.front import FRONT as GENERATE_FRONT
from weftline_core.dialects.messages.front import FRONT as MESSAGES_FRONT
from weftline_core.errors import CallerError
from weftline_core.gemini_array import ARRAY, ArrayAsk, wants_array
from weftline_core.usage import Usage
from weftline_core.verdict import Words

ECHO = Echo(request_id="r", model="m", created_unix_s=0, body={})
NATIVE = {
    "candidates": [
        {"content": {"role": "model", "parts": [{"text": "a"}]}, "finishReason": "STOP"}
    ],
    "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3},
    "unknown": 1,
}
CHATTED = {
    "id": "x",
    "object": "chat.completion",
    "created": 0,
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}


def ask() -> ArrayAsk:
    body: dict[str, object] = {"contents": [{"parts": [{"text": "hi"}]}]}
    return ArrayAsk(ARRAY, ARRAY.request(body, PathArgs(model="m", stream=False)))


@pytest.mark.parametrize(
    ("front", "stream", "query", "array"),
    [
        (GENERATE_FRONT, True, "", True),
        (GENERATE_FRONT, True, "alt=json&x=1", True),
        (GENERATE_FRONT, True, "x=1&alt=sse", False),
        (GENERATE_FRONT, True, "$alt=sse", False),
        (GENERATE_FRONT, False, "", False),
        (MESSAGES_FRONT, True, "", False),
    ],
)
def test_who_wants_an_array(front: Front, stream: bool, query: str, array: bool) -> None:
    assert wants_array(front, PathArgs(model="m", stream=stream), query) is array


def test_the_host_is_asked_for_a_whole_answer() -> None:
    request = ask().request
    assert (request.stream, request.model, ask().purpose) == (False, "m", "whole")
    assert request.dialect == "generate_array", "no answer is shared with the plain dialect"
    assert ask().native(GENERATE)


def test_an_answer_of_its_own_dialect_is_passed_on_in_an_array() -> None:
    data = orjson.dumps(NATIVE)
    out, usage = ask().judge(GENERATE, data, lambda: ECHO)
    assert out == b"[" + data + b"]"
    assert usage == Usage(1, 2)


def test_a_translated_answer_is_in_an_array_too() -> None:
    out, usage = ask().judge(CHAT, orjson.dumps(CHATTED), lambda: ECHO)
    (only,) = orjson.loads(out)
    assert only["candidates"][0]["content"]["parts"] == [{"text": "a"}]
    assert usage == Usage(1, 2)


@pytest.mark.parametrize("back", [GENERATE, CHAT])
def test_what_is_no_answer_is_none_in_an_array(back: Back) -> None:
    with pytest.raises(NotAnAnswer):
        ask().judge(back, b"{", lambda: ECHO)


def test_errors_are_in_an_array() -> None:
    status, body = ARRAY.error(429, Words(message="slowly"), "r")
    (only,) = orjson.loads(body)
    assert (status, only["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")


def test_a_path_without_a_model_is_refused() -> None:
    with pytest.raises(CallerError):
        ARRAY.request({}, PathArgs(stream=False))
