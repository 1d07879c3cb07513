"""One JSON object a line."""

from tests.fakes.control import quiet_log


def test_lines() -> None:
    log, lines = quiet_log()
    log.info("began", node="ams")
    log.warning("odd", reason=ValueError("because"))
    log.error("broken")
    log.failed("sweep", KeyError("x"))
    assert [line["level"] for line in lines.lines] == ["info", "warning", "error", "error"]
    assert lines.lines[0]["node"] == "ams"
    assert lines.lines[1]["reason"] == "because"
    assert (lines.lines[3]["task"], lines.lines[3]["failure"]) == ("sweep", "KeyError: 'x'")
    assert all(isinstance(line["at_unix_ms"], int) for line in lines.lines)
