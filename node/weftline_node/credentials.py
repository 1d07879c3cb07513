"""The keys that this node shows to an endpoint: opened when dials are built, and never printed.

They come from environment variables, or sealed with the desired state. What cannot be opened is a
problem in words for the operator, never an exception: one endpoint's trouble stops no other.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from weftline.sealing_keys import read_keyring
from weftline_core.catalog import Catalog
from weftline_core.desired import Credential, Endpoint
from weftline_core.errors import OperatorError
from weftline_core.hosts import Provider
from weftline_core.key_hosts import host_of, is_among, public_hosts
from weftline_core.key_ring import DEFAULT_ALIAS, RingKey
from weftline_core.sealed_form import one_line, secret_problem

if TYPE_CHECKING:
    from weftline_core.sealing import Keyring

# What an endpoint's own `secret` is called among its keys.
OWN_SECRET = "secret"  # noqa: S105  # its name, not its value

# The mesh's own variables, the sealing key among them. Whoever may write the desired state could
# have them shown to a host of theirs as if they were a provider's key.
OURS = "WEFT_"

# Tells two secrets apart, and nothing else of them.
MARK_CHARS = 16


@dataclass(frozen=True, slots=True, repr=False)
class NamedSecret:
    """A key to show to an endpoint. It is never printed.

    name: of its credential. alias, requests_per_minute, tokens_per_minute: as the credential says.
    """

    name: str
    value: str
    alias: str = DEFAULT_ALIAS
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None

    def ring_key(self) -> RingKey:
        """Return the key as a ring knows it, without its value."""
        return RingKey(
            name=self.name,
            alias=self.alias,
            requests_per_minute=self.requests_per_minute,
            tokens_per_minute=self.tokens_per_minute,
            mark=hashlib.sha256(self.value.encode()).hexdigest()[:MARK_CHARS],
        )


class Opener:
    """What this node opens credentials with: its environment and its sealing keys.

    problem: why it has no sealing keys, or None.
    """

    __slots__ = ("_environ", "_keyring", "problem")

    def __init__(
        self,
        environ: Mapping[str, str],
        keyring: "Keyring | None" = None,
        problem: str | None = None,
    ) -> None:
        self._environ = environ
        self._keyring = keyring
        self.problem = problem

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> "Opener":
        """Return the opener of an environment. Keys that cannot be read are a problem only for
        credentials that are sealed.
        """
        try:
            return cls(environ, read_keyring(environ))
        except OperatorError as e:
            return cls(environ, problem=e.message)

    def variable(self, name: str) -> str:
        """Return the key in an environment variable.

        Raises:
            OperatorError: it is not set, holds no key, or is one of the mesh's own.
        """
        if name.upper().startswith(OURS):
            raise OperatorError(
                f"{name} is a variable of the mesh's own and is shown to no endpoint: give the key "
                "another name"
            )
        value = one_line(self._environ.get(name, ""))
        if not value:
            raise OperatorError(f"the environment variable {name} is not set on this node")
        if problem := secret_problem(value):
            raise OperatorError(f"the environment variable {name} {problem}")
        return value

    def credential(self, credential: Credential) -> str:
        """Return the key of a credential.

        Raises:
            OperatorError: it cannot be had on this node.
        """
        if credential.env is not None:
            return self.variable(credential.env)
        if self._keyring is None:
            raise OperatorError(self.problem or "this node has no sealing key")
        return self._keyring.open(
            credential.sealed or "",
            name=credential.name,
            provider=credential.provider,
            hosts=credential.hosts,
        )


def opened(
    endpoint: Endpoint, provider: Provider, catalog: Catalog, opener: Opener
) -> tuple[tuple[NamedSecret, ...], tuple[str, ...]]:
    """Return the keys of an endpoint that this node can use, and what is wrong with the others;
    nothing of either if it needs none. provider: of the endpoint's name for it.
    """
    found: list[NamedSecret] = []
    problems: list[str] = []
    if not endpoint.credentials and endpoint.secret is not None:
        try:
            variable = endpoint.secret.removeprefix("env:")
            found.append(NamedSecret(OWN_SECRET, opener.variable(variable)))
        except OperatorError as e:
            problems.append(e.message)
    for name in endpoint.credentials:
        try:
            found.append(_secret(name, endpoint, provider, catalog, opener))
        except OperatorError as e:
            problems.append(f"Credential/{name}: {e.message}")
    return tuple(found), tuple(problems)


def _secret(
    name: str, endpoint: Endpoint, provider: Provider, catalog: Catalog, opener: Opener
) -> NamedSecret:
    credential = catalog.credential(name)
    if credential is None:
        raise OperatorError("no such resource")
    if credential.provider != endpoint.provider:
        # The control plane refuses this; a key shown to a stranger can't be taken back.
        raise OperatorError(
            f"it is for {credential.provider}, and the endpoint's provider is {endpoint.provider}"
        )
    if problem := _host_problem(credential, endpoint, provider):
        raise OperatorError(problem)
    return NamedSecret(
        name,
        opener.credential(credential),
        credential.alias,
        credential.requests_per_minute,
        credential.tokens_per_minute,
    )


def _host_problem(credential: Credential, endpoint: Endpoint, provider: Provider) -> str | None:
    """Return why a key may not be shown at the host of an endpoint, or None."""
    host = host_of(endpoint.base_url)
    if credential.hosts:
        if is_among(host, credential.hosts):
            return None
        return "the host of the endpoint's base_url is none of the hosts that it is for"
    public = public_hosts(provider.base_url, provider.regions)
    if not public or host in public:
        return None
    return (
        f"the host of the endpoint's base_url is not of {provider.name}'s public service: to show "
        "the key there, name that host in the credential's hosts"
    )
