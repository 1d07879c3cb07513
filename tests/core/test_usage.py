"""One arithmetic of tokens for all providers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.usage import COUNT_MAX, NO_USAGE, TIERS, Usage, in_tier, plausible

COUNTS = st.integers(0, 10**9)


@pytest.mark.parametrize(
    ("usage", "fresh"),
    [
        (Usage(10, 5), 10),
        (Usage(10, 5, cache_read_tokens=4), 6),
        (Usage(10, 5, cache_write_tokens=3, cache_write_1h_tokens=2), 5),
        (Usage(10, 5, cache_read_tokens=4, cache_write_tokens=3, cache_write_1h_tokens=3), 0),
        # What a provider reports need not add up.
        (Usage(10, 5, cache_read_tokens=40), 0),
        # Sound and pictures are fresh tokens too, unless a cache had them.
        (Usage(10, 5, audio_prompt_tokens=4, image_prompt_tokens=4), 10),
        (NO_USAGE, 0),
    ],
)
def test_fresh_is_what_no_cache_had_or_took(usage: Usage, fresh: int) -> None:
    assert usage.fresh_tokens == fresh


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_fresh_and_cached_are_the_prompt(fresh: int, read: int, write: int, hour: int) -> None:
    usage = Usage(
        fresh + read + write + hour,
        0,
        cache_read_tokens=read,
        cache_write_tokens=write,
        cache_write_1h_tokens=hour,
    )
    assert usage.fresh_tokens == fresh


def test_a_cost_that_nobody_told_is_not_nothing() -> None:
    assert NO_USAGE.cost_nanodollars is None
    assert Usage(0, 0) == NO_USAGE


def test_a_tier_is_kept_if_it_may_have_a_price() -> None:
    for tier in TIERS:
        assert in_tier(Usage(1, 2), tier) == Usage(1, 2, service_tier=tier)
    others: list[object] = ["default", "on_demand", "", None, 3, ["flex"], {"flex": 1}]
    for other in others:
        assert in_tier(Usage(1, 2), other) == Usage(1, 2)
    assert in_tier(None, "flex") is None


def test_only_counts_that_no_answer_has_are_cut() -> None:
    good = Usage(COUNT_MAX, 5, reasoning_tokens=4, cost_nanodollars=10**15, service_tier="flex")
    assert plausible(good) is good
    odd = Usage(10**30, 5, searches=10**20, cost_nanodollars=7)
    assert plausible(odd) == Usage(COUNT_MAX, 5, searches=COUNT_MAX, cost_nanodollars=7)
