"""The server of llama.cpp: timings on the last chunk, integer codes, a public health page."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from weftline_bench.sims.chat import OPENAI_TROUBLES, ChatFlavour
from weftline_bench.sims.exchange import Answer, Refused, Request, Trouble, whole
from weftline_bench.sims.flavour import Desk, Options
from weftline_bench.sims.script import Json, Script


class LlamaCpp(ChatFlavour):
    """A llama-server with one model: it serves it whatever is asked for."""

    name = "llamacpp"
    reasoning_field = "reasoning_content"
    lacking: ClassVar[frozenset[str]] = frozenset({"model"})
    troubles: ClassVar[Mapping[Trouble, tuple[int, str, str | None]]] = {
        **OPENAI_TROUBLES,
        Trouble.AUTH: (401, "authentication_error", None),
        Trouble.NOT_FOUND: (404, "not_found_error", None),
        Trouble.CONTEXT_LENGTH: (400, "exceed_context_size_error", None),
        Trouble.OVERLOADED: (503, "unavailable_error", None),
        Trouble.RATE_LIMITED: (503, "unavailable_error", None),
    }

    def answer(self, request: Request, desk: Desk) -> Answer:
        """Answer chat and models, and tell without a key that it is well."""
        if request.method == "GET" and request.path in ("/health", "/v1/health"):
            return whole({"status": "ok"})
        return super().answer(request, desk)

    def model_name(self, asked: str) -> str:
        """Return the one model."""
        return asked or "model.gguf"

    def head(self, script: Script, model: str, kind: str) -> Json:
        """Return what every chunk repeats."""
        return {**super().head(script, model, kind), "system_fingerprint": "b6000-sim"}

    def first_delta(self, script: Script) -> Json:
        """Return the role and a null."""
        del script
        return {"role": "assistant", "content": None}

    def usage(self, script: Script) -> Json:
        """Return the usage with what the cache gave."""
        usage = super().usage(script)
        del usage["completion_tokens_details"]
        return usage

    def chunks(self, script: Script, options: Options) -> Iterator[Json]:
        """Return the chunks; the last one has the timings."""
        *others, last = super().chunks(script, options)
        yield from others
        yield {**last, "timings": _timings(script)}

    def whole_body(self, script: Script, options: Options) -> Json:
        """Return a whole answer with its timings."""
        return {**super().whole_body(script, options), "timings": _timings(script)}

    def error(self, refused: Refused) -> tuple[int, Json]:
        """Return the error with its status as code."""
        status, kind, _ = self.troubles[refused.trouble]
        status = refused.status or status
        return status, {"error": {"code": status, "message": refused.message, "type": kind}}

    def keep_alive(self, *, stream: bool = True) -> bytes:
        """Return an empty comment."""
        return b":\n\n" if stream else b""


def _timings(script: Script) -> Json:
    counts = script.counts
    return {
        "cache_n": counts.cached,
        "prompt_n": counts.prompt - counts.cached,
        "prompt_ms": 10.0,
        "predicted_n": counts.completion,
        "predicted_ms": 20.0,
    }
