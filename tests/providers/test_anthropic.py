"""Anthropic: its own key header, and a version with every request."""

from weftline_core.dialects.dialect import Target
from weftline_providers.anthropic import HOST


def test_key_and_version_are_shown_as_it_wants() -> None:
    (back,) = HOST.speaks
    assert HOST.headers(back, "k") == (("x-api-key", "k"), ("anthropic-version", "2023-06-01"))
    assert HOST.path(back, Target(model="claude-opus-5"), stream=True) == "/messages"


def test_it_counts_tokens() -> None:
    assert HOST.counts == {"messages"}
