"""A line delivers in order, never early, and knows when it is full."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from weftline_bench.line import IN_FLIGHT_BYTES_MAX, TIMER_SLACK_S, Line


class Timers:
    """Timers on a time that the test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.due: list[tuple[float, Callable[[], object]]] = []

    def time(self) -> float:
        return self.now_s

    def call_at(self, when: float, callback: Callable[[], object], /) -> None:
        self.due.append((when, callback))

    def run(self, until_s: float) -> None:
        while ready := sorted((d for d in self.due if d[0] <= until_s), key=lambda d: d[0])[:1]:
            self.due.remove(ready[0])
            self.now_s = max(self.now_s, ready[0][0])
            ready[0][1]()
        self.now_s = until_s


def nothing() -> None:
    """Stand in for flow control where a test has none."""


@given(at_s=st.lists(st.floats(0, 10), max_size=20))
def test_actions_keep_their_order_and_none_is_early(at_s: list[float]) -> None:
    timers = Timers()
    line = Line(timers, nothing, nothing)
    done: list[tuple[int, float]] = []

    def note(number: int) -> Callable[[], None]:
        return lambda: done.append((number, timers.now_s))

    for number, at in enumerate(at_s):
        line.put(at, 1, note(number))
    timers.run(20.0)
    assert [number for number, _ in done] == list(range(len(at_s)))
    assert all(when >= at_s[number] - TIMER_SLACK_S for number, when in done)
    assert line.bytes_in_flight == 0


def test_a_held_line_waits_and_then_goes_on() -> None:
    timers, done = Timers(), list[int]()
    line = Line(timers, nothing, nothing)
    line.hold()
    line.put(1.0, 1, lambda: done.append(1))
    timers.run(5.0)
    assert done == []
    line.release()
    timers.run(6.0)
    assert done == [1]


def test_a_full_line_says_so_once_and_room_once() -> None:
    timers, said = Timers(), list[str]()
    line = Line(timers, lambda: said.append("full"), lambda: said.append("room"))
    for _ in range(5):
        line.put(1.0, IN_FLIGHT_BYTES_MAX // 2, nothing)
    assert said == ["full"]
    timers.run(2.0)
    assert said == ["full", "room"]
