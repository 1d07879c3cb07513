"""The admin listener."""

import asyncio

import aiohttp
import pytest

from weftline.clock import SystemClock
from weftline_core.errors import UnknownModel
from weftline_node import admin as admin_module
from weftline_node.admin import Admin
from weftline_node.net import TcpNetwork
from weftline_node.ports import Address


class Canned:
    def __init__(self) -> None:
        self.reason: str | None = "no desired state yet"

    def unready(self) -> str | None:
        return self.reason

    def metrics(self) -> str:
        return "weftline_up 1\n"

    def explain(self, model: str) -> dict[str, object]:
        if model != "m":
            raise UnknownModel(f"no model '{model}'")
        return {"model": model, "steps": []}

    def members(self) -> list[dict[str, object]]:
        return [{"id": "ams"}]

    def table(self) -> list[dict[str, object]]:
        return [{"pop": "ams", "endpoint": "iad"}]

    def keys(self) -> dict[str, object]:
        return {"iad": [{"name": "main"}]}

    def config(self) -> dict[str, object]:
        return {"revision": 3}


async def fetch(
    base: str, path: str, method: str = "GET", host: str | None = None
) -> tuple[int, str]:
    headers = {} if host is None else {"host": host}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, base + path) as answer,
    ):
        return answer.status, await answer.text()


def an_admin(address: Address, views: Canned) -> Admin:
    clock = SystemClock()
    return Admin(address, views, TcpNetwork(), clock)


async def test_every_view_answers() -> None:
    views = Canned()
    admin = an_admin(Address("127.0.0.1", 0), views)
    base = f"http://{await admin.start()}"
    try:
        assert await fetch(base, "/healthz") == (200, "ok\n")
        assert await fetch(base, "/readyz") == (503, "no desired state yet\n")
        views.reason = None
        assert await fetch(base, "/readyz") == (200, "ready\n")
        assert await fetch(base, "/metrics") == (200, "weftline_up 1\n")
        status, text = await fetch(base, "/explain?model=m")
        assert (status, '"steps"' in text) == (200, True)
        assert (await fetch(base, "/explain"))[0] == 400
        assert await fetch(base, "/explain?model=x") == (404, '{\n  "error": "no model \'x\'"\n}\n')
        for path in ("/members", "/table", "/keys", "/config"):
            assert (await fetch(base, path))[0] == 200
        status, text = await fetch(base, "/metrix")
        assert (status, "/metrics" in text) == (404, True)
        assert (await fetch(base, "/metrics", "POST"))[0] == 405
    finally:
        admin.close()


async def test_a_web_page_cannot_read_it_under_a_name_of_its_own() -> None:
    admin = an_admin(Address("127.0.0.1", 0), Canned())
    base = f"http://{await admin.start()}"
    try:
        for host in ("127.0.0.1:9080", "127.0.0.1", "LocalHost:9080", "localhost", "[::1]:9080"):
            assert (await fetch(base, "/config", host=host))[0] == 200
        for host in ("evil.example:9080", "evil.example", "localhost.evil.example:1"):
            status, text = await fetch(base, "/config", host=host)
            assert (status, "revision" in text) == (403, False)
    finally:
        admin.close()


async def test_a_crowd_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin_module, "CONNECTIONS_MAX", 1)
    admin = an_admin(Address("127.0.0.1", 0), Canned())
    address = await admin.start()
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n")
    assert b"200 OK" in await reader.readline()
    try:
        status, text = await fetch(f"http://{address}", "/healthz")
        assert (status, "too many connections" in text) == (503, True)
    finally:
        writer.close()
        admin.close()


async def test_a_taken_port_is_an_os_error() -> None:
    first = an_admin(Address("127.0.0.1", 0), Canned())
    second = an_admin(await first.start(), Canned())
    with pytest.raises(OSError, match="in use"):
        await second.start()
    first.close()
    second.close()
