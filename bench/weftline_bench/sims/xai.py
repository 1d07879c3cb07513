"""xAI: reasoning outside of the completion tokens, the exact cost, three shapes of errors."""

from typing import ClassVar

from weftline_bench.sims.chat import ChatFlavour, Step
from weftline_bench.sims.exchange import Refused, Request, Trouble
from weftline_bench.sims.flavour import Desk, Options, bearer
from weftline_bench.sims.script import Json, Script

# What a token costs here, in 1e-10 USD.
TICKS_PER_TOKEN = 10_000


class XAI(ChatFlavour):
    """xAI itself."""

    name = "xai"
    extra: ClassVar[frozenset[str]] = frozenset({"search_parameters", "deferred"})
    efforts: ClassVar[frozenset[str]] = frozenset({"none", "low", "medium", "high"})
    reasoning_field = "reasoning_content"
    calls_whole = True

    def check_key(self, request: Request, desk: Desk) -> None:
        """Refuse a wrong key with 400, and a missing one with 401."""
        given = bearer(request.headers)
        if given is None:
            raise Refused(Trouble.AUTH, "No API key was given.")
        if given != desk.key:
            raise Refused(
                Trouble.AUTH, "Incorrect API key provided.", code="invalid-argument", status=400
            )

    def usage(self, script: Script) -> Json:
        """Return the usage: completion tokens without reasoning, a total with it."""
        counts = script.counts
        return {
            **super().usage(script),
            "completion_tokens": counts.visible,
            "num_sources_used": 0,
            "cost_in_usd_ticks": counts.total * TICKS_PER_TOKEN,
        }

    def chunk(self, script: Script, options: Options, index: int, step: Step) -> Json:
        """Return one chunk, without what is null."""
        chunk = super().chunk(script, options, index, step)
        delta, finish = step
        choice: Json = {"index": index, "delta": delta}
        if finish:
            choice["finish_reason"] = finish
        return {**chunk, "choices": [choice], "system_fingerprint": "fp_sim"}

    def error(self, refused: Refused) -> tuple[int, Json]:
        """Return one of its three shapes: a bare text, a code with a text, or OpenAI's object."""
        status, body = super().error(refused)
        if refused.trouble is Trouble.AUTH:
            coded: Json = {"code": refused.code} if refused.code else {}
            return status, {**coded, "error": refused.message}
        if refused.trouble in (Trouble.BAD_REQUEST, Trouble.RATE_LIMITED, Trouble.NO_CREDIT):
            wrong = refused.trouble is Trouble.BAD_REQUEST
            code = "Client specified an invalid argument" if wrong else "resource-exhausted"
            return status, {"code": code, "error": refused.message}
        return status, body
