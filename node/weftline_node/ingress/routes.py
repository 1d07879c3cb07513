"""Which path is for what: a request in some dialect, or a page that this node answers itself."""

from typing import Literal, TypeAlias
from urllib.parse import unquote

import msgspec

from weftline_core.dialects.chat.front import FRONT as CHAT
from weftline_core.dialects.dialect import Front, PathArgs
from weftline_core.dialects.embed_content.front import FRONT as EMBED_CONTENT
from weftline_core.dialects.embed_content.front import FRONT_SINGLE as EMBED_ONE
from weftline_core.dialects.embeddings.front import FRONT as EMBEDDINGS
from weftline_core.dialects.generate.front import FRONT as GENERATE
from weftline_core.dialects.messages.front import FRONT as MESSAGES
from weftline_core.dialects.responses.front import FRONT as RESPONSES
from weftline_core.errors import MethodNotAllowed, NotFound
from weftline_core.gemini_array import ARRAY, ArrayAsk, wants_array
from weftline_core.http1.request import HttpRequest
from weftline_node.asked import Asked
from weftline_node.ingress import cloudflare
from weftline_node.ingress.responses import RESPONSES_PATH, KeptPath, kept_at

PageName: TypeAlias = Literal["health", "models", "model", "search"]

HEALTH_PATH = "/health"
MODELS_PATH = "/v1/models"
_GEMINI = ("/v1beta/models", MODELS_PATH)

# Anthropic's clients say it with every request. It tells them from OpenAI's, who list models at the
# same path.
ANTHROPIC_VERSION = b"anthropic-version"

# Google's SDK asks at the very path of OpenAI's for a list, and only this header tells it apart.
_GOOGLE_KEY = b"x-goog-api-key"

# Google's examples show the key in the query instead.
_QUERY_KEY = "key"

# Betas are switched on by header, and mean something only to Anthropic itself.
_ANTHROPIC_HEADERS = (b"anthropic-beta",)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Something that this node answers itself. of: a model's name."""

    name: PageName
    of: str = ""


ASKED: dict[str, Asked] = {
    "/v1/chat/completions": Asked(front=CHAT),
    "/v1/embeddings": Asked(front=EMBEDDINGS),
    RESPONSES_PATH: Asked(front=RESPONSES, kept=True),
    f"{RESPONSES_PATH}/input_tokens": Asked(front=RESPONSES, counts=True, kept=True),
    "/v1/messages": Asked(front=MESSAGES, carried=_ANTHROPIC_HEADERS),
    "/v1/messages/count_tokens": Asked(front=MESSAGES, carried=_ANTHROPIC_HEADERS, counts=True),
}

# Gemini names what it wants after the model.
_METHODS: dict[str, Asked] = {
    "generateContent": Asked(front=GENERATE, args=PathArgs(stream=False)),
    "streamGenerateContent": Asked(front=GENERATE, args=PathArgs(stream=True)),
    "countTokens": Asked(front=GENERATE, args=PathArgs(stream=False), counts=True),
    "embedContent": Asked(front=EMBED_ONE, args=PathArgs(stream=False)),
    "batchEmbedContents": Asked(front=EMBED_CONTENT, args=PathArgs(stream=False)),
}

_ARRAY = Asked(front=ARRAY, args=PathArgs(stream=False), form=ArrayAsk)

OFFERED = ", ".join(
    (
        *(f"POST {path}" for path in ASKED),
        *(f"POST {_GEMINI[0]}/MODEL:{method}" for method in _METHODS),
        f"GET {RESPONSES_PATH}/ID",
        f"GET {MODELS_PATH}",
        f"GET {MODELS_PATH}/MODEL",
        f"GET {HEALTH_PATH}",
    )
)


def find(method: str, target: str) -> Asked | Page | KeptPath:
    """Return what a request is for. target: its path, and its query if it has one.

    Raises:
        NotFound: there is no such path.
        MethodNotAllowed: there is, but not with this method.
    """
    path, _, query = target.partition("?")
    asked = ASKED.get(path) or _gemini(path, query)
    if asked is None and (kept := kept_at(method, cloudflare.response_path(path) or path)):
        return kept
    asked = asked or cloudflare.asked_at(path)
    found = asked or _page(path)
    if found is None:
        raise NotFound(f"no such path; there are {OFFERED}")
    allowed = "POST" if asked is not None else "GET"
    if method == "POST" and isinstance(found, Page) and ":" in found.of:
        raise NotFound(f"no such method of a model; there are {', '.join(_METHODS)}")
    if method != allowed:
        raise MethodNotAllowed(f"only {allowed} is answered at this path", allowed=allowed)
    return found


def take_key(request: HttpRequest) -> None:
    """Move the key of a Gemini client, in place, from the query to the header where its SDK shows
    it, which goes before; from here on nobody sees it in a path. Elsewhere a query has no key.
    """
    path, _, query = request.target.partition("?")
    if f"{_QUERY_KEY}=" not in query or not (
        path.startswith(f"{_GEMINI[0]}/") or path == _GEMINI[0] or _gemini(path) is not None
    ):
        return
    rest: list[str] = []
    for field in query.split("&"):
        name, _, value = field.partition("=")
        if name == _QUERY_KEY:
            request.headers.setdefault(_GOOGLE_KEY, unquote(value).encode())
        else:
            rest.append(field)
    request.target = f"{path}?{'&'.join(rest)}" if rest else path


def front_of(request: HttpRequest) -> Front:
    """Return the dialect in which a client reads pages and errors, whatever else is wrong."""
    path = request.path
    asked = ASKED.get(path)
    if asked is not None:
        return asked.front
    if (front := cloudflare.front_at(path)) is not None:
        return front
    gemini = _gemini(path, request.target.partition("?")[2])
    if path.startswith(_GEMINI[0]) or gemini is not None:
        return ARRAY if gemini is not None and gemini.front is ARRAY else GENERATE
    if path.startswith("/v1/messages"):
        return MESSAGES
    if path.startswith(MODELS_PATH):
        return _lister(request)
    return RESPONSES if path.startswith(RESPONSES_PATH) else CHAT


def _lister(request: HttpRequest) -> Front:
    """Return the dialect of a client that lists models where three SDKs do."""
    if ANTHROPIC_VERSION in request.headers:
        return MESSAGES
    return GENERATE if _GOOGLE_KEY in request.headers else CHAT


def _gemini(path: str, query: str = "") -> Asked | None:
    """Return what a path such as `/v1beta/models/MODEL:generateContent` asks for."""
    for prefix in _GEMINI:
        if path.startswith(f"{prefix}/") and ":" in path:
            model, _, method = path.removeprefix(f"{prefix}/").rpartition(":")
            asked = _METHODS.get(method)
            if asked is not None and model:
                if wants_array(asked.front, asked.args, query):
                    asked = _ARRAY
                args = PathArgs(model=unquote(model), stream=asked.args.stream)
                return msgspec.structs.replace(asked, args=args)
    return None


def _page(path: str) -> Page | None:
    if path == HEALTH_PATH:
        return Page(name="health")
    if cloudflare.is_search(path):
        return Page(name="search")
    for prefix in _GEMINI:
        if path == prefix:
            return Page(name="models")
        if path.startswith(f"{prefix}/"):
            return Page(name="model", of=unquote(path.removeprefix(f"{prefix}/")))
    return None
