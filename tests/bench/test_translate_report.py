"""What the cost of translation is told as, and when a goal counts as missed."""

import orjson
import pytest

from weftline.cli.output import Format
from weftline_bench.translate_report import (
    GOALS_US,
    Cost,
    TranslateReport,
    missed,
    table,
    tell_translate,
)


def cost(client: str, host: str, what: str, best_us: float) -> Cost:
    return Cost(client=client, host=host, what=what, best_us=best_us, median_us=best_us + 1)


COSTS = (
    cost("chat", "messages", "request", 59.9),
    cost("chat", "messages", "text", 15.1),
    cost("chat", "messages", "call", 16.0),
    cost("chat", "chat", "request", 99.0),
    cost("chat", "chat", "text", 2.0),
    cost("generate", "chat", "answer", 500.0),
)
REPORT = TranslateReport(at_unix_ms=0, environment={}, options={}, costs=COSTS, goals_us=GOALS_US)


def test_goals_are_of_requests_and_events_that_are_translated() -> None:
    assert [cost.what for cost in COSTS if missed(cost)] == ["text", "call"]


def test_each_pair_is_a_line_and_passing_on_comes_first() -> None:
    rows = table(COSTS).rows
    assert [row[:2] for row in rows] == [
        ("chat", "chat"),
        ("chat", "messages"),
        ("generate", "chat"),
    ]
    assert rows[0][2:] == ("99.0 / 100.0", "2.0 / 3.0", "", "", "passed on")
    assert [row[-1] for row in rows[1:]] == ["missed: text, call", "kept"]


def test_people_read_the_goals_beside_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    tell_translate(REPORT, Format.TABLE)
    shown = capsys.readouterr().out
    assert "59.9 / 60.9" in shown
    assert "request <= 60, text <= 15, call <= 15" in shown


def test_programs_read_every_cost(capsys: pytest.CaptureFixture[str]) -> None:
    tell_translate(REPORT, Format.JSON)
    told = orjson.loads(capsys.readouterr().out)
    assert told["costs"][0] == {
        "client": "chat",
        "host": "messages",
        "what": "request",
        "best_us": 59.9,
        "median_us": 60.9,
    }
    assert told["goals_us"]["call"] == 15
    assert len(told["costs"]) == len(COSTS)
