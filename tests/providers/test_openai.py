"""OpenAI: the length limit goes out under the name that every model takes."""

import orjson

from weftline_providers.openai import HOST


def test_the_old_name_of_the_length_limit_becomes_the_new_one() -> None:
    assert orjson.loads(HOST.encode("chat", {"max_tokens": 9}, "gpt-6-luna")) == {
        "max_completion_tokens": 9,
        "model": "gpt-6-luna",
    }


def test_it_offers_both_tasks() -> None:
    assert {task for _, task in HOST.models} == {"chat", "embeddings"}
