"""Mistral: it refuses fields that it does not know."""

import orjson

from weftline_providers.mistral import HOST


def test_what_it_would_refuse_is_renamed_or_left_out() -> None:
    body: dict[str, object] = {
        "messages": [],
        "seed": 7,
        "max_completion_tokens": 9,
        "stream_options": {"include_usage": True},
        "user": "u",
    }
    assert orjson.loads(HOST.encode("chat", body, "mistral-large-4")) == {
        "messages": [],
        "random_seed": 7,
        "max_tokens": 9,
        "model": "mistral-large-4",
    }
