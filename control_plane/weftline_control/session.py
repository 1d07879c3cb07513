"""One node's conversation: what it has, what it was sent, and what it is told next.

Pure. A node is told the newest state only, and nothing new before it has answered: whatever
happens meanwhile comes as one delta, so that a slow node costs no more memory than a quick one.
"""

from dataclasses import dataclass

from weftline.wire import to_wire
from weftline_control.history import merged
from weftline_control.mirror import Mirror, View
from weftline_proto.control.v1 import node_pb2 as pb


class OutOfTurn(ValueError):
    """The node answered what it was not asked."""


class Snapshots:
    """The present state as a message, built once for however many nodes ask for it."""

    def __init__(self, *, rewind: bool) -> None:
        self._rewind = rewind
        self._view: View | None = None
        self._word = pb.SubscribeResponse()

    def of(self, view: View) -> pb.SubscribeResponse:
        """Return the whole state."""
        if view is not self._view:
            snapshot = pb.Snapshot(
                revision=view.desired.revision,
                resources=map(to_wire, view.desired.resources.values()),
                rewind=self._rewind,
                emptied=view.emptied,
            )
            self._view, self._word = view, pb.SubscribeResponse(snapshot=snapshot)
        return self._word


@dataclass(slots=True)
class Session:
    """What one node has and was sent.

    in_force: the revision it has. awaiting: the revision it was sent and has not answered, or None.
    refused: the revision it said no to last, or None. seeds: what it was told last.
    """

    in_force: int
    awaiting: int | None = None
    refused: int | None = None
    seeds: tuple[str, ...] = ()

    def next_state(
        self, mirror: Mirror, snapshots: Snapshots, *, accept_rewind: bool
    ) -> pb.SubscribeResponse | None:
        """Return the next piece of state to send, or None if there is nothing to say now."""
        revision = mirror.view.desired.revision
        if self.awaiting is not None or revision in (self.in_force, self.refused):
            return None
        if revision < self.in_force and not accept_rewind:
            # The node knows something newer than this control plane: a store that was set back, or
            # a replica that is behind. Either way the node is right to keep it.
            return None
        self.awaiting = revision
        steps = mirror.history.since(self.in_force) if 0 < self.in_force < revision else None
        if steps is None:
            return snapshots.of(mirror.view)
        put, deleted = merged(steps)
        return pb.SubscribeResponse(
            delta=pb.Delta(
                from_revision=self.in_force,
                revision=revision,
                put=map(to_wire, put),
                deleted=deleted,
            )
        )

    def next_seeds(self, seeds: tuple[str, ...]) -> pb.SubscribeResponse | None:
        """Return the seeds to send, or None if the node knows them."""
        if seeds == self.seeds:
            return None
        self.seeds = seeds
        return pb.SubscribeResponse(seeds=pb.Seeds(addresses=seeds))

    def acked(self, revision: int) -> None:
        """Take the node's word that a revision is in force.

        Raises:
            OutOfTurn: it was not sent that.
        """
        self._answered(revision)
        self.in_force = revision
        self.refused = None

    def nacked(self, revision: int) -> None:
        """Take the node's word that it refused a revision and has kept the old one.

        Raises:
            OutOfTurn: it was not sent that.
        """
        self._answered(revision)
        self.refused = revision

    def _answered(self, revision: int) -> None:
        if revision != self.awaiting:
            raise OutOfTurn(f"answered revision {revision}, was sent {self.awaiting}")
        self.awaiting = None
