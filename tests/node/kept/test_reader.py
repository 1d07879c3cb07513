"""Readers of one log: each gets exactly the events that it does not have."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.fakes.desk import FakeClient
from tests.fakes.kept_desk import unchunked
from weftline_core.dialects.responses.log import ResponseLog
from weftline_node.kept.reader import PIECE_BYTES, LogReader
from weftline_node.reply import LAST_CHUNK


def event(number: int, kind: str = "response.output_text.delta", size: int = 0) -> bytes:
    return b'data: {"type":"%b","sequence_number":%d,"x":"%b"}\n\n' % (
        kind.encode(),
        number,
        b"x" * size,
    )


class Slow(FakeClient):
    """A client that takes one write, and then no more until it is told to."""

    def write(self, data: bytes) -> None:
        super().write(data)
        if self.responder is not None:
            self.responder.pause()


@dataclass
class Follower:
    client: FakeClient
    reader: LogReader
    after: int
    left: bool = False


@dataclass
class Source:
    """What makes events. left: the readers that have told that they are through."""

    log: ResponseLog = field(default_factory=lambda: ResponseLog(10_000_000))
    followers: list[Follower] = field(default_factory=list[Follower])
    left: list[LogReader] = field(default_factory=list[LogReader])
    made: list[bytes] = field(default_factory=list[bytes])

    def follow(self, after: int, *, slow: bool = False) -> Follower:
        client = Slow() if slow else FakeClient()
        reader = LogReader(self.log, client, after, self.left.append)
        self.followers.append(Follower(client, reader, after))
        reader.start("x-weft-test: 1\r\n")
        return self.followers[-1]

    def make(self, *, count: int = 1, last: bool = False, size: int = 0) -> None:
        kind = "response.completed" if last else "response.output_text.delta"
        begin = len(self.made)
        new = [event(begin + n, kind, size) for n in range(count)]
        if last:
            new = [event(begin, "response.completed").replace(b'"x":""', b'"response":{}')]
        self.made += new
        before = self.log.last
        self.log.add(b"".join(new))
        for one in self.followers:
            if one.reader not in self.left:
                one.reader.fed(b"".join(new), before)


def test_the_past_comes_first_and_then_each_event_at_once() -> None:
    source = Source()
    source.make(count=3)
    one = source.follow(0)
    assert one.client.head["x-weft-test"] == "1"
    assert unchunked(one.client.body) == b"".join(source.made[1:])
    source.make()
    source.make(last=True)
    assert one.client.body.endswith(LAST_CHUNK)
    assert unchunked(one.client.body) == b"".join(source.made[1:])
    assert one.client.finished == ["keep"]
    assert source.left == [one.reader]


def test_one_that_has_all_gets_an_empty_stream() -> None:
    source = Source()
    source.make(last=True)
    one = source.follow(0)
    assert (one.client.body, one.client.finished) == (LAST_CHUNK, ["keep"])


def test_events_that_a_client_says_it_has_are_not_sent_when_they_come() -> None:
    source = Source()
    one = source.follow(2)
    for _ in range(4):
        source.make()
    source.make(last=True)
    assert unchunked(one.client.body) == b"".join(source.made[3:])


def test_a_slow_one_is_given_a_piece_at_a_time_and_holds_nobody_up() -> None:
    source = Source()
    source.make(count=8, size=PIECE_BYTES // 2)
    slow, quick = source.follow(-1, slow=True), source.follow(-1)
    assert len(slow.client.writes) == 1, "the head"
    source.make(last=True)
    assert quick.client.finished == ["keep"]
    while not slow.client.finished:
        written = len(slow.client.writes)
        slow.reader.resume()
        assert len(slow.client.writes) == written + 1
        assert len(slow.client.writes[-1]) < PIECE_BYTES * 2
    assert unchunked(slow.client.body) == b"".join(source.made)


def test_one_that_leaves_is_written_nothing_more() -> None:
    source = Source()
    one = source.follow(-1)
    one.reader.client_gone()
    assert source.left == [one.reader]
    written = len(one.client.writes)
    one.reader.fed(b"x", -1)
    one.reader.resume()
    assert len(one.client.writes) == written
    one.reader.client_gone()
    assert source.left == [one.reader], "it leaves once"


def test_a_stream_with_a_hole_is_broken_off() -> None:
    source = Source(log=ResponseLog(400))
    slow = source.follow(-1, slow=True)
    source.make(count=20)
    slow.reader.resume()
    body = slow.client.body
    assert b'"code":"events_gone"' in body
    assert not body.endswith(LAST_CHUNK)
    assert slow.client.finished == ["close"]


class Readers(RuleBasedStateMachine):
    """Events are made, and readers come, pause and leave at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.source = Source()
        self.paused: set[int] = set()

    @precondition(lambda self: not self.source.log.done)
    @rule(count=st.integers(1, 4), last=st.booleans(), size=st.integers(0, 40_000))
    def make(self, count: int, last: bool, size: int) -> None:
        self.source.make(count=count, last=last, size=size)

    @rule(after=st.integers(-1, 12), slow=st.booleans())
    def come(self, after: int, slow: bool) -> None:
        self.source.follow(after, slow=slow)

    @rule(which=st.integers(0, 30))
    def resume(self, which: int) -> None:
        if which < len(self.source.followers):
            self.source.followers[which].reader.resume()

    @rule(which=st.integers(0, 30))
    def leave(self, which: int) -> None:
        if which < len(self.source.followers):
            one = self.source.followers[which]
            one.reader.client_gone()
            one.left = True

    @invariant()
    def nobody_misses_anything(self) -> None:
        for one in self.source.followers:
            missing = self.source.made[one.after + 1 :]
            got = unchunked(one.client.body)
            assert b"".join(missing).startswith(got)
            if not (one.left or isinstance(one.client, Slow)):
                assert got == b"".join(missing)
                assert bool(one.client.finished) == self.source.log.done

    def teardown(self) -> None:
        if not self.source.log.done:
            self.source.make(last=True)
        for one in self.source.followers:
            while not (one.left or one.client.finished):
                one.reader.resume()
            if not one.left:
                assert unchunked(one.client.body) == b"".join(self.source.made[one.after + 1 :])


TestReaders = Readers.TestCase


@given(st.integers(-1, 6))
def test_any_position_gives_the_rest(after: int) -> None:
    source = Source()
    source.make(count=5)
    source.make(last=True)
    one = source.follow(after)
    assert unchunked(one.client.body) == b"".join(source.made[after + 1 :])
