"""The node's side of the control plane: follows desired state, and needs it for nothing.

What is in force came from disk or from the control plane, survives the loss of both, never goes
back and never empties by accident.
"""

import asyncio
from dataclasses import dataclass

from weftline.aio import Tasks
from weftline.clock import Clock
from weftline.logs import Log
from weftline.wire_hello import NodeHello
from weftline_core.desired import Desired
from weftline_core.errors import OperatorError
from weftline_core.rng import Rng
from weftline_core.rows import Row
from weftline_node.control_link import (
    Ack,
    ControlDoor,
    ControlLink,
    Delta,
    Hello,
    LinkLost,
    Nack,
    Report,
    Seeds,
    Snapshot,
    Unreadable,
)
from weftline_node.ports import Mesh, SnapshotStore

# Pause before the control plane is called again: a random share of a bound that doubles from the
# first to the last of these. After a long outage every node is back within the last, and a
# thousand nodes call at a rate of 250 a second, not all at once.
RETRY_FIRST_S = 0.2
RETRY_MAX_S = 4.0

# A link that lived this long was a good one: the next pause is short again.
GOOD_LINK_S = 10.0

# How often rows that changed are reported, and how long a node with nothing to report is silent.
REPORT_INTERVAL_S = 1.0
SILENCE_S = 5.0
ROWS_PER_REPORT_MAX = 500

# Changes that come close together are saved once: encoding a large state takes milliseconds.
SAVE_DELAY_S = 0.2

PROBLEMS_TOLD_MAX = 3


class OutOfStep(LinkLost):
    """A delta leads from a revision that is not in force; a fresh link says which one is."""


@dataclass(frozen=True, slots=True)
class ControlStatus:
    """How the node stands with its control plane.

    heard_s: the monotonic instant of its last word, None if there was none. refusal: why the
    newest state was refused, empty if it was not.
    """

    connected: bool
    revision: int
    heard_s: float | None
    refusal: str


class ControlClient:
    """A `DesiredSource`: the disk first, then the control plane for as long as the node lives."""

    def __init__(
        self,
        door: ControlDoor,
        disk: SnapshotStore,
        hello: NodeHello,
        clock: Clock,
        rng: Rng,
        log: Log,
    ) -> None:
        self._door = door
        self._disk = disk
        self._hello = hello
        self._clock = clock
        self._rng = rng
        self._log = log
        self._in_force = Desired.EMPTY
        self._saved_revision = 0
        self._save_timer: asyncio.TimerHandle | None = None
        self._connected = False
        self._heard_s: float | None = None
        self._refusal = ""

    @property
    def status(self) -> ControlStatus:
        """Return how the node stands with its control plane."""
        return ControlStatus(self._connected, self._in_force.revision, self._heard_s, self._refusal)

    async def run(self, mesh: Mesh) -> None:
        """Feed `mesh` until cancelled."""
        self._restore(mesh)
        pause_max_s = RETRY_FIRST_S
        try:
            while True:
                began_s = self._clock.now_s()
                try:
                    await self._link(mesh)
                except LinkLost as e:
                    self._log.warning("control_lost", reason=str(e), kept=self._in_force.revision)
                except Exception as e:  # noqa: BLE001  # a bug here must not end the following
                    self._log.error("control_failed", failure=f"{type(e).__name__}: {e}")
                if self._clock.now_s() - began_s > GOOD_LINK_S:
                    pause_max_s = RETRY_FIRST_S
                await asyncio.sleep(pause_max_s * self._rng.random())
                pause_max_s = min(RETRY_MAX_S, 2 * pause_max_s)
        finally:
            self._save()

    def _restore(self, mesh: Mesh) -> None:
        """Put in force what the disk holds, before anything else."""
        desired = self._disk.load()
        if desired is None:
            return
        if reason := self._applied(mesh, desired):
            self._log.error("snapshot_refused", revision=desired.revision, reason=reason)
            return
        self._saved_revision = desired.revision
        self._log.info(
            "snapshot_in_force", revision=desired.revision, resources=len(desired.resources)
        )

    async def _link(self, mesh: Mesh) -> None:
        """Talk with the control plane until the link is lost."""
        link = await self._door.open()
        # Not a TaskGroup: until Python 3.13 it forgets that it was cancelled when a task of it
        # fails at the same time, as happens when a mesh stops as a whole.
        reporting = Tasks(self._report_failed)
        try:
            await link.send(Hello(self._hello, self._in_force.revision))
            self._connected = True
            self._log.info("control_connected", revision=self._in_force.revision)
            reporting.spawn(self._report(link, mesh), "report rows")
            await self._listen(link, mesh)
        finally:
            self._connected = False
            await reporting.close()
            await link.close()

    async def _listen(self, link: ControlLink, mesh: Mesh) -> None:
        while True:
            word = await link.receive()
            self._heard_s = self._clock.now_s()
            if isinstance(word, Seeds):
                if word.addresses:
                    mesh.peers(list(word.addresses))
            else:
                await link.send(self._answer(mesh, word))

    def _answer(self, mesh: Mesh, word: Snapshot | Delta | Unreadable) -> Ack | Nack:
        """Put a state in force if it is fit for it."""
        before = self._in_force.revision
        revision, reason = self._taken(mesh, word)
        self._refusal = reason
        if reason:
            self._log.warning("state_refused", revision=revision, reason=reason, kept=before)
            return Nack(revision, reason)
        if revision != before:
            self._log.info("state_in_force", revision=revision, before=before)
        return Ack(revision)

    def _taken(self, mesh: Mesh, word: Snapshot | Delta | Unreadable) -> tuple[int, str]:
        """Return the revision that was offered, and why it was refused, if it was."""
        have = self._in_force
        match word:
            case Unreadable(revision=revision, reason=reason):
                return revision, f"not understood by this version: {reason}"
            case Delta(from_revision=base) if base != have.revision:
                raise OutOfStep(f"a delta leads from {base}, in force is {have.revision}")
            case Delta(revision=revision) if revision <= have.revision:
                return revision, f"older than revision {have.revision}, which is in force"
            case Delta(revision=revision, put=put, deleted=deleted):
                return revision, self._applied(mesh, have.changed(put, deleted, revision))
            case Snapshot(desired=desired):
                return desired.revision, self._snapshot(mesh, word)

    def _snapshot(self, mesh: Mesh, word: Snapshot) -> str:
        have, desired = self._in_force, word.desired
        if desired.revision < have.revision and not word.rewind:
            return f"older than revision {have.revision}, which is in force"
        if have.resources and not desired.resources and not word.emptied:
            return "it is empty, and nobody said that this is meant"
        return self._applied(mesh, desired)

    def _applied(self, mesh: Mesh, desired: Desired) -> str:
        """Put a state in force, whole; return why not, if not."""
        if problems := desired.problems(self._in_force):
            return "; ".join(problems[:PROBLEMS_TOLD_MAX])
        try:
            mesh.apply(desired)
        except OperatorError as e:
            return e.message
        except Exception as e:  # noqa: BLE001  # one bad state must not end a node that serves
            self._log.error("apply_failed", failure=f"{type(e).__name__}: {e}")
            return f"this node failed on it: {type(e).__name__}"
        self._in_force = desired
        if self._save_timer is None:
            loop = asyncio.get_running_loop()
            self._save_timer = loop.call_later(SAVE_DELAY_S, self._save)
        return ""

    def _save(self) -> None:
        if self._save_timer:
            self._save_timer.cancel()
            self._save_timer = None
        if self._in_force.revision == self._saved_revision:
            return
        try:
            self._disk.save(self._in_force)
        except OSError as e:
            self._log.error("snapshot_not_saved", reason=e.strerror or str(e))
            return
        self._saved_revision = self._in_force.revision

    async def _report(self, link: ControlLink, mesh: Mesh) -> None:
        """Report rows that changed; a fresh control plane knows none, so that all are new to it."""
        told: dict[str, int] = {}
        spoke_s = self._clock.now_s()
        while True:
            await asyncio.sleep(REPORT_INTERVAL_S)
            fresh = [row for row in mesh.rows() if told.get(row.endpoint) != row.version]
            for start in range(0, len(fresh), ROWS_PER_REPORT_MAX):
                await self._tell(link, told, fresh[start : start + ROWS_PER_REPORT_MAX])
            now_s = self._clock.now_s()
            if fresh:
                spoke_s = now_s
            elif now_s - spoke_s >= SILENCE_S:
                spoke_s = now_s
                await link.send(Report(()))

    def _report_failed(self, task: str, failure: BaseException) -> None:
        # The loss of the link is told once, by the one who listens.
        if not isinstance(failure, LinkLost):
            self._log.error("report_failed", task=task, failure=type(failure).__name__)

    async def _tell(self, link: ControlLink, told: dict[str, int], rows: list[Row]) -> None:
        await link.send(Report(tuple(rows)))
        told.update((row.endpoint, row.version) for row in rows)
