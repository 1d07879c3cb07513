"""One PoP in front of one simulated provider of each kind, for SDKs as their makers ship them.

`on/NAME` is a model at one provider, `thinks/NAME` one that reasons there, `embedder(NAME)` is the
name of one that embeds; `chain/any` lies at three providers, which are asked in the order OpenAI,
Anthropic, an engine of one's own, and `gone/any` likewise, but nobody listens at the first two.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import cast

import anthropic
import msgspec
import openai
from google.genai import Client, types
from mistralai.client import Mistral

from tests.e2e.mesh import within
from tests.fakes.pop import KEY, FakePop
from tests.fakes.sims import KEY as SIM_KEY
from tests.fakes.sims import sims
from tests.fakes.waiting import until
from weftline.plugins import installed_providers
from weftline_bench.sims.faults import NO_FAULTS
from weftline_bench.sims.server import SimServer
from weftline_core.attempts import Patience
from weftline_core.desired import Endpoint, Model, ReasoningStyle
from weftline_core.dialects.responses.back import BACK as RESPONSES
from weftline_core.hosts import Host, Provider
from weftline_core.prices import NANODOLLARS, Meter, Offer, Price
from weftline_core.record import Record

# A busy test machine answers within this; whoever is to hang is given less by a header.
PATIENCE = Patience(connect_s=2.0, first_content_s=5.0, stall_s=2.0, total_s=20.0)

# An endpoint that is silent is left after this long, in milliseconds.
IMPATIENT = {"x-weft-request-timeout": "300"}

# Until a thread has built its mesh, and until it has taken it down.
THREAD_WAIT_S = 20.0

# A host that speaks nothing but Responses, so that all others are translated into it.
ONLY_RESPONSES = Host(name="only-responses", speaks=(RESPONSES,))

# One dollar for a million tokens of prompt and two for those of the answer, everywhere.
PRICE = Price(rates={Meter.INPUT: NANODOLLARS, Meter.OUTPUT: 2 * NANODOLLARS})

# A 1x1 PNG, and how a simulator tells of an image that it was given.
PNG_BASE64 = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
PNG_SEEN = "image/png 70 bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """One provider: which simulator plays it, and the names of its models there."""

    sim: str
    provider: str
    chat: str
    base: str = ""
    thinks: str = ""
    style: ReasoningStyle = "effort"
    embed: str = ""
    options: dict[str, str] = field(default_factory=dict[str, str])


UPSTREAMS: Mapping[str, Upstream] = {
    "openai": Upstream(
        sim="openai",
        provider="openai",
        chat="gpt-4.1",
        thinks="gpt-5",
        embed="text-embedding-3-small",
    ),
    "responses": Upstream(
        sim="openai", provider=ONLY_RESPONSES.name, chat="gpt-4.1", thinks="gpt-5"
    ),
    "anthropic": Upstream(
        sim="anthropic",
        provider="anthropic",
        base="/v1",
        chat="claude-sonnet-4-5",
        thinks="claude-haiku-4-5",
        style="budget",
    ),
    "gemini": Upstream(
        sim="gemini",
        provider="google",
        base="/v1beta",
        chat="gemini-3.1-flash",
        thinks="gemini-3.1-pro",
        style="level",
        embed="gemini-embedding-001",
    ),
    "bedrock": Upstream(sim="bedrock", provider="bedrock", chat="amazon.nova-pro-v1:0"),
    "cohere": Upstream(
        sim="cohere", provider="cohere", chat="command-a-03-2025", embed="embed-v4.0"
    ),
    "mistral": Upstream(
        sim="mistral",
        provider="mistral",
        base="/v1",
        chat="mistral-large-latest",
        thinks="mistral-medium-latest",
        embed="mistral-embed",
    ),
    "vllm": Upstream(
        sim="vllm", provider="selfhosted", chat="Qwen/Qwen3-8B", thinks="Qwen/QwQ-32B"
    ),
}

# Hosts whose dialect others have too, at paths and with headers of their own: not in every mesh.
_PLACE = {"project": "my-project", "location": "europe-west4"}
HOSTS: Mapping[str, Upstream] = {
    "bedrock-claude": Upstream(
        sim="bedrock", provider="bedrock", chat="eu.anthropic.claude-haiku-4-5-20251001-v1:0"
    ),
    "bytedance": Upstream(sim="openai", provider="bytedance", chat="seed-1-6-250915"),
    "vertex-gemini": Upstream(
        sim="vertex", provider="vertex", chat="gemini-2.5-flash", options=_PLACE
    ),
    "vertex-claude": Upstream(
        sim="vertex", provider="vertex", chat="claude-haiku-4-5@20251001", options=_PLACE
    ),
}
_KNOWN: Mapping[str, Upstream] = {**UPSTREAMS, **HOSTS}

# Three dialects that every test tries, and all of them.
THREE = ("openai", "anthropic", "gemini")
ALL = tuple(UPSTREAMS)
THINKING = tuple(name for name in ALL if UPSTREAMS[name].thinks)
EMBEDDING = tuple(name for name in ALL if UPSTREAMS[name].embed)


def embedder(name: str) -> str:
    """Return the name of a model that embeds. Google's SDK makes one text of many, unless a model
    that has `gemini` in its name is called like this one.
    """
    return f"embed/{name}-embedding-001"


CHAIN = ("openai", "anthropic", "vllm")


@dataclass
class Mesh:
    """A PoP and the simulators behind it, by the names in `UPSTREAMS` and
    `HOSTS`.
    """

    pop: FakePop
    sims: Mapping[str, SimServer]

    @property
    def url(self) -> str:
        """Return the PoP's address, without a path."""
        return f"http://127.0.0.1:{self.pop.address.port}"

    def record(self, request_id: str) -> Record:
        """Return what the PoP wrote down of a request, which may be a moment after its answer."""
        found: list[Record] = []

        def look() -> bool:
            found.extend(r for r in self.pop.records if r.request_id == request_id)
            return bool(found)

        within(THREAD_WAIT_S, look)
        return found[0]

    async def settled(self, request_id: str) -> Record:
        """Return the same in the mesh's own loop."""
        await until(lambda: any(r.request_id == request_id for r in self.pop.records))
        return next(r for r in self.pop.records if r.request_id == request_id)

    async def last(self) -> Record:
        """Return what it wrote down last, in the mesh's own loop."""
        await until(lambda: self.pop.records)
        return self.pop.records[-1]

    def asked(self, name: str) -> Mapping[str, object]:
        """Return the body of the last request that a provider saw."""
        return cast("Mapping[str, object]", self.sims[name].seen[-1].body)

    def calm(self) -> None:
        """Let nothing fail any more, and forget what was seen."""
        for sim in self.sims.values():
            sim.faults = NO_FAULTS
            sim.queued.clear()
            sim.seen.clear()
            sim.desk.given.clear()


def openai_client(mesh: Mesh) -> openai.OpenAI:
    """Return OpenAI's SDK."""
    return openai.OpenAI(base_url=f"{mesh.url}/v1", api_key=KEY, max_retries=0)


def openai_async(mesh: Mesh, headers: Mapping[str, str] | None = None) -> openai.AsyncOpenAI:
    """Return OpenAI's SDK for asyncio."""
    return openai.AsyncOpenAI(
        base_url=f"{mesh.url}/v1", api_key=KEY, max_retries=0, default_headers=headers
    )


def anthropic_client(mesh: Mesh) -> anthropic.Anthropic:
    """Return Anthropic's SDK."""
    return anthropic.Anthropic(base_url=mesh.url, api_key=KEY, max_retries=0)


def anthropic_async(
    mesh: Mesh, headers: Mapping[str, str] | None = None
) -> anthropic.AsyncAnthropic:
    """Return Anthropic's SDK for asyncio."""
    return anthropic.AsyncAnthropic(
        base_url=mesh.url, api_key=KEY, max_retries=0, default_headers=headers
    )


def google_client(mesh: Mesh, headers: Mapping[str, str] | None = None) -> Client:
    """Return Google's SDK, which is both; unless told so it does not repeat."""
    options = types.HttpOptions(base_url=mesh.url, headers=dict(headers or {}))
    return Client(api_key=KEY, http_options=options)


def mistral_client(mesh: Mesh) -> Mistral:
    """Return Mistral's SDK, which is both; unless told so it does not repeat."""
    return Mistral(api_key=KEY, server_url=mesh.url)


@asynccontextmanager
async def mesh(
    names: Sequence[str] = tuple(UPSTREAMS), patience: Patience = PATIENCE
) -> AsyncGenerator[Mesh, None]:
    """Run the mesh in this loop."""
    chosen = {name: _KNOWN[name] for name in names}
    kinds = {upstream.sim for upstream in chosen.values()}
    async with sims(*kinds) as servers:
        by_name = {name: servers[upstream.sim] for name, upstream in chosen.items()}
        providers: dict[str, Provider] = dict(installed_providers())
        providers[ONLY_RESPONSES.name] = ONLY_RESPONSES
        endpoints = [_endpoint(name, by_name[name].base_url) for name in chosen]
        models = [model for name in chosen for model in _models(name)]
        if set(CHAIN) <= set(chosen):
            urls = {name: by_name[name].base_url for name in CHAIN}
            nobody = "http://127.0.0.1:9"
            endpoints += _chain("chain/any", "c", urls)
            endpoints += _chain(
                "gone/any", "g", {"openai": nobody, "anthropic": nobody, "vllm": urls["vllm"]}
            )
            models += [_sold(Model(name=name), CHAIN, "chat") for name in ("chain/any", "gone/any")]
        pop = FakePop(
            endpoints,
            models=models,
            patience=patience,
            providers=providers,
            environ={"SIM_KEY": SIM_KEY},
        )
        async with pop:
            yield Mesh(pop, by_name)


@contextmanager
def mesh_in_thread(names: Sequence[str] = tuple(UPSTREAMS)) -> Generator[Mesh]:
    """Run the mesh in a loop of its own, for SDKs that block the caller's."""
    built: list[Mesh] = []
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    ready = threading.Event()

    async def serve() -> None:
        stop = asyncio.Event()
        async with mesh(names) as running:
            built.append(running)
            loops.append((asyncio.get_running_loop(), stop))
            ready.set()
            await stop.wait()

    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as e:  # noqa: BLE001  # it is raised where the test can see it
            failures.append(e)
        finally:
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(THREAD_WAIT_S), "the mesh did not start"
        if failures:
            raise failures[0]
        yield built[0]
    finally:
        for loop, stop in loops:
            loop.call_soon_threadsafe(stop.set)
        thread.join(THREAD_WAIT_S)
        assert not thread.is_alive(), "the mesh did not stop"
    if failures:
        raise failures[0]


def _models(name: str) -> list[Model]:
    upstream = _KNOWN[name]
    models = [_sold(Model(name=f"on/{name}", inputs=("text", "image")), (name,), "chat")]
    if upstream.thinks:
        thinks = Model(name=f"thinks/{name}", reasoning=upstream.style)
        models.append(_sold(thinks, (name,), "thinks"))
    if upstream.embed:
        models.append(_sold(Model(name=embedder(name), task="embeddings"), (name,), "embed"))
    return models


def _sold(model: Model, names: Sequence[str], which: str) -> Model:
    offers = tuple(
        Offer(
            provider=_KNOWN[name].provider,
            model=str(getattr(_KNOWN[name], which)),
            prices=(PRICE,),
        )
        for name in names
    )
    return msgspec.structs.replace(model, offers=offers)


def _endpoint(name: str, base_url: str) -> Endpoint:
    upstream = _KNOWN[name]
    models = {f"on/{name}": upstream.chat}
    if upstream.thinks:
        models[f"thinks/{name}"] = upstream.thinks
    if upstream.embed:
        models[embedder(name)] = upstream.embed
    return Endpoint(
        name=name,
        base_url=base_url + upstream.base,
        models=models,
        provider=upstream.provider,
        secret="env:SIM_KEY",
        options=upstream.options,
    )


def _chain(model: str, letter: str, urls: Mapping[str, str]) -> list[Endpoint]:
    """Return its endpoints; their names are in the order of the chain."""
    return [
        Endpoint(
            name=f"{letter}{nth}-{name}",
            base_url=url + _KNOWN[name].base,
            models={model: _KNOWN[name].chat},
            provider=_KNOWN[name].provider,
            secret="env:SIM_KEY",
        )
        for nth, (name, url) in enumerate(urls.items())
    ]
