"""A small, real inference endpoint: OpenAI's chat completions and embeddings over the n-gram model,
at a chosen pace and distance.

aiohttp is good enough here: this is the upstream that is measured against, not our token path.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson
from aiohttp import web

from weftline_bench import wire
from weftline_bench.embed import DIMENSIONS, as_base64, embedding
from weftline_bench.links import Gate, Link
from weftline_bench.ngram import Generation, Sampling, built_in, tokenize
from weftline_bench.slots import Metronome, Overloaded, Pace, Slots
from weftline_core.limits import REQUEST_BODY_BYTES_MAX

CHAT_MODEL = "ngram"
EMBEDDING_MODEL = "ngram-embed"

# The one who is refused for load may come again soon: a slot is free after one answer.
RETRY_AFTER_S = 1

# How long `close` waits for requests in flight.
CLOSE_WAIT_S = 1.0


@dataclass(frozen=True, slots=True)
class EndpointConfig:
    """What one endpoint is. links: how far away each source address is."""

    name: str = "endpoint"
    host: str = "127.0.0.1"
    port: int = 0
    pace: Pace = field(default_factory=Pace)
    links: Mapping[str, Link] = field(default_factory=dict[str, Link])
    seed: int | None = None


class ModelServer:
    """One endpoint. `start` it, then it serves until `close`."""

    def __init__(self, config: EndpointConfig) -> None:
        self.config = config
        self.model = built_in()
        self.slots = Slots(config.pace.slots)
        self.served = 0
        self.aborted = 0
        self.base_url = ""
        # Chance for sampling and for jitter, not for secrets.
        self._rng = random.Random(config.seed)  # noqa: S311
        self._runner: web.AppRunner | None = None
        self._listener: asyncio.Server | None = None
        self._gate: Gate | None = None

    async def start(self) -> None:
        """Listen; afterwards `base_url` is true.

        Raises:
            OSError: the address is in use or not ours.
        """
        app = web.Application(client_max_size=REQUEST_BODY_BYTES_MAX, middlewares=[_openai_errors])
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/embeddings", self._embeddings)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/health", self._health)
        # A client that leaves frees its slot at once.
        self._runner = web.AppRunner(
            app, handler_cancellation=True, access_log=None, shutdown_timeout=CLOSE_WAIT_S
        )
        await self._runner.setup()
        factory = self._runner.server
        assert factory is not None
        loop = asyncio.get_running_loop()
        config = self.config
        self._gate = Gate(factory, config.links, self._rng)
        self._listener = await loop.create_server(self._gate, config.host, config.port)
        port: int = self._listener.sockets[0].getsockname()[1]
        self.base_url = f"http://{config.host}:{port}/v1"

    async def close(self) -> None:
        """Stop listening, end what is in flight."""
        if self._listener is not None:
            self._listener.close()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._gate is not None:
            await self._gate.close()

    @asynccontextmanager
    async def _turn(self, prompt_tokens: int) -> AsyncGenerator[Metronome, None]:
        """Wait for a slot and for the prompt to be read; count how the request ends."""
        try:
            async with self.slots.taken():
                metronome = Metronome()
                await metronome.beat(self.config.pace.prefill_s(prompt_tokens))
                yield metronome
        except (asyncio.CancelledError, ConnectionError):
            self.aborted += 1
            raise
        self.served += 1

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        asked = wire.read(await request.read(), wire.ChatRequest)
        _check_model(asked.model, CHAT_MODEL)
        prompt = asked.prompt()
        prompt_tokens = len(tokenize(prompt))
        temperature = 1.0 if asked.temperature is None else asked.temperature
        seed = self._rng.getrandbits(64) if asked.seed is None else asked.seed
        words = Generation(
            self.model,
            prompt,
            Sampling(asked.tokens_max(), temperature, asked.stops()),
            random.Random(seed),  # noqa: S311  # sampling
        )
        answer = _ChatAnswer(asked, prompt_tokens, f"chatcmpl-{self._rng.getrandbits(96):024x}")
        async with self._turn(prompt_tokens) as metronome:
            if asked.stream:
                return await self._stream(request, answer, words, metronome)
            text = ""
            for word in words:
                text += word
                await metronome.beat(self.config.pace.itl_ms / 1e3)
        return _json(answer.whole(text, words))

    async def _stream(
        self,
        request: web.Request,
        answer: "_ChatAnswer",
        words: Generation,
        metronome: Metronome,
    ) -> web.StreamResponse:
        """Send one event a word, each in its own write, as engines do."""
        out = web.StreamResponse(
            headers={
                "content-type": "text/event-stream; charset=utf-8",
                "cache-control": "no-cache",
                "x-request-id": answer.id,
            }
        )
        # Head, role and first word leave together, when the first word is there.
        await out.prepare(request)
        await out.write(answer.chunk({"role": "assistant", "content": ""}))
        for count, word in enumerate(words):
            if count:
                await metronome.beat(self.config.pace.itl_ms / 1e3)
            await out.write(answer.chunk({"content": word}))
        await out.write(answer.chunk({}, words.finish_reason))
        if answer.asked.wants_usage():
            await out.write(answer.usage_chunk(words))
        await out.write(wire.DONE)
        await out.write_eof()
        return out

    async def _embeddings(self, request: web.Request) -> web.Response:
        asked = wire.read(await request.read(), wire.EmbeddingRequest)
        _check_model(asked.model, EMBEDDING_MODEL)
        texts = asked.texts()
        prompt_tokens = sum(len(tokenize(text)) for text in texts)
        dimensions = asked.dimensions or DIMENSIONS
        async with self._turn(prompt_tokens):
            vectors = [embedding(text, dimensions) for text in texts]
        return _json(
            {
                "object": "list",
                "data": [
                    {
                        "object": "embedding",
                        "index": i,
                        "embedding": as_base64(v) if asked.encoding_format == "base64" else v,
                    }
                    for i, v in enumerate(vectors)
                ],
                "model": asked.model,
                "usage": wire.usage(prompt_tokens),
            }
        )

    async def _models(self, _request: web.Request) -> web.Response:
        cards = [
            {"id": name, "object": "model", "created": 0, "owned_by": "weftline"}
            for name in (CHAT_MODEL, EMBEDDING_MODEL)
        ]
        return _json({"object": "list", "data": cards})

    async def _health(self, _request: web.Request) -> web.Response:
        counts = {
            "running": self.slots.running,
            "waiting": self.slots.waiting,
            "served": self.served,
            "aborted": self.aborted,
        }
        return _json({"status": "ok", "name": self.config.name, **counts})


class _ChatAnswer:
    """Writes the chunks of one answer; all of them share id, time and model."""

    def __init__(self, asked: wire.ChatRequest, prompt_tokens: int, answer_id: str) -> None:
        self.asked = asked
        self.id = answer_id
        self._prompt_tokens = prompt_tokens
        self._created = time.time_ns() // 1_000_000_000

    def chunk(self, delta: dict[str, str], finish_reason: str | None = None) -> bytes:
        """Return one event of the stream."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        # OpenAI sends `usage: null` only to those who asked; a strict SDK stumbles over it.
        usage = {"usage": None} if self.asked.wants_usage() else {}
        return wire.event({**self._head("chat.completion.chunk"), "choices": [choice], **usage})

    def usage_chunk(self, words: Generation) -> bytes:
        """Return the last event of a stream whose usage was asked for."""
        usage = wire.usage(self._prompt_tokens, words.tokens)
        return wire.event({**self._head("chat.completion.chunk"), "choices": [], "usage": usage})

    def whole(self, text: str, words: Generation) -> dict[str, object]:
        """Return the answer in one piece."""
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": words.finish_reason,
        }
        usage = wire.usage(self._prompt_tokens, words.tokens)
        return {**self._head("chat.completion"), "choices": [choice], "usage": usage}

    def _head(self, kind: str) -> dict[str, object]:
        return {"id": self.id, "object": kind, "created": self._created, "model": self.asked.model}


def _check_model(asked: str, served: str) -> None:
    if asked != served:
        raise wire.BadRequest(
            f"the model '{asked}' does not exist here; this path serves '{served}'",
            status=404,
            code="model_not_found",
            param="model",
        )


def _json(body: Mapping[str, object], status: int = 200) -> web.Response:
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json")


@web.middleware
async def _openai_errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer every refusal in OpenAI's shape."""
    try:
        return await handler(request)
    except wire.BadRequest as e:
        body = wire.error(e.message, "invalid_request_error", e.code, e.param)
        return web.Response(body=body, status=e.status, content_type="application/json")
    except Overloaded:
        return web.Response(
            body=wire.error(
                "all slots are busy and the queue is full",
                "service_unavailable_error",
                "server_is_overloaded",
            ),
            status=503,
            content_type="application/json",
            headers={"retry-after": str(RETRY_AFTER_S)},
        )
    except web.HTTPException as e:
        body = wire.error(f"{request.method} {request.path}: {e.reason}", "invalid_request_error")
        return web.Response(body=body, status=e.status, content_type="application/json")
