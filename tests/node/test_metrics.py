"""Metrics: what is counted and how it reads."""

import pytest
from msgspec.structs import replace

from weftline_core.record import Outcome, Record
from weftline_core.usage import Usage
from weftline_node import metrics
from weftline_node.metrics import Metrics

RECORD = Record(
    request_id="req_1",
    tenant="default",
    model="weftline/ngram",
    endpoint="iad",
    attempts=2,
    status=200,
    outcome=Outcome.OK,
    streamed=True,
    ttft_ms=30.0,
    total_ms=90.0,
    usage=Usage(7, 11),
)
LABELS = 'model="weftline/ngram",endpoint="iad",outcome="ok"'


def test_requests_add_up() -> None:
    counted = Metrics()
    for _ in range(3):
        counted.observe(RECORD)
    text = counted.render()
    assert f"weftline_requests_total{{{LABELS}}} 3\n" in text
    assert f"weftline_attempts_total{{{LABELS}}} 6\n" in text
    assert f"weftline_completion_tokens_total{{{LABELS}}} 33\n" in text


def test_the_histogram_is_cumulative_and_ends_at_infinity() -> None:
    counted = Metrics()
    for ttft_ms in (5.0, 30.0, 60_000.0):
        counted.observe(replace(RECORD, ttft_ms=ttft_ms))
    name = "weftline_time_to_first_token_seconds"
    lines = counted.render().splitlines()
    counts = [int(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(f"{name}_bucket")]
    assert counts == sorted(counts)
    assert f'{name}_bucket{{{LABELS},le="0.005"}} 1' in lines, "a bound counts what equals it"
    assert f'{name}_bucket{{{LABELS},le="30.0"}} 2' in lines
    assert f'{name}_bucket{{{LABELS},le="+Inf"}} 3' in lines
    assert f"{name}_count{{{LABELS}}} 3" in lines


def test_a_request_without_content_is_counted_but_not_timed() -> None:
    counted = Metrics()
    counted.observe(replace(RECORD, endpoint="", ttft_ms=None, outcome=Outcome.FAILED))
    assert 'endpoint="none",outcome="failed"' in counted.render()
    assert "seconds_count" in counted.render()


def test_labels_are_escaped() -> None:
    counted = Metrics()
    counted.observe(replace(RECORD, model='a"b\\c\nd'))
    assert 'model="a\\"b\\\\c\\nd"' in counted.render()


def test_names_from_clients_cannot_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "SERIES_MAX", 2)
    counted = Metrics()
    for n in range(9):
        counted.observe(replace(RECORD, model=f"m{n}"))
    text = counted.render()
    assert 'weftline_requests_total{model="other",endpoint="other",outcome="ok"} 7' in text
    assert "m5" not in text


def test_what_others_count_is_given_at_the_call_and_told_to_the_last_digit() -> None:
    text = Metrics().render([("members", "Alive.", 3), ("packets_total", "Sent.", 12_345_678)])
    assert "# TYPE weftline_members gauge\nweftline_members 3\n" in text
    assert "# TYPE weftline_packets_total counter\nweftline_packets_total 12345678\n" in text


def test_what_others_count_by_labels_is_one_metric() -> None:
    tiers = {'tier="memory"': 3, 'tier="disk"': 0}
    lines = Metrics().render([("hits_total", "Hits.", tiers)]).splitlines()
    assert lines[-4:] == [
        "# HELP weftline_hits_total Hits.",
        "# TYPE weftline_hits_total counter",
        'weftline_hits_total{tier="memory"} 3',
        'weftline_hits_total{tier="disk"} 0',
    ]
