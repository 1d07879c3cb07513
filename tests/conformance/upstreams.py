"""The simulated providers as upstreams, and what is known of each from its contract."""

from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from tests.conformance.wants import MODEL
from weftline_bench.sims.script import Stop
from weftline_core.desired import Endpoint, Model, ReasoningStyle
from weftline_core.dialects.dialect import Back
from weftline_core.hosts import Host, back_for
from weftline_providers.alibaba import HOST as ALIBABA
from weftline_providers.anthropic import HOST as ANTHROPIC
from weftline_providers.azure import HOST as AZURE
from weftline_providers.bedrock import HOST as BEDROCK
from weftline_providers.cohere import HOST as COHERE
from weftline_providers.deepseek import HOST as DEEPSEEK
from weftline_providers.fireworks import HOST as FIREWORKS
from weftline_providers.google import HOST as GOOGLE
from weftline_providers.groq import HOST as GROQ
from weftline_providers.llamacpp import HOST as LLAMACPP
from weftline_providers.minimax import HOST as MINIMAX
from weftline_providers.mistral import HOST as MISTRAL
from weftline_providers.ollama import HOST as OLLAMA
from weftline_providers.openai import HOST as OPENAI
from weftline_providers.openrouter import HOST as OPENROUTER
from weftline_providers.sglang import HOST as SGLANG
from weftline_providers.tgi import HOST as TGI
from weftline_providers.together import HOST as TOGETHER
from weftline_providers.vllm import HOST as VLLM
from weftline_providers.workersai import HOST as WORKERSAI
from weftline_providers.xai import HOST as XAI

# How a provider says that it won't: in a field of its own, only by its stop reason, in plain text
# with such a reason, or in plain text alone.
Refusing: TypeAlias = Literal["field", "stop", "filter", "text"]

# The answers of most providers do not say that a stop sequence was met.
_ALL_TOLD: Final = frozenset[Stop]()
_CHAT_UNTOLD: Final = frozenset({Stop.SEQUENCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """One provider in one dialect.

    base: the path of its base URL. thinker: a model that reasons, where that is another one; style:
    how it is told to. shows: thoughts are in its answers. untold: stop reasons that it reports as
    a plain end. which: it says which stop sequence was met. cached, reasons: its usage tells of
    cached and of reasoning tokens. overload, limit: the status that a client must see of these.
    alone: only clients of this dialect are asked in it; others go to one that is not simulated.
    cannot: features that its contract has no place for, and why. refuses: what it refuses its own
    clients, and why. unsimulated: fields that its simulator refuses though it does not itself, so
    that only their arrival is checked.
    """

    name: str
    sim: str
    host: Host
    dialect: str
    base: str = ""
    model: str = "sim-model"
    thinker: str = ""
    style: ReasoningStyle | None = None
    shows: bool = True
    untold: frozenset[Stop] = _CHAT_UNTOLD
    which: bool = False
    cached: bool = True
    reasons: bool = True
    refusing: Refusing = "filter"
    overload: int | None = None
    limit: int = 429
    alone: bool = False
    cannot: dict[str, str] = field(default_factory=dict[str, str])
    refuses: dict[str, str] = field(default_factory=dict[str, str])
    unsimulated: frozenset[str] = frozenset()

    @property
    def back(self) -> Back:
        """Return the dialect in which it is asked."""
        return next(back for back in self.host.speaks if back.name == self.dialect)

    def provider(self) -> Host:
        """Return the host as if it spoke this dialect alone."""
        return replace(self.host, speaks=(self.back,))

    def endpoint(self, port: int, *, thinking: bool) -> Endpoint:
        """Return the simulator as an endpoint."""
        there = (self.thinker if thinking else "") or self.model
        return Endpoint(
            name="only",
            base_url=f"http://127.0.0.1:{port}{self.base}",
            models={MODEL: there},
            provider=self.host.name,
            secret="env:SIM_KEY",
        )

    def served(self) -> Model:
        """Return the model as the catalog has it."""
        return Model(name=MODEL, first_token_ms=2000, reasoning=self.style, output_tokens_max=8192)

    def native(self, client: str) -> bool:
        """Return whether a client's own words are passed on."""
        back = back_for(self.provider(), self.model, "chat", client)
        return back is not None and back.name == client


def _of(
    host: Host, sim: str = "", dialect: str = "chat", name: str = "", **known: object
) -> Upstream:
    base = urlsplit(host.base_url or "").path.rstrip("/") or "/v1"
    first: dict[str, object] = {"base": base, **known}
    return replace(
        Upstream(name=name or host.name, sim=sim or host.name, host=host, dialect=dialect),
        **first,  # type: ignore[arg-type]
    )


_NO_PREFILL: Final = {"prefill": "the model takes no beginning of its answer"}

UPSTREAMS: Final = {
    upstream.name: upstream
    for upstream in (
        _of(OPENAI, name="openai", thinker="gpt-5.4", shows=False, refusing="field"),
        _of(
            OPENAI,
            dialect="responses",
            name="openai-responses",
            thinker="gpt-5.4",
            refusing="field",
            unsimulated=frozenset({"tool_subset"}),
        ),
        _of(AZURE, base="/openai/v1", thinker="gpt-5.4", shows=False, refusing="field"),
        _of(
            ANTHROPIC,
            dialect="messages",
            model="claude-haiku-4-5",
            style="budget",
            untold=_ALL_TOLD,
            which=True,
            refusing="stop",
        ),
        _of(
            GOOGLE,
            sim="gemini",
            dialect="generate",
            model="gemini-2.5-flash",
            style="budget",
            refusing="stop",
        ),
        _of(
            BEDROCK,
            dialect="converse",
            base="",
            model="us.deepseek.r1-v1:0",
            style="budget",
            cannot=_NO_PREFILL,
            untold=_ALL_TOLD,
            reasons=False,
        ),
        _of(
            COHERE,
            dialect="cohere_chat",
            base="",
            untold=_ALL_TOLD,
            refusing="text",
            cached=False,
            reasons=False,
            cannot={"stop: filtered": "it has no such stop: it ends with an error instead"},
        ),
        _of(
            WORKERSAI,
            sim="workers-ai",
            dialect="workers_ai",
            base="/client/v4/accounts/sim",
            model="@cf/meta/llama-3.3-70b-instruct-fp8-fast",
            shows=False,
            untold=frozenset({Stop.SEQUENCE, Stop.LENGTH, Stop.FILTERED}),
            refusing="text",
            reasons=False,
            limit=503,
            cannot={"a forced tool": "its own format has no such word; the tool is sent alone"},
        ),
        _of(MISTRAL, reasons=False),
        _of(DEEPSEEK),
        _of(XAI),
        _of(GROQ),
        _of(TOGETHER, cached=False, reasons=False),
        _of(FIREWORKS),
        _of(ALIBABA, base=""),
        _of(MINIMAX, base="", overload=502, alone=True),
        _of(OPENROUTER, overload=502),
        _of(VLLM, cached=False, reasons=False, limit=503, untold=_ALL_TOLD, which=True),
        _of(SGLANG, cached=False, limit=503, untold=_ALL_TOLD, which=True),
        _of(TGI, cached=False, reasons=False, limit=503, shows=False),
        _of(
            OLLAMA,
            cached=False,
            reasons=False,
            limit=503,
            refuses={"picture by URL": "it fetches no pictures"},
        ),
        _of(LLAMACPP, reasons=False, limit=503),
    )
}
