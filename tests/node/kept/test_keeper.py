"""Keeps answers on their way."""

import orjson
import pytest

from tests.fakes.kept_desk import WHOLE, host_events
from tests.fakes.responses_wire import response, sse
from tests.fakes.wires import HandClock
from weftline_core.errors import NotFound
from weftline_core.usage import Usage
from weftline_core.verdict import Words
from weftline_node.kept.keeper import ID_CHARS_MAX, AnswerKeeper, Both
from weftline_node.kept.plan import KeepPlan
from weftline_node.kept.store import Kept, ResponseStore

PLAN = KeepPlan(tenant="acme", keep=True, asked=b'"hi"')


class Desk:
    def __init__(self) -> None:
        self.store, self.clock = ResponseStore(), HandClock()
        self.keeper = AnswerKeeper(self.store, self.clock, PLAN)

    def found(self, name: str = "resp_host") -> Kept:
        return self.store.get("acme", name, self.clock.now_s())


def test_a_whole_answer_is_kept_by_the_id_in_it() -> None:
    desk = Desk()
    desk.keeper.add(orjson.dumps(WHOLE))
    desk.keeper.keep(None, stream=False)
    assert orjson.loads(desk.found().snapshot()) == WHOLE
    assert desk.found().turn.inputs("resp_host")[0]["role"] == "user"


@pytest.mark.parametrize("together", [1, 2, 6])
def test_of_a_stream_the_last_event_is_kept(together: int) -> None:
    desk, events = Desk(), host_events()
    for at in range(0, len(events), together):
        desk.keeper.add(b"".join(events[at : at + together]))
    desk.keeper.add(b"")
    desk.keeper.keep(None, stream=True)
    assert orjson.loads(desk.found().snapshot()) == WHOLE


@pytest.mark.parametrize(
    ("out", "stream"),
    [
        (b"{}", False),
        (b"no json", False),
        (b'{"id":7}', False),
        (orjson.dumps({"id": "x" * (ID_CHARS_MAX + 1)}), False),
        (b"data: [DONE]\n\n", True),
        (b"data: {broken\n\n", True),
        (sse({"type": "response.failed", "response": response([])}), True),
        (b"", True),
    ],
)
def test_what_cannot_be_fetched_again_is_not_kept(out: bytes, stream: bool) -> None:
    desk = Desk()
    desk.keeper.add(out)
    desk.keeper.keep(None, stream=stream)
    assert desk.store.count == 0


def test_what_is_not_whole_is_not_kept() -> None:
    desk = Desk()
    desk.keeper.add(orjson.dumps(WHOLE))
    desk.keeper.broken(b"data: {}\n\n")
    desk.keeper.refused(500, Words(message="no"))
    desk.keeper.drop()
    desk.keeper.keep(None, stream=False)
    with pytest.raises(NotFound):
        desk.found()


class Told:
    """A keeper that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def add(self, out: bytes) -> None:
        self.told.append(out)

    def keep(self, usage: Usage | None, *, stream: bool, dropped: tuple[str, ...] = ()) -> None:
        self.told.append((usage, stream))

    def broken(self, frame: bytes) -> None:
        self.told.append(frame)

    def refused(self, status: int, words: Words) -> None:
        self.told.append((status, words))

    def drop(self) -> None:
        self.told.append("drop")


def test_two_are_told_the_same() -> None:
    one, two, words = Told(), Told(), Words(message="no")
    both = Both(one, two)
    both.add(b"x")
    both.keep(None, stream=True)
    both.broken(b"y")
    both.refused(500, words)
    both.drop()
    assert one.told == two.told == [b"x", (None, True), b"y", (500, words), "drop"]
