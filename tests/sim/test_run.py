"""Seeds pass, a seed is one run, and a node that is broken on purpose is caught."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sim import checks
from tests.sim.faults import Kind, Trouble
from tests.sim.run import run_seed
from weftline_core.attempts import Attempts, Commands
from weftline_core.failures import Failure
from weftline_core.record import Record
from weftline_node.app import Node

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("seed", range(6))
def test_a_seed_passes(seed: int) -> None:
    assert run_seed(seed).problems == []


def test_a_seed_is_one_run() -> None:
    assert run_seed(3).digest == run_seed(3).digest != run_seed(4).digest


def test_a_seed_is_one_run_whatever_python_makes_of_hashes() -> None:
    command = [sys.executable, "-m", "tests.sim", "--seed", "3"]
    digests: set[str] = set()
    for hash_seed in ("1", "2"):
        out = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout
        assert out.splitlines()[-1] == "1 passed, 0 failed"
        digests |= set(re.findall(r"trace=([0-9a-f]{16})", out))
    assert digests == {run_seed(3).digest}


CUTS = (Trouble(Kind.MISBEHAVES, 5.0, 20.0, ("e-ams",), fault="no_done_chunked"),)


def test_an_honest_node_breaks_off_what_is_cut() -> None:
    report = run_seed(1, troubles=CUTS)
    assert report.problems == []
    assert report.verdicts["BROKEN_OFF"] > 0


def test_a_node_that_hides_cuts_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Attempts.failed

    def hiding(
        self: Attempts, failure: Failure, now_s: float, retry_after_s: float | None = None
    ) -> Commands:
        if failure is Failure.TRUNCATED and (hidden := self.ended()):
            return hidden
        return honest(self, failure, now_s, retry_after_s)

    monkeypatch.setattr(Attempts, "failed", hiding)
    assert any("silent cut" in p or "hung" in p for p in run_seed(1, troubles=CUTS).problems)


def test_a_node_that_never_fails_over_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weftline_node.pipeline.ATTEMPTS_MAX", 1)
    dead = (Trouble(Kind.DEAD, 5.0, 6.0, ("e-ams",)),)
    assert any("could help" in p for p in run_seed(2, troubles=dead).problems)


def test_a_node_that_forgets_a_record_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def forget(node: Node, record: Record) -> None:
        """Lose it."""

    monkeypatch.setattr(Node, "_on_record", forget)
    assert any("no record of" in p for p in run_seed(2, troubles=CUTS).problems)


def test_a_run_with_no_trouble_is_void() -> None:
    assert run_seed(1, troubles=()).problems == ["void: nothing went wrong"]


def test_a_run_with_few_requests_is_void() -> None:
    assert checks.void([], 3) == ["void: only 0 requests"]
