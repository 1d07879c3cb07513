"""Together: three counters on the finish chunk, `eos`, and warnings."""

from collections.abc import Mapping
from typing import ClassVar

from weftline_bench.sims.chat import OPENAI_TROUBLES, RATE_HEADERS, ChatFlavour
from weftline_bench.sims.chat_request import ChatRequest
from weftline_bench.sims.exchange import Trouble, bad
from weftline_bench.sims.script import Json, Script, Stop


class Together(ChatFlavour):
    """Together itself."""

    name = "together"
    extra: ClassVar[frozenset[str]] = frozenset(
        {"top_k", "min_p", "repetition_penalty", "reasoning", "echo", "chat_template_kwargs"}
    )
    reasoning_field = "reasoning"
    usage_in = "finish chunk"
    rate_headers: ClassVar[Mapping[str, str]] = RATE_HEADERS
    troubles: ClassVar[Mapping[Trouble, tuple[int, str, str | None]]] = {
        **OPENAI_TROUBLES,
        Trouble.NO_CREDIT: (402, "credit_limit", None),
        Trouble.CONTEXT_LENGTH: (403, "invalid_request_error", "context_length_exceeded"),
        Trouble.OVERLOADED: (503, "service_unavailable", None),
    }

    def check(self, asked: ChatRequest, body: Json) -> None:
        """Refuse a stop that is no list, and a yes where the number of log probabilities stands."""
        if isinstance(asked.stop, str):
            raise bad("Invalid value for 'stop': expected an array", "stop")
        if isinstance(body.get("logprobs"), bool):
            raise bad("Invalid value for 'logprobs': expected an integer", "logprobs")

    def reasons(self, asked: ChatRequest, body: Json) -> bool:
        """Return whether reasoning was asked for, in either way."""
        return body.get("reasoning") == {"enabled": True} or super().reasons(asked, body)

    def finish(self, script: Script) -> str:
        """Return why it stopped; a model's own end is `eos`."""
        return "eos" if script.stop is Stop.END else super().finish(script)

    def usage(self, script: Script) -> Json:
        """Return three counters."""
        counts = script.counts
        return {
            "prompt_tokens": counts.prompt,
            "completion_tokens": counts.completion,
            "total_tokens": counts.total,
        }
