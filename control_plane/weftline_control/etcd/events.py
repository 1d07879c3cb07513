"""What a watch yields: events, grouped by the revision that made them."""

from collections.abc import Iterable
from dataclasses import dataclass

from weftline_proto.etcd.v1 import kv_pb2


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one key; the names are etcd3's."""

    key: bytes
    value: bytes
    mod_revision: int
    create_revision: int = 0
    version: int = 0
    lease: int = 0


class PutEvent(Event):
    """The key was put."""

    __slots__ = ()


class DeleteEvent(Event):
    """The key was deleted, or its lease ended; there is no value."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Revision:
    """All events of one revision that the watch asked for."""

    revision: int
    events: tuple[Event, ...]


def event_of(message: kv_pb2.Event) -> Event:
    """Return the event that a message carries."""
    kind = DeleteEvent if message.type == kv_pb2.Event.DELETE else PutEvent
    kv = message.kv
    return kind(kv.key, kv.value, kv.mod_revision, kv.create_revision, kv.version, kv.lease)


class Grouper:
    """Puts the events of one revision together again, each revision once.

    etcd may split a large answer anywhere, in the middle of a revision too, and says so; what is
    not said to go on is whole.
    """

    def __init__(self, next_revision: int) -> None:
        self.next_revision = next_revision
        self._held: list[Event] = []

    def feed(self, events: Iterable[Event], *, more: bool) -> list[Revision]:
        """Return the revisions that are now whole. `more`: the answer goes on in the next one.

        Revisions before `next_revision` are left out.
        """
        whole: list[Revision] = []
        for event in events:
            if event.mod_revision < self.next_revision:
                continue
            if self._held and self._held[0].mod_revision != event.mod_revision:
                whole.append(self._release())
            self._held.append(event)
        if self._held and not more:
            whole.append(self._release())
        return whole

    def restart(self) -> None:
        """Drop an unfinished revision: the stream broke, and it will be sent again whole."""
        self._held = []

    def _release(self) -> Revision:
        revision = Revision(self._held[0].mod_revision, tuple(self._held))
        self.next_revision = revision.revision + 1
        self._held = []
        return revision
