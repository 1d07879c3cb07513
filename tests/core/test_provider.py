"""An OpenAI-shaped host."""

import orjson
import pytest

from weftline_core.provider import OpenAiHost, UnsupportedTask

HOST = OpenAiHost(name="x", tasks=("chat",), drops=frozenset({"logit_bias"}))


def test_the_body_is_written_anew_with_the_upstreams_model_name() -> None:
    body: dict[str, object] = {"model": "mine", "messages": [], "logit_bias": {"1": 2}}
    assert orjson.loads(HOST.encode("chat", body, "theirs")) == {"model": "theirs", "messages": []}
    assert body["model"] == "mine", "the client's request is not changed"


def test_the_secret_goes_into_one_header() -> None:
    assert HOST.headers("s3") == (("authorization", "Bearer s3"),)
    assert HOST.headers(None) == ()


def test_a_task_it_does_not_offer_is_refused() -> None:
    assert HOST.path("chat") == "/chat/completions"
    with pytest.raises(UnsupportedTask, match="x does not offer embeddings"):
        HOST.path("embeddings")


def test_an_answer_passes_as_it_is() -> None:
    assert HOST.decode("chat", "m", b"{}") == b"{}"


def test_a_field_goes_out_under_the_hosts_own_name() -> None:
    host = OpenAiHost(name="x", renames=(("max_completion_tokens", "max_tokens"),))
    sent = orjson.loads(host.encode("chat", {"max_completion_tokens": 5}, "m"))
    assert sent == {"model": "m", "max_tokens": 5}


def test_the_hosts_own_name_wins_when_the_client_gave_both() -> None:
    host = OpenAiHost(name="x", renames=(("max_completion_tokens", "max_tokens"),))
    body: dict[str, object] = {"max_completion_tokens": 5, "max_tokens": 7}
    assert orjson.loads(host.encode("chat", body, "m")) == {"model": "m", "max_tokens": 7}
