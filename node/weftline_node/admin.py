"""The admin listener: health, metrics and views of what the node knows. Never on the clients' port.

It stands on the same connections as the clients' side, so that a node needs no web framework: one
costs 13 MB and 0.1 s of every start. It shows addresses, numbers and names; secrets do not pass
through the views it is given.
"""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import parse_qs

import orjson

from weftline.clock import Clock
from weftline_core.errors import CallerError, MeshError, MethodNotAllowed, NotFound
from weftline_core.http1.request import HttpRequest
from weftline_node.ingress.connection import ClientConnection
from weftline_node.job import Client
from weftline_node.ports import Address, Listening, Network
from weftline_node.reply import whole

# Operators, their scrapers and a dashboard; more than this is a mistake.
CONNECTIONS_MAX = 64

_TEXT = "text/plain; charset=utf-8"
_METRICS = "text/plain; version=0.0.4; charset=utf-8"
_JSON = "application/json"


class Views(Protocol):
    """What the admin listener may show of a node. Every answer is plain JSON-able data."""

    def unready(self) -> str | None:
        """Return why the node should get no traffic, or None when it may."""
        ...

    def metrics(self) -> str:
        """Return the metrics in Prometheus' text format."""
        ...

    def explain(self, model: str) -> dict[str, object]:
        """Return the plan for a model with every number.

        Raises:
            MeshError: no such model.
        """
        ...

    def members(self) -> list[dict[str, object]]:
        """Return the mesh's members as this node sees them."""
        ...

    def table(self) -> list[dict[str, object]]:
        """Return the rows of every PoP that this node holds."""
        ...

    def keys(self) -> dict[str, object]:
        """Return how the keys for each endpoint stand, by name, never the keys."""
        ...

    def config(self) -> dict[str, object]:
        """Return what is in force: settings, revision, resources."""
        ...


class Answer(Exception):
    """An answer with a status of its own."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Admin:
    """A small HTTP server on its own address."""

    def __init__(self, address: Address, views: Views, network: Network, clock: Clock) -> None:
        self._address = address
        self._views = views
        self._network = network
        self._listening: Listening | None = None
        self._connections: set[ClientConnection] = set()
        self.now_s: Callable[[], float] = clock.now_s
        self.draining = False
        self._pages: dict[str, tuple[str, Callable[[str], object]]] = {
            "/healthz": (_TEXT, lambda _query: "ok\n"),
            "/readyz": (_TEXT, self._readyz),
            "/metrics": (_METRICS, lambda _query: views.metrics()),
            "/explain": (_JSON, self._explain),
            "/members": (_JSON, lambda _query: views.members()),
            "/table": (_JSON, lambda _query: views.table()),
            "/keys": (_JSON, lambda _query: views.keys()),
            "/config": (_JSON, lambda _query: views.config()),
        }

    async def start(self) -> Address:
        """Listen and return where.

        Raises:
            OSError: the address is in use or not ours.
        """
        self._listening = await self._network.listen(self._address, lambda: ClientConnection(self))
        return self._listening.address

    def close(self) -> None:
        """Stop listening and hang up."""
        if self._listening is not None:
            self._listening.close()
        for connection in list(self._connections):
            connection.abort()

    # What connections ask (`connection.Server`).

    def admit(self, connection: ClientConnection) -> bool:
        """Return whether there is room for the connection."""
        self._connections.add(connection)
        return len(self._connections) <= CONNECTIONS_MAX

    def leave(self, connection: ClientConnection) -> None:
        """Take note that the connection has ended."""
        self._connections.discard(connection)

    def screen(self, request: HttpRequest) -> int:  # noqa: ARG002
        """Return how long a body may be: nothing here reads one."""
        return 0

    def refusal(self, error: MeshError, request: HttpRequest | None, *, close: bool) -> bytes:  # noqa: ARG002
        """Return an error as operators' tools read it."""
        return whole(error.status, _json({"error": error.message}), close=close)

    def handle(self, request: HttpRequest, client: Client) -> None:
        """Answer a request."""
        path, _, query = request.target.partition("?")
        try:
            self._check_host(request.headers.get(b"host", b""))
            kind, page = self._page(request.method, path)
            value = page(query)
            body = value.encode() if isinstance(value, str) else _json(value)
            client.write(whole(200, body, close=client.closing, kind=kind))
        except Answer as e:
            client.write(whole(e.status, e.text.encode(), close=client.closing, kind=_TEXT))
        except MeshError as e:
            client.write(self.refusal(e, request, close=client.closing))
        client.finish()

    def _check_host(self, host: bytes) -> None:
        """Refuse a web page that has its own name lead to this machine, to read what stands here
        through its visitor's browser (DNS rebinding).
        """
        if self._address.is_local and not _is_number_or_local(host.decode("latin-1")):
            raise Answer(403, "on loopback, only an IP address or localhost is answered\n")

    def _page(self, method: str, path: str) -> tuple[str, Callable[[str], object]]:
        page = self._pages.get(path)
        if page is None:
            raise NotFound(f"no such path; there are {', '.join(self._pages)}")
        if method != "GET":
            raise MethodNotAllowed("only GET is answered here")
        return page

    def _readyz(self, _query: str) -> str:
        if reason := self._views.unready():
            raise Answer(503, f"{reason}\n")
        return "ready\n"

    def _explain(self, query: str) -> object:
        model = parse_qs(query).get("model", [""])[0]
        if not model:
            raise CallerError("name a model, as in /explain?model=provider/model")
        return self._views.explain(model)


def _is_number_or_local(host: str) -> bool:
    name, _, port = host.rpartition(":")
    name = (name if port.isdigit() else host).strip("[]")
    if not name or name.lower() == "localhost":
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _json(value: object) -> bytes:
    return orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
