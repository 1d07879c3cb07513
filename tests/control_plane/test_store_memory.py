"""What is special to memory: it needs no waiting."""

from weftline_control.store import Change
from weftline_control.store_commit import Commit
from weftline_control.store_local import FIRST_REVISION
from weftline_control.store_memory import MemorySpace, memory_store


def test_a_space_decides_without_waiting() -> None:
    space = MemorySpace()
    assert space.revision == FIRST_REVISION
    assert space.commit(Commit.of({"a": b"1"})) == 2
    lease = space.grant(60)
    assert space.leases() == {lease: 60}
    assert space.commit(Commit.of({"b": b"1"}, lease=lease)) == 3
    space.revoke(lease)
    batches, reached = space.since("", FIRST_REVISION)
    assert reached == 4
    assert [b.changes for b in batches] == [
        (Change("a", b"1"),), (Change("b", b"1"),), (Change("b", None),)
    ]  # fmt: skip
    assert space.grant(60) != lease
    space.close()


async def test_two_stores_share_nothing() -> None:
    one, other = memory_store(), memory_store()
    await one.commit({"a": b"1"})
    assert await other.get("a") is None
    await one.close()
    await one.close()
    await other.close()
