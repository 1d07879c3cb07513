"""Random histories of a store beside its model."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.fakes.store_model import Model, watched
from weftline_control.store import Compacted, Conflict, LeaseGone, Store

T = TypeVar("T")

KEYS = st.sampled_from(["a", "a/1", "a/2", "b", "é"])
PUTS = st.dictionaries(KEYS, st.binary(max_size=3), max_size=3)
PREFIXES = st.sampled_from(["", "a", "a/", "b", "nothing"])


class StoreMachine(RuleBasedStateMachine):
    """Commits, reads, watches, compacts and leases in any order."""

    def __init__(
        self, runner: asyncio.Runner, opened: Callable[[], Coroutine[None, None, Store]]
    ) -> None:
        super().__init__()
        self.runner = runner  # one for all examples: gRPC does not like loops to come and go
        self.store = self.run(opened())
        start = self.run(self.store.range(""))[1]
        self.run(self.store.compact(start))  # in etcd, history is shared with earlier examples
        self.model = Model(start, compacted=start)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @rule(put=PUTS, delete=st.sets(KEYS, max_size=2), leased=st.booleans())
    def commit(self, put: dict[str, bytes], delete: set[str], *, leased: bool) -> None:
        lease = max(self.model.leases, default=0) if leased else 0
        delete -= put.keys()
        at = self.run(self.store.commit(put, delete, lease=lease))
        self.model.change(at, put, delete, lease)

    @rule(put=PUTS, key=KEYS, offset=st.sampled_from([0, 0, 0, -1, 1]))
    def commit_if(self, put: dict[str, bytes], key: str, offset: int) -> None:
        condition = {key: max(0, self.model.keys.get(key, (b"", 0))[1] + offset)}
        if self.model.conflict(condition):
            with pytest.raises(Conflict, match=key):
                self.run(self.store.commit(put, if_revision=condition))
        else:
            at = self.run(self.store.commit(put, if_revision=condition))
            self.model.change(at, put, set())

    @rule(key=KEYS, prefix=PREFIXES)
    def read(self, key: str, prefix: str) -> None:
        entry = self.run(self.store.get(key))
        assert (entry and (entry.value, entry.revision)) == self.model.keys.get(key)
        entries, at = self.run(self.store.range(prefix))
        assert [(e.key, e.value, e.revision) for e in entries] == self.model.range(prefix)
        assert at >= self.model.revision

    @rule(prefix=PREFIXES, back=st.integers(0, 8))
    def watch(self, prefix: str, back: int) -> None:
        after = max(1, self.model.revision - back)
        if after < self.model.compacted:
            with pytest.raises(Compacted):
                self.run(watched(self.store, prefix, after, 1))
        elif expected := self.model.since(prefix, after):
            assert self.run(watched(self.store, prefix, after, len(expected))) == expected

    @rule(back=st.integers(0, 5))
    def compact(self, back: int) -> None:
        at = max(self.model.revision - back, 1)
        self.run(self.store.compact(at))
        self.model.compacted = max(self.model.compacted, at)

    @rule()
    def grant(self) -> None:
        lease = self.run(self.store.grant(600))
        assert lease not in self.model.leases
        self.model.leases[lease] = set()

    @rule()
    def revoke(self) -> None:
        if self.model.leases:
            lease = max(self.model.leases)
            keys = self.model.leases.pop(lease)
            self.run(self.store.revoke(lease))
            if keys:
                # The store does not say at which revision the keys went: ask it.
                at = self.run(self.store.range(""))[1]
                self.model.change(at, {}, set(keys))
            assert not self.run(self.store.keep_alive(lease))
            with pytest.raises(LeaseGone):
                self.run(self.store.commit({"a": b""}, lease=lease))

    def teardown(self) -> None:
        self.run(self.store.close())
