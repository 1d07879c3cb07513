"""Where responses are kept."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.dialects.responses.log import ResponseLog
from weftline_core.errors import NotFound
from weftline_node.job import Client
from weftline_node.kept.store import (
    KEEP_S,
    OVERHEAD_BYTES,
    SWEEP_INTERVAL_S,
    Kept,
    ResponseStore,
    Turn,
)


def turn(previous: Turn | None = None, text: str = "hi") -> Turn:
    response = {"id": "resp_x", "output": [{"type": "message", "role": "assistant"}, "odd"]}
    return Turn(orjson.dumps(text), previous, orjson.dumps(response))


def kept(name: str, of: Turn | None = None, tenant: str = "acme") -> Kept:
    return Kept(id=name, tenant=tenant, turn=of or turn(), keep_s=KEEP_S)


class Running:
    """What makes a response and never ends."""

    def snapshot(self) -> bytes:
        return b"now"

    def follow(self, client: Client, after: int, lines: str) -> None: ...

    def cancel(self) -> None: ...

    def fail(self) -> None: ...


def test_a_response_is_its_tenant_s_own() -> None:
    store = ResponseStore()
    one = kept("resp_1")
    store.put(one, 0.0)
    assert store.get("acme", "resp_1", 1.0) is one
    for tenant, name in (("other", "resp_1"), ("acme", "resp_2")):
        with pytest.raises(NotFound, match="Response with id 'resp_"):
            store.get(tenant, name, 1.0)
    with pytest.raises(NotFound) as caught:
        store.get("acme", "x" * 1000, 1.0)
    assert len(caught.value.message) < 200


def test_its_time_is_over_one_day() -> None:
    store = ResponseStore()
    store.put(kept("resp_1"), 10.0)
    store.get("acme", "resp_1", 10.0 + KEEP_S - 0.1)
    with pytest.raises(NotFound):
        store.get("acme", "resp_1", 10.0 + KEEP_S)
    store.put(kept("resp_2"), 10.0 + KEEP_S + SWEEP_INTERVAL_S)
    assert store.count == 1
    store.sweep(10.0 + 3 * KEEP_S)
    assert (store.count, store.size) == (0, 0)


def test_what_is_made_stays_until_it_has_been_there_for_its_time() -> None:
    store = ResponseStore(bytes_max=1)
    made = Kept(id="resp_1", tenant="acme", turn=Turn(b"1", None), keep_s=5.0, run=Running())
    store.put(made, 0.0)
    assert store.get("acme", "resp_1", 1e9).snapshot() == b"now"
    assert (store.count, store.running()) == (1, [made])
    store.ended(made, b"whole", 100.0)
    assert (made.running, made.snapshot()) == (False, b"whole")
    assert store.count == 0, "there is no room for it"


def test_the_bytes_of_events_count() -> None:
    store = ResponseStore()
    log = ResponseLog(10_000)
    one = Kept(id="resp_1", tenant="acme", turn=turn(), keep_s=5.0, log=log, run=Running())
    store.put(one, 0.0)
    before = store.size
    log.add(b'data: {"type":"x","sequence_number":0}\n\n')
    store.grew(one)
    assert store.size == before + log.size
    store.remove(one)
    assert store.size == 0
    log.add(b'data: {"type":"x","sequence_number":1}\n\n')
    store.grew(one)
    store.ended(one, b"later", 0.0)
    assert store.size == 0, "it is not kept any more"


def test_what_came_before_is_held_once_and_as_long_as_it_is_needed() -> None:
    store = ResponseStore()
    first = turn(text="first")
    second = turn(first, "second")
    store.put(kept("resp_1", first), 0.0)
    store.put(kept("resp_2", second), 0.0)
    store.put(kept("resp_3", turn(first, "other")), 0.0)
    assert store.size == first.size + second.size + turn(text="other").size
    store.remove(store.get("acme", "resp_1", 0.0))
    store.remove(store.get("acme", "resp_3", 0.0))
    assert store.size == first.size + second.size == second.whole_size
    asked = [item["content"] for t in reversed(list(second.back())) for item in t.inputs("r")]
    assert [parts[0]["text"] for parts in asked] == ["first", "second"]  # type: ignore[index]
    store.remove(store.get("acme", "resp_2", 0.0))
    assert store.size == 0


def test_items_are_what_was_asked_and_answered() -> None:
    items = turn().items()
    assert [item.get("role") for item in items] == ["user", "assistant"]
    assert items[0]["id"] == "msg_x_in0"


def test_whoever_has_most_loses_the_oldest() -> None:
    room = turn().size * 8 + 100
    store = ResponseStore(bytes_max=room)
    store.put(kept("resp_small", tenant="small"), 0.0)
    for number in range(20):
        store.put(kept(f"resp_{number}"), 0.0)
    assert store.size <= room
    assert store.get("small", "resp_small", 0.0).tenant == "small"
    assert store.get("acme", "resp_19", 0.0).tenant == "acme"
    with pytest.raises(NotFound):
        store.get("acme", "resp_0", 0.0)


def test_the_number_of_entries_is_bounded() -> None:
    store = ResponseStore(entries_max=16)
    for number in range(100):
        store.put(kept(f"resp_{number}"), 0.0)
        assert store.count <= 16
    assert store.count >= 15


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 5)), max_size=40))
def test_what_is_counted_is_what_is_held(steps: list[tuple[int, bool, int]]) -> None:
    store, now = ResponseStore(bytes_max=OVERHEAD_BYTES * 12), 0.0
    there: dict[str, Kept] = {}
    for name, put, before in steps:
        previous = there.get(f"resp_{before}")
        if put:
            one = kept(f"resp_{name}", turn(previous.turn if previous else None, "x" * name))
            store.put(one, now)
            there[one.id] = one
        elif found := there.pop(f"resp_{name}", None):
            store.remove(found)
        held = {id(t): t for k in there.values() if _is_kept(store, k) for t in k.turn.back()}
        assert store.size == sum(t.size for t in held.values())
        assert store.count == sum(_is_kept(store, k) for k in there.values())
        assert store.size <= OVERHEAD_BYTES * 12


def _is_kept(store: ResponseStore, one: Kept) -> bool:
    try:
        return store.get(one.tenant, one.id, 0.0) is one
    except NotFound:
        return False


def test_events_of_responses_in_progress_share_the_room_that_there_is() -> None:
    store = ResponseStore(bytes_max=40_000)
    made = [
        Kept(
            id=f"resp_{i}",
            tenant=f"t{i % 2}",
            turn=Turn(b"1", None),
            keep_s=5.0,
            run=Running(),
            log=ResponseLog(30_000),
        )
        for i in range(4)
    ]
    for one in made:
        store.put(one, 0.0)
    for number in range(200):
        for one in made:
            assert one.log is not None
            one.log.add(event(number))
            store.grew(one)
            assert store.size <= 40_000 + len(event(number))
    assert [one.log.last for one in made if one.log is not None] == [199] * 4
    for one in made:
        store.remove(one)
    assert (store.size, store.count) == (0, 0)


def event(number: int) -> bytes:
    text = "x" * 200
    return b"data: %b\n\n" % orjson.dumps({"type": text, "sequence_number": number})
