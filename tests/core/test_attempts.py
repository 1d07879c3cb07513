"""The attempts machine: golden scripts, and every order of events."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.golden import check, scripts
from weftline_core.attempts import (
    Abort,
    Attempts,
    Blame,
    Break,
    Command,
    Commands,
    Commit,
    Finish,
    Open,
    Patience,
    Phase,
    Refuse,
    Reject,
    Step,
)
from weftline_core.failures import Failure
from weftline_core.limits import ATTEMPTS_MAX
from weftline_core.record import Outcome
from weftline_core.retry_budget import RetryBudget

PATIENCE = Patience(connect_s=1.0, first_content_s=15.0, stall_s=30.0, total_s=100.0)


def show(command: Command) -> str:
    match command:
        case Open(endpoint, fresh):
            return f"open {endpoint}" + (" fresh" if fresh else "")
        case Blame(endpoint, failure, retry_after_s):
            wait = "" if retry_after_s is None else f" for {retry_after_s:g} s"
            return f"blame {endpoint}: {failure.value}{wait}"
        case Refuse(error, retry):
            wait = "" if error.retry_after_s is None else f", again after {error.retry_after_s:g} s"
            return f"refuse {error.status} {error.message}{wait}" + ("" if retry else ", no retry")
        case Break(error):
            return f"break: {error.message}"
        case Abort() | Commit() | Finish() | Reject():
            return type(command).__name__.lower()


def tell(machine: Attempts, event: str, now_s: float) -> Commands:
    """Give the machine an event that is written as in the golden scripts."""
    word, *rest = event.split()
    wait_s = float(rest[1]) if len(rest) > 1 else None
    if word in ("progress", "sent"):
        getattr(machine, word)(now_s)
        return ()
    steps: dict[str, Callable[[], Commands]] = {
        "start": lambda: machine.start(now_s),
        "content": lambda: machine.content(now_s),
        "end": machine.ended,
        "fail": lambda: machine.failed(Failure(rest[0]), now_s, wait_s),
        "alarm": lambda: machine.alarm(now_s),
        "gone": machine.client_gone,
    }
    return steps[word]()


def step_of(word: str) -> Step:
    """Return the step that `a`, `a+2` (again, after 2 s) or `a~3` (3 s of patience) stand for."""
    if "+" in word:
        endpoint, wait_s = word.split("+")
        return Step(endpoint, again=True, wait_s=float(wait_s))
    endpoint, _, patience_s = word.partition("~")
    return Step(endpoint, first_content_s=float(patience_s) if patience_s else None)


class Script:
    """Runs the lines of a golden script on one machine after another."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.budget = RetryBudget(0.0)
        self.machine = Attempts([], PATIENCE, self.budget)
        self.alarm_s = float("inf")

    def run(self, line: str) -> list[str]:
        word, *rest = line.split()
        if word == "plan":
            self.now_s, self.budget = 0.0, RetryBudget(0.0)
            self.machine = Attempts([step_of(word) for word in rest], PATIENCE, self.budget)
            self.alarm_s = float("inf")
        elif word == "at":
            self.now_s = float(rest[0])
        elif word == "broke":
            while self.budget.withdraw(self.now_s):
                pass
        else:
            ended = self.machine.outcome
            if word == "alarm":
                self.alarm_s = float("inf")
            shown = [show(c) for c in tell(self.machine, line, self.now_s)]
            if self.machine.due_s < self.alarm_s and word != "progress":
                self.alarm_s = self.machine.due_s
                shown.append(f"alarm at {self.alarm_s:g}")
            if self.machine.outcome is not ended and self.machine.outcome is not None:
                shown.append(f"-- {self.machine.outcome.value} after {self.machine.count}")
            return shown
        return []


@pytest.mark.parametrize("path", scripts("attempts_*.txt"), ids=lambda p: p.stem)
def test_golden(path: Path) -> None:
    check(path, Script().run)


EVENTS = st.one_of(
    st.sampled_from(["sent", "content", "end", "progress", "alarm", "gone"]),
    st.sampled_from([f"fail {f.value}" for f in Failure]),
    st.integers(0, 40).map(lambda s: f"at +{s}"),
)
ENDINGS = (Finish, Reject, Refuse, Break)


@given(st.integers(0, 5), st.lists(EVENTS, max_size=30))
def test_every_sequence_ends_once_and_never_switches_after_commit(
    endpoints: int, events: list[str]
) -> None:
    machine = Attempts([Step(f"e{i}") for i in range(endpoints)], PATIENCE, RetryBudget(0.0))
    now_s = 0.0
    told = [*machine.start(now_s)]
    for event in [*events, *["wait"] * 12]:
        if event.startswith("at +"):
            now_s += float(event[4:])
        elif event == "wait":
            # From here on the world is silent, and only the deadline passes.
            now_s = max(now_s, machine.due_s)
            told += tell(machine, "alarm", now_s)
        else:
            told += tell(machine, event, now_s)
    assert machine.phase is Phase.ENDED, "silence always ends a request"
    assert machine.outcome is not None
    endings = [c for c in told if isinstance(c, ENDINGS)]
    assert len(endings) == (machine.outcome is not Outcome.CANCELED)
    assert endings == told[-1:] or machine.outcome is Outcome.CANCELED
    kinds = [type(c) for c in told]
    assert kinds.count(Commit) <= 1
    if Commit in kinds:
        assert Open not in kinds[kinds.index(Commit) :], "no switch after the first content"
        assert Refuse not in kinds, "no error status after the first content"
    else:
        assert Finish not in kinds
        assert Break not in kinds
    opened = [c for c in told if isinstance(c, Open) and not c.fresh]
    blames = [c for c in told if isinstance(c, Blame)]
    unfit = sum(b.failure is Failure.UNFIT for b in blames)
    assert machine.count == len(opened) - unfit <= ATTEMPTS_MAX
    assert len(blames) <= len(opened)
    assert [c.endpoint for c in opened] == [f"e{i}" for i in range(len(opened))]


def test_what_is_wrong_in_one_request_may_be_right_in_the_clients_next_one() -> None:
    steps = [Step("a"), Step("b"), Step("c", alternative=1), Step("d", alternative=1)]
    machine = Attempts(steps, PATIENCE, RetryBudget(0.0), 10)
    machine.start(0.0)
    assert machine.failed(Failure.CALLER, 1.0) == (Abort(), Open("c"))
    assert (machine.index, machine.count) == (2, 2)
    assert machine.failed(Failure.CALLER, 2.0) == (Abort(), Reject())
    assert machine.outcome is Outcome.REJECTED


def test_a_rejection_is_the_last_of_all_attempts() -> None:
    steps = [Step("a"), Step("b", alternative=1)]
    machine = Attempts(steps, PATIENCE, RetryBudget(0.0), 1)
    machine.start(0.0)
    assert machine.failed(Failure.CALLER, 1.0) == (Abort(), Reject())
