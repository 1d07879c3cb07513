"""MiniMax: status 200 for everything, and the truth in `base_resp`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from weftline_bench.sims.chat import ChatFlavour
from weftline_bench.sims.chat_request import ChatRequest
from weftline_bench.sims.exchange import Answer, Refused, Request, Trouble, data, json_object
from weftline_bench.sims.flavour import Options
from weftline_bench.sims.script import Json, Script

CODES: Mapping[Trouble, int] = {
    Trouble.BAD_REQUEST: 2013,
    Trouble.AUTH: 1004,
    Trouble.FORBIDDEN: 2038,
    Trouble.NO_CREDIT: 1008,
    Trouble.NOT_FOUND: 2013,
    Trouble.CONTEXT_LENGTH: 1039,
    Trouble.CONTENT_FILTER: 1026,
    Trouble.RATE_LIMITED: 1002,
    Trouble.SERVER_ERROR: 1000,
    Trouble.OVERLOADED: 1000,
    Trouble.TIMEOUT: 1001,
}


class MiniMax(ChatFlavour):
    """MiniMax's OpenAI-compatible endpoint. Its task `split` keeps reasoning out of the text."""

    name = "minimax"
    tasks: ClassVar[tuple[str, ...]] = ("chat", "split")
    extra: ClassVar[frozenset[str]] = frozenset({"reasoning_split", "thinking"})
    usage_in = "own chunk"

    def reasons(self, asked: ChatRequest, body: Json) -> bool:
        """Return whether thinking is on."""
        return body.get("thinking") == {"type": "adaptive"} or super().reasons(asked, body)

    def task_of(self, request: Request) -> str:
        """Return whether reasoning is to be split off."""
        if request.body is None:
            return ""
        return "split" if json_object(request.body).get("reasoning_split") is True else ""

    def render(self, script: Script, options: Options) -> Answer:
        """Return a script; reasoning is a part of the text unless it is split off."""
        if options.task == "split":
            return _Split().render(script, replace(options, task=""))
        if script.reasoning:
            text = f"<think>\n{script.reasoning}\n</think>\n\n{script.text}"
            script = replace(script, text=text, reasoning="")
        return super().render(script, options)

    def whole_body(self, script: Script, options: Options) -> Json:
        """Return a whole answer with its status inside."""
        return {**super().whole_body(script, options), "base_resp": _status(0, "")}

    def answer_headers(self, script: Script) -> Mapping[str, str]:
        """Return the headers of one answer."""
        return {"trace-id": f"trace-{script.id}"}

    def error(self, refused: Refused) -> tuple[int, Json]:
        """Return 200, and what it is instead."""
        return 200, {"base_resp": _status(CODES[refused.trouble], refused.message)}

    def error_frame(self, refused: Refused, task: str = "") -> bytes:
        """Return the same as an event."""
        del task
        return data(self.error(refused)[1])


class _Split(MiniMax):
    """The same with reasoning in a field of its own."""

    reasoning_field = "reasoning_content"

    def render(self, script: Script, options: Options) -> Answer:
        """Return a script as it is."""
        return ChatFlavour.render(self, script, options)


def _status(code: int, words: str) -> Json:
    return {"status_code": code, "status_msg": words}
