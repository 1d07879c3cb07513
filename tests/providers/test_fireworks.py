"""Fireworks: model names are paths."""

import orjson

from weftline_providers.fireworks import HOST


def test_models_carry_their_account() -> None:
    assert all(model.startswith("accounts/fireworks/models/") for model, _ in HOST.models)


def test_the_length_limit_is_not_lost() -> None:
    assert orjson.loads(HOST.encode("chat", {"max_completion_tokens": 9}, "m"))["max_tokens"] == 9
