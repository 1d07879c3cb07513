"""How to reach each endpoint: address, TLS, keys and the heads of its requests, per catalog."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import msgspec

from weftline_core.ask import Ask
from weftline_core.attempts import Step
from weftline_core.catalog import Catalog
from weftline_core.desired import Endpoint, Model
from weftline_core.dialects.dialect import Back, Target
from weftline_core.documents import suggestion
from weftline_core.hosts import Outgoing, Provider, back_for
from weftline_core.prices import Offer, offer_for
from weftline_node.credentials import NamedSecret, Opener, opened
from weftline_node.ports import Address

_PORTS = {"http": 80, "https": 443}

# The key of an endpoint that needs none.
NO_SECRET = NamedSecret("", "")

# Of a host that is named after a region: `us`, `eu`.
REGION_LABEL_CHARS = 2

# A stream is asked for as such, so that a host that answers by `accept` streams too.
_ACCEPT = {False: "application/json", True: "text/event-stream, application/json"}


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way to get an answer from one endpoint: which model, in which dialect, with which key.

    offer: what the model costs there, if anybody knows. alternative: which of the client's requests
    goes this way, where it gave several.
    """

    dial: "Dial"
    model: Model
    back: Back
    target: Target
    secret: NamedSecret
    step: Step
    offer: Offer | None = None
    alternative: int = 0
    heads: dict[str, tuple[str, bytes]] = msgspec.field(
        default_factory=dict[str, tuple[str, bytes]]
    )

    def __repr__(self) -> str:
        # The heads hold its key.
        return f"Way({self.model.name} at {self.dial.name})"

    @property
    def lent(self) -> bool:
        """Return whether the key is the client's own."""
        return is_lent(self.secret)

    def for_alternative(self, nth: int, first_content_s: float | None) -> "Way":
        """Return the same way for one of the client's alternatives, with that one's patience."""
        step = msgspec.structs.replace(self.step, first_content_s=first_content_s, alternative=nth)
        return msgspec.structs.replace(self, alternative=nth, step=step)

    def request(self, ask: Ask, body: bytes, request_id: str, at_unix_s: float) -> bytes:
        """Return a whole request, to be written at once."""
        known = self.heads.get(ask.purpose)
        if known is None:
            provider = self.dial.provider
            assert provider is not None, "a way leads to a usable dial"
            path = self.dial.base + ask.path(provider, self.back, self.target)
            known = self.heads[ask.purpose] = (
                path,
                self.dial.head(path, self.back, self.secret, stream=ask.request.stream),
            )
        path, head = known
        signature = self.dial.signature(path, body, self.secret, at_unix_s)
        return b"%b%d\r\nx-request-id: %b\r\n%b%b\r\n%b" % (
            head,
            len(body),
            request_id.encode("ascii"),
            # To others they mean nothing, or something else.
            ask.lines if ask.native(self.back) else b"",
            signature,
            body,
        )


@dataclass(slots=True, repr=False, eq=False, kw_only=True)
class Dial:
    """One endpoint as the data path needs it. It holds the endpoint's keys: it is never printed.

    problem: why it cannot be used from this node, or None. secrets: at least one, maybe
    `NO_SECRET`. base: the path of its base URL. models: by name, with what a dialect needs to know
    of each. ping: a whole request that costs nothing; empty where there is none, so that only a
    connection is tried. bad_keys: what is wrong with those of its keys that are left out.
    """

    name: str
    endpoint: Endpoint
    provider: Provider | None
    address: Address
    tls: bool
    netloc: str = ""
    base: str = ""
    secrets: tuple[NamedSecret, ...] = (NO_SECRET,)
    models: Mapping[str, tuple[Model, Target]] = field(
        default_factory=dict[str, tuple[Model, Target]]
    )
    ping: bytes = b""
    problem: str | None = None
    bad_keys: tuple[str, ...] = ()
    _ways: dict[tuple[str, str], tuple[Way, ...]] = field(
        default_factory=dict[tuple[str, str], tuple[Way, ...]]
    )

    def ways(self, model: str, dialect: str) -> tuple[Way, ...]:
        """Return the ways to this model, one for each key, when the client speaks `dialect`; none
        if it cannot be asked from here.
        """
        ways = self._ways.get((model, dialect))
        if ways is None:
            ways = self._ways[model, dialect] = self._all_ways(model, dialect)
        return ways

    def _all_ways(self, name: str, dialect: str) -> tuple[Way, ...]:
        if self.problem is not None or self.provider is None or name not in self.models:
            return ()
        model, target = self.models[name]
        back = back_for(self.provider, target.model, model.task, dialect)
        if back is None:
            return ()
        step, offer = Step(self.name), offer_for(model.offers, self.provider.name, target.model)
        return tuple(
            Way(
                dial=self,
                model=model,
                back=back,
                target=target,
                secret=secret,
                step=step,
                offer=offer,
            )
            for secret in self.secrets
        )

    @property
    def billed_in(self) -> str | None:
        """Return where requests are served as far as prices go: the cloud's region or location, or
        the region that a provider's host is named after, as in `eu.api.openai.com`.
        """
        options = self.endpoint.options
        label = self.address.host.partition(".")[0]
        named = label if len(label) == REGION_LABEL_CHARS and label.isalpha() else None
        return options.get("location") or options.get("region") or named

    def head(self, path: str, back: Back, secret: NamedSecret, *, stream: bool) -> bytes:
        """Return a request's head up to and with the name of `content-length`."""
        assert self.provider is not None, "a usable dial has a provider"
        lines = _lines(self.netloc, self.provider.headers(back, secret.value or None))
        return (
            f"POST {path} HTTP/1.1\r\n{lines}accept: {_ACCEPT[stream]}\r\n"
            "accept-encoding: identity\r\ncontent-type: application/json\r\ncontent-length: "
        ).encode("latin-1")

    def signature(self, path: str, body: bytes, secret: NamedSecret, at_unix_s: float) -> bytes:
        """Return the header lines that sign this very request; none at most hosts."""
        provider = self.provider
        assert provider is not None, "a usable dial has a provider"
        if not provider.signs or not secret.value:
            return b""
        outgoing = Outgoing(
            host=self.netloc,
            path=path,
            body=body,
            options=dict(self.endpoint.options),
            lent=is_lent(secret),
        )
        signed = provider.sign(outgoing, secret.value, at_unix_s)
        return "".join(f"{name}: {value}\r\n" for name, value in signed).encode("latin-1")


class DialTable:
    """The dials of one catalog."""

    def __init__(self, dials: Mapping[str, Dial]) -> None:
        self._dials = dials

    @classmethod
    def of(cls, catalog: Catalog, providers: Mapping[str, Provider], opener: Opener) -> "DialTable":
        """Return the table; keys are opened now and never again."""
        return cls({e.name: _dial(e, catalog, providers, opener) for e in catalog.endpoints})

    def __iter__(self) -> Iterator[Dial]:
        """Return every dial, usable or not."""
        return iter(self._dials.values())

    def get(self, endpoint: str) -> Dial | None:
        """Return the dial of an endpoint, usable or not."""
        return self._dials.get(endpoint)

    def problems(self) -> dict[str, str]:
        """Return why each unusable endpoint is so, by name."""
        return {name: d.problem for name, d in self._dials.items() if d.problem is not None}

    def bad_keys(self) -> dict[str, tuple[str, ...]]:
        """Return what is wrong with keys of endpoints that have others, by endpoint."""
        return {name: d.bad_keys for name, d in self._dials.items() if d.bad_keys}


def _dial(
    endpoint: Endpoint, catalog: Catalog, providers: Mapping[str, Provider], opener: Opener
) -> Dial:
    url = urlsplit(endpoint.base_url)
    tls = url.scheme == "https"
    address = Address(url.hostname or "", url.port or _PORTS[url.scheme])
    provider = providers.get(endpoint.provider)
    found, problems = opened(endpoint, provider, catalog, opener) if provider else ((), ())
    problem = "; ".join(problems) if problems and not found else None
    if provider is None:
        hint = suggestion(endpoint.provider, providers)
        problem = f"no provider is called '{endpoint.provider}'{hint}"
    elif missing := [name for name in provider.needs if name not in endpoint.options]:
        problem = f"the provider {provider.name} needs the option '{missing[0]}'"
    if provider is None or problem is not None:
        return Dial(
            name=endpoint.name,
            endpoint=endpoint,
            provider=provider,
            address=address,
            tls=tls,
            problem=problem,
        )
    base, secrets = url.path.rstrip("/"), found or (NO_SECRET,)
    return Dial(
        name=endpoint.name,
        endpoint=endpoint,
        provider=provider,
        address=address,
        tls=tls,
        netloc=url.netloc,
        base=base,
        secrets=secrets,
        models={
            name: (model, target_of(model, there, endpoint))
            for name, there in endpoint.models.items()
            if (model := catalog.model(name)) is not None
        },
        ping=_ping(provider, url.netloc, base, secrets[0]),
        bad_keys=problems,
    )


def is_lent(secret: NamedSecret) -> bool:
    """Return whether a key is the client's own: no credential has its name."""
    return secret.name == NO_SECRET.name and bool(secret.value)


def target_of(model: Model, there: str, endpoint: Endpoint) -> Target:
    """Return what a dialect needs to know of a model that is called `there` at the endpoint."""
    return Target(
        model=there,
        output_tokens_max=model.output_tokens_max,
        refuses=frozenset(model.refuses),
        reasoning=model.reasoning,
        options=endpoint.options,
    )


def _ping(provider: Provider, netloc: str, base: str, secret: NamedSecret) -> bytes:
    if provider.probe_path is None:
        return b""
    lines = _lines(netloc, provider.headers(provider.speaks[0], secret.value or None))
    path = base + provider.probe_path
    return f"GET {path} HTTP/1.1\r\n{lines}accept-encoding: identity\r\n\r\n".encode("latin-1")


def _lines(netloc: str, identity: tuple[tuple[str, str], ...]) -> str:
    lines = (("host", netloc), *identity, ("user-agent", "weftline"))
    return "".join(f"{name}: {value}\r\n" for name, value in lines)
