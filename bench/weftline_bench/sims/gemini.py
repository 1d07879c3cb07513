"""Gemini: generateContent, counting, embeddings, models."""

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from weftline_bench.sims.ask import prompt_tokens
from weftline_bench.sims.embeddings import DIMENSIONS, vector
from weftline_bench.sims.exchange import (
    Answer,
    Refused,
    Request,
    Trouble,
    bad,
    json_object,
    not_found,
    read,
    streamed,
    whole,
)
from weftline_bench.sims.flavour import Desk, Flavour, Options, check_key
from weftline_bench.sims.generate_answer import chunks, event, response, signature, spaced
from weftline_bench.sims.generate_request import (
    Content,
    GenerateRequest,
    ask_of,
    camel,
    read_generate,
    signature_key,
)
from weftline_bench.sims.script import IMAGE_TOKENS, Json, Script, pieces

TROUBLES: Mapping[Trouble, tuple[int, str]] = {
    Trouble.BAD_REQUEST: (400, "INVALID_ARGUMENT"),
    Trouble.AUTH: (401, "UNAUTHENTICATED"),
    Trouble.FORBIDDEN: (403, "PERMISSION_DENIED"),
    Trouble.NO_CREDIT: (400, "FAILED_PRECONDITION"),
    Trouble.NOT_FOUND: (404, "NOT_FOUND"),
    Trouble.CONTEXT_LENGTH: (400, "INVALID_ARGUMENT"),
    Trouble.CONTENT_FILTER: (400, "INVALID_ARGUMENT"),
    Trouble.RATE_LIMITED: (429, "RESOURCE_EXHAUSTED"),
    Trouble.SERVER_ERROR: (500, "INTERNAL"),
    Trouble.OVERLOADED: (503, "UNAVAILABLE"),
    Trouble.TIMEOUT: (504, "DEADLINE_EXCEEDED"),
}

_TYPES = "type.googleapis.com/google.rpc."
_LIMITED: list[Json] = [
    {
        "@type": _TYPES + "QuotaFailure",
        "violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}],
    },
    {"@type": _TYPES + "RetryInfo", "retryDelay": "2.4s"},
]


class EmbedRequest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """An embedContent request; in a batch it names its model."""

    content: Content
    model: str | None = None
    task_type: str | None = None
    title: str | None = None
    output_dimensionality: int | None = None


class BatchRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A batchEmbedContents request."""

    requests: list[EmbedRequest]


class CountRequest(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """A countTokens request: turns, or the request they would be part of."""

    contents: list[Content] | None = None
    generate_content_request: GenerateRequest | None = None


class Gemini(Flavour):
    """The Gemini Developer API. Its SDK's base URL ends before `/v1beta`."""

    name = "gemini"
    base_path = ""
    tasks: ClassVar[tuple[str, ...]] = ("generate",)

    def answer(self, request: Request, desk: Desk) -> Answer:
        """Answer any of the methods."""
        given = request.headers.get("x-goog-api-key") or request.query.get("key")
        check_key(
            given, desk.key, "Method doesn't allow unregistered callers.", "API key not valid."
        )
        _, _, rest = request.path.partition("/models")
        model, _, method = rest.removeprefix("/").rpartition(":")
        if request.method == "GET" and not method.startswith(":") and not model:
            card = _card(method or "gemini-3.1-flash")
            return whole(card if method else {"models": [card]})
        if request.method != "POST" or not request.path.startswith(("/v1beta/", "/v1/")):
            raise not_found(request)
        body = json_object(camel(request.body))
        if method in ("generateContent", "streamGenerateContent"):
            return self._generate(request, body, model, desk)
        if method == "countTokens":
            return whole(_count(body))
        if method == "embedContent":
            embedded = read(body, EmbedRequest)
            return whole({"embedding": {"values": _values(embedded)}})
        if method == "batchEmbedContents":
            return whole(_embed_batch(body, model))
        raise not_found(request)

    def _generate(self, request: Request, body: Json, model: str, desk: Desk) -> Answer:
        asked = read_generate(body, model, desk.given)
        script = desk.script_for(ask_of(asked))
        for at, call in enumerate(script.calls):
            desk.given[signature_key(call.name, call.input())] = signature(script, at)
        options = Options(model=model, n=asked.generation().candidate_count or 1)
        if not request.path.endswith(":streamGenerateContent"):
            return self.render(script, options)
        if request.query.get("alt") == "sse":
            return streamed(map(event, chunks(script, model)))
        # Without `alt=sse` the answer is one array, a chunk at a time.
        bodies = [spaced(chunk) for chunk in chunks(script, model)]
        frames = [b"[" + bodies[0], *(b",\r\n" + chunk for chunk in bodies[1:]), b"]"]
        return Answer(200, {"content-type": "application/json"}, frames, stream=True)

    def render(self, script: Script, options: Options) -> Answer:
        """Return a script as one answer."""
        if options.stream:
            return streamed(map(event, chunks(script, options.model)))
        return whole(response(script, options.model, options.n))

    def refusal(self, refused: Refused, request: Request | None = None) -> Answer:
        """Return a refusal in Google's shape, in an array where a stream was asked for."""
        status, _ = TROUBLES[refused.trouble]
        body: object = self._error(refused)
        if request is not None and request.path.endswith(":streamGenerateContent"):
            body = [body]
        return whole(body, refused.status or status)

    def error_frame(self, refused: Refused, task: str = "") -> bytes:
        """Return an error as an event of a stream."""
        del task
        return event(self._error(refused))

    def _error(self, refused: Refused) -> Json:
        status, word = TROUBLES[refused.trouble]
        error: Json = {"code": status, "message": refused.message, "status": word}
        if refused.trouble is Trouble.RATE_LIMITED:
            error["details"] = _LIMITED
        return {"error": error}


def _count(body: Json) -> Json:
    asked = read(body, CountRequest, "Invalid JSON payload received. ")
    if (asked.contents is None) == (asked.generate_content_request is None):
        raise bad("contents: one of contents and generateContentRequest is required")
    turns = asked.generate_content_request or GenerateRequest(contents=asked.contents or [])
    tokens = prompt_tokens(ask_of(turns))
    details = [{"modality": "TEXT", "tokenCount": tokens}]
    return {"totalTokens": tokens, "promptTokensDetails": details}


def _embed_batch(body: Json, model: str) -> Json:
    batch = read(body, BatchRequest, "Invalid JSON payload received. ")
    for at, one in enumerate(batch.requests):
        if one.model != f"models/{model}":
            raise bad(f"BatchEmbedContentsRequest.requests[{at}].model: must match the path")
    text = sum(len(pieces(_words(one))) for one in batch.requests)
    image = IMAGE_TOKENS * sum(map(_pictures, batch.requests))
    usage: Json = {"promptTokenCount": text + image}
    if image:
        counts = (("TEXT", text), ("IMAGE", image))
        usage["promptTokensDetails"] = [
            {"modality": modality, "tokenCount": count} for modality, count in counts if count
        ]
    embeddings = [{"values": _values(one)} for one in batch.requests]
    return {"embeddings": embeddings, "usageMetadata": usage}


def _values(asked: EmbedRequest) -> list[float]:
    return vector(_words(asked), asked.output_dimensionality or DIMENSIONS)


def _words(asked: EmbedRequest) -> str:
    return "".join(part.text or "" for part in asked.content.parts)


def _pictures(asked: EmbedRequest) -> int:
    held = (part.inline_data for part in asked.content.parts)
    return sum(data is not None and data.mime_type.startswith("image/") for data in held)


def _card(name: str) -> Json:
    return {
        "name": f"models/{name}",
        "version": "001",
        "displayName": name,
        "inputTokenLimit": 1_000_000,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
        "thinking": True,
    }
