"""Groq: its own usage object with times, rate limits on every answer, named error events."""

from collections.abc import Mapping
from typing import ClassVar, cast

from weftline_bench.sims.chat import OPENAI_TROUBLES, RATE_HEADERS, ChatFlavour, Step
from weftline_bench.sims.chat_request import ChatRequest
from weftline_bench.sims.exchange import Refused, Trouble, bad, data
from weftline_bench.sims.flavour import Options
from weftline_bench.sims.script import Json, Script

LIMITS = {
    "x-ratelimit-limit-requests": "14400",
    "x-ratelimit-limit-tokens": "18000",
    "x-ratelimit-remaining-requests": "14370",
    "x-ratelimit-remaining-tokens": "17997",
    "x-ratelimit-reset-requests": "2m59.56s",
    "x-ratelimit-reset-tokens": "7.66s",
}


class Groq(ChatFlavour):
    """Groq itself."""

    name = "groq"
    base_path = "/openai/v1"
    unknown = "refuse"
    extra: ClassVar[frozenset[str]] = frozenset(
        {
            "reasoning_format",
            "include_reasoning",
            "search_settings",
            "compound_custom",
            "disable_tool_validation",
            "documents",
            "citation_options",
        }
    )
    lacking: ClassVar[frozenset[str]] = frozenset(
        {"logprobs", "top_logprobs", "logit_bias", "verbosity", "moderation"}
    )
    efforts: ClassVar[frozenset[str]] = frozenset({"none", "default", "low", "medium", "high"})
    reasoning_field = "reasoning"
    calls_whole = True
    usage_in = "finish chunk"
    headers: ClassVar[Mapping[str, str]] = LIMITS
    rate_headers: ClassVar[Mapping[str, str]] = {**RATE_HEADERS, "retry-after": "3"}
    troubles: ClassVar[Mapping[Trouble, tuple[int, str, str | None]]] = {
        **OPENAI_TROUBLES,
        Trouble.NO_CREDIT: (402, "invalid_request_error", "insufficient_quota"),
        Trouble.RATE_LIMITED: (429, "tokens", "rate_limit_exceeded"),
        Trouble.OVERLOADED: (498, "capacity_exceeded", "capacity_exceeded"),
        Trouble.SERVER_ERROR: (500, "internal_server_error", None),
    }

    def unknown_field(self, name: str) -> Refused:
        """Return the refusal of a property."""
        return bad(f"property '{name}' is unsupported", name)

    def check(self, asked: ChatRequest, body: Json) -> None:
        """Refuse more than one choice, and two ways to steer reasoning."""
        if asked.n not in (None, 1):
            raise bad("'n' : number must be at most 1", "n")
        if "reasoning_format" in body and "include_reasoning" in body:
            raise bad("cannot specify both reasoning_format and include_reasoning")

    def reasons(self, asked: ChatRequest, body: Json) -> bool:
        """Return whether reasoning is to be shown."""
        hidden = body.get("reasoning_format") == "hidden" or body.get("include_reasoning") is False
        return super().reasons(asked, body) and not hidden

    def usage(self, script: Script) -> Json:
        """Return the usage with how long each part took."""
        times = {
            "queue_time": 0.01,
            "prompt_time": 0.02,
            "completion_time": 0.03,
            "total_time": 0.05,
        }
        return {**super().usage(script), **times}

    def reasoning_delta(self, piece: str) -> Json:
        """Return reasoning on its channel."""
        return {"reasoning": piece, "channel": "analysis"}

    def chunk(self, script: Script, options: Options, index: int, step: Step) -> Json:
        """Return one chunk; the first and the last carry Groq's own object."""
        chunk = super().chunk(script, options, index, step)
        delta, finish = step
        if "role" in delta:
            chunk["x_groq"] = {"id": f"req_{script.id}", "seed": 1}
        if finish:
            chunk["x_groq"] = {"id": f"req_{script.id}", "usage": self.usage(script)}
        return chunk

    def whole_body(self, script: Script, options: Options) -> Json:
        """Return a whole answer with Groq's own object."""
        return {**super().whole_body(script, options), "x_groq": {"id": f"req_{script.id}"}}

    def error_frame(self, refused: Refused, task: str = "") -> bytes:
        """Return a named event."""
        del task
        status, body = self.error(refused)
        error = {**cast(Json, body["error"]), "status_code": status}
        return data({"error": error}, "error")
