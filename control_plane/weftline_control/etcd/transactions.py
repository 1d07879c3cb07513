"""Conditions and steps of a transaction, as in etcd3: `transactions.version("/key") > 0`."""

from dataclasses import dataclass
from typing import ClassVar

from weftline_control.etcd.keys import to_bytes
from weftline_control.etcd.leases import Lease, lease_to_id
from weftline_proto.etcd.v1 import kv_pb2

_EQUAL = kv_pb2.Compare.EQUAL
_NOT_EQUAL = kv_pb2.Compare.NOT_EQUAL
_LESS = kv_pb2.Compare.LESS
_GREATER = kv_pb2.Compare.GREATER


class _Property:
    """A property of a key; comparing it gives a condition."""

    target: ClassVar[kv_pb2.Compare.CompareTarget.ValueType]

    def __init__(self, key: str | bytes) -> None:
        self._key = to_bytes(key)

    # That `==` gives a condition and not a truth is etcd3's way of writing transactions.
    def __eq__(self, other: object) -> kv_pb2.Compare:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._condition(_EQUAL, other)

    def __ne__(self, other: object) -> kv_pb2.Compare:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        return self._condition(_NOT_EQUAL, other)

    def __lt__(self, other: object) -> kv_pb2.Compare:
        return self._condition(_LESS, other)

    def __gt__(self, other: object) -> kv_pb2.Compare:
        return self._condition(_GREATER, other)

    __hash__ = None  # type: ignore[assignment]

    def _condition(
        self, result: kv_pb2.Compare.CompareResult.ValueType, other: object
    ) -> kv_pb2.Compare:
        condition = kv_pb2.Compare(key=self._key, result=result, target=self.target)
        self._fill(condition, other)
        return condition

    def _fill(self, condition: kv_pb2.Compare, other: object) -> None:
        raise NotImplementedError


class Value(_Property):
    """The key's value."""

    target = kv_pb2.Compare.VALUE

    def _fill(self, condition: kv_pb2.Compare, other: object) -> None:
        if not isinstance(other, str | bytes):
            raise TypeError(f"a value is text or bytes, not {type(other).__name__}")
        condition.value = to_bytes(other)


class Version(_Property):
    """How often the key was put since it came to be; 0 if it does not exist."""

    target = kv_pb2.Compare.VERSION

    def _fill(self, condition: kv_pb2.Compare, other: object) -> None:
        condition.version = _number(other)


class Create(_Property):
    """The revision at which the key came to be; 0 if it does not exist."""

    target = kv_pb2.Compare.CREATE

    def _fill(self, condition: kv_pb2.Compare, other: object) -> None:
        condition.create_revision = _number(other)


class Mod(_Property):
    """The revision of the key's last change; 0 if it does not exist."""

    target = kv_pb2.Compare.MOD

    def _fill(self, condition: kv_pb2.Compare, other: object) -> None:
        condition.mod_revision = _number(other)


def _number(other: object) -> int:
    if not isinstance(other, int):
        raise TypeError(f"a revision or version is a number, not {type(other).__name__}")
    return other


@dataclass(frozen=True, slots=True)
class Put:
    """Put a key."""

    key: str | bytes
    value: str | bytes
    lease: Lease | int | None = None
    prev_kv: bool = False

    def request(self) -> kv_pb2.PutRequest:
        """Return the message."""
        return kv_pb2.PutRequest(
            key=to_bytes(self.key),
            value=to_bytes(self.value),
            lease=lease_to_id(self.lease),
            prev_kv=self.prev_kv,
        )


@dataclass(frozen=True, slots=True)
class Get:
    """Read a key, or all up to `range_end`."""

    key: str | bytes
    range_end: str | bytes | None = None

    def request(self) -> kv_pb2.RangeRequest:
        """Return the message."""
        return kv_pb2.RangeRequest(
            key=to_bytes(self.key), range_end=to_bytes(self.range_end or b"")
        )


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a key, or all up to `range_end`."""

    key: str | bytes
    range_end: str | bytes | None = None
    prev_kv: bool = False

    def request(self) -> kv_pb2.DeleteRangeRequest:
        """Return the message."""
        return kv_pb2.DeleteRangeRequest(
            key=to_bytes(self.key),
            range_end=to_bytes(self.range_end or b""),
            prev_kv=self.prev_kv,
        )


Step = Put | Get | Delete


def operation(step: Step) -> kv_pb2.RequestOp:
    """Return a step as part of a transaction."""
    match step:
        case Put():
            return kv_pb2.RequestOp(request_put=step.request())
        case Get():
            return kv_pb2.RequestOp(request_range=step.request())
        case Delete():
            return kv_pb2.RequestOp(request_delete_range=step.request())


class Transactions:
    """The names by which a client offers conditions and steps."""

    value = Value
    version = Version
    create = Create
    mod = Mod
    put = Put
    get = Get
    delete = Delete
