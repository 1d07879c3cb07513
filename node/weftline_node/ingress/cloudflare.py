"""Cloudflare's paths: its AI Gateway's, and those of its REST API for models.

A client that changes nothing but its base URL finds its providers' own paths here, `compat`, the
universal endpoint and `/ai/run`. A path that is none of Cloudflare's is answered with None.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

import msgspec

from weftline_core.ask import Ask
from weftline_core.cloudflare.fronts import on_gateway, on_rest
from weftline_core.cloudflare.keys import borrowed_key, own_key, shown_key
from weftline_core.cloudflare.names import Named, named_in_catalog
from weftline_core.cloudflare.native import Native, compat, native, rest
from weftline_core.cloudflare.run import asks_of, input_of
from weftline_core.cloudflare.universal import BadUniversal, Step, steps_of
from weftline_core.counting import CountAsk
from weftline_core.dialects.body import parse_body
from weftline_core.dialects.chat.front import FRONT as CHAT
from weftline_core.dialects.dialect import ClientRequest, Front
from weftline_core.dialects.responses.front import FRONT as RESPONSES
from weftline_core.dialects.workers_ai.front import FRONT as WORKERS_AI
from weftline_core.errors import CallerError, NotFound
from weftline_core.gemini_array import ARRAY, ArrayAsk, wants_array
from weftline_core.http1.request import HttpRequest
from weftline_core.limits import QUOTED_CHARS_MAX
from weftline_core.wishes import Wishes, wishes_of
from weftline_node.asked import Alternative, Asked, carried_lines
from weftline_node.ingress.cloudflare_face import GATEWAY_FACE, REST_FACE, WORKERS_AI_FACE

# First parts of paths that are ours or another product's, so that no account has such a name.
RESERVED: Final = (
    "account|accounts|assistants|audio|batches|chat|collections|completions|conversations|"
    "deployments|embeddings|files|fine_tuning|hardware|health|images|messages|models|moderations|"
    "predictions|realtime|rerank|responses|streams|threads|trainings|uploads|vector_stores|videos|"
    "webhooks"
)

_ID = "[A-Za-z0-9_-]{1,64}"
_GATEWAY_BASE = rf"/v1/(?!(?:{RESERVED})(?:/|$)){_ID}/(?P<gateway>{_ID})"
_REST_BASE = rf"/client/v4/accounts/{_ID}/ai"
_GATEWAY = re.compile(rf"{_GATEWAY_BASE}(?:/(.*))?")
_REST = re.compile(rf"{_REST_BASE}/(.*)")
# What OpenAI's SDK asks of a response that it has made before, at any of these addresses.
_RESPONSE = re.compile(
    rf"(?:{_GATEWAY_BASE}/(?:openai|compat)(?:/v1)?|{_REST_BASE}/v1)(/responses/.+)"
)
_SEARCH = "models/search"
_RUN = "run"
_COMPAT = "compat"

_GATEWAY_ID = b"cf-aig-gateway-id"
_AFFINITY = (b"x-session-affinity",)
# Bounds on which models may be chosen; not to keep them would be worse than to say so.
_ROUTER = (b"cf-aig-allowed-models", b"cf-aig-allowed-providers")


class NativeAsked(Asked, frozen=True, kw_only=True):
    """An answer in a provider's own dialect. gateway: its name in the path, if it stands there."""

    native: Native
    gateway: str = ""

    def alternatives(self, http: HttpRequest) -> tuple[Alternative, ...]:
        """Return the request.

        Raises:
            CallerError: it breaks its dialect, or a header is wrong.
        """
        body, headers = parse_body(http.body), http.headers
        own = borrowed_key(headers) if self.gateway else None
        found = self.native.fitted(body)
        if wants_array(found.front, found.args, http.target.partition("?")[2]):
            whole = msgspec.structs.replace(found.args, stream=False)
            found = msgspec.structs.replace(found, front=ARRAY, args=whole)
        return (_alternative(found, body, headers, self.gateway, own),)


class UniversalAsked(Asked, frozen=True, kw_only=True):
    """The first good answer of several providers."""

    gateway: str

    def alternatives(self, http: HttpRequest) -> tuple[Alternative, ...]:
        """Return the steps of the body. A provider that is not known here is a model that is not.

        Raises:
            BadUniversal: the body is no list of steps, or a step is wrong.
        """
        steps = steps_of(http.body)
        # A key beside ours is one provider's, so that where there are several, nobody gets it.
        lent = borrowed_key(http.headers) if len({step.provider for step in steps}) == 1 else None
        ours = shown_key(http.headers)
        return tuple(
            self._step(nth, step, step.headers_over(http.headers), ours, lent)
            for nth, step in enumerate(steps)
        )

    def _step(
        self, nth: int, step: Step, headers: Mapping[bytes, bytes], ours: bytes, lent: str | None
    ) -> Alternative:
        own = own_key(step.own_headers(), ours) or lent
        try:
            found = _below(step.provider, step.path).fitted(step.query)
            return _alternative(found, step.query, headers, self.gateway, own)
        except NotFound:
            return _nowhere(step, headers, self.gateway)
        except CallerError as e:
            where = f"[{nth}].{e.param}" if e.param else f"[{nth}]"
            raise BadUniversal(f"[{nth}]: {e.message}", param=where) from None


class RunAsked(Asked, frozen=True, kw_only=True):
    """What a model makes of its input. model: as the path names it; None if the body does."""

    model: str | None = None

    def alternatives(self, http: HttpRequest) -> tuple[Alternative, ...]:
        """Return the request; more than one where only the model's task can tell what it is.

        Raises:
            CallerError: it breaks its dialect, or a header is wrong.
        """
        if "queueRequest=true" in http.target:
            raise CallerError("there are no batches here: send each request by itself")
        body, headers = parse_body(http.body), http.headers
        model = self.model
        if model is None:
            model, body = input_of(body)
        wishes, named = _wishes(headers), named_in_catalog(model)
        gateway = headers.get(_GATEWAY_ID, b"").decode("latin-1")
        return tuple(
            _named(named, ask, wishes, headers, gateway)
            for ask in asks_of(body, model, carried_lines(headers, _AFFINITY))
        )


def asked_at(path: str) -> Asked | None:
    """Return what a path of Cloudflare's asks for; None if it is none, or a page.

    Raises:
        NotFound: it is one, and there is nothing there.
    """
    if (match := _GATEWAY.fullmatch(path)) is not None:
        return _at_gateway(match[1], match[2] or "")
    if (match := _REST.fullmatch(path)) is not None:
        return _at_rest(match[1])
    return None


def is_search(path: str) -> bool:
    """Return whether a path is that of Cloudflare's list of models."""
    match = _REST.fullmatch(path)
    return match is not None and match[1] == _SEARCH


def response_path(path: str) -> str | None:
    """Return our own path of the response that a path of Cloudflare's names, if it names one."""
    match = _RESPONSE.fullmatch(path)
    return None if match is None else f"/v1{match[match.lastindex or 0]}"


def front_at(path: str) -> Front | None:
    """Return in which words errors are told at a path of Cloudflare's; None if it is none."""
    try:
        asked = asked_at(path)
    except NotFound:
        asked = None
    if asked is not None:
        return asked.front
    if _GATEWAY.fullmatch(path) is not None:
        return on_gateway(CHAT)
    return WORKERS_AI if _REST.fullmatch(path) is not None else None


def _at_gateway(gateway: str, path: str) -> Asked:
    if not path:
        return UniversalAsked(front=on_gateway(CHAT), face=GATEWAY_FACE, gateway=gateway)
    provider, _, inner = path.partition("/")
    found = _below(provider, inner)
    return NativeAsked(
        front=on_gateway(found.front),
        face=WORKERS_AI_FACE if provider == "workers-ai" else GATEWAY_FACE,
        native=found,
        gateway=gateway,
        kept=found.front is RESPONSES,
    )


def _below(provider: str, path: str) -> Native:
    return compat(path) if provider == _COMPAT else native(provider, path)


def _at_rest(path: str) -> Asked | None:
    if path == _SEARCH:
        return None
    if path == _RUN:
        return RunAsked(front=WORKERS_AI, face=REST_FACE)
    if path.startswith(f"{_RUN}/") and (model := unquote(path.removeprefix(f"{_RUN}/"))):
        return RunAsked(front=WORKERS_AI, face=REST_FACE, model=model)
    found = rest(path) if path.startswith("v1/") else None
    if found is None:
        raise NotFound(
            "no such path; below an account's /ai there are run, run/MODEL, v1/chat/completions, "
            "v1/embeddings, v1/responses, v1/messages and models/search"
        )
    return NativeAsked(
        front=on_rest(found.front), face=REST_FACE, native=found, kept=found.front is RESPONSES
    )


def _alternative(
    found: Native,
    body: dict[str, object],
    headers: Mapping[bytes, bytes],
    gateway: str,
    own: str | None,
) -> Alternative:
    """Return one request. own: the client's own key, for no provider but the path's."""
    wishes = _wishes(headers)
    if found.model is not None:
        body.setdefault("model", found.model)
    request = found.front.request(body, found.args)
    named = found.named(request.model)
    carried = (*found.carried, *_AFFINITY) if named.at_cloudflare else found.carried
    form = ArrayAsk if found.front is ARRAY else Ask
    lines = carried_lines(headers, carried)
    ask = (CountAsk if found.counts else form)(found.front, request, lines)
    gateway = gateway or headers.get(_GATEWAY_ID, b"").decode("latin-1")
    return _named(named, ask, wishes, headers, gateway, own)


def _named(
    named: Named,
    ask: Ask,
    wishes: Wishes,
    headers: Mapping[bytes, bytes],
    gateway: str,
    own: str | None = None,
) -> Alternative:
    return Alternative(
        ask=ask,
        wishes=wishes,
        names=named.names,
        there=named.there,
        only=named.only,
        borrowed=None if named.only is None else own,
        headers=headers,
        gateway=gateway[:QUOTED_CHARS_MAX],
    )


def _nowhere(step: Step, headers: Mapping[bytes, bytes], gateway: str) -> Alternative:
    """Return a step that nobody here can go."""
    model = f"{step.provider}/{step.path}"[:QUOTED_CHARS_MAX]
    stream = step.query.get("stream") is True
    request = ClientRequest(dialect=CHAT.name, task="chat", model=model, stream=stream, body={})
    return _named(Named(()), Ask(CHAT, request), _wishes(headers), headers, gateway)


def _wishes(headers: Mapping[bytes, bytes]) -> Wishes:
    for name in _ROUTER:
        if name in headers:
            raise CallerError(
                f"the header '{name.decode()}' is for a router that chooses models, and there is "
                "none here: name the model instead"
            )
    return wishes_of(headers)
