"""Reasons and tokens of Converse in the mesh's own terms."""

import pytest

from weftline_core.chat.answer import Citation, Stop
from weftline_core.dialects.converse.shapes import (
    CacheDetail,
    Location,
    SourceShape,
    TokenUsage,
    Web,
    citation_of,
    stop_of,
    usage_of,
)
from weftline_core.usage import Usage


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("end_turn", Stop.END),
        ("tool_use", Stop.TOOL_CALLS),
        ("max_tokens", Stop.LENGTH),
        ("model_context_window_exceeded", Stop.LENGTH),
        ("stop_sequence", Stop.SEQUENCE),
        ("guardrail_intervened", Stop.FILTERED),
        ("content_filtered", Stop.FILTERED),
        ("something_new", Stop.END),
        ("malformed_model_output", None),
        ("malformed_tool_use", None),
    ],
)
def test_stop_reasons(reason: str, stop: Stop | None) -> None:
    assert stop_of(reason) is stop


def test_the_prompt_includes_what_was_cached() -> None:
    details = [CacheDetail("1h", 30), CacheDetail("5m", 10)]
    assert usage_of(TokenUsage(5, 7, 20, 40, details)) == Usage(
        prompt_tokens=65,
        completion_tokens=7,
        cache_read_tokens=20,
        cache_write_tokens=10,
        cache_write_1h_tokens=30,
    )


def test_usage_is_never_negative_nor_invented() -> None:
    assert usage_of(None) is None
    assert usage_of(TokenUsage(5, 7)) == Usage(5, 7)
    assert usage_of(TokenUsage(-5, -7, -1, 3, [CacheDetail("1h", 99)])) == Usage(
        3, 0, cache_write_1h_tokens=3
    )


def test_only_pages_are_cited() -> None:
    page = SourceShape("t", None, Location(Web("https://x/y")))
    assert citation_of(page) == Citation(url="https://x/y", title="t")
    assert citation_of(SourceShape("t", "s", None)) is None
    assert citation_of(SourceShape("t", "s", Location(Web(None)))) is None
