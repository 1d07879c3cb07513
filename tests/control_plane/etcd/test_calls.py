"""Our messages are etcd's: held against the descriptors of the published etcd3."""

from typing import cast

import pytest
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from weftline_control.etcd import calls
from weftline_control.etcd.shim import import_etcd3

METHODS = [
    cast("calls.Method[Message, Message]", value)
    for value in vars(calls).values()
    if type(value).__name__ == "Method"
]


def fields(message: Descriptor) -> dict[str, tuple[int, int, bool]]:
    return {f.name: (f.number, f.type, f.is_repeated) for f in message.fields}


def reachable(message: Descriptor, found: dict[str, Descriptor]) -> dict[str, Descriptor]:
    if message.name not in found:
        found[message.name] = message
        for field in message.fields:
            if field.message_type is not None:
                reachable(field.message_type, found)
    return found


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.path)
def test_messages_have_etcds_fields(method: calls.Method[Message, Message]) -> None:
    rpc = import_etcd3().etcdrpc
    for kind in (method.question, method.answer):
        ours = reachable(cast(Descriptor, kind.DESCRIPTOR), {})
        theirs = reachable(getattr(rpc, kind.DESCRIPTOR.name).DESCRIPTOR, {})
        for name, message in ours.items():
            # etcd3 knows the API of etcd 3.3; what came later it lacks.
            later = {"watch_id", "fragment"} if name.startswith("Watch") else set[str]()
            known = fields(theirs[name])
            for field, shape in fields(message).items():
                assert known.get(field, shape if field in later else None) == shape, (name, field)
            for enum in message.enum_types:
                other = theirs[name].enum_types_by_name[enum.name]
                numbers = {v.name: v.number for v in other.values}
                assert {v.name: v.number for v in enum.values}.items() <= numbers.items()


def test_paths_are_etcds() -> None:
    etcd3 = import_etcd3()

    class Recorder:
        def __init__(self) -> None:
            self.paths: set[str] = set()

        def unary_unary(self, path: str, **_: object) -> None:
            self.paths.add(path)

        unary_stream = stream_stream = stream_unary = unary_unary

    recorder = Recorder()
    for stub in ("KVStub", "WatchStub", "LeaseStub", "AuthStub", "MaintenanceStub"):
        getattr(etcd3.etcdrpc, stub)(recorder)
    assert {m.path for m in METHODS} <= recorder.paths
