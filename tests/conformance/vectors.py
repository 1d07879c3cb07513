"""Embeddings: each dialect of clients at each upstream that makes vectors."""

import base64
import json
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from tests.conformance.cells import Cell, Mark, NotHere
from tests.conformance.wants import Json, Misread, must
from tests.fakes.pop import KEY as WEFT_KEY
from tests.fakes.pop import FakePop
from tests.fakes.raw_client import Reply, fetch, request_bytes
from tests.fakes.sims import KEY, a_sim
from weftline_bench.sims.embeddings import vector
from weftline_core.desired import Endpoint, Model
from weftline_core.dialects.losses import Loss
from weftline_core.hosts import Host
from weftline_providers.cohere import HOST as COHERE
from weftline_providers.google import HOST as GOOGLE
from weftline_providers.mistral import HOST as MISTRAL
from weftline_providers.openai import HOST as OPENAI
from weftline_providers.workersai import HOST as WORKERSAI

MODEL: Final = "m/vectors"
_CLOSE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Place:
    """A provider of vectors. tells: its answers say how many tokens were read."""

    name: str
    sim: str
    host: Host
    base: str
    dialect: str
    tells: bool = True
    resizes: bool = True


PLACES: Final = {
    place.name: place
    for place in (
        Place("openai", "openai", OPENAI, "/v1", "embeddings"),
        Place("google", "gemini", GOOGLE, "/v1beta", "embed_content"),
        Place("cohere", "cohere", COHERE, "", "cohere_embed"),
        Place("mistral", "mistral", MISTRAL, "/v1", "embeddings"),
        Place(
            "workersai",
            "workers-ai",
            WORKERSAI,
            "/client/v4/accounts/sim",
            "workers_ai_embed",
            tells=False,
            resizes=False,
        ),
    )
}


@dataclass
class Desk:
    """One client at one place. dropped: what the last answer names as dropped."""

    client: str
    place: Place
    pop: FakePop
    last: Reply
    dropped: str = ""

    async def post(self, path: str, body: Json) -> Json:
        """Ask, and return the answer."""
        headers = {"authorization": f"Bearer {WEFT_KEY}"}
        self.last = reply = await fetch(self.pop.dial, request_bytes(path, body, headers))
        self.dropped = reply.headers.get("x-weft-dropped", "")
        if reply.status != 200:
            raise Misread(f"status {reply.status}: {reply.body[:160].decode(errors='replace')}")
        found: Json = json.loads(reply.body)
        return found


Check: TypeAlias = Callable[[Desk], Awaitable[None]]


async def one(desk: Desk) -> None:
    """One text."""
    await _same(desk, ["hello mesh"], None)


async def many(desk: Desk) -> None:
    """Several texts, in their order."""
    await _same(desk, ["hello", "mesh and more", "third"], None)


async def sized(desk: Desk) -> None:
    """A length of the vectors."""
    if not desk.place.resizes:
        raise NotHere("its vectors have one length each")
    await _same(desk, ["hello mesh"], 4)


async def packed(desk: Desk) -> None:
    """Numbers in base64, which the OpenAI SDK asks for by itself."""
    if desk.client != "embeddings":
        raise NotHere("the dialect has no such form")
    body = {"model": MODEL, "input": "hello mesh", "encoding_format": "base64"}
    answer = await desk.post("/v1/embeddings", body)
    value = answer["data"][0]["embedding"]
    must(isinstance(value, str), "it is no text")
    raw = base64.b64decode(value)
    _near([*struct.unpack(f"<{len(raw) // 4}f", raw)], vector("hello mesh"))


async def usage(desk: Desk) -> None:
    """How many tokens were read."""
    if desk.client != "embeddings":
        raise NotHere("the dialect's answers need not say so")
    body = {"model": MODEL, "input": ["one two", "three"], "encoding_format": "float"}
    answer = await desk.post("/v1/embeddings", body)
    tokens = answer["usage"]["prompt_tokens"]
    must(answer["usage"]["total_tokens"] == tokens, "the total is another")
    must(tokens == (3 if desk.place.tells else 0) or not desk.place.tells, f"{tokens} tokens")


async def user(desk: Desk) -> None:
    """Who the end user is."""
    if desk.client != "embeddings":
        raise NotHere("the dialect has no word for it")
    await desk.post("/v1/embeddings", {"model": MODEL, "input": "a", "user": "u"})


async def _same(desk: Desk, texts: list[str], size: int | None) -> None:
    if desk.client == "embeddings":
        body: Json = {"model": MODEL, "input": texts if len(texts) > 1 else texts[0]}
        body |= {"encoding_format": "float"} | ({"dimensions": size} if size else {})
        answer = await desk.post("/v1/embeddings", body)
        must(answer["object"] == "list", "object is not list")
        places = [item["index"] for item in answer["data"]]
        must(places == list(range(len(texts))), "the vectors are out of order")
        found = [item["embedding"] for item in answer["data"]]
    else:
        found = await _gemini(desk, texts, size)
    must(len(found) == len(texts), "there are others than were asked for")
    for text, values in zip(texts, found, strict=True):
        _near(values, vector(text, size) if size else vector(text))


async def _gemini(desk: Desk, texts: list[str], size: int | None) -> list[Any]:
    asked: list[Json] = [
        {
            "model": f"models/{MODEL}",
            "content": {"parts": [{"text": text}]},
            **({"outputDimensionality": size} if size else {}),
        }
        for text in texts
    ]
    path = f"/v1beta/models/{MODEL}:"
    if len(asked) == 1:
        answer = await desk.post(f"{path}embedContent", asked[0])
        return [answer["embedding"]["values"]]
    answer = await desk.post(f"{path}batchEmbedContents", {"requests": asked})
    return [item["values"] for item in answer["embeddings"]]


def _near(found: list[float], wanted: list[float]) -> None:
    must(len(found) == len(wanted), f"it has {len(found)} numbers, not {len(wanted)}")
    far = max(abs(a - b) for a, b in zip(found, wanted, strict=True))
    must(far < _CLOSE, f"a number is off by {far}")


FEATURES: Final[dict[str, Check]] = {
    "one text": one,
    "several texts": many,
    "length of vectors": sized,
    "base64": packed,
    "usage": usage,
    "end user": user,
}
CLIENTS: Final = ("embeddings", "embed_content")


def pairs() -> Iterator[tuple[str, str]]:
    """Yield every client with every place."""
    for client in CLIENTS:
        for place in PLACES:
            yield client, place


async def run_pair(client: str, place: str) -> list[Cell]:
    """Return all cells of one client at one place."""
    async with _desk(client, PLACES[place]) as desk:
        return [await _cell(desk, name, check) for name, check in FEATURES.items()]


async def _cell(desk: Desk, name: str, check: Check) -> Cell:
    native = desk.client == desk.place.dialect
    where = (desk.client, desk.place.name, name)
    desk.dropped = ""
    try:
        await check(desk)
        _check_dropped(desk)
    except NotHere as e:
        return Cell(*where, Mark.NONE, str(e))
    except (Misread, KeyError, TypeError, ValueError, IndexError) as e:
        return Cell(*where, Mark.FAILED, f"{type(e).__name__}: {e}")
    if desk.dropped:
        return Cell(*where, Mark.DROPPED, f"`{desk.dropped}`")
    return Cell(*where, Mark.OK, "native" if native else "")


def _check_dropped(desk: Desk) -> None:
    """Only the end user may be lost on the way, where the table or the host says so."""
    if not desk.dropped:
        return
    must(desk.dropped == "user", f"{desk.dropped} is dropped")
    back = next(b for b in desk.place.host.speaks if b.name == desk.place.dialect)
    told = "user" in desk.place.host.drops or Loss.DROP in back.losses.values()
    must(told, "the user is dropped against the table")


@asynccontextmanager
async def _desk(client: str, place: Place) -> AsyncGenerator[Desk, None]:
    back = next(b for b in place.host.speaks if b.name == place.dialect)
    host = replace(place.host, speaks=(back,))
    async with a_sim(place.sim) as sim:
        port = urlsplit(sim.base_url).port
        endpoint = Endpoint(
            name="only",
            base_url=f"http://127.0.0.1:{port}{place.base}",
            models={MODEL: "sim-model"},
            provider=host.name,
            secret="env:SIM_KEY",
        )
        pop = FakePop([endpoint], providers={host.name: host}, environ={"SIM_KEY": KEY})
        async with _served(pop):
            yield Desk(client, place, pop, Reply())


@asynccontextmanager
async def _served(pop: FakePop) -> AsyncGenerator[None, None]:
    """Run a PoP that knows the model from its first state on."""
    model = Model(name=MODEL, task="embeddings", first_token_ms=2000)
    endpoints, pop.endpoints = pop.endpoints, []
    async with pop:
        pop.endpoints = endpoints
        pop.apply(model)
        yield
