"""What a provider is: a value that knows how to put a request to one kind of host.

Providers are found by the entry-point group `weftline.providers`. A provider is a host on one or
more dialects: the dialect writes the request, the host says where it goes, who we are, and what of
the dialect it does not take. Most are one `Host` and twenty lines long.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

import msgspec

from weftline_core.desired import Task
from weftline_core.dialects.dialect import Back, Target
from weftline_core.dialects.message_fields import drop_from_messages

# How a host wants to be shown a key.
Auth: TypeAlias = Literal["bearer", "x-api-key", "api-key", "x-goog-api-key", "none"]

# Where most hosts list their models: what a probe asks for.
MODELS_PATH = "/models"


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A request about to be sent, for hosts that sign it. host, path: as they stand in it. lent:
    the key is the client's own, of which nothing may be kept.
    """

    host: str
    path: str
    body: bytes
    options: Mapping[str, str] = {}
    lent: bool = False


class Provider(Protocol):
    """One kind of inference host."""

    @property
    def name(self) -> str:
        """Return the name that resources use."""
        ...

    @property
    def base_url(self) -> str | None:
        """Return where its public service is, or None if everybody has an address of their own."""
        ...

    @property
    def regions(self) -> Mapping[str, str]:
        """Return its base URLs by the provider's own names of regions, where it has several."""
        ...

    @property
    def key_env(self) -> str | None:
        """Return the environment variable by which its users know their key."""
        ...

    @property
    def speaks(self) -> tuple[Back, ...]:
        """Return the dialects it understands, the one to translate into first."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Return the options that every endpoint of it must have."""
        ...

    @property
    def counts(self) -> frozenset[str]:
        """Return the dialects in which it counts a request's tokens for nothing."""
        ...

    @property
    def signs(self) -> bool:
        """Return whether each request is signed, so that `sign` must be called for it."""
        ...

    @property
    def probe_path(self) -> str | None:
        """Return a path below the base URL that costs nothing to ask; None if there is none."""
        ...

    def dialects(self, model: str) -> tuple[Back, ...]:
        """Return the dialects in which one model there is asked; the first to translate into."""
        ...

    def path(self, back: Back, target: Target, *, stream: bool) -> str:
        """Return the path below the endpoint's base URL."""
        ...

    def headers(self, back: Back, secret: str | None) -> tuple[tuple[str, str], ...]:
        """Return the headers that identify us; `secret` goes nowhere else."""
        ...

    def sign(
        self, outgoing: Outgoing, secret: str, at_unix_s: float
    ) -> tuple[tuple[str, str], ...]:
        """Return the headers that prove who sends this very request."""
        ...

    def adapt(self, back: Back, body: dict[str, object], target: Target) -> tuple[str, ...]:
        """Change the body, in place, to what this host takes of the dialect; return the fields that
        were taken out.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host that keeps to its dialects but for a few fields.

    auth: how the key is shown. fixed: headers that every request has. drops: request fields it
    refuses. message_drops: fields of a chat's messages that it refuses. renames: fields it knows by
    another name; its own name wins when the client gave both. paths: by dialect, where it differs
    from the dialect's own path.
    """

    name: str
    speaks: tuple[Back, ...]
    base_url: str | None = None
    key_env: str | None = None
    auth: Auth = "bearer"
    fixed: tuple[tuple[str, str], ...] = ()
    drops: frozenset[str] = frozenset()
    message_drops: frozenset[str] = frozenset()
    renames: tuple[tuple[str, str], ...] = ()
    regions: Mapping[str, str] = field(default_factory=dict[str, str])
    paths: Mapping[str, str] = field(default_factory=dict[str, str])
    probe_path: str | None = MODELS_PATH
    needs: tuple[str, ...] = ()
    counts: frozenset[str] = frozenset()
    signs: bool = False

    def dialects(self, model: str) -> tuple[Back, ...]:  # noqa: ARG002
        """Return the dialects of the host: every model there is asked in the same ones."""
        return self.speaks

    def path(self, back: Back, target: Target, *, stream: bool) -> str:
        """Return the path of a dialect below the base URL."""
        return self.paths.get(back.name) or back.path(target, stream=stream)

    def headers(self, back: Back, secret: str | None) -> tuple[tuple[str, str], ...]:  # noqa: ARG002
        """Return the header that shows the key, or none without a secret."""
        if not secret or self.auth == "none":
            return self.fixed
        if self.auth == "bearer":
            return (("authorization", f"Bearer {secret}"), *self.fixed)
        return ((self.auth, secret), *self.fixed)

    def sign(
        self,
        outgoing: Outgoing,  # noqa: ARG002
        secret: str,  # noqa: ARG002
        at_unix_s: float,  # noqa: ARG002
    ) -> tuple[tuple[str, str], ...]:
        """Return nothing: the key in the headers is enough."""
        return ()

    def adapt(self, back: Back, body: dict[str, object], target: Target) -> tuple[str, ...]:  # noqa: ARG002
        """Take out what the host refuses and rename what it knows by another name."""
        gone = [name for name in self.drops if body.pop(name, None) is not None]
        for ours, theirs in self.renames:
            if (value := body.pop(ours, None)) is not None:
                body.setdefault(theirs, value)
        if self.message_drops:
            gone += drop_from_messages(body, self.message_drops)
        return tuple(gone)


def back_for(provider: Provider, model: str, task: Task, dialect: str) -> Back | None:
    """Return the back in which to ask a model for `task` when the client speaks `dialect`: the same
    if it is understood there, else the first; None if the task cannot be done.
    """
    able = [back for back in provider.dialects(model) if back.task == task]
    return next((back for back in able if back.name == dialect), able[0] if able else None)
