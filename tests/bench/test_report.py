"""A report says what was found, with the facts it depends on."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from weftline.cli.output import plain
from weftline_bench.record import Added, Sample, Summary, summarise
from weftline_bench.report import (
    Report,
    added_in_words,
    cpu_name,
    environment,
    errors_in_words,
    failures_in_words,
    out_path,
    rounded,
    save,
    table,
    verdict,
    warn_if_busy,
)


def samples(count: int, error: str | None = None) -> list[Sample]:
    return [
        Sample(
            target=0,
            round=n,
            scheduled_s=n,
            sent_s=n,
            ended_s=n + 0.02,
            content_s=() if error else (n + 0.0123, n + 0.0153),
            error=error,
        )
        for n in range(count)
    ]


def found(answers: int = 30, errors: int = 0) -> Summary:
    return summarise("here", [*samples(answers), *samples(errors, "refused")])


def report(summary: Summary) -> Report:
    return Report(
        bench="ttft",
        verdict=verdict([summary], stopped=False),
        at_unix_ms=1_795_503_000_000,
        environment=environment(),
        options={"rps": 10.0},
        targets=[summary],
    )


@pytest.mark.parametrize(
    ("answers", "stopped", "expected"),
    [(30, False, "ok"), (30, True, "partial"), (3, False, "void"), (3, True, "void")],
)
def test_a_verdict_is_never_better_than_the_samples(
    answers: int, stopped: bool, expected: str
) -> None:
    assert verdict([found(), found(answers)], stopped=stopped) == expected


def test_the_table_is_narrow_and_leaves_out_what_is_not_known() -> None:
    lines = plain(table([found(errors=2)])).splitlines()
    assert [line.split() for line in lines] == [
        ["TARGET", "ANSWERS", "ms", "p50", "p90", "p99", "p99.9"],
        ["here", "30", "ttft", "12.3", "12.3", "-", "-"],
        ["here", "30", "gap", "3.00", "3.00", "-", "-"],
        ["here", "30", "total", "20.0", "20.0", "-", "-"],
    ]
    assert max(map(len, lines)) < 80


def test_failures_stand_below_in_words() -> None:
    assert failures_in_words([found(), found(errors=2)]) == [
        "here: 2 refused of 32 requests failed"
    ]
    held = replace(found(), held=4)
    assert failures_in_words([held]) == [
        "here: 4 requests were held back by the limit of those in flight"
    ]


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (0.1234, "0.12"), (9.994, "9.99"), (123.456, "123.5")]
)
def test_numbers_have_as_many_digits_as_they_mean(value: float | None, text: str) -> None:
    assert rounded(value) == text


def test_errors_and_comparisons_in_words() -> None:
    assert errors_in_words({}) == "0"
    assert errors_in_words({"refused": 2, "http_503": 1}) == "2 refused, 1 http_503"
    words = added_in_words(Added(100, 0.412, 0.36, 0.43, 1.86))
    assert "adds +0.41 ms" in words
    assert "+0.36 and +0.43" in words
    assert "1.86" in words


def test_the_facts_of_the_machine_are_there() -> None:
    facts = environment()
    assert {"weftline", "python", "system", "cpu", "cpus", "load_1m"} <= set(facts)
    assert all(value not in ("", None) for value in facts.values())


def test_the_processor_is_named_where_the_system_tells(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: Little Core 3\n")
    assert cpu_name(cpuinfo) == "Little Core 3"
    assert cpu_name(tmp_path / "absent")


def test_a_report_is_kept_whole_and_none_is_overwritten(tmp_path: Path) -> None:
    one = report(found())
    paths = [out_path(tmp_path / "new", one.bench, one.at_unix_ms)]
    kept = save(one, paths[0])
    paths.append(out_path(tmp_path / "new", one.bench, one.at_unix_ms))
    save(one, paths[1])
    assert kept.name == "ttft-20261124T065000Z.json"
    assert paths[1].name == "ttft-20261124T065000Z-2"
    back = orjson.loads(kept.read_bytes())
    assert back["verdict"] == "ok"
    assert back["targets"][0]["ttft_ms"]["p50"] == pytest.approx(12.3)
    assert back["targets"][0]["ttft_ms"]["p99"] is None
    assert back["environment"]["cpus"] >= 1


def test_a_busy_machine_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    warn_if_busy({"load_1m": 1.9, "cpus": 2})
    assert capsys.readouterr().err == ""
    warn_if_busy({"load_1m": 6.5, "cpus": 2})
    assert "busy (load 6.5 on 2 processors)" in capsys.readouterr().err
