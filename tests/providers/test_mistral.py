"""Mistral: it refuses fields that it does not know."""

from weftline_core.dialects.dialect import Target
from weftline_providers.mistral import HOST

TARGET = Target(model="mistral-large-4")


def test_what_it_would_refuse_is_renamed_or_left_out() -> None:
    body: dict[str, object] = {
        "messages": [],
        "seed": 7,
        "max_completion_tokens": 9,
        "stream_options": {"include_usage": True},
        "user": "u",
    }
    gone = HOST.adapt(HOST.speaks[0], body, TARGET)
    assert body == {"messages": [], "random_seed": 7, "max_tokens": 9}
    assert set(gone) == {"stream_options", "user"}


def test_a_stream_is_asked_for_without_options() -> None:
    body: dict[str, object] = {"messages": []}
    HOST.speaks[0].own(body, TARGET, stream=True)
    assert body == {"messages": [], "model": TARGET.model, "stream": True}
