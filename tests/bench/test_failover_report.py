"""What the drill says, and when it says that a promise was missed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import orjson
import pytest

from weftline.cli.output import Format
from weftline_bench.deaths import Death, Failover, Span, failover
from weftline_bench.failover_report import FailoverReport, lines, tell_failover
from weftline_bench.record import percentiles

QUICK = Death(
    endpoint="ams-1",
    killed_s=1.0,
    known_s={"ams": 1.5},
    back_s=3.0,
    trusted_s={"ams": 4.0},
)
FOUND = replace(
    failover(["ams"], [], [QUICK], Span(5.0, 10.0)),
    requests=900,
    touched=[2],
    refused_extra_ms=percentiles([3.0] * 100),
    control_lost_requests=150,
)


def report(
    found: Failover = FOUND,
    *,
    ready_s: Sequence[float] = (0.5, 0.6),
    idle_mb: Mapping[str, float | None] | None = None,
) -> FailoverReport:
    return FailoverReport(
        at_unix_ms=0,
        environment={},
        options={},
        found=found,
        node_ready_s=ready_s,
        node_idle_mb=idle_mb or {"ams": 50.0},
    )


def missed(told: FailoverReport) -> list[str]:
    return [line.what for line in lines(told) if line.kept is False]


def test_all_promises_kept() -> None:
    kept = [line.what for line in lines(report()) if line.kept]
    assert len(kept) == 6
    assert missed(report()) == []


@pytest.mark.parametrize(
    ("told", "what"),
    [
        (report(replace(FOUND, errors={"http_503": 1})), "errors that clients saw"),
        (report(replace(FOUND, refused_extra_ms=percentiles([51.0] * 100))), "extra TTFT"),
        (report(replace(FOUND, known_s=percentiles([2.1]))), "knows of a death"),
        (report(replace(FOUND, unknown=1)), "knows of a death"),
        (report(replace(FOUND, control_lost_errors=1)), "without control plane"),
        (report(ready_s=[0.5, 1.1]), "until it is ready"),
        (report(idle_mb={"ams": 50.0, "iad": 61.0}), "memory"),
    ],
)
def test_a_promise_missed_is_named(told: FailoverReport, what: str) -> None:
    (found,) = missed(told)
    assert what in found


def test_a_p99_needs_a_hundred_requests(capsys: pytest.CaptureFixture[str]) -> None:
    few = report(replace(FOUND, refused_extra_ms=percentiles([51.0] * 99)))
    assert missed(few) == []
    tell_failover(few, Format.TABLE)
    assert "--kills" in capsys.readouterr().err


def test_a_system_that_tells_no_memory() -> None:
    assert missed(report(idle_mb={"ams": None})) == []


def test_for_people_and_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    tell_failover(report(), Format.TABLE)
    out = capsys.readouterr().out
    assert "p50 3.00, p99 3.00, max 3.00" in out
    assert "p99 <= 50" in out
    tell_failover(report(), Format.JSON)
    data = orjson.loads(capsys.readouterr().out)
    assert data["found"]["touched"] == [2]
    assert data["node_ready_s"] == [0.5, 0.6]
