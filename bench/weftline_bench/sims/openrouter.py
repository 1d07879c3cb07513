"""OpenRouter: comments while it waits, the cost in the usage, errors beside a finish reason."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from weftline_bench.sims.chat import OPENAI_TROUBLES, ChatFlavour
from weftline_bench.sims.exchange import Answer, Refused, Trouble, data
from weftline_bench.sims.flavour import Options
from weftline_bench.sims.script import CREATED_UNIX_S, Json, Script

# What a token costs here, in USD.
USD_PER_TOKEN = 0.000_001


class OpenRouter(ChatFlavour):
    """OpenRouter itself."""

    name = "openrouter"
    base_path = "/api/v1"
    extra: ClassVar[frozenset[str]] = frozenset(
        {"provider", "models", "reasoning", "usage", "transforms", "route", "plugins", "session_id"}
    )
    roles: ClassVar[frozenset[str]] = frozenset(
        {"developer", "system", "user", "assistant", "tool"}
    )
    reasoning_field = "reasoning"
    usage_in = "own chunk"
    troubles: ClassVar[Mapping[Trouble, tuple[int, str, str | None]]] = {
        **OPENAI_TROUBLES,
        Trouble.NO_CREDIT: (402, "", None),
        Trouble.CONTENT_FILTER: (403, "", None),
        Trouble.OVERLOADED: (502, "", None),
        Trouble.TIMEOUT: (408, "", None),
    }

    def answer_id(self, script: Script) -> str:
        """Return the id of a generation."""
        return f"gen-{script.id}"

    def head(self, script: Script, model: str, kind: str) -> Json:
        """Return what every chunk repeats, the chosen provider too."""
        head = super().head(script, model, kind)
        return {"id": head["id"], "provider": "Sim", **head}

    def usage(self, script: Script) -> Json:
        """Return the usage with its cost."""
        cost = script.counts.total * USD_PER_TOKEN
        return {**super().usage(script), "cost": cost, "is_byok": False}

    def first_delta(self, script: Script) -> Json:
        """Return the role."""
        del script
        return {"role": "assistant", "content": ""}

    def reasoning_delta(self, piece: str) -> Json:
        """Return reasoning in both of its spellings."""
        detail = {"type": "reasoning.text", "text": piece, "index": 0}
        return {"content": "", "reasoning": piece, "reasoning_details": [detail]}

    def text_delta(self, piece: str) -> Json:
        """Return text with the role."""
        return {"role": "assistant", "content": piece}

    def call_deltas(self, script: Script) -> Iterator[Json]:
        """Return the deltas of the calls with the role."""
        for delta in super().call_deltas(script):
            yield {"role": "assistant", "content": None, **delta}

    def render(self, script: Script, options: Options) -> Answer:
        """Return an answer that begins with a sign of life."""
        answer = super().render(script, options)
        alive = self.keep_alive(stream=options.stream)
        return Answer(
            answer.status,
            answer.headers,
            (alive, *answer.frames),
            stream=answer.stream,
            terminal=answer.terminal,
        )

    def keep_alive(self, *, stream: bool = True) -> bytes:
        """Return a comment, or blanks before a whole answer."""
        return b": OPENROUTER PROCESSING\n\n" if stream else b"\n         \n"

    def error(self, refused: Refused) -> tuple[int, Json]:
        """Return the error with its status as code."""
        status = refused.status or self.troubles[refused.trouble][0]
        metadata: Json = {"provider_name": "Sim"} if status >= 500 else {}  # noqa: PLR2004
        if refused.trouble is Trouble.CONTENT_FILTER:
            metadata = {"reasons": ["violence"], "flagged_input": "...", "provider_name": "Sim"}
        error: Json = {"message": refused.message, "code": status, "metadata": metadata}
        return status, {"error": error}

    def error_frame(self, refused: Refused, task: str = "") -> bytes:
        """Return the error at the top of a chunk whose choice ends with `error`."""
        del task
        choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
        head = {"id": "gen-0000", "object": "chat.completion.chunk", "created": CREATED_UNIX_S}
        body = {**head, "model": "", "provider": "Sim", "choices": [choice]}
        return data({**body, **self.error(refused)[1]})
