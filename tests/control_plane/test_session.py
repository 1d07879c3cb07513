"""A node's conversation as a script: what it is told next after what it said."""

import pytest

from tests.fakes.control import IAD, MODEL, NRT
from weftline.wire import to_wire
from weftline_control.layout import HEAD_KEY, Head, encode_head, key_of
from weftline_control.mirror import Mirror
from weftline_control.session import OutOfTurn, Session, Snapshots
from weftline_control.store import Batch, Change
from weftline_core.desired import Resource, encode, ref
from weftline_proto.control.v1 import node_pb2 as pb


class Script:
    """A mirror that takes commits, and one session on it."""

    def __init__(self, in_force: int = 0, *, accept_rewind: bool = False) -> None:
        self.accept_rewind = accept_rewind
        self.mirror = Mirror(accept_rewind=accept_rewind)
        self.session = Session(in_force)
        self.snapshots = Snapshots(rewind=accept_rewind)
        self.serial = 0

    def commit(self, revision: int, *put: Resource, gone: tuple[str, ...] = ()) -> None:
        self.serial += 1
        head = encode_head(Head(serial=self.serial, at_unix_ms=0))
        changes = [Change(key_of(ref(r)), encode(r)) for r in put]
        changes += [Change(key_of(g), None) for g in gone]
        self.mirror.absorb(Batch(revision, (Change(HEAD_KEY, head), *changes)))

    def told(self) -> pb.SubscribeResponse | None:
        return self.session.next_state(
            self.mirror, self.snapshots, accept_rewind=self.accept_rewind
        )


def test_snapshot_then_deltas() -> None:
    script = Script()
    assert script.told() is None
    script.commit(2, MODEL)
    assert script.told() == pb.SubscribeResponse(
        snapshot=pb.Snapshot(revision=2, resources=[to_wire(MODEL)])
    )
    script.session.acked(2)
    assert script.told() is None
    script.commit(3, IAD)
    assert script.told() == pb.SubscribeResponse(
        delta=pb.Delta(from_revision=2, revision=3, put=[to_wire(IAD)])
    )


def test_what_happens_meanwhile_comes_at_once() -> None:
    script = Script()
    script.commit(2, MODEL)
    script.told()
    script.commit(3, IAD)
    script.commit(4, NRT, gone=(ref(IAD),))
    assert script.told() is None, "nothing before it has answered"
    script.session.acked(2)
    assert script.told() == pb.SubscribeResponse(
        delta=pb.Delta(from_revision=2, revision=4, put=[to_wire(NRT)], deleted=[ref(IAD)])
    )


def test_a_refusal_is_not_repeated_and_the_next_delta_leads_from_what_is_in_force() -> None:
    script = Script()
    script.commit(2, MODEL)
    script.told()
    script.session.acked(2)
    script.commit(3, IAD)
    script.told()
    script.session.nacked(3)
    assert script.told() is None
    script.commit(4, NRT, gone=(ref(IAD),))
    assert script.told() == pb.SubscribeResponse(
        delta=pb.Delta(from_revision=2, revision=4, put=[to_wire(NRT)], deleted=[ref(IAD)])
    )


def test_a_node_that_is_up_to_date_hears_nothing() -> None:
    script = Script(in_force=2)
    script.commit(2, MODEL)
    assert script.told() is None


def test_a_node_that_missed_little_gets_a_delta_and_one_that_missed_more_a_snapshot() -> None:
    near, far = Script(in_force=3), Script(in_force=1)
    for script in (near, far):
        script.commit(2, MODEL)
        script.commit(3, IAD)
        script.commit(4, NRT)
    word = near.told()
    assert word is not None
    assert word.delta.from_revision == 3
    word = far.told()
    assert word is not None
    assert len(word.snapshot.resources) == 3


def test_a_node_that_is_ahead_keeps_what_it_has() -> None:
    script = Script(in_force=50)
    script.commit(2, MODEL)
    assert script.told() is None
    script.commit(51, IAD)
    word = script.told()
    assert word is not None
    assert word.snapshot.revision == 51
    assert not word.snapshot.rewind


def test_unless_an_operator_accepts_it() -> None:
    script = Script(in_force=50, accept_rewind=True)
    script.commit(2, MODEL)
    word = script.told()
    assert word is not None
    assert (word.snapshot.revision, word.snapshot.rewind) == (2, True)


def test_emptied_by_operators_is_said_so() -> None:
    script = Script(in_force=1)
    script.commit(2, MODEL)
    script.commit(3, gone=(ref(MODEL),))
    word = script.told()
    assert word is not None
    assert (len(word.snapshot.resources), word.snapshot.emptied) == (0, True)


def test_answers_out_of_turn() -> None:
    script = Script()
    with pytest.raises(OutOfTurn):
        script.session.acked(2)
    script.commit(2, MODEL)
    script.told()
    with pytest.raises(OutOfTurn):
        script.session.nacked(3)


def test_seeds_are_told_when_they_change() -> None:
    session = Session(0)
    assert session.next_seeds(()) is None
    assert session.next_seeds(("a:1",)) == pb.SubscribeResponse(seeds=pb.Seeds(addresses=["a:1"]))
    assert session.next_seeds(("a:1",)) is None


def test_the_snapshot_is_built_once() -> None:
    script = Script()
    script.commit(2, MODEL)
    assert script.snapshots.of(script.mirror.view) is script.snapshots.of(script.mirror.view)
