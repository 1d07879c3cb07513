"""Log lines."""

import asyncio

import orjson

from weftline.logs import FLUSH_INTERVAL_S, LINES_HELD_MAX, REASON_CHARS_MAX, Log


class Clock:
    def now_s(self) -> float:
        return 0.0

    def unix_ms(self) -> int:
        return 1_800_000_000_000


def lines(written: list[bytes]) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in b"".join(written).splitlines()]


def test_without_a_loop_a_line_is_written_at_once() -> None:
    written: list[bytes] = []
    Log(Clock(), written.append).info("started", port=8080)
    assert lines(written) == [
        {"at_unix_ms": 1_800_000_000_000, "level": "info", "event": "started", "port": 8080}
    ]


async def test_lines_gather_and_go_out_in_one_write() -> None:
    written: list[bytes] = []
    log = Log(Clock(), written.append)
    log.info("a")
    log.warning("b", why="x\ny")
    assert written == []
    await asyncio.sleep(FLUSH_INTERVAL_S * 1.5)
    assert len(written) == 1
    assert [line["event"] for line in lines(written)] == ["a", "b"]


async def test_a_flood_is_cut_and_counted() -> None:
    written: list[bytes] = []
    log = Log(Clock(), written.append)
    for _ in range(LINES_HELD_MAX + 7):
        log.error("again")
    log.flush()
    assert lines(written)[-1]["event"] == "log_lines_dropped"
    assert lines(written)[-1]["count"] == 7


def test_what_json_cannot_hold_is_written_as_text() -> None:
    written: list[bytes] = []
    Log(Clock(), written.append).info("odd", value={1: object})
    assert b"class 'object'" in written[0]


def test_a_failed_task_is_told_with_its_words_cut_short() -> None:
    written: list[bytes] = []
    Log(Clock(), written.append).failed("probe", KeyError("x" * 2 * REASON_CHARS_MAX))
    line = lines(written)[0]
    assert (line["event"], line["task"]) == ("task_failed", "probe")
    assert str(line["failure"]).startswith("KeyError('xx")
    assert len(str(line["failure"])) == REASON_CHARS_MAX


async def test_a_line_that_fits_no_json_costs_no_other() -> None:
    written: list[bytes] = []
    log = Log(Clock(), written.append)
    log.info("before")
    log.info("odd", tokens=10**30, code="\ud800")
    log.info("after")
    log.flush()
    found = lines(written)
    assert [found[0]["event"], found[2]["event"]] == ["before", "after"]
    assert (found[1]["tokens"], found[1]["code"]) == (str(10**30), "'\\ud800'")
