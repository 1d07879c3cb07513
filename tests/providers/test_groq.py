"""Groq: no log probabilities, no embeddings."""

from weftline_core.chat.features import Feature
from weftline_core.dialects.dialect import Target
from weftline_core.dialects.losses import DROP, REFUSE
from weftline_core.hosts import back_for
from weftline_providers.groq import HOST


def test_log_probabilities_are_left_out() -> None:
    body: dict[str, object] = {"messages": [], "logprobs": True, "top_logprobs": 3, "seed": 1}
    gone = HOST.adapt(HOST.speaks[0], body, Target(model="openai/gpt-oss-20b"))
    assert body == {"messages": [], "seed": 1}
    assert set(gone) == {"logprobs", "top_logprobs"}


def test_embeddings_are_not_offered() -> None:
    assert back_for(HOST, "openai/gpt-oss-20b", "embeddings", "embeddings") is None


def test_what_it_would_refuse_is_dropped_or_refused_before() -> None:
    losses = HOST.speaks[0].losses
    assert losses[Feature.CHOICES] is REFUSE
    assert {losses[f] for f in (Feature.LOGIT_BIAS, Feature.LOGPROBS, Feature.VERBOSITY)} == {DROP}
    body: dict[str, object] = {"verbosity": "low"}
    assert HOST.adapt(HOST.speaks[0], body, Target(model="m")) == ("verbosity",)
    assert body == {}
