"""Events, and revisions put together again."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from weftline_control.etcd.events import (
    DeleteEvent,
    Event,
    Grouper,
    PutEvent,
    Revision,
    event_of,
)
from weftline_proto.etcd.v1 import kv_pb2


def test_an_event_keeps_what_the_message_says() -> None:
    put = kv_pb2.Event(
        kv=kv_pb2.KeyValue(
            key=b"k", value=b"v", mod_revision=5, create_revision=3, version=2, lease=9
        )
    )
    assert event_of(put) == PutEvent(b"k", b"v", 5, 3, 2, 9)
    delete = kv_pb2.Event(type=kv_pb2.Event.DELETE, kv=kv_pb2.KeyValue(key=b"k", mod_revision=6))
    assert event_of(delete) == DeleteEvent(b"k", b"", 6)


def history(sizes: list[int]) -> list[Revision]:
    """Return revisions 1, 2, ... with so many events each; one of size 0 touched other keys."""
    return [
        Revision(at, tuple(PutEvent(b"%d" % i, b"", at) for i in range(size)))
        for at, size in enumerate(sizes, 1)
        if size
    ]


@given(
    sizes=st.lists(st.integers(0, 4), max_size=8),
    cuts=st.sets(st.integers(0, 32)),
    seen=st.integers(0, 8),
)
def test_however_an_answer_is_split_each_revision_is_whole(
    sizes: list[int], cuts: set[int], seen: int
) -> None:
    expected = history(sizes)
    events: list[Event] = [event for revision in expected for event in revision.events]
    bounds = [0, *sorted(c for c in cuts if c < len(events)), len(events)]
    grouper = Grouper(seen + 1)
    found: list[Revision] = []
    for first, last in pairwise(bounds):
        found += grouper.feed(events[first:last], more=last < len(events))
    assert found == [r for r in expected if r.revision > seen]


def test_a_revision_cut_off_by_a_break_comes_once_and_whole() -> None:
    one, two = history([2, 3])
    grouper = Grouper(1)
    assert grouper.feed([*one.events, *two.events[:1]], more=True) == [one]
    grouper.restart()
    assert grouper.next_revision == 2
    # Sent again from one revision earlier than needed.
    assert grouper.feed([*one.events, *two.events], more=False) == [two]
    assert grouper.next_revision == 3
