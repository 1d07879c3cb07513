"""Mistral: content as a list of typed chunks, usage on the finish chunk, 422 for unknown fields."""

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

from weftline_bench.sims.chat import ChatFlavour
from weftline_bench.sims.chat_request import ChatRequest, Message
from weftline_bench.sims.embeddings import embed
from weftline_bench.sims.exchange import Answer, Refused, Request, Trouble, bad, json_object
from weftline_bench.sims.flavour import Desk
from weftline_bench.sims.script import Call, Json, Script

_UNPROCESSABLE = 422
_ID = re.compile(r"[a-zA-Z0-9]{9}")
_EMBEDDING_FIELDS = frozenset(
    {"model", "input", "metadata", "output_dimension", "output_dtype", "encoding_format"}
)


class Mistral(ChatFlavour):
    """Mistral itself."""

    name = "mistral"
    base_path = ""
    unknown = "refuse"
    extra: ClassVar[frozenset[str]] = frozenset(
        {"random_seed", "safe_prompt", "prompt_mode", "guardrails"}
    )
    lacking: ClassVar[frozenset[str]] = frozenset(
        {
            "seed",
            "stream_options",
            "logprobs",
            "top_logprobs",
            "logit_bias",
            "max_completion_tokens",
            "user",
            "safety_identifier",
            "service_tier",
            "verbosity",
            "store",
            "modalities",
            "audio",
            "web_search_options",
            "moderation",
            "prompt_cache_retention",
            "prompt_cache_options",
        }
    )
    efforts: ClassVar[frozenset[str]] = frozenset({"high", "none"})
    reasoning_field = "content"
    calls_whole = True
    usage_in = "finish chunk"
    troubles: ClassVar[Mapping[Trouble, tuple[int, str, str | None]]] = {
        Trouble.BAD_REQUEST: (400, "invalid_request_error", "3000"),
        Trouble.AUTH: (401, "authentication_error", "1800"),
        Trouble.FORBIDDEN: (403, "authentication_error", "1801"),
        Trouble.NO_CREDIT: (402, "invalid_request_error", "1900"),
        Trouble.NOT_FOUND: (404, "invalid_request_error", "1500"),
        Trouble.CONTEXT_LENGTH: (400, "invalid_request_error", "3051"),
        Trouble.CONTENT_FILTER: (403, "invalid_request_error", "3400"),
        Trouble.RATE_LIMITED: (429, "rate_limit_error", "1300"),
        Trouble.SERVER_ERROR: (500, "server_error", "1000"),
        Trouble.OVERLOADED: (503, "server_error", "1100"),
        Trouble.TIMEOUT: (504, "server_error", "1200"),
    }
    rate_headers: ClassVar[Mapping[str, str]] = {"retry-after": "2", "x-ratelimit-remaining": "0"}

    def answer(self, request: Request, desk: Desk) -> Answer:
        """Answer chat, embeddings and models; the SDK's base URL ends before `/v1`."""
        self.check_key(request, desk)
        inner = Request(
            request.method,
            request.path.removeprefix("/v1"),
            request.headers,
            request.query,
            request.body,
        )
        if (inner.method, inner.path) == ("POST", "/embeddings"):
            return self.embeddings(json_object(request.body))
        return super().answer(inner, desk)

    def embeddings(self, body: Json) -> Answer:
        """Answer a request for embeddings, whose dimensions have another name than OpenAI's."""
        for name in body:
            if name not in _EMBEDDING_FIELDS:
                raise self.unknown_field(name)
        known: Json = {n: body[n] for n in ("model", "input", "encoding_format") if n in body}
        if "output_dimension" in body:
            known["dimensions"] = body["output_dimension"]
        return embed(known, {"id": "0" * 32})

    def check(self, asked: ChatRequest, body: Json) -> None:
        """Refuse a conversation that ends with an answer."""
        del body
        last = asked.messages[-1]
        if last.role == "system" or (last.role == "assistant" and not last.prefix):
            raise bad(
                "Expected last role User or Tool (or Assistant with prefix True) for serving but "
                f"got {last.role}"
            )

    def check_message(self, message: Message, path: str) -> None:
        """Refuse ids of tool calls that are not its own kind, and other providers' fields."""
        ids = [call.id for call in message.tool_calls or ()]
        if message.tool_call_id is not None:
            ids.append(message.tool_call_id)
        for wrong in ids:
            if not _ID.fullmatch(wrong):
                raise bad(
                    f"Tool call id was {wrong} but must be a-z, A-Z, 0-9, with a length of 9."
                )
        for name in ("refusal", "reasoning_content", "reasoning", "annotations", "audio"):
            if getattr(message, name) is not None:
                raise self.unknown_field(f"{path}.{name}")

    def unknown_field(self, name: str) -> Refused:
        """Return the 422 that a validator writes."""
        return Refused(
            Trouble.BAD_REQUEST, "Extra inputs are not permitted", param=name, status=_UNPROCESSABLE
        )

    def reasons(self, asked: ChatRequest, body: Json) -> bool:
        """Return whether reasoning was asked for."""
        return body.get("prompt_mode") == "reasoning" or asked.reasoning_effort == "high"

    def answer_id(self, script: Script) -> str:
        """Return 32 hex digits."""
        return script.id.zfill(32)

    def call_id(self, script: Script, at: int) -> str:
        """Return nine letters and digits."""
        return f"{script.id}t{at:04d}"

    def usage(self, script: Script) -> Json:
        """Return the usage; reasoning is inside and not told."""
        usage = super().usage(script)
        del usage["completion_tokens_details"]
        return usage

    def content(self, script: Script) -> object:
        """Return a text, or the list of thinking and text."""
        if not script.reasoning:
            return script.text or script.refusal
        text = [{"type": "text", "text": script.text}] if script.text else []
        return [{**_thinking(script.reasoning), "closed": True}, *text]

    def message(self, script: Script) -> Json:
        """Return the message; reasoning lies in its content."""
        message: Json = {"role": "assistant", "content": self.content(script)}
        calls = [self.tool_call(script, at, call) for at, call in enumerate(script.calls)]
        return {**message, "tool_calls": calls or None}

    def tool_call(self, script: Script, at: int, call: Call) -> Json:
        """Return a whole call; it has no type."""
        called = {"name": call.name, "arguments": call.arguments}
        return {"id": self.call_id(script, at), "function": called}

    def reasoning_delta(self, piece: str) -> Json:
        """Return thinking as a typed chunk."""
        return {"content": [_thinking(piece)]}

    def text_delta(self, piece: str) -> Json:
        """Return text: the first piece as a typed chunk, those after a space as strings."""
        if piece[:1].isspace():
            return {"content": piece}
        return {"content": [{"type": "text", "text": piece}]}

    def call_deltas(self, script: Script) -> Iterator[Json]:
        """Return all calls in one delta, without an index."""
        calls = [self.tool_call(script, at, call) for at, call in enumerate(script.calls)]
        if calls:
            yield {"content": "", "tool_calls": calls}

    def answer_headers(self, script: Script) -> Mapping[str, str]:
        """Return the headers of one answer."""
        return {"mistral-correlation-id": f"mist-{script.id}"}

    def error(self, refused: Refused) -> tuple[int, Json]:
        """Return a flat error, or the details of a validator."""
        status, kind, code = self.troubles[refused.trouble]
        if refused.status == _UNPROCESSABLE:
            where = ["body", *(refused.param or "").split(".")]
            detail = {"type": "extra_forbidden", "loc": where, "msg": refused.message}
            return _UNPROCESSABLE, {"detail": [detail]}
        body: Json = {
            "object": "error",
            "message": refused.message,
            "type": kind,
            "param": refused.param,
            "code": code,
        }
        return refused.status or status, body


def _thinking(text: str) -> Json:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}
