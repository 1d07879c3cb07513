"""The admin listener: health, metrics and views of what the node knows. Never on the clients' port.

It shows addresses, numbers and names; secrets do not pass through the views it is given.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

import orjson
from aiohttp import web

from weftline_core.errors import MeshError
from weftline_node.app import cannot_listen
from weftline_node.ports import Address

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


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

    def config(self) -> dict[str, object]:
        """Return what is in force: settings, revision, resources."""
        ...


class Admin:
    """An aiohttp server on its own address."""

    def __init__(self, address: Address, views: Views) -> None:
        self._address = address
        self._views = views
        self._runner: web.AppRunner | None = None

    async def start(self) -> Address:
        """Listen and return where.

        Raises:
            CannotListen: the address is in use or not ours.
        """
        app = web.Application(middlewares=[_told])
        app.add_routes(
            [
                web.get("/healthz", _plain(lambda: "ok\n")),
                web.get("/readyz", self._readyz),
                web.get("/metrics", _plain(self._views.metrics)),
                web.get("/explain", self._explain),
                web.get("/members", _json(self._views.members)),
                web.get("/table", _json(self._views.table)),
                web.get("/config", _json(self._views.config)),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
        await self._runner.setup()
        with cannot_listen("--admin", self._address):
            await web.TCPSite(self._runner, self._address.host, self._address.port).start()
        host, port = self._runner.addresses[0][:2]
        return Address(host, port)

    async def close(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _readyz(self, _request: web.Request) -> web.Response:
        reason = self._views.unready()
        return web.Response(text=f"{reason or 'ready'}\n", status=503 if reason else 200)

    async def _explain(self, request: web.Request) -> web.Response:
        if not (model := request.query.get("model", "")):
            return _answer({"error": "name a model, as in /explain?model=provider/model"}, 400)
        return _answer(self._views.explain(model))


def _plain(view: Callable[[], str]) -> Handler:
    async def handle(_request: web.Request) -> web.Response:
        return web.Response(text=view())

    return handle


def _json(view: Callable[[], object]) -> Handler:
    async def handle(_request: web.Request) -> web.Response:
        return _answer(view())

    return handle


def _answer(value: object, status: int = 200) -> web.Response:
    body = orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return web.Response(body=body, status=status, content_type="application/json")


@web.middleware
async def _told(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn our own errors into their status and message."""
    try:
        return await handler(request)
    except MeshError as e:
        return _answer({"error": e.message}, e.status)
