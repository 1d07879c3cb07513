"""The pages that a node answers itself, as three families of clients read them."""

from typing import Any, cast

import msgspec
import orjson
import pytest

from tests.fakes.pop import CHAT, EMBED, KEY, FakePop
from tests.fakes.raw_client import Reply, fetch, request_bytes
from tests.fakes.wires import HandClock
from weftline_core.catalog import Catalog
from weftline_core.desired import Desired
from weftline_core.errors import CallerError, UnknownModel
from weftline_core.http1.request import HttpRequest
from weftline_core.limits import QUOTED_CHARS_MAX
from weftline_node.ingress import server
from weftline_node.ingress.pages import model_page, models_page

BORN_S, RETIRES = 1_795_000_000.0, "2026-12-01"  # on 2026-11-18
OLD = msgspec.structs.replace(CHAT, name="m/old", retires=RETIRES, aliases=("old",))
CATALOG = Catalog.of(Desired.EMPTY.changed((CHAT, EMBED, OLD), (), 1))
ANTHROPIC = {b"anthropic-version": b"2023-06-01"}


def request(target: str, headers: dict[bytes, bytes] | None = None) -> HttpRequest:
    return HttpRequest("GET", target, headers or {}, b"", keep_alive=True)


def shown(target: str, headers: dict[bytes, bytes] | None = None) -> Any:
    return orjson.loads(models_page(CATALOG, request(target, headers), BORN_S))


def one(name: str, target: str, headers: dict[bytes, bytes] | None = None) -> Any:
    return orjson.loads(model_page(CATALOG, name, request(target, headers), BORN_S))


def test_the_list_is_in_the_words_of_who_asks() -> None:
    openai = shown("/v1/models")
    assert openai["object"] == "list"
    assert [model["id"] for model in openai["data"]] == ["m/chat", "m/embed", "m/old"]
    anthropic = shown("/v1/models", ANTHROPIC)
    assert {model["type"] for model in anthropic["data"]} == {"model"}
    assert (anthropic["first_id"], anthropic["last_id"]) == ("m/chat", "m/old")
    google = shown("/v1beta/models")
    assert [model["name"] for model in google["models"]] == [
        "models/m/chat",
        "models/m/embed",
        "models/m/old",
    ]


def test_filters_choose_in_every_dialect() -> None:
    assert [m["id"] for m in shown("/v1/models?task=embeddings")["data"]] == ["m/embed"]
    assert [m["id"] for m in shown("/v1/models?q=old&limit=5", ANTHROPIC)["data"]] == ["m/old"]
    assert len(shown("/v1beta/models?task=chat&pageSize=1")["models"]) == 1
    assert [m["id"] for m in shown("/v1/models?q=m%2Fch")["data"]] == ["m/chat"]


@pytest.mark.parametrize(
    ("target", "param"),
    [
        ("/v1/models?colour=red", "colour"),
        ("/v1/models?task=painting", "task"),
        ("/v1/models?task=", "task"),
        ("/v1/models?task=chat&task=embeddings", "task"),
        ("/v1/models?limit=5", "limit"),
        ("/v1beta/models?pageSize=x", "pageSize"),
        (f"/v1/models?{'x' * 500}=1", "x" * 128),
        (f"/v1/models?{'x' * 500}=1&{'x' * 500}=2", "x" * QUOTED_CHARS_MAX),
    ],
)
def test_a_wrong_filter_is_named(target: str, param: str) -> None:
    with pytest.raises(CallerError) as told:
        models_page(CATALOG, request(target), BORN_S)
    assert told.value.param == param


def test_one_model_is_in_the_words_of_who_asks() -> None:
    assert one("m/old", "/v1/models/m/old")["object"] == "model"
    assert one("m/old", "/v1/models/m/old", ANTHROPIC)["type"] == "model"
    assert one("m/old", "/v1beta/models/m/old")["name"] == "models/m/old"
    assert one("old", "/v1/models/old")["id"] == "m/old"


def test_a_model_is_as_old_as_the_clock_says() -> None:
    def lifecycle(at_unix_s: float) -> str:
        http = request("/v1/models/m/old", ANTHROPIC)
        page: dict[str, Any] = orjson.loads(model_page(CATALOG, "m/old", http, at_unix_s))
        return cast("str", page["lifecycle"])

    assert lifecycle(BORN_S) == "deprecated"
    assert lifecycle(BORN_S + 30 * 86_400) == "retired"


def test_an_unknown_model_is_told_where_to_look() -> None:
    with pytest.raises(UnknownModel, match="GET /v1/models") as told:
        model_page(CATALOG, "x" * 500, request("/v1/models/x"), BORN_S)
    assert f"'{'x' * QUOTED_CHARS_MAX}'" in told.value.message
    assert told.value.param == "model"


async def get(pop: FakePop, path: str, **headers: str) -> Reply:
    fields = {"authorization": f"Bearer {KEY}"} | {
        n.replace("_", "-"): v for n, v in headers.items()
    }
    return await fetch(pop.dial, request_bytes(path, None, fields))


async def test_a_wrong_filter_is_a_400_in_the_clients_dialect() -> None:
    async with FakePop([]) as pop:
        openai = await get(pop, "/v1/models?colour=red")
        anthropic = await get(pop, "/v1/models?colour=red", anthropic_version="2023-06-01")
        google = await get(pop, "/v1beta/models?colour=red")
        missing = await get(pop, "/v1/models/none", anthropic_version="2023-06-01")
    assert [reply.status for reply in (openai, anthropic, google, missing)] == [400, 400, 400, 404]
    assert orjson.loads(openai.body)["error"]["param"] == "colour"
    assert orjson.loads(anthropic.body)["error"]["type"] == "invalid_request_error"
    assert orjson.loads(google.body)["error"]["status"] == "INVALID_ARGUMENT"
    assert orjson.loads(missing.body)["error"]["type"] == "not_found_error"


async def test_the_pages_instant_is_the_front_doors_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []

    def page(catalog: Catalog, request: HttpRequest, at_unix_s: float) -> bytes:
        seen.append(at_unix_s)
        return models_page(catalog, request, at_unix_s)

    monkeypatch.setattr(server, "models_page", page)
    async with FakePop([]) as pop:
        monkeypatch.setattr(pop.ingress, "_clock", HandClock(at_unix_ms=5_500))
        assert (await get(pop, "/v1/models")).status == 200
    assert seen == [5.5]
