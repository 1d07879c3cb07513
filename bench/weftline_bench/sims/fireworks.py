"""Fireworks: usage on the finish chunk, and what the engine measured."""

from collections.abc import Mapping
from typing import ClassVar

from weftline_bench.sims.chat import OPENAI_TROUBLES, RATE_HEADERS, ChatFlavour
from weftline_bench.sims.chat_request import ChatRequest
from weftline_bench.sims.exchange import Answer, Refused, Trouble
from weftline_bench.sims.flavour import Options
from weftline_bench.sims.script import Json, Script


class Fireworks(ChatFlavour):
    """Fireworks itself."""

    name = "fireworks"
    base_path = "/inference/v1"
    extra: ClassVar[frozenset[str]] = frozenset(
        {"thinking", "top_k", "min_p", "perf_metrics_in_response", "reasoning_history"}
    )
    # A word, a number of tokens or yes and no.
    efforts: ClassVar[frozenset[str]] = frozenset()
    reasoning_field = "reasoning_content"
    usage_in = "finish chunk"
    rate_headers: ClassVar[Mapping[str, str]] = RATE_HEADERS
    troubles: ClassVar[Mapping[Trouble, tuple[int, str, str | None]]] = {
        **OPENAI_TROUBLES,
        Trouble.NO_CREDIT: (412, "invalid_request_error", "PRECONDITION_FAILED"),
        Trouble.NOT_FOUND: (404, "invalid_request_error", "NOT_FOUND"),
        Trouble.OVERLOADED: (503, "internal_server_error", "UNAVAILABLE"),
    }

    def reasons(self, asked: ChatRequest, body: Json) -> bool:
        """Return whether reasoning was asked for, in any way."""
        thinking = body.get("thinking")
        enabled = isinstance(thinking, dict) and thinking != {"type": "disabled"}
        return enabled or asked.reasoning_effort not in (None, "none", False, 0)

    def render(self, script: Script, options: Options) -> Answer:
        """Return an answer; a whole one tells its measures in headers."""
        answer = super().render(script, options)
        if options.stream:
            return answer
        measures = {
            "fireworks-prompt-tokens": str(script.counts.prompt),
            "fireworks-cached-prompt-tokens": str(script.counts.cached),
            "fireworks-server-time-to-first-token": "0.01",
        }
        return Answer(answer.status, {**answer.headers, **measures}, answer.frames)

    def error(self, refused: Refused) -> tuple[int, Json]:
        """Return the error with its kind of object."""
        status, kind, code = self.troubles[refused.trouble]
        error = {"object": "error", "type": kind, "code": code, "message": refused.message}
        return refused.status or status, {"error": error}
