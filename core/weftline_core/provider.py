"""What a provider is: a value that knows how to put an OpenAI-shaped request to one kind of host.

Providers are found by the entry-point group `weftline.providers`. Most are an `OpenAiHost` and
five lines long.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import orjson

from weftline_core.desired import Task

PATHS: dict[Task, str] = {"chat": "/chat/completions", "embeddings": "/embeddings"}


class UnsupportedTask(ValueError):
    """This provider cannot do this task."""


class Provider(Protocol):
    """One kind of inference host."""

    @property
    def name(self) -> str:
        """Return the name that resources use."""
        ...

    @property
    def base_url(self) -> str | None:
        """Return where its public service is, or None if everybody runs their own."""
        ...

    @property
    def key_env(self) -> str | None:
        """Return the environment variable by which its users know their key."""
        ...

    @property
    def passthrough(self) -> bool:
        """Return whether its answers already have OpenAI's shape."""
        ...

    @property
    def models(self) -> tuple[tuple[str, Task], ...]:
        """Return what its public service offers, for the catalog when its key is at hand."""
        ...

    def path(self, task: Task) -> str:
        """Return the path below the endpoint's base URL.

        Raises:
            UnsupportedTask: this provider cannot do it.
        """
        ...

    def headers(self, secret: str | None) -> tuple[tuple[str, str], ...]:
        """Return the headers that identify us; `secret` goes nowhere else."""
        ...

    def encode(self, task: Task, body: Mapping[str, object], model: str) -> bytes:
        """Return the upstream's request body; `body` is the parsed client request and is not
        changed.
        """
        ...

    def decode(
        self, task: Task, model: str, answer: bytes, body: Mapping[str, object] | None = None
    ) -> bytes:
        """Return a whole, successful, non-streamed answer in OpenAI's shape; `body` is the client
        request that it answers, for what the answer must agree with (such as the encoding asked
        for).

        Raises:
            ValueError: the answer breaks the provider's own contract.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAiHost:
    """A host that speaks OpenAI's chat completions and embeddings.

    drops: request fields this host refuses. renames: fields it knows by another name; its own name
    wins when the client gave both. models: what its public service offers, for the
    catalog when its key is at hand.
    """

    name: str
    base_url: str | None = None
    key_env: str | None = None
    models: tuple[tuple[str, Task], ...] = ()
    tasks: tuple[Task, ...] = ("chat", "embeddings")
    drops: frozenset[str] = frozenset()
    renames: tuple[tuple[str, str], ...] = ()
    passthrough: bool = True

    def path(self, task: Task) -> str:
        """Return the path of the task below the base URL."""
        if task not in self.tasks:
            raise UnsupportedTask(f"{self.name} does not offer {task}")
        return PATHS[task]

    def headers(self, secret: str | None) -> tuple[tuple[str, str], ...]:
        """Return the bearer header, or none without a secret."""
        return (("authorization", f"Bearer {secret}"),) if secret else ()

    def encode(self, task: Task, body: Mapping[str, object], model: str) -> bytes:  # noqa: ARG002
        """Return the body written anew with the upstream's model name: what was checked is sent."""
        sent = {k: v for k, v in body.items() if k not in self.drops} if self.drops else dict(body)
        for ours, theirs in self.renames:
            if (value := sent.pop(ours, None)) is not None:
                sent.setdefault(theirs, value)
        sent["model"] = model
        return orjson.dumps(sent)

    def decode(
        self,
        task: Task,  # noqa: ARG002
        model: str,  # noqa: ARG002
        answer: bytes,
        body: Mapping[str, object] | None = None,  # noqa: ARG002
    ) -> bytes:
        """Return the answer as it is."""
        return answer
