"""How to reach each endpoint: address, TLS and the head of its requests, built once per catalog."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from weftline_core.catalog import Catalog
from weftline_core.desired import Endpoint, Task
from weftline_core.provider import PATHS, Provider, UnsupportedTask
from weftline_node.ports import Address

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, repr=False)
class Dial:
    """One endpoint as the data path needs it. It holds the endpoint's secret: it is never printed.

    problem: why it cannot be used from this node, or None. heads: for each task, the request head
    up to and with the name of `content-length`. ping: a whole request for the list of models.
    secret: to be kept out of what the endpoint says, should it quote us.
    """

    name: str
    endpoint: Endpoint
    provider: Provider | None
    address: Address
    tls: bool
    heads: Mapping[Task, bytes]
    ping: bytes
    problem: str | None = None
    secret: str | None = None

    def request(self, task: Task, body: bytes, request_id: str) -> bytes:
        """Return a whole request, to be written at once."""
        return b"%b%d\r\nx-request-id: %b\r\n\r\n%b" % (
            self.heads[task],
            len(body),
            request_id.encode("ascii"),
            body,
        )


class DialTable:
    """The dials of one catalog."""

    def __init__(self, dials: Mapping[str, Dial]) -> None:
        self._dials = dials
        self._usable = {
            task: {
                name: dial
                for name, dial in dials.items()
                if dial.problem is None and task in dial.heads
            }
            for task in PATHS
        }

    @classmethod
    def of(
        cls, catalog: Catalog, providers: Mapping[str, Provider], environ: Mapping[str, str]
    ) -> "DialTable":
        """Return the table; secrets are read from `environ` now and never again."""
        return cls({e.name: _dial(e, providers, environ) for e in catalog.endpoints})

    def __iter__(self) -> Iterator[Dial]:
        """Return every dial, usable or not."""
        return iter(self._dials.values())

    def get(self, endpoint: str) -> Dial | None:
        """Return the dial of an endpoint, usable or not."""
        return self._dials.get(endpoint)

    def usable(self, endpoint: str, task: Task) -> Dial | None:
        """Return the dial of an endpoint if this node can send a request for `task` there."""
        return self._usable[task].get(endpoint)

    def problems(self) -> dict[str, str]:
        """Return why each unusable endpoint is so, by name."""
        return {name: d.problem for name, d in self._dials.items() if d.problem is not None}


def _dial(
    endpoint: Endpoint, providers: Mapping[str, Provider], environ: Mapping[str, str]
) -> Dial:
    url = urlsplit(endpoint.base_url)
    name, host, tls = endpoint.name, url.hostname or "", url.scheme == "https"
    address = Address(host, url.port or _PORTS[url.scheme])
    provider = providers.get(endpoint.provider)
    secret, problem = _secret(endpoint, environ)
    if provider is None:
        known = ", ".join(sorted(providers)) or "none"
        problem = f"no provider is called '{endpoint.provider}'; installed: {known}"
    if provider is None or problem is not None:
        return Dial(name, endpoint, provider, address, tls, {}, b"", problem)
    base = url.path.rstrip("/")
    lines = [("host", url.netloc), *provider.headers(secret), ("user-agent", "weftline")]
    common = "".join(f"{name}: {value}\r\n" for name, value in lines)
    heads: dict[Task, bytes] = {}
    for task in PATHS:
        try:
            path = base + provider.path(task)
        except UnsupportedTask:
            continue
        heads[task] = (
            f"POST {path} HTTP/1.1\r\n{common}accept: application/json\r\n"
            "accept-encoding: identity\r\ncontent-type: application/json\r\ncontent-length: "
        ).encode("latin-1")
    ping = f"GET {base}/models HTTP/1.1\r\n{common}accept-encoding: identity\r\n\r\n"
    return Dial(
        name, endpoint, provider, address, tls, heads, ping.encode("latin-1"), secret=secret
    )


def _secret(endpoint: Endpoint, environ: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return the endpoint's secret and what is wrong with it; neither may name its value."""
    if endpoint.secret is None:
        return None, None
    name = endpoint.secret.removeprefix("env:")
    value = environ.get(name, "")
    if not value:
        return None, f"the environment variable {name} is not set on this node"
    if not value.isascii() or not value.isprintable():
        # A line end in it would write headers of its own.
        return None, f"the environment variable {name} holds characters that no header may carry"
    return value, None
