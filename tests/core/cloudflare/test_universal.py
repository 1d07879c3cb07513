"""The steps of the universal endpoint."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.cloudflare.universal import STEPS_MAX, BadUniversal, steps_of

STEP: dict[str, Any] = {"provider": "openai", "endpoint": "chat/completions", "query": {"a": 1}}


def steps(*given_steps: dict[str, Any]) -> Any:
    return steps_of(orjson.dumps(list(given_steps)))


def test_a_step() -> None:
    (step,) = steps({**STEP, "endpoint": "/v1/x?api-version=1", "strange": True})
    assert (step.provider, step.path, step.query) == ("openai", "v1/x", {"a": 1})
    assert step.headers_over({b"x": b"1"}) == {b"x": b"1"}


def test_a_step_beats_the_request() -> None:
    headers = {"CF-AIG-Max-Attempts": "2", "Authorization": "Bearer k", "x-n": 5}
    config = {
        "requestTimeout": 100,
        "maxAttempts": 3,
        "retryDelay": 20,
        "backoff": "linear",
        "skipCache": True,
        "cacheKey": "k",
        "cacheTtl": 60,
    }
    (step,) = steps({**STEP, "headers": headers, "config": config})
    request = {
        b"cf-aig-max-attempts": b"5",
        b"x-weft-max-attempts": b"4",
        b"x-weft-metadata": b"{}",
        b"authorization": b"Bearer ours",
    }
    assert step.headers_over(request) == {
        b"cf-aig-max-attempts": b"3",
        b"cf-aig-request-timeout": b"100",
        b"cf-aig-retry-delay": b"20",
        b"cf-aig-backoff": b"linear",
        b"cf-aig-skip-cache": b"true",
        b"cf-aig-cache-key": b"k",
        b"cf-aig-cache-ttl": b"60",
        b"x-weft-metadata": b"{}",
        b"authorization": b"Bearer k",
        b"x-n": b"5",
    }
    assert step.own_headers()[b"authorization"] == b"Bearer k"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"{}", None),
        (b"[]", None),
        (b"nonsense", None),
        (b"[1]", "[0]"),
        (orjson.dumps([{**STEP, "provider": 1}]), "[0].provider"),
        (orjson.dumps([STEP, {**STEP, "query": []}]), "[1].query"),
        (orjson.dumps([{**STEP, "config": {"maxAttempts": "x"}}]), "[0].config.maxAttempts"),
        (orjson.dumps([STEP] * (STEPS_MAX + 1)), None),
    ],
)
def test_what_is_no_list_of_steps(body: bytes, path: str | None) -> None:
    with pytest.raises(BadUniversal) as caught:
        steps_of(body)
    assert (caught.value.code, caught.value.param) == ("7001", path)


@pytest.mark.parametrize(
    "headers", [{"a": "secret\r\nx: y"}, {"a\n": "secret"}, {"a": "secr\u00e9t"}]
)
def test_a_header_cannot_write_others_and_is_not_shown(headers: dict[str, str]) -> None:
    with pytest.raises(BadUniversal) as caught:
        steps({**STEP, "headers": headers})
    assert "secr" not in caught.value.message


@given(st.binary(max_size=60))
def test_any_bytes_are_steps_or_an_error(data: bytes) -> None:
    with pytest.raises(BadUniversal):
        steps_of(data)


def test_a_step_in_a_log_shows_no_key() -> None:
    assert "sk-1" not in repr(steps({**STEP, "headers": {"authorization": "Bearer sk-1"}}))
