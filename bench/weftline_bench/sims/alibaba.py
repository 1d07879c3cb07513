"""Alibaba in compatible mode: fragments with an empty id, both contents in every delta."""

from collections.abc import Iterator
from typing import ClassVar

from weftline_bench.sims.chat import ChatFlavour
from weftline_bench.sims.chat_request import ChatRequest
from weftline_bench.sims.exchange import Refused
from weftline_bench.sims.script import Json, Script


class Alibaba(ChatFlavour):
    """Model Studio's OpenAI-compatible mode."""

    name = "alibaba"
    base_path = "/compatible-mode/v1"
    extra: ClassVar[frozenset[str]] = frozenset(
        {"enable_thinking", "thinking_budget", "enable_search", "search_options", "top_k"}
    )
    reasoning_field = "reasoning_content"
    null_usage = True

    def reasons(self, asked: ChatRequest, body: Json) -> bool:
        """Return whether thinking is on."""
        del asked
        return body.get("enable_thinking") is True

    def usage(self, script: Script) -> Json:
        """Return the usage; what went into a cache is told in another word than OpenAI's."""
        counts = script.counts
        details = {
            "cached_tokens": counts.cached,
            "cache_creation_input_tokens": counts.cache_write,
            "cache_type": "ephemeral",
        }
        return {**super().usage(script), "prompt_tokens_details": details}

    def head(self, script: Script, model: str, kind: str) -> Json:
        """Return what every chunk repeats, in another order."""
        head = super().head(script, model, kind)
        return {"model": model, **head, "system_fingerprint": None}

    def first_delta(self, script: Script) -> Json:
        """Return the role with both contents."""
        if script.reasoning:
            return {"content": None, "role": "assistant", "reasoning_content": ""}
        return {"content": "", "role": "assistant"}

    def reasoning_delta(self, piece: str) -> Json:
        """Return reasoning, and no content."""
        return {"content": None, "reasoning_content": piece}

    def text_delta(self, piece: str) -> Json:
        """Return content, and no reasoning."""
        return {"content": piece, "reasoning_content": None}

    def call_deltas(self, script: Script) -> Iterator[Json]:
        """Return the calls, each with an empty fragment at its end."""
        yield from super().call_deltas(script)
        for at in range(len(script.calls)):
            yield {"tool_calls": [self.call_fragment(at, "")]}

    def call_fragment(self, at: int, part: str) -> Json:
        """Return a fragment: its id is there, and empty."""
        return {"index": at, "id": "", "type": "function", "function": {"arguments": part}}

    def error(self, refused: Refused) -> tuple[int, Json]:
        """Return the error with the request's id beside it."""
        status, body = super().error(refused)
        return status, {**body, "request_id": "sim-0000"}
