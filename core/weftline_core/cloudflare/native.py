"""Paths below a provider's name on Cloudflare's gateway: whose dialect, and which model.

OpenAI's and Anthropic's paths are known at every provider, since most of them imitate one.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final
from urllib.parse import unquote

import msgspec

from weftline_core.cloudflare.names import (
    CUSTOM,
    HOSTED,
    PROVIDERS,
    Named,
    named_at,
    named_in_catalog,
    named_in_compat,
)
from weftline_core.dialects.chat.front import FRONT as CHAT
from weftline_core.dialects.cloudflare_refusal import NO_SUCH_PROVIDER
from weftline_core.dialects.dialect import NO_ARGS, Front, PathArgs
from weftline_core.dialects.embed_content.front import FRONT as EMBED_MANY
from weftline_core.dialects.embed_content.front import FRONT_SINGLE as EMBED_ONE
from weftline_core.dialects.embeddings.front import FRONT as EMBEDDINGS
from weftline_core.dialects.generate.front import FRONT as GENERATE
from weftline_core.dialects.messages.front import FRONT as MESSAGES
from weftline_core.dialects.responses.front import FRONT as RESPONSES
from weftline_core.dialects.workers_ai.front import FRONT as WORKERS_AI
from weftline_core.dialects.workers_ai_embed.front import FRONT as WORKERS_AI_EMBED
from weftline_core.errors import NotFound
from weftline_core.limits import QUOTED_CHARS_MAX

_ANTHROPIC_HEADERS: Final = (b"anthropic-beta",)


class NoSuchProvider(NotFound):
    """The gateway knows no provider of that name."""

    code = str(NO_SUCH_PROVIDER)


class Native(msgspec.Struct, frozen=True, kw_only=True):
    """What a path asks for. named: what the request's model may be called here. model: the one in
    the path, for dialects whose body should name it and need not.
    """

    front: Front
    named: Callable[[str], Named]
    args: PathArgs = NO_ARGS
    counts: bool = False
    carried: tuple[bytes, ...] = ()
    model: str | None = None

    def fitted(self, body: Mapping[str, object]) -> "Native":
        """Return the same for a body, which alone says what a model of Workers AI is to do."""
        if self.front is WORKERS_AI and embeds(body):
            return msgspec.structs.replace(self, front=WORKERS_AI_EMBED)
        return self


class _Known(msgspec.Struct, frozen=True):
    front: Front
    counts: bool = False
    carried: tuple[bytes, ...] = ()


_ENDS: Final[Mapping[str, _Known]] = {
    "chat/completions": _Known(CHAT),
    "embeddings": _Known(EMBEDDINGS),
    "responses": _Known(RESPONSES),
    "responses/input_tokens": _Known(RESPONSES, counts=True),
    "messages": _Known(MESSAGES, carried=_ANTHROPIC_HEADERS),
    "messages/count_tokens": _Known(MESSAGES, counts=True, carried=_ANTHROPIC_HEADERS),
}
# What stands before them at one provider or another.
_LEADS: Final = re.compile(
    r"(?:openai/|inference/|api/|compatibility/|anthropic/|v1beta/openai/)?(?:v1/)?"
)
_GEMINI: Final = re.compile(r"v1(?:beta|beta1|alpha)?/models/(.+):([a-zA-Z]+)")
_VERTEX: Final = re.compile(
    r"(?:v1(?:beta1)?/)?projects/[^/]+/locations/[^/]+/"
    r"(?:endpoints/openapi/(?P<end>.+)|publishers/(?P<maker>[^/]+)/models/(?P<model>.+):(?P<do>\w+))"
)
_AZURE: Final = re.compile(r"[^/]+/(?P<deployment>[^/]+)/(?P<end>.+)")

_METHODS: Final[Mapping[str, tuple[Front, bool, bool]]] = {
    "generateContent": (GENERATE, False, False),
    "streamGenerateContent": (GENERATE, True, False),
    "countTokens": (GENERATE, False, True),
    "embedContent": (EMBED_ONE, False, False),
    "batchEmbedContents": (EMBED_MANY, False, False),
    "rawPredict": (MESSAGES, False, False),
    "streamRawPredict": (MESSAGES, True, False),
}
_ANTHROPIC: Final = "anthropic"
_OFFERED: Final = ", ".join((*_ENDS, *(f"models/MODEL:{method}" for method in _METHODS)))


def native(provider: str, path: str) -> Native:
    """Return what a path below a provider's name asks for; it begins without a slash.

    Raises:
        NotFound: no such provider is known here, or nobody here reads such a path.
    """
    if provider not in PROVIDERS and not provider.startswith(CUSTOM):
        raise NoSuchProvider(
            f"no provider '{provider[:QUOTED_CHARS_MAX]}'; there are {', '.join(PROVIDERS)}, "
            "and compat for all of them"
        )
    found = _special(provider, path) or _plain(path, partial(named_at, provider))
    if found is None:
        raise NotFound(
            f"'{path[:QUOTED_CHARS_MAX]}' cannot be asked at {provider} here; there are {_OFFERED}"
        )
    return found


def compat(path: str) -> Native:
    """Return what a path below `compat` asks for.

    Raises:
        NotFound: nothing.
    """
    found = _plain(path, named_in_compat)
    if found is None:
        raise NotFound("below compat there are chat/completions, responses, embeddings, messages")
    return found


def rest(path: str) -> Native | None:
    """Return what a path below the REST API's `/ai/v1/` asks for, if anything."""
    return _plain(path, named_in_catalog)


def embeds(body: Mapping[str, object]) -> bool:
    """Return whether the input of a model of Workers AI asks for vectors."""
    return "text" in body and not ("messages" in body or "prompt" in body)


def _plain(path: str, named: Callable[[str], Named]) -> Native | None:
    lead = _LEADS.match(path)
    known = _ENDS.get(path[lead.end() :] if lead else path)
    if known is None:
        return None
    return Native(front=known.front, named=named, counts=known.counts, carried=known.carried)


def _special(provider: str, path: str) -> Native | None:
    """Return what only one provider's paths mean."""
    if provider == "workers-ai" and (model := unquote(path)).startswith(HOSTED):
        return Native(
            front=WORKERS_AI, named=partial(named_at, provider), args=PathArgs(model=model)
        )
    if provider == "google-ai-studio" and (match := _GEMINI.fullmatch(path)):
        return _method(provider, "", unquote(match[1]), match[2])
    if provider == "google-vertex-ai" and (match := _VERTEX.fullmatch(path)):
        if match["end"]:
            return _plain(match["end"], partial(named_at, provider))
        return _method(provider, match["maker"], unquote(match["model"]), match["do"])
    if provider == "azure-openai" and (match := _AZURE.fullmatch(path)):
        deployment = unquote(match["deployment"])
        found = _plain(match["end"], partial(_named_deployment, deployment))
        return found and msgspec.structs.replace(found, model=deployment)
    return None


def _method(provider: str, maker: str, model: str, method: str) -> Native | None:
    known = _METHODS.get(method)
    if known is None or (known[0] is MESSAGES) != (maker == _ANTHROPIC):
        return None
    front, stream, counts = known
    return Native(
        front=front,
        named=partial(_named_by_maker, provider, maker),
        args=PathArgs(model=model, stream=stream),
        counts=counts,
    )


def _named_by_maker(provider: str, maker: str, model: str) -> Named:
    return named_at(provider, f"{maker}/{model}" if maker else model)


def _named_deployment(deployment: str, model: str) -> Named:
    """Return what a deployment may be called; the body may name its model besides."""
    first, second = named_at("azure-openai", deployment), named_at("azure-openai", model)
    names = tuple(dict.fromkeys((*first.names, *second.names)))
    return msgspec.structs.replace(first, names=names)
