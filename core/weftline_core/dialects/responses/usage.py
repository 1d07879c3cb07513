"""Tokens as Responses counts them: totals include their parts, as here."""

from typing import Final

import msgspec

from weftline_core.dialects.typed import converted
from weftline_core.usage import Usage


class _Kept(msgspec.Struct):
    ttl_12h_tokens: int = 0


class _InputDetails(msgspec.Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_tokens_details: _Kept | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None


class _OutputDetails(msgspec.Struct):
    reasoning_tokens: int | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None


class _Counts(msgspec.Struct):
    input_tokens: int
    output_tokens: int = 0
    input_tokens_details: _InputDetails | None = None
    output_tokens_details: _OutputDetails | None = None


class _WebSearch(msgspec.Struct):
    num_requests: int = 0


class _ToolUsage(msgspec.Struct):
    web_search: _WebSearch | None = None


_NO_INPUT: Final = _InputDetails()
_NO_OUTPUT: Final = _OutputDetails()


def usage_of(usage: object, tool_usage: object = None) -> Usage | None:
    """Return what a response's `usage` and `tool_usage` say, or None."""
    counts = converted(usage, _Counts)
    if counts is None:
        return None
    read = counts.input_tokens_details or _NO_INPUT
    made = counts.output_tokens_details or _NO_OUTPUT
    written = _count(read.cache_write_tokens)
    kept_long = read.cache_write_tokens_details
    long = min(written, _count(kept_long.ttl_12h_tokens)) if kept_long else 0
    tools = converted(tool_usage, _ToolUsage)
    return Usage(
        prompt_tokens=_count(counts.input_tokens),
        completion_tokens=_count(counts.output_tokens),
        cache_read_tokens=_count(read.cached_tokens),
        cache_write_tokens=written - long,
        # Whatever is kept longer than usual costs more; there is one place for it.
        cache_write_1h_tokens=long,
        audio_prompt_tokens=_count(read.audio_tokens),
        image_prompt_tokens=_count(read.image_tokens),
        reasoning_tokens=_count(made.reasoning_tokens),
        audio_completion_tokens=_count(made.audio_tokens),
        image_completion_tokens=_count(made.image_tokens),
        searches=_count(tools.web_search.num_requests) if tools and tools.web_search else 0,
    )


def usage_object(usage: Usage) -> dict[str, object]:
    """Return a response's `usage`."""
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read_tokens,
            "cache_write_tokens": usage.cache_write_tokens + usage.cache_write_1h_tokens,
        },
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }


def _count(value: int | None) -> int:
    return max(0, value or 0)
