"""The doctor's words, data and exit code."""

import json

import pytest

from tests.sdk.cli.conftest import Weft
from weftline.cli import checks
from weftline.cli.checks import Finding, State
from weftline.cli.errors import ExitCode

NOWHERE = "127.0.0.1:1"


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    findings = [Finding("python", State.OK, "fine"), Finding("files", State.WARNING, "few", "more")]

    def this_machine(*, mesh_runs: bool) -> list[Finding]:
        return list(findings)

    monkeypatch.setattr(checks, "this_machine", this_machine)
    return findings


def test_warnings_are_no_failure_and_have_a_next_step(weft: Weft) -> None:
    ended = weft("doctor", "--etcd", NOWHERE)
    assert ended.code == ExitCode.OK
    assert "files          warning  few" in ended.out
    assert "What to do:\n  files: more\n" in ended.out


def test_a_failed_check_is_exit_code_1(weft: Weft, machine: list[Finding]) -> None:
    machine.append(Finding("ports", State.FAILED, "in use", "move"))
    ended = weft("doctor", "--etcd", NOWHERE, "-o", "json")
    assert ended.code == ExitCode.FAILED
    assert ended.err == "error: not in order: ports\n"
    assert {
        "check": "ports",
        "state": "failed",
        "words": "in use",
        "next_step": "move",
    } in json.loads(ended.out)


def test_a_control_plane_that_is_named_must_answer(weft: Weft) -> None:
    ended = weft("doctor", "--etcd", NOWHERE, "--control", NOWHERE)
    assert ended.code == ExitCode.FAILED
    assert "error: not in order: control plane" in ended.err


def test_one_that_answers(control: str, weft: Weft) -> None:
    ended = weft("doctor", "--etcd", NOWHERE, "--control", control)
    assert f"{control} answers in" in ended.out
    assert "not in order: nodes, clock" in ended.err or "not in order: clock" in ended.err
