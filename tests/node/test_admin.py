"""The admin listener."""

import aiohttp
import pytest

from weftline_core.errors import UnknownModel
from weftline_node.admin import Admin
from weftline_node.app import CannotListen
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

    def config(self) -> dict[str, object]:
        return {"revision": 3}


async def fetch(base: str, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(base + path) as answer:
        return answer.status, await answer.text()


async def test_every_view_answers() -> None:
    views = Canned()
    admin = Admin(Address("127.0.0.1", 0), views)
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
        for path in ("/members", "/table", "/config"):
            assert (await fetch(base, path))[0] == 200
    finally:
        await admin.close()


async def test_a_taken_port_is_told_with_the_option_to_change_it() -> None:
    first = Admin(Address("127.0.0.1", 0), Canned())
    second = Admin(await first.start(), Canned())
    try:
        with pytest.raises(CannotListen, match=r"cannot listen on .* in use.* with --admin"):
            await second.start()
    finally:
        await first.close()
        await second.close()
