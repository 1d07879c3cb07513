"""Text Generation Inference: the role in every chunk, and errors of two words."""

from collections.abc import Mapping
from typing import ClassVar

from weftline_bench.sims.chat import OPENAI_TROUBLES, ChatFlavour
from weftline_bench.sims.exchange import Answer, Refused, Request, Trouble
from weftline_bench.sims.flavour import Desk
from weftline_bench.sims.script import Json, Script


class TGI(ChatFlavour):
    """A TGI server."""

    name = "tgi"
    role_alone = False
    calls_whole = True
    null_usage = True
    troubles: ClassVar[Mapping[Trouble, tuple[int, str, str | None]]] = {
        **OPENAI_TROUBLES,
        Trouble.BAD_REQUEST: (422, "validation", None),
        Trouble.CONTEXT_LENGTH: (422, "validation", None),
        Trouble.SERVER_ERROR: (424, "generation", None),
        Trouble.RATE_LIMITED: (429, "overloaded", None),
        Trouble.OVERLOADED: (429, "overloaded", None),
        Trouble.TIMEOUT: (500, "incomplete_generation", None),
    }

    def answer(self, request: Request, desk: Desk) -> Answer:
        """Answer chat and models, and tell without a key that it is well."""
        if request.method == "GET" and request.path == "/health":
            return Answer(200, {}, ())
        return super().answer(request, desk)

    def text_delta(self, piece: str) -> Json:
        """Return text with the role."""
        return {"role": "assistant", "content": piece}

    def last_delta(self, script: Script) -> Json:
        """Return an empty text with the role."""
        del script
        return self.text_delta("")

    def usage(self, script: Script) -> Json:
        """Return three counters."""
        counts = script.counts
        return {
            "prompt_tokens": counts.prompt,
            "completion_tokens": counts.completion,
            "total_tokens": counts.total,
        }

    def error(self, refused: Refused) -> tuple[int, Json]:
        """Return the error in words and its kind."""
        status, kind, _ = self.troubles[refused.trouble]
        return refused.status or status, {"error": refused.message, "error_type": kind}

    def keep_alive(self, *, stream: bool = True) -> bytes:
        """Return an empty comment."""
        return b":\n\n" if stream else b""
