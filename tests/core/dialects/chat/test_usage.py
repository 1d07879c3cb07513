"""What each host means by its usage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.chat.usage import (
    UsageOf,
    deepseek,
    mistral,
    openrouter,
    standard,
    usage_object,
    xai,
)
from weftline_core.usage import Usage


@pytest.mark.parametrize("usage_of", [standard, xai, deepseek, mistral, openrouter])
@pytest.mark.parametrize(
    "usage",
    [None, 7, [], {}, {"prompt_tokens": "3"}, {"prompt_tokens": 1, "completion_tokens": 1.5}],
)
def test_what_is_no_usage_is_none(usage_of: UsageOf, usage: object) -> None:
    assert usage_of(usage) is None


def test_parts_are_read_into_totals() -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50.0,
        "total_tokens": 150,
        "prompt_tokens_details": {
            "cached_tokens": 60,
            "cache_write_tokens": 10,
            "audio_tokens": 5,
            "image_tokens": 4,
        },
        "completion_tokens_details": {"reasoning_tokens": 20, "audio_tokens": 3},
    }
    found = standard(usage)
    assert found == Usage(100, 50, 60, 10, 0, 5, 4, 0, 20, 3)
    assert found is not None
    assert found.fresh_tokens == 30


def test_alibabas_cache_writes_and_sglangs_reasoning_are_known() -> None:
    details = {"cached_tokens": 2, "cache_creation_input_tokens": 3}
    usage = {"prompt_tokens": 9, "completion_tokens": 1, "prompt_tokens_details": details}
    assert standard(usage) == Usage(9, 1, 2, 3)
    assert standard({"prompt_tokens": 9, "completion_tokens": 8, "reasoning_tokens": 7}) == Usage(
        9, 8, reasoning_tokens=7
    )


def test_odd_counts_are_nothing() -> None:
    assert standard({"prompt_tokens": -5}) == Usage(0, 0)
    details: dict[str, object] = {"cached_tokens": "x", "audio_tokens": None}
    usage = {"prompt_tokens": 5, "completion_tokens": 0, "prompt_tokens_details": details}
    assert standard(usage) == Usage(5, 0)


def test_xai_counts_reasoning_beside_the_completion() -> None:
    usage = {
        "prompt_tokens": 12,
        "completion_tokens": 1,
        "total_tokens": 303,
        "prompt_tokens_details": {"cached_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 290},
        "num_sources_used": 2,
        "cost_in_usd_ticks": 1_234_567,
    }
    assert xai(usage) == Usage(
        12,
        291,
        cache_read_tokens=4,
        reasoning_tokens=290,
        searches=2,
        cost_nanodollars=123_457,
    )
    inside = usage | {"completion_tokens": 291}
    assert (xai(inside) or Usage(0, 0)).completion_tokens == 291


def test_xais_older_models_count_the_cache_beside_the_prompt() -> None:
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 1,
        "total_tokens": 11,
        "prompt_tokens_details": {"cached_tokens": 90},
    }
    found = xai(usage)
    assert found == Usage(100, 1, 90)


def test_deepseek_counts_hits_and_misses() -> None:
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 1,
        "prompt_cache_hit_tokens": 8,
        "prompt_cache_miss_tokens": 2,
    }
    assert deepseek(usage) == Usage(10, 1, 8)
    assert deepseek({"prompt_tokens": 10, "completion_tokens": 1}) == Usage(10, 1)


@pytest.mark.parametrize(
    "more",
    [
        {"num_cached_tokens": 224},
        {"prompt_token_details": {"cached_tokens": 224}},
        {"prompt_tokens_details": {"cached_tokens": 224}, "num_cached_tokens": 1},
    ],
)
def test_mistral_spells_the_cache_in_three_ways(more: dict[str, object]) -> None:
    assert mistral({"prompt_tokens": 268, "completion_tokens": 1} | more) == Usage(268, 1, 224)


def test_openrouter_says_the_cost() -> None:
    usage: dict[str, object] = {"prompt_tokens": 1, "completion_tokens": 1}
    assert openrouter(usage | {"cost": 0.00015}) == Usage(1, 1, cost_nanodollars=150_000)
    for odd in (None, "x", -1, 1e300):
        assert openrouter(usage | {"cost": odd}) == Usage(1, 1)


@given(st.lists(st.integers(0, 10**9), min_size=5, max_size=5))
def test_what_is_written_reads_the_same(n: list[int]) -> None:
    usage = Usage(n[0], n[1], n[2], n[3], audio_prompt_tokens=n[4], reasoning_tokens=n[2])
    assert standard(usage_object(usage)) == usage


def test_writes_of_both_times_are_one_number() -> None:
    usage = usage_object(Usage(9, 1, 0, 2, 3))
    assert usage["prompt_tokens_details"] == {
        "cached_tokens": 0,
        "audio_tokens": 0,
        "cache_write_tokens": 5,
    }
    assert usage["total_tokens"] == 10
