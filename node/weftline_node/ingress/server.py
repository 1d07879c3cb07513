"""The front door of a PoP: listens, routes, counts its connections, and closes in good order."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from weftline.clock import Clock
from weftline_core.cloudflare.search import search_page
from weftline_core.errors import MeshError, MethodNotAllowed, Unavailable
from weftline_core.http1.request import HttpRequest
from weftline_core.limits import REQUEST_BODY_BYTES_MAX
from weftline_node.asked import Asked
from weftline_node.ingress.connection import ClientConnection
from weftline_node.ingress.pages import model_page, models_page
from weftline_node.ingress.query import query_of
from weftline_node.ingress.responses import KeptPages, KeptPath
from weftline_node.ingress.routes import ASKED, Page, find, front_of, take_key
from weftline_node.job import Client
from weftline_node.pipeline import DRAINED_RETRY_S, Pipeline
from weftline_node.ports import Address, Listening, Network
from weftline_node.reply import refusal, whole

# Client connections in total. Each held stream takes one descriptor here and one upstream, and 2 to
# 10 KiB of memory; beyond it a PoP should have a neighbour.
CONNECTIONS_MAX = 16_384

# From one address. High, because whole offices and load balancers share one.
CONNECTIONS_PER_IP_MAX = 8_192

# How long streams may go on after `close` before they are cut.
DRAIN_WAIT_S = 30.0

# A body at a path where none is read.
UNREAD_BODY_BYTES_MAX = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class IngressSettings:
    """The bounds of one front door."""

    connections_max: int = CONNECTIONS_MAX
    connections_per_ip_max: int = CONNECTIONS_PER_IP_MAX


class Ingress:
    """Accepts clients and hands their requests to the pipeline."""

    def __init__(
        self, settings: IngressSettings, pipeline: Pipeline, network: Network, clock: Clock
    ) -> None:
        self._settings = settings
        self._pipeline = pipeline
        self._network = network
        self._listening: Listening | None = None
        # A dictionary for its order: the oldest is closed first, on every run.
        self._connections: dict[ClientConnection, None] = {}
        self._per_ip: Counter[str] = Counter()
        self._empty = asyncio.Event()
        self._draining = False
        self._kept = KeptPages(pipeline.responses, lambda h: pipeline.authenticate(h).tenant)
        self._clock = clock
        self.now_s: Callable[[], float] = clock.now_s

    @property
    def connections(self) -> int:
        """Return how many client connections are open."""
        return len(self._connections)

    @property
    def draining(self) -> bool:
        """Return whether connections should end after the present answer."""
        return self._draining

    async def start(self, address: Address) -> Address:
        """Listen, and return where.

        Raises:
            OSError: the address is in use or not ours.
        """
        self._listening = await self._network.listen(address, lambda: ClientConnection(self))
        return self._listening.address

    async def close(self, wait_s: float = DRAIN_WAIT_S) -> None:
        """Accept nobody more, let answers in progress end within `wait_s`, then cut the rest."""
        self._draining = True
        if self._listening is not None:
            self._listening.close()
        for connection in list(self._connections):
            connection.close()
        if self._connections:
            self._empty.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await self._empty.wait()
            except TimeoutError:
                for connection in list(self._connections):
                    connection.abort()

    # What connections ask (`connection.Server`).

    def admit(self, connection: ClientConnection) -> bool:
        """Return whether there is room for the connection."""
        here = self._per_ip[connection.peer]
        room = (
            len(self._connections) < self._settings.connections_max
            and here < self._settings.connections_per_ip_max
            and not self._draining
        )
        self._connections[connection] = None
        self._per_ip[connection.peer] += 1
        return room

    def leave(self, connection: ClientConnection) -> None:
        """Take note that the connection has ended."""
        self._connections.pop(connection, None)
        self._per_ip[connection.peer] -= 1
        if self._per_ip[connection.peer] <= 0:
            del self._per_ip[connection.peer]
        if not self._connections:
            self._empty.set()

    def screen(self, request: HttpRequest) -> int:
        """Return how long a body may be: 32 MiB of memory is much to lend to a stranger."""
        found: Asked | Page | KeptPath | None = None
        if request.method == "POST":
            found = ASKED.get(request.path)
        if found is None:
            take_key(request)
            try:
                found = find(request.method, request.target)
            except MeshError:
                # It will be told so, whoever asks.
                return UNREAD_BODY_BYTES_MAX
        if not (isinstance(found, Page) and found.name == "health"):
            self._pipeline.authenticate(request.headers)
        return REQUEST_BODY_BYTES_MAX if isinstance(found, Asked) else UNREAD_BODY_BYTES_MAX

    def refusal(self, error: MeshError, request: HttpRequest | None, *, close: bool) -> bytes:
        """Return an error in the dialect of the path that was asked."""
        lines = f"allow: {error.allowed}\r\n" if isinstance(error, MethodNotAllowed) else ""
        if request is None:
            return refusal(error, lines, close=close)
        return refusal(error, lines, close=close, front=front_of(request))

    def handle(self, request: HttpRequest, client: Client) -> None:
        """Route a request."""
        asked = ASKED.get(request.path) if request.method == "POST" else None
        if asked is not None:
            self._pipeline.begin(asked, request, client)
            return
        close = client.closing
        take_key(request)
        try:
            found = find(request.method, request.target)
            if isinstance(found, Asked):
                self._pipeline.begin(found, request, client)
                return
            if isinstance(found, KeptPath):
                self._kept.serve(found, request, client)
                return
            client.write(whole(200, self._page(found, request), close=close))
        except MeshError as e:
            client.write(self.refusal(e, request, close=close))
        client.finish()

    def _page(self, page: Page, request: HttpRequest) -> bytes:
        """Return the body of an answer that needs no endpoint."""
        if page.name == "health":
            if self._draining or self._pipeline.drained:
                raise Unavailable("this PoP is being drained", retry_after_s=DRAINED_RETRY_S)
            return b'{"status":"ok"}'
        self._pipeline.authenticate(request.headers)
        catalog, at_unix_s = self._pipeline.catalog, self._clock.unix_ms() / 1000
        if page.name == "search":
            return search_page(catalog.models, query_of(request))
        if page.name == "models":
            return models_page(catalog, request, at_unix_s)
        return model_page(catalog, page.of, request, at_unix_s)
