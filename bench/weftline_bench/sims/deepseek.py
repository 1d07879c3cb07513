"""DeepSeek: reasoning beside the content, usage on the finish chunk, blank lines while it waits."""

from collections.abc import Mapping
from typing import ClassVar

from weftline_bench.sims.chat import ChatFlavour
from weftline_bench.sims.chat_request import ChatRequest, Message
from weftline_bench.sims.exchange import DONE, Answer, Refused, Request, Trouble, bad, data
from weftline_bench.sims.flavour import Desk, Options
from weftline_bench.sims.script import CREATED_UNIX_S, Json, Script


class DeepSeek(ChatFlavour):
    """DeepSeek itself; `/v1` before the path is optional."""

    name = "deepseek"
    base_path = ""
    extra: ClassVar[frozenset[str]] = frozenset({"thinking"})
    reasoning_field = "reasoning_content"
    usage_in = "finish chunk"
    null_usage = True
    troubles: ClassVar[Mapping[Trouble, tuple[int, str, str | None]]] = {
        Trouble.BAD_REQUEST: (400, "invalid_request_error", "invalid_request_error"),
        Trouble.AUTH: (401, "authentication_error", "invalid_request_error"),
        Trouble.FORBIDDEN: (403, "invalid_request_error", None),
        Trouble.NO_CREDIT: (402, "unknown_error", "invalid_request_error"),
        Trouble.NOT_FOUND: (404, "invalid_request_error", None),
        Trouble.CONTEXT_LENGTH: (400, "invalid_request_error", "invalid_request_error"),
        Trouble.CONTENT_FILTER: (400, "invalid_request_error", "content_filter"),
        Trouble.RATE_LIMITED: (429, "rate_limit_error", None),
        Trouble.SERVER_ERROR: (500, "server_error", None),
        Trouble.OVERLOADED: (503, "service_unavailable_error", None),
        Trouble.TIMEOUT: (504, "server_error", None),
    }

    def answer(self, request: Request, desk: Desk) -> Answer:
        """Answer with or without `/v1` in the path."""
        path = request.path.removeprefix("/v1")
        return super().answer(
            Request(request.method, path, request.headers, request.query, request.body), desk
        )

    def check_message(self, message: Message, path: str) -> None:
        """Refuse the reasoning of an earlier turn, which only stays beside tool calls."""
        if message.reasoning_content is not None and not message.tool_calls:
            raise bad(f"{path}: reasoning_content is only accepted beside tool_calls")

    def reasons(self, asked: ChatRequest, body: Json) -> bool:
        """Return whether thinking is on."""
        thinking = body.get("thinking")
        if isinstance(thinking, dict):
            return thinking != {"type": "disabled"}
        return super().reasons(asked, body)

    def usage(self, script: Script) -> Json:
        """Return the usage with what the cache gave and what it missed."""
        counts = script.counts
        missed = counts.prompt - counts.cached
        cache = {"prompt_cache_hit_tokens": counts.cached, "prompt_cache_miss_tokens": missed}
        return {**super().usage(script), **cache}

    def first_delta(self, script: Script) -> Json:
        """Return the role with both contents."""
        if script.reasoning:
            return {"role": "assistant", "content": None, "reasoning_content": ""}
        return {"role": "assistant", "content": ""}

    def reasoning_delta(self, piece: str) -> Json:
        """Return reasoning, and no content."""
        return {"content": None, "reasoning_content": piece}

    def text_delta(self, piece: str) -> Json:
        """Return content, and no reasoning."""
        return {"content": piece, "reasoning_content": None}

    def last_delta(self, script: Script) -> Json:
        """Return an empty content."""
        del script
        return {"content": "", "reasoning_content": None}

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
        """Return a comment, or a blank line before a whole answer."""
        return b": keep-alive\n\n" if stream else b"\n"

    def error_frame(self, refused: Refused, task: str = "") -> bytes:
        """Return how it starves: a finish reason, and an ordinary end."""
        if refused.trouble is not Trouble.OVERLOADED:
            return super().error_frame(refused, task)
        delta: Json = {}
        choice = {"index": 0, "delta": delta, "finish_reason": "insufficient_system_resource"}
        head = {"id": "0000", "object": "chat.completion.chunk", "created": CREATED_UNIX_S}
        return data({**head, "model": "deepseek", "choices": [choice]}) + DONE
