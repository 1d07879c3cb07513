"""What is served follows the store, but never goes back or empties by accident."""

import pytest

from tests.fakes.control import IAD, MODEL, NRT
from weftline_control.history import Step
from weftline_control.layout import HEAD_KEY, Head, encode_head, key_of
from weftline_control.mirror import Mirror
from weftline_control.store import Batch, Change, Entry
from weftline_core.desired import Resource, encode, ref


def head(serial: int, revision: int) -> Entry:
    return Entry(HEAD_KEY, encode_head(Head(serial=serial, at_unix_ms=serial)), revision)


def entry(resource: Resource, revision: int) -> Entry:
    return Entry(key_of(ref(resource)), encode(resource), revision)


def batch(
    revision: int, *put: Resource, gone: tuple[str, ...] = (), serial: int | None = None
) -> Batch:
    changes = [Change(key_of(ref(r)), encode(r)) for r in put]
    changes += [Change(key_of(g), None) for g in gone]
    if serial is not None:
        changes.append(Change(HEAD_KEY, head(serial, revision).value))
    return Batch(revision, tuple(sorted(changes, key=lambda c: c.key)))


def loaded(*, accept_rewind: bool = False) -> Mirror:
    mirror = Mirror(accept_rewind=accept_rewind)
    assert mirror.load([entry(MODEL, 3), entry(IAD, 5), head(2, 5)], 9)
    return mirror


def served(mirror: Mirror) -> tuple[int, list[str]]:
    return mirror.view.desired.revision, sorted(mirror.view.desired.resources)


def test_an_empty_store_is_the_empty_state() -> None:
    mirror = Mirror(accept_rewind=False)
    assert not mirror.load([], 1)
    assert served(mirror) == (0, [])
    assert mirror.held == ""
    assert not mirror.view.emptied


def test_the_revision_is_that_of_the_last_commit() -> None:
    mirror = loaded()
    assert served(mirror) == (5, [ref(IAD), ref(MODEL)])
    assert (mirror.view.head_revision, mirror.view.serial) == (5, 2)
    assert mirror.revision_of(ref(MODEL)) == 3
    # Nothing changed: nobody is told.
    assert not mirror.load([entry(MODEL, 3), entry(IAD, 5), head(2, 5)], 30)


def test_a_batch_becomes_a_step() -> None:
    mirror = loaded()
    assert mirror.absorb(batch(11, NRT, gone=(ref(IAD),), serial=3))
    assert served(mirror) == (11, [ref(NRT), ref(MODEL)])
    assert mirror.history.since(5) == [Step(11, (NRT,), (ref(IAD),))]


def test_after_compaction_what_was_missed_is_one_step() -> None:
    mirror = loaded()
    assert mirror.load([entry(MODEL, 3), entry(NRT, 20), head(6, 21)], 40)
    assert served(mirror)[0] == 21
    assert mirror.history.since(5) == [Step(21, (NRT,), (ref(IAD),))]


def test_a_foreign_delete_that_nobody_saw_has_a_newer_revision() -> None:
    mirror = loaded()
    assert mirror.load([entry(MODEL, 3), head(2, 5)], 14)
    assert served(mirror) == (14, [ref(MODEL)])


def test_a_damaged_value_is_refused_and_can_be_mended() -> None:
    mirror = loaded()
    poison = Batch(12, (Change(key_of(ref(IAD)), b"\x00"), Change(key_of("Pop/x"), b"{")))
    assert mirror.absorb(poison)
    assert served(mirror) == (12, [ref(IAD), ref(MODEL)])
    assert set(mirror.view.refused) == {ref(IAD), "Pop/x"}
    assert mirror.absorb(batch(13, IAD, gone=("Pop/x",), serial=3))
    assert mirror.view.refused == {}


def test_a_damaged_value_beside_the_head_is_refused_too() -> None:
    mirror = loaded()
    ours = batch(12, NRT, serial=3)
    poison = Batch(12, (*ours.changes, Change(key_of("Pop/x"), b"{")))
    assert mirror.absorb(poison)
    assert ref(NRT) in mirror.view.desired.resources
    assert list(mirror.view.refused) == ["Pop/x"]


@pytest.mark.parametrize(
    ("entries", "revision", "words"),
    [
        ([], 1, "wiped"),
        ([], 500, "wiped"),
        ([entry(NRT, 60)], 60, "wiped"),
        ([entry(MODEL, 3), head(1, 3)], 4, "gone back"),
        ([entry(MODEL, 30), head(1, 30)], 40, "gone back"),
        ([head(2, 5)], 50, "vanished"),
    ],
)
def test_a_store_that_lost_its_state_is_held_off(
    entries: list[Entry], revision: int, words: str
) -> None:
    mirror = loaded()
    assert not mirror.load(entries, revision)
    assert words in mirror.held
    assert served(mirror) == (5, [ref(IAD), ref(MODEL)])
    # The state comes back, newer than before: all goes on.
    assert mirror.load([entry(MODEL, 3), entry(NRT, 80), head(9, 80)], 80)
    assert mirror.held == ""
    assert served(mirror)[0] == 80


def test_deleting_everything_below_the_prefix_is_held_off() -> None:
    mirror = loaded()
    gone = tuple(Change(k, None) for k in sorted([HEAD_KEY, key_of(ref(IAD)), key_of(ref(MODEL))]))
    assert not mirror.absorb(Batch(70, gone))
    assert "wiped" in mirror.held
    assert served(mirror)[0] == 5
    # Commits to the wiped store do not slip in behind its back.
    assert not mirror.absorb(batch(71, NRT, serial=1))
    assert served(mirror)[0] == 5


def test_operators_may_delete_the_last_resource() -> None:
    mirror = loaded()
    assert mirror.absorb(batch(11, gone=(ref(IAD), ref(MODEL)), serial=3))
    assert served(mirror) == (11, [])
    assert mirror.view.emptied


def test_an_operator_may_accept_a_rewind() -> None:
    mirror = loaded(accept_rewind=True)
    assert mirror.load([entry(MODEL, 3), head(1, 3)], 4)
    assert served(mirror) == (4, [ref(MODEL)])
    # Whoever has anything older gets the whole state.
    assert mirror.history.since(3) is None
    assert mirror.absorb(batch(6, NRT, serial=2))
    assert served(mirror) == (6, sorted([ref(MODEL), ref(NRT)]))


def test_a_damaged_head_does_not_stop_the_world() -> None:
    mirror = loaded()
    assert mirror.absorb(Batch(12, (Change(HEAD_KEY, b"junk"),)))
    assert mirror.held == ""
    assert (mirror.view.head_revision, mirror.view.serial) == (12, 2)
