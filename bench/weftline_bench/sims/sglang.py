"""SGLang: flat errors with the status as text, and what stopped the model."""

from typing import ClassVar

from weftline_bench.sims.chat import ChatFlavour, Step
from weftline_bench.sims.exchange import DONE, Answer, Refused, Request, Trouble, data
from weftline_bench.sims.flavour import Desk, Options
from weftline_bench.sims.script import Json, Script, Stop

# The id of the token with which a model ends by itself.
_END_TOKEN = 151_645


class SGLang(ChatFlavour):
    """An SGLang server."""

    name = "sglang"
    reasoning_field = "reasoning_content"
    roles: ClassVar[frozenset[str]] = frozenset(
        {"developer", "system", "user", "assistant", "tool"}
    )

    def answer(self, request: Request, desk: Desk) -> Answer:
        """Answer chat and models, and tell without a key that it is ready."""
        if request.method == "GET" and request.path in ("/health", "/ready"):
            return Answer(200, {}, ())
        return super().answer(request, desk)

    def usage(self, script: Script) -> Json:
        """Return the usage with reasoning beside the three counters."""
        counts = script.counts
        return {
            "prompt_tokens": counts.prompt,
            "total_tokens": counts.total,
            "completion_tokens": counts.completion,
            "prompt_tokens_details": None,
            "reasoning_tokens": counts.reasoning,
        }

    def choice(self, script: Script, index: int, options: Options) -> Json:
        """Return one choice with what was matched."""
        return {**super().choice(script, index, options), "matched_stop": script.stop_sequence}

    def chunk(self, script: Script, options: Options, index: int, step: Step) -> Json:
        """Return one chunk; the last one tells what was matched."""
        chunk = super().chunk(script, options, index, step)
        delta, finish = step
        choice: Json = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
        if finish:
            ended = _END_TOKEN if script.stop is Stop.END else None
            choice["matched_stop"] = script.stop_sequence or ended
        return {**chunk, "choices": [choice]}

    def error(self, refused: Refused) -> tuple[int, Json]:
        """Return a flat error; a wrong key has a shape of its own."""
        status = refused.status or self.troubles[refused.trouble][0]
        if refused.trouble is Trouble.RATE_LIMITED:
            status = self.troubles[Trouble.OVERLOADED][0]
        if refused.trouble is Trouble.AUTH:
            return status, {"error": "Unauthorized", "detail": refused.message}
        return status, {
            "object": "error",
            "message": refused.message,
            "type": str(status),
            "param": refused.param,
            "code": status,
        }

    def error_frame(self, refused: Refused, task: str = "") -> bytes:
        """Return the error inside of an object, and an ordinary end."""
        del task
        status, body = self.error(refused)
        return data({"error": {**body, "type": "SERVICE_UNAVAILABLE", "code": status}}) + DONE
