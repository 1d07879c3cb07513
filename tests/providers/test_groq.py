"""Groq: no log probabilities, no embeddings."""

import orjson
import pytest

from weftline_core.provider import UnsupportedTask
from weftline_providers.groq import HOST


def test_log_probabilities_are_left_out() -> None:
    body: dict[str, object] = {"messages": [], "logprobs": True, "top_logprobs": 3, "seed": 1}
    sent = orjson.loads(HOST.encode("chat", body, "openai/gpt-oss-20b"))
    assert sent == {"messages": [], "seed": 1, "model": "openai/gpt-oss-20b"}


def test_embeddings_are_refused() -> None:
    with pytest.raises(UnsupportedTask, match="groq does not offer embeddings"):
        HOST.path("embeddings")
