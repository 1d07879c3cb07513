"""Vertex AI: paths of a project, Gemini and Claude each in its maker's dialect, a token as key."""

import re
from typing import ClassVar

from weftline_bench.sims.anthropic import Anthropic
from weftline_bench.sims.bedrock import claude_body
from weftline_bench.sims.exchange import Answer, Refused, Request, bad, json_object, not_found
from weftline_bench.sims.flavour import Desk, Flavour, Options, bearer, check_key
from weftline_bench.sims.gemini import Gemini
from weftline_bench.sims.messages_request import ask_of
from weftline_bench.sims.messages_rules import read_messages
from weftline_bench.sims.script import Script

_PATH = re.compile(
    r"/v1/projects/[^/]+/locations/[^/]+/publishers/(google|anthropic)/models/([^/:]+):(\w+)"
)
_CLAUDE = {"rawPredict": False, "streamRawPredict": True}

# What a body of Claude's must say: the documented version, or that of the official SDK.
CLAUDE_VERSIONS = ("vertex-2023-10-16", "2026-10-21")


class Vertex(Flavour):
    """Vertex AI in one location."""

    name = "vertex"
    base_path = ""
    tasks: ClassVar[tuple[str, ...]] = ("generate", "messages")

    gemini: ClassVar[Gemini] = Gemini()
    claude: ClassVar[Anthropic] = Anthropic()

    def answer(self, request: Request, desk: Desk) -> Answer:
        """Answer a model of either maker."""
        words = "Request had invalid authentication credentials."
        check_key(bearer(request.headers), desk.key, words, words)
        asked_for = _PATH.fullmatch(request.path)
        if asked_for is None or request.method != "POST":
            raise not_found(request)
        maker, model, method = asked_for.groups()
        if maker == "anthropic":
            return self._claude(request, desk, model, method)
        headers = {"x-goog-api-key": desk.key}
        path = f"/v1/models/{model}:{method}"
        inner = Request(request.method, path, headers, request.query, request.body)
        return self.gemini.answer(inner, desk)

    def _claude(self, request: Request, desk: Desk, model: str, method: str) -> Answer:
        stream = _CLAUDE.get(method)
        if stream is None:
            raise not_found(request)
        asked = read_messages(claude_body(json_object(request.body), model, CLAUDE_VERSIONS))
        if asked.stream is not stream:
            raise bad(f"stream: Input should be {str(stream).lower()} with {method}")
        script = desk.script_for(ask_of(asked))
        return self.claude.render(script, Options(model, stream=stream))

    def task_of(self, request: Request) -> str:
        """Return whose dialect a request is in."""
        return "messages" if "/publishers/anthropic/" in request.path else "generate"

    def render(self, script: Script, options: Options) -> Answer:
        """Return a script as the model's maker would send it."""
        return self._maker(options.task).render(script, options)

    def refusal(self, refused: Refused, request: Request | None = None) -> Answer:
        """Return a refusal in the shape of the model's maker."""
        task = self.task_of(request) if request is not None else ""
        return self._maker(task).refusal(refused, request)

    def error_frame(self, refused: Refused, task: str = "") -> bytes:
        """Return an error as an event of a stream."""
        return self._maker(task).error_frame(refused)

    def _maker(self, task: str) -> Flavour:
        return self.claude if task == "messages" else self.gemini
