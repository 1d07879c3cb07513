"""Groq: no log probabilities, no embeddings."""

from weftline_core.dialects.dialect import Target
from weftline_core.hosts import back_for
from weftline_providers.groq import HOST


def test_log_probabilities_are_left_out() -> None:
    body: dict[str, object] = {"messages": [], "logprobs": True, "top_logprobs": 3, "seed": 1}
    gone = HOST.adapt(HOST.speaks[0], body, Target(model="openai/gpt-oss-20b"))
    assert body == {"messages": [], "seed": 1}
    assert set(gone) == {"logprobs", "top_logprobs"}


def test_embeddings_are_not_offered() -> None:
    assert back_for(HOST, "openai/gpt-oss-20b", "embeddings", "embeddings") is None
