"""The recent changes of desired state, so that who has missed a few is not sent everything."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from weftline_core.desired import Resource, ref

# Changes kept. A node that was away for longer gets a snapshot, which is never wrong, only larger;
# resources are shared with the present state, so that a step costs little.
STEPS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Step:
    """All changes of one revision: resources put, refs deleted, both in ref order."""

    revision: int
    put: tuple[Resource, ...]
    deleted: tuple[str, ...]


class History:
    """Steps without a gap from one revision to the present one."""

    def __init__(self, revision: int, steps_max: int = STEPS_MAX) -> None:
        self._steps: deque[Step] = deque()
        self._steps_max = steps_max
        self._floor = revision

    def add(self, step: Step) -> None:
        """Record the newest change."""
        self._steps.append(step)
        if len(self._steps) > self._steps_max:
            self._floor = self._steps.popleft().revision

    def since(self, revision: int) -> list[Step] | None:
        """Return the steps after `revision`, or None if they are not all known.

        A revision that no step led to is not one of this history: who has it has something else.
        """
        later: list[Step] = []
        for step in reversed(self._steps):
            if step.revision == revision:
                return later[::-1]
            later.append(step)
        return later[::-1] if revision == self._floor else None


def merged(steps: Iterable[Step]) -> tuple[list[Resource], list[str]]:
    """Return several steps as one: what they put and delete in the end, in ref order."""
    last: dict[str, Resource | None] = {}
    for step in steps:
        last.update((ref(resource), resource) for resource in step.put)
        last.update((gone, None) for gone in step.deleted)
    put = [resource for _, resource in sorted(last.items()) if resource is not None]
    return put, [r for r, resource in sorted(last.items()) if resource is None]
