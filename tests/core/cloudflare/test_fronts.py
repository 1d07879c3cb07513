"""Dialects in Cloudflare's house."""

import orjson
import pytest

from weftline_core.cloudflare.fronts import (
    RUN_CHAT,
    RUN_EMBEDDINGS,
    RUN_RESPONSES,
    on_gateway,
    on_rest,
)
from weftline_core.dialects.chat.front import FRONT as CHAT
from weftline_core.dialects.dialect import NO_ARGS, Front
from weftline_core.dialects.messages.front import FRONT as MESSAGES
from weftline_core.verdict import Words


@pytest.mark.parametrize(
    ("code", "number"), [("invalid_api_key", 2009), ("not_found", 7002), ("2008", 2008)]
)
def test_what_the_house_says_itself(code: str, number: int) -> None:
    words = Words(message="why", code=code)
    status, body = on_gateway(CHAT).error(401, words, "r")
    assert (status, orjson.loads(body)["error"][0]["code"]) == (401, number)
    assert orjson.loads(on_rest(CHAT).error(401, words, "r")[1])["errors"][0]["code"] == number


@pytest.mark.parametrize("code", [None, "model_not_found"])
def test_all_else_is_told_in_the_dialect(code: str | None) -> None:
    words = Words(message="why", code=code)
    assert on_gateway(MESSAGES).error(404, words, "r") == MESSAGES.error(404, words, "r")
    assert on_gateway(MESSAGES).error_frame(500, words) == MESSAGES.error_frame(500, words)


def test_a_house_keeps_the_dialect() -> None:
    front = on_gateway(CHAT)
    assert (front.name, front.task) == (CHAT.name, CHAT.task)
    assert front.request({"model": "m"}, NO_ARGS) == CHAT.request({"model": "m"}, NO_ARGS)


@pytest.mark.parametrize("front", [RUN_CHAT, RUN_EMBEDDINGS, RUN_RESPONSES])
def test_below_run_errors_are_in_the_envelope(front: Front) -> None:
    status, body = front.error(404, Words(message="no", code="model_not_found"), "r")
    assert (status, orjson.loads(body)["errors"][0]["code"]) == (404, 7003)


def test_below_run_streams_end_in_the_dialects_own_way() -> None:
    words = Words(message="no")
    assert RUN_CHAT.error_frame(500, words) == CHAT.error_frame(500, words)
