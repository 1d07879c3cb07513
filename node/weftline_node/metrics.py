"""Counters of finished requests: plain integers while traffic flows, text only when asked for.

`observe` is called once a request, after its last byte; it does dictionary look-ups and additions.
Rendering happens on the admin listener's call.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from weftline_core.record import Record

# Upper bounds of the time-to-first-token histogram, in seconds: from a near small model to a queue.
TTFT_BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

# Distinct (model, endpoint, outcome) series kept; beyond it requests are counted under "other".
SERIES_MAX = 5_000


# What others count: a name, what it is, and its value, or one for each set of labels.
Sample: TypeAlias = tuple[str, str, int | Mapping[str, int]]


@dataclass(slots=True)
class _Series:
    requests: int = 0
    attempts: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    ttft_count: int = 0
    ttft_sum_s: float = 0.0
    ttft_buckets: list[int] = field(default_factory=lambda: [0] * (len(TTFT_BOUNDS_S) + 1))


class Metrics:
    """What this node has served since it started."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str, str], _Series] = {}

    def observe(self, record: Record) -> None:
        """Count one finished request."""
        key = (record.model, record.endpoint or "none", record.outcome.value)
        series = self._series.get(key)
        if series is None:
            if len(self._series) >= SERIES_MAX:
                key = ("other", "other", record.outcome.value)
            series = self._series.setdefault(key, _Series())
        series.requests += 1
        series.attempts += record.attempts
        series.prompt_tokens += record.usage.prompt_tokens
        series.completion_tokens += record.usage.completion_tokens
        if record.ttft_ms is not None:
            ttft_s = record.ttft_ms / 1000
            series.ttft_count += 1
            series.ttft_sum_s += ttft_s
            series.ttft_buckets[bisect_left(TTFT_BOUNDS_S, ttft_s)] += 1

    def render(self, others: Iterable[Sample] = ()) -> str:
        """Return everything in Prometheus' text format.

        others: what others count; a name that ends in `_total` only grows.
        """
        return "\n".join([*self._counters(), *self._histogram(), *_others(others)]) + "\n"

    def _counters(self) -> Iterator[str]:
        for name, about in _COUNTERS:
            yield f"# HELP weftline_{name}_total {about}"
            yield f"# TYPE weftline_{name}_total counter"
            for key, series in self._series.items():
                yield f"weftline_{name}_total{{{_labels(key)}}} {getattr(series, name)}"

    def _histogram(self) -> Iterator[str]:
        name = "weftline_time_to_first_token_seconds"
        yield f"# HELP {name} Time from the request's last byte to its first content."
        yield f"# TYPE {name} histogram"
        for key, series in self._series.items():
            labels, seen = _labels(key), 0
            for bound, count in zip((*TTFT_BOUNDS_S, "+Inf"), series.ttft_buckets, strict=True):
                seen += count
                yield f'{name}_bucket{{{labels},le="{bound}"}} {seen}'
            yield f"{name}_sum{{{labels}}} {series.ttft_sum_s:.6f}"
            yield f"{name}_count{{{labels}}} {series.ttft_count}"


_COUNTERS = (
    ("requests", "Requests finished, by outcome."),
    ("attempts", "Upstream attempts made for them."),
    ("prompt_tokens", "Prompt tokens, reported or estimated."),
    ("completion_tokens", "Completion tokens, reported or estimated."),
)


def _labels(key: tuple[str, str, str]) -> str:
    model, endpoint, outcome = (
        part.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") for part in key
    )
    return f'model="{model}",endpoint="{endpoint}",outcome="{outcome}"'


def _others(others: Iterable[Sample]) -> Iterator[str]:
    for name, about, value in others:
        yield f"# HELP weftline_{name} {about}"
        yield f"# TYPE weftline_{name} {'counter' if name.endswith('_total') else 'gauge'}"
        if isinstance(value, int):
            yield f"weftline_{name} {value}"
        else:
            for labels, count in value.items():
                yield f"weftline_{name}{{{labels}}} {count}"
