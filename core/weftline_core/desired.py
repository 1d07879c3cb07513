"""Desired state: the resources an operator applies, and one immutable snapshot of them all.

The same structs are read from a `weft.yaml`, from `weft apply -f`, from the store and from a
node's disk. Unknown fields are errors everywhere. References between resources are checked in one
place, `Desired.problems`.
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Final, Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec

from weftline_core.chat.features import Feature
from weftline_core.geo import region_problem
from weftline_core.ids import model_name_problem, name_problem, shown
from weftline_core.key_hosts import HOSTS_MAX, host_of, host_problem, is_among
from weftline_core.prices import Offer, day_problem, size_problems
from weftline_core.sealed_form import sealed_problem

Task: TypeAlias = Literal["chat", "embeddings"]
Policy: TypeAlias = Literal["latency", "nearest", "round_robin", "least_outstanding", "weighted"]
Modality: TypeAlias = Literal["text", "image", "audio", "video", "file", "vector"]

# How a model is told to reason: `effort` in words, `adaptive` effort in Anthropic's newer form,
# `budget` in tokens, `level` in Gemini's words.
ReasoningStyle: TypeAlias = Literal["effort", "adaptive", "budget", "level"]

# The longest first-token wait an operator may set: beyond it the official SDKs have given up.
FIRST_TOKEN_MS_MAX = 600_000
SLOTS_MAX = 100_000

# Far beyond what any provider grants, and within 32 bits.
PER_MINUTE_MAX = 1_000_000_000

# Providers of one model, and other names for it. The most common open models are sold at a dozen
# places, each with a spelling of its own.
OFFERS_MAX = 64
ALIASES_MAX = 128

# How long exact answers may be repeated at most; the same month as in other gateways.
CACHE_TTL_S_MAX = 31 * 24 * 3600

# What a model of a task cannot do without. An embedding may be asked for through any input.
TASK_OUTPUTS: Final[Mapping[Task, Modality]] = {"chat": "text", "embeddings": "vector"}

# What resources say by leaving `outputs` out.
PLAIN_OUTPUTS: tuple[Modality, ...] = ("text",)


class _Tagged(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag=True):
    """What all kinds have in common: the stored form names the kind, and refuses unknown fields."""


class Model(_Tagged, frozen=True, kw_only=True):
    """A model that clients can name.

    aliases: other names for it. first_token_ms: how long an endpoint may take to its first content
    before the next one is tried. inputs, outputs: what it reads and makes. context_tokens: of
    prompt and answer together. refuses: names of features (`weftline_core.chat.features`) that it
    does not take, which are dropped with a warning. reasoning: how it is told to reason.
    retires: the day (ISO 8601) on which its provider switches it off. offers: what it is called
    and what it costs at each provider. cache_ttl_s: how long exact answers may be repeated; None
    never, unless the request says so.
    """

    name: str
    task: Task = "chat"
    aliases: tuple[str, ...] = ()
    policy: Policy = "latency"
    first_token_ms: int | None = None
    owned_by: str = "weftline"
    inputs: tuple[Modality, ...] = ("text",)
    outputs: tuple[Modality, ...] = ("text",)
    context_tokens: int | None = None
    output_tokens_max: int | None = None
    refuses: tuple[str, ...] = ()
    reasoning: ReasoningStyle | None = None
    retires: str | None = None
    offers: tuple[Offer, ...] = ()
    cache_ttl_s: int | None = None

    def problems(self) -> Iterable[str]:
        """Yield what is wrong with this resource by itself."""
        for name in (self.name, *self.aliases):
            if problem := model_name_problem(name):
                yield problem
        if self.first_token_ms is not None and not 1 <= self.first_token_ms <= FIRST_TOKEN_MS_MAX:
            yield f"first_token_ms must be in [1, {FIRST_TOKEN_MS_MAX}], not {self.first_token_ms}"
        if not self.owned_by.isprintable():
            yield "owned_by holds characters that cannot be shown"
        if len(self.aliases) > ALIASES_MAX:
            yield f"aliases: {len(self.aliases)} of them, over ALIASES_MAX = {ALIASES_MAX}"
        yield from self._modality_problems()
        for unknown in sorted(set(self.refuses) - _FEATURES):
            yield f"refuses: '{shown(unknown)}' is no feature of a request"
        if self.retires is not None and (problem := day_problem(self.retires)):
            yield f"retires: {problem}"
        yield from size_problems(self.context_tokens, self.output_tokens_max)
        if self.cache_ttl_s is not None and not 1 <= self.cache_ttl_s <= CACHE_TTL_S_MAX:
            yield f"cache_ttl_s must be in [1, {CACHE_TTL_S_MAX}], not {self.cache_ttl_s}"
        yield from self._offer_problems()

    def _modality_problems(self) -> Iterable[str]:
        if not self.inputs:
            yield "inputs is empty: name at least one, such as text"
        made = TASK_OUTPUTS[self.task]
        # Embeddings make vectors, and need not say so.
        implied = self.task == "embeddings" and self.outputs == PLAIN_OUTPUTS
        if made not in self.outputs and not implied:
            yield f"outputs must hold {made} for the task {self.task}"
        if self.reasoning is not None and self.task != "chat":
            yield f"reasoning has no meaning for the task {self.task}"

    def _offer_problems(self) -> Iterable[str]:
        if len(self.offers) > OFFERS_MAX:
            yield f"offers: {len(self.offers)} of them, over OFFERS_MAX = {OFFERS_MAX}"
        seen: set[tuple[str, str]] = set()
        for i, offer in enumerate(self.offers):
            for problem in offer.problems():
                yield f"offers[{i}].{problem}"
            if (offer.provider, offer.model) in seen:
                yield f"offers[{i}]: {offer.provider} already sells it by this name"
            seen.add((offer.provider, offer.model))


class Endpoint(_Tagged, frozen=True, kw_only=True):
    """A place where models run.

    models: the model's name here -> its name there. region: a code of `weftline_core.geo`, for the
    first guess of its distance.
    secret: `env:NAME`, resolved by the node that dials; never a literal value. credentials: names
    of `Credential` resources, used in turn; with any of them `secret` is not used. options: what
    its provider needs beyond a URL, such as a cloud's project. slots: requests it serves at once
    before they queue.
    """

    name: str
    base_url: str
    models: dict[str, str]
    provider: str = "selfhosted"
    region: str | None = None
    secret: str | None = None
    credentials: tuple[str, ...] = ()
    options: dict[str, str] = {}
    slots: int = 64
    weight: int = 1
    drain: bool = False

    def problems(self) -> Iterable[str]:
        """Yield what is wrong with this resource by itself."""
        if problem := name_problem(self.name):
            yield problem
        if problem := base_url_problem(self.base_url):
            yield problem
        yield from self._model_problems()
        if problem := name_problem(self.provider):
            yield f"provider: {problem}"
        if self.region is not None and (problem := region_problem(self.region)):
            yield problem
        if self.secret is not None and not (
            self.secret.startswith("env:") and self.secret[4:].isidentifier()
        ):
            yield "secret must be a reference such as env:OPENAI_API_KEY, never the secret itself"
        if not 1 <= self.slots <= SLOTS_MAX:
            yield f"slots must be in [1, {SLOTS_MAX}], not {self.slots}"
        if not 0 <= self.weight <= SLOTS_MAX:
            yield f"weight must be in [0, {SLOTS_MAX}], not {self.weight}"

    def _model_problems(self) -> Iterable[str]:
        if not self.models:
            yield "models is empty: name at least one, as in {my/model: name-at-the-endpoint}"
        for name, there in self.models.items():
            if problem := model_name_problem(name):
                yield problem
            if not there or not there.isprintable():
                yield f"models: '{shown(name)}' has an empty or unprintable name at the endpoint"


class Key(_Tagged, frozen=True, kw_only=True):
    """A client's key, known only by its digest (`weftline_core.keys.digest`)."""

    name: str
    digest: str
    tenant: str = "default"

    def problems(self) -> Iterable[str]:
        """Yield what is wrong with this resource by itself."""
        for name in (self.name, self.tenant):
            if problem := name_problem(name):
                yield problem
        if len(self.digest) != 64 or not set(self.digest) <= set("0123456789abcdef"):  # noqa: PLR2004  # SHA-256 in hex
            yield "digest must be 64 hexadecimal digits; never put the key itself here"


class Credential(_Tagged, frozen=True, kw_only=True):
    """A provider's key. Exactly one of sealed and env is set.

    sealed: the key, encrypted under the mesh's sealing key (`weftline_core.sealing`); only a node
    that dials opens it. env: the environment variable that holds it on the nodes. hosts: where it
    may be shown, exact names or `*.suffix`; without any, at the provider's public service, or
    anywhere if it has none. alias: the name by which a request may ask for it.
    requests_per_minute, tokens_per_minute: what it may be used for at one PoP.
    """

    name: str
    provider: str
    sealed: str | None = None
    env: str | None = None
    hosts: tuple[str, ...] = ()
    alias: str = "default"
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None

    def problems(self) -> Iterable[str]:
        """Yield what is wrong with this resource by itself."""
        for name in (self.name, self.provider, self.alias):
            if problem := name_problem(name):
                yield problem
        if (self.sealed is None) == (self.env is None):
            yield "give exactly one of sealed and env"
        if self.sealed is not None and (problem := sealed_problem(self.sealed)):
            yield problem
        if self.env is not None and not self.env.isidentifier():
            yield "env must be the name of an environment variable, never the secret itself"
        if len(self.hosts) > HOSTS_MAX:
            yield f"hosts: {len(self.hosts)} of them, over HOSTS_MAX = {HOSTS_MAX}"
        yield from filter(None, map(host_problem, self.hosts))
        for limit in ("requests_per_minute", "tokens_per_minute"):
            value: int | None = getattr(self, limit)
            if value is not None and not 1 <= value <= PER_MINUTE_MAX:
                yield f"{limit} must be in [1, {PER_MINUTE_MAX}], not {value}"


class Pop(_Tagged, frozen=True, kw_only=True):
    """What an operator wants of one PoP. A PoP needs no resource to join; this one holds its
    wishes.
    """

    name: str
    drain: bool = False

    def problems(self) -> Iterable[str]:
        """Yield what is wrong with this resource by itself."""
        if problem := name_problem(self.name):
            yield problem


_FEATURES: Final = frozenset(Feature)

Resource: TypeAlias = Model | Endpoint | Key | Credential | Pop
KINDS: dict[str, type[Resource]] = {
    "Model": Model,
    "Endpoint": Endpoint,
    "Key": Key,
    "Credential": Credential,
    "Pop": Pop,
}


def base_url_problem(url: str) -> str | None:
    """Return what is wrong with an endpoint's base URL, or None."""
    # It is written into request heads as it stands, and a library would quietly drop line ends.
    if not url.isascii() or not url.isprintable() or " " in url:
        return (
            "base_url holds characters that no URL may: write a path in percent-encoding, and a "
            "host name in punycode"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as e:
        return f"base_url is not a URL: {e}"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "base_url must begin with http:// or https:// and name a host"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "base_url must have no user, query or fragment; give credentials as secret: env:NAME"
    if port == 0:
        return "base_url has port 0"
    return None


def ref(resource: Resource) -> str:
    """Return the resource's name within the mesh, as in `Endpoint/iad-1`."""
    return f"{type(resource).__name__}/{resource.name}"


def encode(resource: Resource) -> bytes:
    """Return the stored form: JSON with sorted keys, so that equal resources are equal bytes."""
    return msgspec.json.encode(resource, order="sorted")


def decode(data: bytes) -> Resource:
    """Return the resource of its stored form.

    Raises:
        msgspec.ValidationError: the bytes are JSON but no resource; the text names the path.
        msgspec.DecodeError: the bytes are not JSON.
    """
    return _DECODER.decode(data)


_DECODER: msgspec.json.Decoder[Resource] = msgspec.json.Decoder(
    Model | Endpoint | Key | Credential | Pop
)


class Desired(msgspec.Struct, frozen=True, kw_only=True):
    """All resources at one revision. Revisions only grow; 0 is the empty state before anything was
    applied.
    """

    EMPTY: ClassVar["Desired"]

    revision: int = 0
    resources: dict[str, Resource] = msgspec.field(default_factory=dict[str, Resource])

    def changed(self, put: Iterable[Resource], delete: Iterable[str], revision: int) -> "Desired":
        """Return the state after a delta; `delete` holds refs. The present one is not changed."""
        resources = dict(self.resources)
        for gone in delete:
            resources.pop(gone, None)
        for resource in put:
            resources[ref(resource)] = resource
        return Desired(revision=revision, resources=resources)

    def problems(self, good: "Desired | None" = None) -> list[str]:
        """Return everything wrong with this state, each line beginning with the resource's ref.

        good: a state known to be free of problems. Resources that it shares with this one are not
            checked by themselves again, at 4 us each, but still against the others.
        """
        known = good.resources if good else {}
        fresh = {r: res for r, res in self.resources.items() if known.get(r) is not res}
        own = [f"{r}: {p}" for r, resource in fresh.items() for p in resource.problems()]
        return [*own, *self._clashes(), *self._dangling()]

    def _clashes(self) -> Iterable[str]:
        taken: dict[tuple[str, str], str] = {}
        for where, resource in self.resources.items():
            kind = ""
            names: tuple[str, ...] = ()
            if isinstance(resource, Model):
                # Two models may share a name if they do different tasks.
                kind, names = resource.task, (resource.name, *resource.aliases)
            elif isinstance(resource, Key):
                kind, names = "key", (resource.digest,)
            for name in names:
                if (other := taken.setdefault((kind, name), where)) != where:
                    what = "the same key" if kind == "key" else f"the name '{name}'"
                    yield f"{where}: {what} already belongs to {other}"

    def _dangling(self) -> Iterable[str]:
        models = {res.name for res in self.resources.values() if isinstance(res, Model)}
        for where, resource in self.resources.items():
            if isinstance(resource, Endpoint):
                for name in resource.models:
                    if name not in models:
                        yield f"{where}: models names '{name}', which no Model resource defines"
                for name in resource.credentials:
                    yield from self._credential_problems(where, resource, name)

    def _credential_problems(self, where: str, endpoint: Endpoint, name: str) -> Iterable[str]:
        found = self.resources.get(f"Credential/{name}")
        if not isinstance(found, Credential):
            named = f"credentials names '{shown(name)}'"
            yield f"{where}: {named}, which no Credential resource defines"
        elif found.provider != endpoint.provider:
            # Sent there it would be shown to somebody whose key it is not.
            whose = f"Credential/{name} is for {found.provider}"
            yield f"{where}: its provider is {endpoint.provider}, and {whose}"
        elif found.hosts and not is_among(host_of(endpoint.base_url), found.hosts):
            yield f"{where}: the host of its base_url is none of the hosts of Credential/{name}"


Desired.EMPTY = Desired()


def delta(
    old: Mapping[str, Resource], new: Mapping[str, Resource]
) -> tuple[list[Resource], list[str]]:
    """Return what turns `old` into `new`: resources to put, refs to delete; both in ref order."""
    put = [new[r] for r in sorted(new) if old.get(r) != new[r]]
    return put, sorted(r for r in old if r not in new)
