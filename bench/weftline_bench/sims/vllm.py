"""vLLM: unset fields left out, the finish reason beside the last words, integer error codes."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from weftline_bench.sims.chat import OPENAI_TROUBLES, ChatFlavour, Step
from weftline_bench.sims.exchange import DONE, Answer, Refused, Request, Trouble
from weftline_bench.sims.flavour import Desk, Options
from weftline_bench.sims.script import Json, Script


class VLLM(ChatFlavour):
    """A vLLM server."""

    name = "vllm"
    roles: ClassVar[frozenset[str]] = frozenset(
        {"developer", "system", "user", "assistant", "tool"}
    )
    reasoning_field = "reasoning"
    troubles: ClassVar[Mapping[Trouble, tuple[int, str, str | None]]] = {
        **OPENAI_TROUBLES,
        Trouble.BAD_REQUEST: (400, "BadRequestError", None),
        Trouble.NOT_FOUND: (404, "NotFoundError", None),
        Trouble.CONTEXT_LENGTH: (400, "BadRequestError", None),
        Trouble.RATE_LIMITED: (503, "Service Unavailable", None),
        Trouble.SERVER_ERROR: (500, "InternalServerError", None),
        Trouble.OVERLOADED: (503, "Service Unavailable", None),
    }

    def answer(self, request: Request, desk: Desk) -> Answer:
        """Answer chat and models, and tell without a key that it is well."""
        if request.method == "GET" and request.path == "/health":
            return Answer(200, {}, ())
        return super().answer(request, desk)

    def usage(self, script: Script) -> Json:
        """Return three counters: details need a flag of the server."""
        counts = script.counts
        return {
            "prompt_tokens": counts.prompt,
            "total_tokens": counts.total,
            "completion_tokens": counts.completion,
        }

    def steps(self, script: Script) -> Iterator[Step]:
        """Return the deltas; the last one has the finish reason beside its words."""
        *others, _ = super().steps(script)
        *first, (last, _) = others
        yield from first
        yield last, self.finish(script)

    def choice(self, script: Script, index: int, options: Options) -> Json:
        """Return one choice with what was matched."""
        return {**super().choice(script, index, options), "stop_reason": script.stop_sequence}

    def chunk(self, script: Script, options: Options, index: int, step: Step) -> Json:
        """Return one chunk without what is unset."""
        chunk = super().chunk(script, options, index, step)
        delta, finish = step
        choice: Json = {"index": index, "delta": delta, "finish_reason": finish}
        if finish:
            choice["stop_reason"] = script.stop_sequence
        return {**chunk, "choices": [choice]}

    def error(self, refused: Refused) -> tuple[int, Json]:
        """Return the error; its code is the status, and a wrong key has a shape of its own."""
        status, kind, _ = self.troubles[refused.trouble]
        status = refused.status or status
        if refused.trouble is Trouble.AUTH:
            return status, {"error": "Unauthorized", "detail": refused.message}
        error: Json = {"message": refused.message, "type": kind, "param": refused.param}
        return status, {"error": {**error, "code": status}}

    def error_frame(self, refused: Refused, task: str = "") -> bytes:
        """Return the error, and an ordinary end."""
        return super().error_frame(refused, task) + DONE
