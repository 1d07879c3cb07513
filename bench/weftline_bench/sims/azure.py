"""Azure OpenAI: the deployment in the path, `api-version`, and a content filter that speaks."""

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar, cast

from weftline_bench.sims.exchange import Answer, Refused, Request, Trouble
from weftline_bench.sims.flavour import Desk, Options, bearer, check_key
from weftline_bench.sims.openai import OpenAI
from weftline_bench.sims.script import Json, Script

_CLASSIC = re.compile(r"/openai/deployments/([^/]+)(/.*)")

_SAFE: Json = {
    "hate": {"filtered": False, "severity": "safe"},
    "self_harm": {"filtered": False, "severity": "safe"},
    "sexual": {"filtered": False, "severity": "safe"},
    "violence": {"filtered": False, "severity": "safe"},
}


class Azure(OpenAI):
    """Azure OpenAI in both of its layouts: classic deployments, and `/openai/v1`."""

    name = "azure"
    base_path = ""
    rate_headers: ClassVar[Mapping[str, str]] = {
        "retry-after": "2",
        "retry-after-ms": "1500",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-remaining-tokens": "0",
    }

    def answer(self, request: Request, desk: Desk) -> Answer:
        """Answer in either layout."""
        self.check_key(request, desk)
        classic = _CLASSIC.fullmatch(request.path)
        path = classic[2] if classic else request.path.removeprefix("/openai/v1")
        if path == request.path or (classic and "api-version" not in request.query):
            raise Refused(Trouble.NOT_FOUND, "Resource not found", code="404")
        body = request.body
        if classic and isinstance(body, dict):
            body = {**cast(Json, body), "model": classic[1]}
        headers = {**request.headers, "authorization": f"Bearer {desk.key}"}
        return super().answer(Request(request.method, path, headers, request.query, body), desk)

    def check_key(self, request: Request, desk: Desk) -> None:
        """Refuse a request without the right key, in its header or as a token."""
        given = request.headers.get("api-key") or bearer(request.headers)
        words = "Access denied due to invalid subscription key or wrong API endpoint."
        check_key(given, desk.key, words, words)

    def choice(self, script: Script, index: int, options: Options) -> Json:
        """Return one choice with what the filter found."""
        return {**super().choice(script, index, options), "content_filter_results": _SAFE}

    def whole_body(self, script: Script, options: Options) -> Json:
        """Return a whole answer with what the filter found in the prompt."""
        return {**super().whole_body(script, options), "prompt_filter_results": _prompt()}

    def chunk(
        self, script: Script, options: Options, index: int, step: tuple[Json, str | None]
    ) -> Json:
        """Return one chunk with what the filter found."""
        chunk = super().chunk(script, options, index, step)
        for choice in cast(list[Json], chunk["choices"]):
            choice["content_filter_results"] = _SAFE if "content" in step[0] else {}
        return chunk

    def chunks(self, script: Script, options: Options) -> Iterator[Json]:
        """Return the chunks after one about the prompt, which has nothing else."""
        empty: Json = {"choices": [], "created": 0, "id": "", "model": "", "object": ""}
        yield {**empty, "prompt_filter_results": _prompt()}
        yield from super().chunks(script, options)

    def answer_headers(self, script: Script) -> Mapping[str, str]:
        """Return the headers of one answer."""
        return {"apim-request-id": f"apim-{script.id}", "x-ms-region": "Sweden Central"}

    def error(self, refused: Refused) -> tuple[int, Json]:
        """Return the error; a filtered prompt tells what was found, the gateway tells less."""
        status, body = super().error(refused)
        error = cast(Json, body["error"])
        if refused.trouble is Trouble.CONTENT_FILTER:
            found = {**_SAFE, "violence": {"filtered": True, "severity": "high"}}
            error |= {"code": "content_filter", "param": "prompt", "type": None, "status": 400}
            error["innererror"] = {
                "code": "ResponsibleAIPolicyViolation",
                "content_filter_result": found,
            }
        elif refused.trouble in (Trouble.AUTH, Trouble.NOT_FOUND, Trouble.RATE_LIMITED):
            told: Json = {"code": refused.code or str(status), "message": refused.message}
            return status, {"error": told}
        return status, body


def _prompt() -> list[Json]:
    return [{"prompt_index": 0, "content_filter_results": _SAFE}]
