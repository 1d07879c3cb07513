"""Reading on after a cut."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.responses_wire import response, sse
from weftline_core.dialects.responses.log import ResponseLog
from weftline_core.sse import events

HELD = response([], status="in_progress", metadata={"sequence_number": "9"})
CREATED = sse({"type": "response.created", "response": HELD})
DONE = response([], status="completed")


def delta(number: int) -> bytes:
    return sse(
        {"type": "response.output_text.delta", "sequence_number": number, "delta": f"w{number}"}
    )


END = sse({"type": "response.completed", "sequence_number": 4, "response": DONE})
WHOLE = CREATED + delta(1) + delta(2) + delta(3) + END


def test_the_same_events_come_again() -> None:
    log = ResponseLog(10_000)
    assert (log.last, log.done, log.response) == (-1, False, b"")
    log.add(CREATED + delta(1))
    assert orjson.loads(log.response) == HELD
    log.add(b"\n" + delta(2) + delta(3))
    assert (log.last, log.done) == (3, False)
    assert log.after(1) == delta(2) + delta(3)
    assert log.after(3) == b""
    log.add(END)
    assert log.done
    assert orjson.loads(log.response) == DONE
    assert log.after(-1) == WHOLE
    assert log.after(0) == WHOLE[len(CREATED) :]
    assert log.size == len(WHOLE)


def test_what_has_no_number_or_comes_twice_is_not_kept() -> None:
    log = ResponseLog(10_000)
    log.add(CREATED + b": ping\n\ndata: [DONE]\n\ndata: {}\n\n" + CREATED)
    assert log.after(-1) == CREATED


@pytest.mark.parametrize("room", [0, 1, len(delta(1)) * 2, len(delta(1)) * 3 - 1])
def test_the_oldest_make_room_and_a_hole_is_told(room: int) -> None:
    log = ResponseLog(room)
    for number in range(5):
        log.add(delta(number))
    kept = room // len(delta(1))
    assert log.size <= room
    assert log.last == 4
    assert log.after(4) == b""
    assert log.after(4 - kept) == b"".join(delta(n) for n in range(5 - kept, 5))
    assert log.after(3 - kept) is None


@given(st.lists(st.integers(0, 4), max_size=4), st.integers(-1, 5))
def test_any_cut_gives_the_rest(cuts: list[int], after: int) -> None:
    whole = [event + b"\n\n" for event in events(WHOLE)]
    log = ResponseLog(10_000)
    at = 0
    for cut in sorted(cuts):
        log.add(b"".join(whole[at:cut]))
        at = cut
    log.add(b"".join(whole[at:]))
    assert log.after(after) == b"".join(whole[after + 1 :])


@given(st.integers(-1, 30), st.integers(1, 400), st.integers(0, 2_000))
def test_batches_are_the_same_events_in_pieces(after: int, size: int, room: int) -> None:
    log = ResponseLog(room)
    for number in range(0, 40, 2):
        log.add(delta(number))
    expected, found, position = log.after(after), b"", after
    if expected is None:
        assert log.batch(after, size) is None
        return
    while batch := log.batch(position, size):
        out, now = batch
        if not out:
            assert now == position
            break
        assert len(out) <= size + len(delta(38))
        assert now > position
        found, position = found + out, now
    assert found == expected
