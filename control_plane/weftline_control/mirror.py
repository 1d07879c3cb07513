"""The store's desired state in memory: what it holds, the part that is served, and recent steps.

Pure: the service feeds it what the store said and asks it what is in force.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from weftline_control.admission import Damaged, admit, decoded
from weftline_control.history import History, Step
from weftline_control.layout import HEAD_KEY, decode_head, ref_of
from weftline_control.store import Batch, Entry
from weftline_core.desired import Desired, Resource, delta


@dataclass(frozen=True, slots=True)
class View:
    """What is in force.

    head_revision, serial: the last commit, which a writer must find unchanged; 0 if there was
    none. refused: ref -> why its stored value is not served. stored_bytes: all values together.
    """

    desired: Desired = Desired.EMPTY
    head_revision: int = 0
    serial: int = 0
    refused: Mapping[str, str] = field(default_factory=dict[str, str])
    stored_bytes: int = 0

    @property
    def emptied(self) -> bool:
        """Return whether operators deleted the last resource, as against nothing ever applied."""
        return not self.desired.resources and self.serial > 0


class Mirror:
    """Follows the store. `held` says why its newest content is not served, or is empty.

    What is served never goes back and never becomes empty but by a commit of ours: a store that
    was wiped or set back is held off, until an operator accepts it.
    """

    def __init__(self, *, accept_rewind: bool) -> None:
        self._accept_rewind = accept_rewind
        self._stored: dict[str, Entry] = {}
        self._head: Entry | None = None
        self.view = View()
        self.history = History(0)
        self.held = ""

    def revision_of(self, ref: str) -> int:
        """Return the revision at which a resource was last changed, or 0."""
        entry = self._stored.get(ref)
        return entry.revision if entry else 0

    def load(self, entries: Iterable[Entry], store_revision: int) -> bool:
        """Take all keys as they stand; return whether anything in force changed."""
        by_ref = {ref_of(entry.key): entry for entry in entries}
        self._head = by_ref.pop(ref_of(HEAD_KEY), None)
        self._stored = by_ref
        newest = max((e.revision for e in by_ref.values()), default=0)
        if self._head:
            newest = max(newest, self._head.revision)
        resources, refused = self._admitted()
        if newest <= self.view.desired.revision and resources != self.view.desired.resources:
            # Something was deleted by another hand while nobody watched: only the store's own
            # revision is newer than what was served.
            newest = store_revision
        return self._settle(resources, refused, newest)

    def absorb(self, batch: Batch) -> bool:
        """Take one later revision; return whether anything in force changed."""
        ours = False
        for change in batch.changes:
            entry = (
                None if change.value is None else Entry(change.key, change.value, batch.revision)
            )
            if change.key == HEAD_KEY:
                self._head, ours = entry, entry is not None
            elif entry is None:
                self._stored.pop(ref_of(change.key), None)
            else:
                self._stored[ref_of(change.key)] = entry
        if ours and not self.view.refused and not self.held:
            # A commit that wrote the head was checked as a whole before it was written.
            try:
                return self._settle(self._patched(batch), {}, batch.revision)
            except Damaged:
                pass
        resources, refused = self._admitted()
        return self._settle(resources, refused, batch.revision)

    def _admitted(self) -> tuple[dict[str, Resource], dict[str, str]]:
        stored = {where: entry.value for where, entry in self._stored.items()}
        return admit(stored, self.view.desired.resources)

    def _patched(self, batch: Batch) -> dict[str, Resource]:
        resources = dict(self.view.desired.resources)
        for change in batch.changes:
            where = ref_of(change.key)
            if change.value is None:
                resources.pop(where, None)
            elif change.key != HEAD_KEY:
                resources[where] = decoded(where, change.value)
        return resources

    def _settle(
        self, resources: dict[str, Resource], refused: Mapping[str, str], revision: int
    ) -> bool:
        """Put the new content in force, or hold it off."""
        before = self.view
        lost = self._loss(resources, revision)
        if lost and not self._accept_rewind:
            self.held = lost
            return False
        self.held = ""
        head = decode_head(self._head.value) if self._head else None
        self.view = View(
            desired=Desired(revision=revision, resources=resources),
            head_revision=self._head.revision if self._head else 0,
            serial=head.serial if head else before.serial,
            refused=refused,
            stored_bytes=sum(len(e.value) for e in self._stored.values()),
        )
        if lost or not before.desired.revision:
            self.history = History(revision)
        elif revision > before.desired.revision:
            put, deleted = delta(before.desired.resources, resources)
            self.history.add(Step(revision, tuple(put), tuple(deleted)))
        return revision != before.desired.revision

    def _loss(self, resources: Mapping[str, Resource], revision: int) -> str:
        """Return in what way the store has less than was in force, or an empty string."""
        before = self.view
        head = decode_head(self._head.value) if self._head else None
        if before.serial and self._head is None:
            return "the store no longer holds what was applied: it was wiped or is another one"
        if self._head and self._head.revision < before.head_revision:
            return "the store has gone back to an older state"
        if head and head.serial < before.serial:
            return "the store has gone back to an older state"
        if revision < before.desired.revision:
            return "the store has gone back to an older revision"
        committed = head is not None and head.serial > before.serial
        if before.desired.resources and not resources and not committed:
            return "every resource vanished from the store, and no operator deleted them"
        return ""
