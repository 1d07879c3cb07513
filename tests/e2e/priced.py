"""Calls with a known price: what a provider says it used, and what that costs by hand.

A token at 1 USD a million costs 1,000 nano-dollars; so `tokens x USD-a-million x 1,000` is what
stands in the tables, with the prices of the catalog that is shipped.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.fakes.pop import KEY, FakePop
from tests.fakes.raw_client import Call, Reply, request_bytes
from tests.fakes.sims import KEY as SIM_KEY
from weftline.catalog.entries import model_of
from weftline.catalog.shipped import load_shipped
from weftline.clock import SystemClock
from weftline.plugins import installed_providers
from weftline_bench.sims.flavour import Flavour
from weftline_bench.sims.flavours import FLAVOURS
from weftline_bench.sims.script import Counts, Script
from weftline_bench.sims.server import SimServer
from weftline_core.attempts import Patience
from weftline_core.desired import Endpoint, Model
from weftline_core.record import Record
from weftline_core.usage import Usage

# A Friday; in Beijing it is 8 in the evening, and nobody's peak.
NOON = "2026-11-27T12:00:00"

PATIENCE = Patience(connect_s=2.0, first_content_s=5.0, stall_s=2.0, total_s=20.0)
ANSWER_WAIT_S = 10.0

# Five pieces, and so five events with content where each is sent for itself.
SAID = "this is what it says"

COUNTS = Counts()

SHIPPED = load_shipped()
PROVIDERS = installed_providers()

CHAT_CLIENTS = ("chat", "responses", "messages", "generate")
EMBEDDING_CLIENTS = ("embeddings", "embed_content", "embed_one")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a simulator plays a provider. base: the path of the endpoint's base URL there."""

    sim: str
    base: str = ""


PLACES: Mapping[str, Place] = {
    "alibaba": Place(sim="alibaba"),
    "anthropic": Place(sim="anthropic", base="/v1"),
    "azure": Place(sim="azure", base="/openai/v1"),
    "bedrock": Place(sim="bedrock"),
    "cohere": Place(sim="cohere"),
    "deepseek": Place(sim="deepseek"),
    "fireworks": Place(sim="fireworks", base="/inference/v1"),
    "google": Place(sim="gemini", base="/v1beta"),
    "groq": Place(sim="groq", base="/openai/v1"),
    "mistral": Place(sim="mistral", base="/v1"),
    "openai": Place(sim="openai", base="/v1"),
    "openrouter": Place(sim="openrouter", base="/api/v1"),
    "together": Place(sim="together", base="/v1"),
    "vllm": Place(sim="vllm", base="/v1"),
    "workersai": Place(sim="workers-ai", base="/client/v4/accounts/sim"),
    "xai": Place(sim="xai", base="/v1"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """One call. says: the provider's own counts. usage: what they mean. nanodollars: the cost.

    tier: of the service, as the provider names the one that served. model: its name in the catalog.
    there: its name at the provider, if that is not the catalog's.
    at: when it is asked (UTC). options: of the endpoint. headers: of the request. clients: in which
    dialects it is asked.
    """

    name: str
    provider: str
    model: str
    usage: Usage
    nanodollars: int | None
    says: Counts = COUNTS
    there: str = ""
    source: str = "table"
    tier: str = ""
    at: str = NOON
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    clients: tuple[str, ...] = CHAT_CLIENTS


class WallClock(SystemClock):
    """The real clock to measure with, and a wall clock that stands still."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self._unix_ms = int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() * 1000)

    def unix_ms(self) -> int:
        """Return the instant at which it stands."""
        return self._unix_ms


@dataclass
class Till:
    """A PoP in front of one or two simulated providers."""

    pop: FakePop
    sims: list[SimServer]
    model: Model

    async def call(
        self,
        client: str,
        *,
        stream: bool = False,
        text: str = "hello",
        headers: Mapping[str, str] | None = None,
    ) -> Record:
        """Ask in the client's dialect, and return the record of it."""
        before = len(self.pop.records)
        reply = await self.ask(client, stream=stream, text=text, headers=headers)
        assert reply.status == 200, reply.body
        assert len(self.pop.records) == before + 1
        return self.pop.records[-1]

    async def ask(
        self, client: str, *, stream: bool, text: str, headers: Mapping[str, str] | None
    ) -> Reply:
        """Return the whole answer."""
        call = await self.begin(client, stream=stream, text=text, headers=headers)
        return await call.finish(ANSWER_WAIT_S)

    async def begin(
        self, client: str, *, stream: bool, text: str, headers: Mapping[str, str] | None = None
    ) -> Call:
        """Send a request."""
        path, body = asked(client, self.model.name, text, stream=stream)
        key = {"authorization": f"Bearer {KEY}"}
        return await Call.open(self.pop.dial, request_bytes(path, body, {**key, **(headers or {})}))


@asynccontextmanager
async def till(
    model: str,
    *endpoints: tuple[str, Flavour, str, Mapping[str, str]],
    at: str = NOON,
) -> AsyncGenerator[Till, None]:
    """Run a PoP that sells one model of the catalog. endpoints: provider, who plays it, the model's
    name there, and options; they are tried in this order.
    """
    entry = SHIPPED.find(model)
    assert entry is not None, model
    sold = model_of(entry, entry.offers)
    assert sold is not None, model
    servers = [SimServer(flavour) for _, flavour, _, _ in endpoints]
    try:
        for server in servers:
            await server.start()
        served = [
            Endpoint(
                name=f"e{nth}-{provider}",
                base_url=f"http://127.0.0.1:{server.port}{PLACES[provider].base}",
                models={sold.name: there},
                provider=provider,
                secret="env:SIM_KEY",
                options=dict(options),
            )
            for nth, (server, (provider, _, there, options)) in enumerate(
                zip(servers, endpoints, strict=True)
            )
        ]
        pop = FakePop(
            served,
            models=[sold],
            patience=PATIENCE,
            providers=PROVIDERS,
            environ={"SIM_KEY": SIM_KEY},
            clock=WallClock(at),
        )
        async with pop:
            yield Till(pop, servers, sold)
    finally:
        for server in servers:
            await server.close()


@asynccontextmanager
async def till_for(case: Priced) -> AsyncGenerator[Till, None]:
    """Run the PoP of a case, behind which the provider says what the case has it say."""
    there = case.there or name_at(case.model, case.provider)
    flavour = FLAVOURS[PLACES[case.provider].sim]
    async with till(
        case.model, (case.provider, flavour, there, case.options), at=case.at
    ) as running:
        running.sims[0].desk.script = Script(text=SAID, counts=case.says, tier=case.tier)
        yield running


def name_at(model: str, provider: str) -> str:
    """Return what a provider calls a model of the catalog."""
    entry = SHIPPED.find(model)
    assert entry is not None, model
    return next(offer.model for offer in entry.offers if offer.provider == provider)


def asked(client: str, model: str, text: str, *, stream: bool) -> tuple[str, dict[str, object]]:
    """Return the path and the body of a request in a client's dialect."""
    turn = {"role": "user", "content": text}
    parts = {"parts": [{"text": text}]}
    named: dict[str, object] = {"model": model}
    if stream and client != "generate":
        named["stream"] = True
    gemini = f"/v1beta/models/{model}"
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    one = {"model": f"models/{model}", "content": parts}
    picture = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}
    seen = {"model": f"models/{model}", "content": {"parts": [*parts["parts"], picture]}}
    found: dict[str, tuple[str, dict[str, object]]] = {
        "chat": ("/v1/chat/completions", {**named, "messages": [turn]}),
        "responses": ("/v1/responses", {**named, "input": text}),
        "messages": ("/v1/messages", {**named, "max_tokens": 100, "messages": [turn]}),
        "generate": (f"{gemini}:{method}", {"contents": [{"role": "user", **parts}]}),
        "embeddings": ("/v1/embeddings", {**named, "input": text}),
        "embed_content": (f"{gemini}:batchEmbedContents", {"requests": [one]}),
        "embed_picture": (f"{gemini}:batchEmbedContents", {"requests": [seen]}),
        "embed_one": (f"{gemini}:embedContent", {"content": parts}),
    }
    return found[client]
