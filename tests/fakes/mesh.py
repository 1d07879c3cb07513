"""A node that only remembers what its source of desired state asked of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from weftline_core.desired import Desired
from weftline_core.errors import OperatorError
from weftline_core.rows import Row
from weftline_node.ports import Address


@dataclass
class RecordingMesh:
    """A `Mesh`. `refuse` says no to a state by returning a reason."""

    refuse: Callable[[Desired], str] = lambda _: ""
    applied: list[Desired] = field(default_factory=list[Desired])
    seeds: list[Address] = field(default_factory=list[Address])
    own_rows: list[Row] = field(default_factory=list[Row])
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def revision(self) -> int:
        return self.applied[-1].revision if self.applied else 0

    def apply(self, desired: Desired) -> None:
        if reason := self.refuse(desired):
            raise OperatorError(reason)
        self.applied.append(desired)
        self.changed.set()

    def rows(self) -> list[Row]:
        return list(self.own_rows)

    def peers(self, seeds: list[Address]) -> None:
        self.seeds = seeds
        self.changed.set()

    async def until(self, reached: Callable[["RecordingMesh"], bool], wait_s: float = 10.0) -> None:
        """Wait until it was asked for something."""
        async with asyncio.timeout(wait_s):
            while not reached(self):
                self.changed.clear()
                await self.changed.wait()


@dataclass
class MemoryDisk:
    """A `SnapshotStore` that survives the node, or fails."""

    saved: Desired | None = None
    saves: int = 0
    full: bool = False

    def load(self) -> Desired | None:
        return self.saved

    def save(self, desired: Desired) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.saved = desired
        self.saves += 1
