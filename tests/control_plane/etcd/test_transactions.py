"""Conditions and steps become etcd's messages."""

import pytest

from weftline_control.etcd.leases import Lease
from weftline_control.etcd.transactions import Delete, Get, Put, Transactions, operation
from weftline_proto.etcd.v1.kv_pb2 import Compare, RangeRequest

t = Transactions


def test_a_comparison_is_a_condition() -> None:
    assert (t.value("/k") == "v") == Compare(
        key=b"/k", target=Compare.VALUE, result=Compare.EQUAL, value=b"v"
    )
    assert (t.version("/k") > 0) == Compare(
        key=b"/k", target=Compare.VERSION, result=Compare.GREATER, version=0
    )
    assert (t.create(b"/k") != 3) == Compare(
        key=b"/k", target=Compare.CREATE, result=Compare.NOT_EQUAL, create_revision=3
    )
    assert (t.mod("/k") < 7) == Compare(
        key=b"/k", target=Compare.MOD, result=Compare.LESS, mod_revision=7
    )


def test_a_comparison_with_the_wrong_thing_is_refused() -> None:
    with pytest.raises(TypeError, match="text or bytes, not int"):
        _ = t.value("k") == 1
    with pytest.raises(TypeError, match="a number, not str"):
        _ = t.version("k") == "1"


class Nobody:
    """A client that is not needed."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(name)


def test_a_step_carries_its_lease() -> None:
    lease = Lease(7, 60, Nobody())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    for given in (lease, 7):
        put = operation(Put("k", b"v", given)).request_put
        assert (put.key, put.value, put.lease) == (b"k", b"v", 7)
    assert operation(Put("k", "v")).request_put.lease == 0


def test_steps_have_ranges() -> None:
    assert operation(Get("a", "b")).request_range == RangeRequest(key=b"a", range_end=b"b")
    assert operation(Get("a")).request_range == RangeRequest(key=b"a")
    assert operation(Delete("a", b"b", prev_kv=True)).request_delete_range.prev_kv
