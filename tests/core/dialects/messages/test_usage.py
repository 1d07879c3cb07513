"""Input in Messages is without what a cache had or took; here totals include it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.messages.usage import merged, usage_object, usage_of
from weftline_core.usage import NO_USAGE, Usage


def test_the_tier_that_served_is_noted() -> None:
    counts = {"input_tokens": 1, "output_tokens": 2}
    for told, tier in (
        ({"service_tier": "standard", "speed": "standard"}, None),
        ({"service_tier": "batch"}, "batch"),
        ({"service_tier": "standard", "speed": "fast"}, "fast"),
        ({"service_tier": 3}, None),
    ):
        assert usage_of(counts | told) == Usage(1, 2, service_tier=tier)


def test_the_prompt_is_all_that_was_read() -> None:
    usage = usage_of(
        {
            "input_tokens": 51,
            "cache_creation_input_tokens": 30,
            "cache_read_input_tokens": 100,
            "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
            "output_tokens": 1699,
            "output_tokens_details": {"thinking_tokens": 139},
            "server_tool_use": {"web_search_requests": 2},
        }
    )
    assert usage == Usage(
        prompt_tokens=181,
        completion_tokens=1699,
        cache_read_tokens=100,
        cache_write_tokens=10,
        cache_write_1h_tokens=20,
        reasoning_tokens=139,
        searches=2,
    )
    assert usage is not None
    assert usage.fresh_tokens == 51


@pytest.mark.parametrize("fields", [None, [], {}, {"x": 1}, "usage"])
def test_what_counts_nothing_is_no_usage(fields: object) -> None:
    assert usage_of(fields) is None


def test_nonsense_counts_nothing() -> None:
    fields = {"input_tokens": "9", "output_tokens": -4, "cache_creation": [1]}
    assert usage_of(fields) == NO_USAGE


def test_the_last_value_that_is_not_null_holds() -> None:
    first: dict[str, object] = {"input_tokens": 43, "cache_read_input_tokens": 5}
    counts = merged(first, {"input_tokens": 61, "cache_read_input_tokens": None})
    assert counts == {"input_tokens": 61, "cache_read_input_tokens": 5}
    assert merged(counts, None) == counts


@given(st.lists(st.integers(0, 10**9), min_size=7, max_size=7))
def test_what_is_written_reads_the_same(counts: list[int]) -> None:
    fresh, read, write, hour, out, thought, searches = counts
    usage = Usage(
        prompt_tokens=fresh + read + write + hour,
        completion_tokens=out,
        cache_read_tokens=read,
        cache_write_tokens=write,
        cache_write_1h_tokens=hour,
        reasoning_tokens=thought,
        searches=searches,
    )
    assert usage_of(usage_object(usage)) == usage


def test_no_report_is_written_as_zeros() -> None:
    written = usage_object(None)
    assert (written["input_tokens"], written["output_tokens"]) == (0, 0)
