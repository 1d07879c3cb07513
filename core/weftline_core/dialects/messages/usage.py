"""Usage as Messages reports it: the input without what a cache had or took."""

from collections.abc import Mapping
from typing import cast

from weftline_core.usage import NO_USAGE, Usage, in_tier


def usage_of(fields: object) -> Usage | None:
    """Return what a `usage` object says; None if it is none, or counts nothing."""
    if not isinstance(fields, dict):
        return None
    counts = cast("dict[str, object]", fields)
    if "input_tokens" not in counts and "output_tokens" not in counts:
        return None
    split = _inner(counts, "cache_creation")
    hour = _count(split, "ephemeral_1h_input_tokens")
    written = _count(counts, "cache_creation_input_tokens")
    written = max(written, hour + _count(split, "ephemeral_5m_input_tokens"))
    cached = _count(counts, "cache_read_input_tokens")
    used = Usage(
        prompt_tokens=_count(counts, "input_tokens") + cached + written,
        completion_tokens=_count(counts, "output_tokens"),
        cache_read_tokens=cached,
        cache_write_tokens=written - hour,
        cache_write_1h_tokens=hour,
        reasoning_tokens=_count(_inner(counts, "output_tokens_details"), "thinking_tokens"),
        searches=_count(_inner(counts, "server_tool_use"), "web_search_requests"),
    )
    fast = counts.get("speed") == "fast"
    return in_tier(used, "fast" if fast else counts.get("service_tier"))


def merged(before: dict[str, object], fields: object) -> dict[str, object]:
    """Return the counts of a stream so far: each field's last value that is not null holds."""
    if not isinstance(fields, dict):
        return before
    said = cast("dict[str, object]", fields)
    return before | {name: value for name, value in said.items() if value is not None}


def usage_object(usage: Usage | None) -> dict[str, object]:
    """Return a `usage` object with every field that clients read; zeros if nothing was reported."""
    used = usage or NO_USAGE
    searched: dict[str, object] | None = None
    if used.searches:
        searched = {"web_search_requests": used.searches, "web_fetch_requests": 0}
    return {
        "input_tokens": used.fresh_tokens,
        "cache_creation_input_tokens": used.cache_write_tokens + used.cache_write_1h_tokens,
        "cache_read_input_tokens": used.cache_read_tokens,
        "cache_creation": {
            "ephemeral_5m_input_tokens": used.cache_write_tokens,
            "ephemeral_1h_input_tokens": used.cache_write_1h_tokens,
        },
        "output_tokens": used.completion_tokens,
        "output_tokens_details": {"thinking_tokens": used.reasoning_tokens},
        "server_tool_use": searched,
        "service_tier": "standard",
    }


def _inner(counts: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = counts.get(name)
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def _count(counts: Mapping[str, object], name: str) -> int:
    value = counts.get(name)
    return max(0, value) if isinstance(value, int) else 0
