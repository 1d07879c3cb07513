"""Cloudflare's paths, without sockets: what each asks for, in whose words it errs."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.counting import CountAsk
from weftline_core.errors import CallerError, NotFound
from weftline_core.gemini_array import ARRAY, ArrayAsk
from weftline_core.http1.request import HttpRequest
from weftline_core.verdict import Words
from weftline_node.asked import Alternative, Asked
from weftline_node.ingress.cloudflare import (
    RESERVED,
    asked_at,
    front_at,
    is_search,
    response_path,
)

GATEWAY = "/v1/acct_1/gw-1"
REST = "/client/v4/accounts/acct_1/ai"
USER = [{"role": "user", "content": "hi"}]
CHAT = {"model": "gpt", "messages": USER}
OURS = {b"cf-aig-authorization": b"Bearer ours"}


def http(path: str, body: Any = None, headers: dict[bytes, bytes] | None = None) -> HttpRequest:
    data = b"" if body is None else orjson.dumps(body)
    return HttpRequest("POST", path, headers or {}, data, keep_alive=True)


def found(path: str) -> Asked:
    asked = asked_at(path.partition("?")[0])
    assert asked is not None
    return asked


def alternatives(
    path: str, body: Any, headers: dict[bytes, bytes] | None = None
) -> tuple[Alternative, ...]:
    return found(path).alternatives(http(path, body, headers))


def test_a_providers_path() -> None:
    (one,) = alternatives(f"{GATEWAY}/grok/v1/chat/completions", CHAT)
    assert (one.only, one.there, one.gateway) == ("xai", ("xai", "gpt"), "gw-1")
    assert one.borrowed is None
    assert type(one.ask) is not CountAsk


def test_counting() -> None:
    body = {"model": "c", "messages": USER}
    (one,) = alternatives(f"{GATEWAY}/anthropic/v1/messages/count_tokens", body)
    assert isinstance(one.ask, CountAsk)


def test_the_clients_own_key_is_for_the_paths_provider_only() -> None:
    headers = {**OURS, b"authorization": b"Bearer theirs"}
    (one,) = alternatives(f"{GATEWAY}/openai/chat/completions", CHAT, headers)
    assert one.borrowed == "theirs"
    (one,) = alternatives(f"{GATEWAY}/custom-acme/chat/completions", CHAT, headers)
    assert one.borrowed is None
    (one,) = alternatives(f"{GATEWAY}/compat/chat/completions", CHAT, headers)
    assert one.borrowed is None
    (one,) = alternatives(f"{REST}/v1/chat/completions", CHAT, headers)
    assert one.borrowed is None


@pytest.mark.parametrize(
    "path",
    [
        "google-ai-studio/v1beta/models/g:streamGenerateContent",
        "google-vertex-ai/v1/projects/p/locations/l/publishers/google/models/g:streamGenerateContent",
    ],
)
def test_a_stream_of_geminis_without_events_is_an_array(path: str) -> None:
    body = {"contents": [{"parts": [{"text": "hi"}]}]}
    (one,) = alternatives(f"{GATEWAY}/{path}", body)
    assert isinstance(one.ask, ArrayAsk)
    assert (one.ask.front, one.ask.request.stream) == (ARRAY, False)
    (one,) = alternatives(f"{GATEWAY}/{path}?alt=sse", body)
    assert not isinstance(one.ask, ArrayAsk)
    assert one.ask.request.stream


def test_a_deployment_names_the_model_if_the_body_does_not() -> None:
    path = f"{GATEWAY}/azure-openai/res/dep/chat/completions?api-version=1"
    (one,) = alternatives(path, {"messages": USER})
    assert one.ask.request.model == "dep"


def test_steps_have_headers_and_keys_of_their_own() -> None:
    first = {
        "provider": "openai",
        "endpoint": "chat/completions",
        "headers": {"Authorization": "Bearer one", "cf-aig-event-id": "e"},
        "query": CHAT,
        "config": {"requestTimeout": 500, "cacheTtl": 60},
    }
    second = {**first, "provider": "groq", "headers": {}, "config": None}
    headers = {**OURS, b"authorization": b"Bearer lent"}
    one, two = alternatives(GATEWAY, [first, second], headers)
    assert (one.borrowed, two.borrowed) == ("one", None)
    assert (one.wishes.event_id, one.wishes.first_content_s) == ("e", 0.5)
    assert two.wishes.first_content_s is None
    assert one.headers is not None
    assert one.headers[b"cf-aig-cache-ttl"] == b"60"
    both = alternatives(GATEWAY, [second, second], headers)
    assert [step.borrowed for step in both] == ["lent", "lent"]


def test_a_step_that_nobody_here_can_go_has_no_name() -> None:
    query = {"stream": True}
    step: dict[str, Any] = {"provider": "huggingface", "endpoint": "x", "query": query}
    (one,) = alternatives(GATEWAY, [step])
    assert one.names == ()
    assert one.ask.request.stream
    assert one.ask.request.model == "huggingface/x"


def test_a_wrong_step_is_told_with_its_place() -> None:
    step: dict[str, Any] = {"provider": "openai", "endpoint": "chat/completions", "query": {}}
    with pytest.raises(CallerError) as caught:
        alternatives(GATEWAY, [step])
    assert (caught.value.param, caught.value.code) == ("[0].model", "7001")


def test_run_in_both_forms() -> None:
    headers = {b"cf-aig-gateway-id": b"shop", b"x-session-affinity": b"s"}
    (one,) = alternatives(f"{REST}/run", {"model": "@cf/a/b", "input": {"prompt": "x"}}, headers)
    (two,) = alternatives(f"{REST}/run/%40cf/a/b", {"prompt": "x"}, headers)
    assert one.ask.request == two.ask.request
    assert (one.gateway, one.only, one.ask.lines) == ("shop", None, b"x-session-affinity: s\r\n")
    assert len(alternatives(f"{REST}/run/openai/x", {"input": "x"})) == 2


def test_there_are_no_batches() -> None:
    with pytest.raises(CallerError, match="batch"):
        alternatives(f"{REST}/run/@cf/a/b?queueRequest=true", {"requests": []})


@pytest.mark.parametrize("name", [b"cf-aig-allowed-models", b"cf-aig-allowed-providers"])
def test_bounds_that_nobody_keeps_are_refused(name: bytes) -> None:
    with pytest.raises(CallerError, match=name.decode()):
        alternatives(f"{REST}/run/@cf/a/b", {"prompt": "x"}, {name: b"x"})


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        (f"{GATEWAY}/openai/responses/resp_1", "/v1/responses/resp_1"),
        (f"{GATEWAY}/openai/v1/responses/resp_1/cancel", "/v1/responses/resp_1/cancel"),
        (f"{GATEWAY}/compat/responses/resp_1", "/v1/responses/resp_1"),
        (f"{REST}/v1/responses/resp_1", "/v1/responses/resp_1"),
        (f"{GATEWAY}/grok/responses/resp_1", None),
        (f"{REST}/v1/responses", None),
        ("/v1/responses/resp_1", None),
    ],
)
def test_responses_that_were_kept(path: str, ours: str | None) -> None:
    assert response_path(path) == ours


def test_only_responses_are_kept() -> None:
    assert found(f"{GATEWAY}/openai/responses").kept
    assert found(f"{REST}/v1/responses").kept
    assert not found(f"{GATEWAY}/openai/chat/completions").kept


def test_the_search_is_a_page() -> None:
    path = f"{REST}/models/search"
    assert asked_at(path) is None
    assert is_search(path)
    assert not is_search(f"{REST}/run")
    assert not is_search(GATEWAY)


@pytest.mark.parametrize("path", [f"{GATEWAY}/nobody/x", f"{GATEWAY}/openai/x", f"{REST}/x"])
def test_nothing_is_there(path: str) -> None:
    with pytest.raises(NotFound):
        asked_at(path)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1/a",
        "/v1/a b/c",
        f"/v1/{'a' * 65}/gw",
        "/client/v4/accounts/a.b/ai/run",
        *(f"/v1/{first}/x/y" for first in RESERVED.split("|")),
    ],
)
def test_paths_that_are_none_of_cloudflares(path: str) -> None:
    assert asked_at(path) is None
    assert front_at(path) is None


def test_an_account_may_begin_like_a_path_of_ours() -> None:
    assert asked_at("/v1/chatty/gw") is not None
    assert asked_at("/v1/models-team/gw/") is not None


@pytest.mark.parametrize(
    ("path", "key"),
    [
        (GATEWAY, "error"),
        (f"{GATEWAY}/openai/chat/completions", "error"),
        (f"{GATEWAY}/nobody/x", "error"),
        (f"{REST}/run", "errors"),
        (f"{REST}/v1/messages", "errors"),
        (f"{REST}/nothing", "errors"),
        (f"{REST}/models/search", "errors"),
    ],
)
def test_strangers_are_turned_away_in_cloudflares_words(path: str, key: str) -> None:
    front = front_at(path)
    assert front is not None
    status, body = front.error(401, Words(message="no", code="invalid_api_key"), "r")
    assert status == 401
    assert orjson.loads(body)[key][0]["code"] == 2009


@given(st.text(max_size=80))
def test_any_path_is_one_or_is_none(tail: str) -> None:
    for path in (tail, f"/v1/{tail}", f"{GATEWAY}/{tail}", f"{REST}/{tail}"):
        front_at(path)
