"""Usage of chat completions, and what some hosts mean by theirs.

Sources: OpenAI's schema; traffic of xAI, DeepSeek, Mistral, Alibaba and SGLang as recorded by
pydantic-ai and vercel/ai; OpenRouter's documentation.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias, cast

import msgspec

from weftline_core.dialects.chat.host_shapes import fields_of
from weftline_core.usage import Usage

# Reads the `usage` of a whole answer or of one event; None if it says nothing.
UsageOf: TypeAlias = Callable[[object], Usage | None]

_NANODOLLARS: Final = 10**9
# xAI counts money in 10^-10 US dollars.
_TICKS_PER_NANODOLLAR: Final = 10


def standard(usage: object) -> Usage | None:
    """Return what most hosts mean: parts are inside their totals.

    Cache writes are Alibaba's `cache_creation_input_tokens` too; SGLang says `reasoning_tokens` at
    the top.
    """
    if not isinstance(usage, dict):
        return None
    counts = cast("dict[str, object]", usage)
    prompt = _number(counts.get("prompt_tokens"))
    completion = _number(counts.get("completion_tokens", 0))
    if prompt is None or completion is None:
        return None
    read, made = counts.get("prompt_tokens_details"), counts.get("completion_tokens_details")
    if not read and not made:
        return Usage(prompt, completion, reasoning_tokens=_count(counts, "reasoning_tokens"))
    ins, outs = fields_of(read), fields_of(made)
    return Usage(
        prompt,
        completion,
        cache_read_tokens=_count(ins, "cached_tokens"),
        cache_write_tokens=_count(ins, "cache_write_tokens")
        or _count(ins, "cache_creation_input_tokens"),
        audio_prompt_tokens=_count(ins, "audio_tokens"),
        image_prompt_tokens=_count(ins, "image_tokens"),
        reasoning_tokens=_count(outs, "reasoning_tokens") or _count(counts, "reasoning_tokens"),
        audio_completion_tokens=_count(outs, "audio_tokens"),
        image_completion_tokens=_count(outs, "image_tokens"),
    )


def xai(usage: object) -> Usage | None:
    """Return xAI's: reasoning stands beside the completion, cached input sometimes beside the
    prompt, and the exact cost in ticks.
    """
    found = standard(usage)
    if found is None:
        return None
    counts = fields_of(usage)
    prompt, completion = found.prompt_tokens, found.completion_tokens
    if found.cache_read_tokens > prompt:
        prompt += found.cache_read_tokens
    if _number(counts.get("total_tokens")) != found.prompt_tokens + completion:
        completion += found.reasoning_tokens
    ticks = _number(counts.get("cost_in_usd_ticks"))
    return msgspec.structs.replace(
        found,
        prompt_tokens=prompt,
        completion_tokens=completion,
        searches=_count(counts, "num_sources_used"),
        cost_nanodollars=None if ticks is None else round(ticks / _TICKS_PER_NANODOLLAR),
    )


def deepseek(usage: object) -> Usage | None:
    """Return DeepSeek's: hits and misses of its cache are the prompt."""
    found = standard(usage)
    counts = fields_of(usage)
    hit = _number(counts.get("prompt_cache_hit_tokens"))
    if found is None or hit is None:
        return found
    prompt = max(found.prompt_tokens, hit + _count(counts, "prompt_cache_miss_tokens"))
    return msgspec.structs.replace(found, prompt_tokens=prompt, cache_read_tokens=hit)


def mistral(usage: object) -> Usage | None:
    """Return Mistral's: cached input has had three spellings."""
    found = standard(usage)
    if found is None or found.cache_read_tokens:
        return found
    counts = fields_of(usage)
    older = _count(fields_of(counts.get("prompt_token_details")), "cached_tokens")
    cached = older or _count(counts, "num_cached_tokens")
    return msgspec.structs.replace(found, cache_read_tokens=cached)


def openrouter(usage: object) -> Usage | None:
    """Return OpenRouter's: it says the exact cost in US dollars."""
    found = standard(usage)
    cost = fields_of(usage).get("cost")
    if found is None or not isinstance(cost, int | float) or not 0 <= cost < _NANODOLLARS:
        return found
    return msgspec.structs.replace(found, cost_nanodollars=round(cost * _NANODOLLARS))


def usage_object(usage: Usage) -> dict[str, object]:
    """Return usage as clients read it."""
    read: dict[str, object] = {
        "cached_tokens": usage.cache_read_tokens,
        "audio_tokens": usage.audio_prompt_tokens,
    }
    if written := usage.cache_write_tokens + usage.cache_write_1h_tokens:
        read["cache_write_tokens"] = written
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": read,
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens,
            "audio_tokens": usage.audio_completion_tokens,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _number(value: object) -> int | None:
    """Return a count, never below 0; None if it is no whole number. Some hosts send `12.0`."""
    if isinstance(value, int):
        return max(value, 0)
    return max(int(value), 0) if isinstance(value, float) and value.is_integer() else None


def _count(fields: Mapping[str, object], name: str) -> int:
    return _number(fields.get(name)) or 0
