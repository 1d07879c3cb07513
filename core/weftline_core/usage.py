"""Tokens of one answer, in one arithmetic for all providers.

Providers disagree on what includes what (cached input inside or beside the input, reasoning inside
or beside the output). Here totals include their parts, and every dialect converts.
"""

from typing import Final

import msgspec

# Tiers of service with prices of their own. Hosts have many words for the usual one.
TIERS: Final = frozenset(("batch", "fast", "flex", "priority"))


class Usage(msgspec.Struct, frozen=True):
    """What one answer used, as reported.

    prompt_tokens: everything that was read: fresh, cached, and written to a cache.
    completion_tokens: everything that was made, reasoning included.
    cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, audio_prompt_tokens,
    image_prompt_tokens, cache_read_audio_tokens: parts of the prompt; the plain write is kept for
    the provider's usual time (5 to 30 minutes).
    reasoning_tokens, audio_completion_tokens, image_completion_tokens: parts of the completion.
    searches: web searches that are billed by the call.
    cost_nanodollars: the exact cost, where the provider says it; it beats every price list.
    service_tier: which of `TIERS` served; None for the usual one.
    """

    prompt_tokens: int
    completion_tokens: int
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    audio_prompt_tokens: int = 0
    image_prompt_tokens: int = 0
    cache_read_audio_tokens: int = 0
    reasoning_tokens: int = 0
    audio_completion_tokens: int = 0
    image_completion_tokens: int = 0
    searches: int = 0
    cost_nanodollars: int | None = None
    service_tier: str | None = None

    @property
    def fresh_tokens(self) -> int:
        """Return the part of the prompt that no cache had or took; never below 0, whatever a
        provider reports.
        """
        cached = self.cache_read_tokens + self.cache_write_tokens + self.cache_write_1h_tokens
        return max(0, self.prompt_tokens - cached)


NO_USAGE = Usage(0, 0)

# More tokens than any answer has. Beyond it a count is nonsense, and soon fits no log.
COUNT_MAX: Final = 2**40


def plausible(usage: Usage) -> Usage:
    """Return usage with no count over COUNT_MAX; the same object where there is none."""
    counts = {name: getattr(usage, name) for name in _COUNTS}
    if max(counts.values()) <= COUNT_MAX:
        return usage
    return msgspec.structs.replace(usage, **{n: min(c, COUNT_MAX) for n, c in counts.items()})


_COUNTS: Final = tuple(
    name for name in Usage.__struct_fields__ if name not in ("cost_nanodollars", "service_tier")
)


def in_tier(usage: Usage | None, tier: object) -> Usage | None:
    """Return the usage with the tier that a host says has served, which may be any JSON."""
    if usage is None or not isinstance(tier, str) or tier not in TIERS:
        return usage
    return msgspec.structs.replace(usage, service_tier=tier)
