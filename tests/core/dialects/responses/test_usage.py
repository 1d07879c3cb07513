"""Tokens, both ways."""

import pytest
from openai.types.responses import ResponseUsage

from tests.fakes.responses_wire import USAGE
from weftline_core.dialects.responses.usage import usage_object, usage_of
from weftline_core.usage import NO_USAGE, Usage

READ = Usage(10, 7, cache_read_tokens=4, cache_write_tokens=2, reasoning_tokens=3)


def test_usage_is_read_and_written() -> None:
    assert usage_of(USAGE) == READ
    assert READ.fresh_tokens == 4
    assert usage_object(READ) == USAGE
    ResponseUsage.model_validate(usage_object(NO_USAGE))


def test_what_is_kept_longer_is_told_apart() -> None:
    kept = {"cache_write_tokens": 5, "cache_write_tokens_details": {"ttl_12h_tokens": 3}}
    found = usage_of({"input_tokens": 10, "output_tokens": 1, "input_tokens_details": kept})
    assert found == Usage(10, 1, cache_write_tokens=2, cache_write_1h_tokens=3)
    assert found is not None
    details = usage_object(found)["input_tokens_details"]
    assert details == {"cached_tokens": 0, "cache_write_tokens": 5}


def test_searches_are_counted() -> None:
    tools = {"web_search": {"num_requests": 2}, "image_gen": {"input_tokens": 1}}
    found = usage_of({"input_tokens": 1, "output_tokens": 1}, tools)
    assert found is not None
    assert found.searches == 2


@pytest.mark.parametrize("usage", [None, 7, [], {}, {"input_tokens": "1"}, {"output_tokens": 1}])
def test_what_is_no_usage_is_none(usage: object) -> None:
    assert usage_of(usage) is None


def test_a_hosts_odd_numbers_do_no_harm() -> None:
    usage: dict[str, object] = {
        "input_tokens": -5,
        "output_tokens": 2,
        "input_tokens_details": None,
    }
    assert usage_of(usage) == Usage(0, 2)
    usage = {"input_tokens": 5, "output_tokens_details": {"reasoning_tokens": None}}
    assert usage_of(usage) == Usage(5, 0)
