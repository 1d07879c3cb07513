"""One's own engine: everything passes, whatever it is."""

import orjson

from weftline_providers.selfhosted import HOST


def test_engine_fields_pass() -> None:
    body: dict[str, object] = {"messages": [], "top_k": 5, "ignore_eos": True}
    assert orjson.loads(HOST.encode("chat", body, "mine")) == {**body, "model": "mine"}


def test_it_runs_wherever_its_owner_says() -> None:
    assert (HOST.base_url, HOST.key_env) == (None, None)
