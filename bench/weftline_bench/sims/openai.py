"""OpenAI: chat completions, responses with background and resume, embeddings, models."""

from collections.abc import Mapping
from typing import ClassVar, cast

from weftline_bench.sims.ask import prompt_tokens
from weftline_bench.sims.chat import RATE_HEADERS, ChatFlavour
from weftline_bench.sims.chat_request import ChatRequest, Message
from weftline_bench.sims.embeddings import embed
from weftline_bench.sims.exchange import (
    Answer,
    Refused,
    Request,
    Trouble,
    bad,
    data,
    json_object,
    streamed,
    whole,
)
from weftline_bench.sims.flavour import Desk, Options
from weftline_bench.sims.responses_answer import Echo, frames, response, response_id
from weftline_bench.sims.responses_request import ask_of, read_responses
from weftline_bench.sims.script import Json, Script, pieces

# Models that reason refuse what steers sampling, and the old name of the token limit.
_REASONING = ("gpt-5", "gpt-6", "o1", "o3", "o4")

# What fills a chunk to a length that tells nothing of the token.
_OBFUSCATION = "x" * 8


class OpenAI(ChatFlavour):
    """OpenAI itself."""

    name = "openai"
    tasks: ClassVar[tuple[str, ...]] = ("chat", "responses")
    unknown = "refuse"
    roles: ClassVar[frozenset[str]] = frozenset(
        {"developer", "system", "user", "assistant", "tool", "function"}
    )
    null_usage = True
    custom_tools = True
    rate_headers: ClassVar[Mapping[str, str]] = RATE_HEADERS
    headers: ClassVar[Mapping[str, str]] = {"openai-version": "2020-10-01"}

    def answer(self, request: Request, desk: Desk) -> Answer:
        """Answer any of the endpoints."""
        self.check_key(request, desk)
        path = request.path.removeprefix(self.base_path)
        if request.method == "POST" and path == "/embeddings":
            return embed(json_object(request.body))
        if path == "/responses" or path.startswith("/responses/"):
            return self._responses(request, path.removeprefix("/responses"), desk)
        if request.method == "GET" and path.startswith("/models/"):
            return whole(self.model_card(path.removeprefix("/models/")))
        return super().answer(request, desk)

    def check(self, asked: ChatRequest, body: Json) -> None:
        """Refuse what reasoning models refuse, and what needs another field."""
        del body
        if asked.max_tokens is not None and asked.max_completion_tokens is not None:
            raise bad(
                "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not "
                "supported.",
                "max_tokens",
            )
        if asked.model.startswith(_REASONING):
            _check_reasoning(asked)
        elif asked.reasoning_effort not in (None, "none"):
            raise bad(
                "Unrecognized request argument supplied: reasoning_effort", "reasoning_effort"
            )
        if asked.stream_options is not None and not asked.stream:
            raise bad(
                "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                "stream_options",
            )
        if asked.top_logprobs and not asked.logprobs:
            raise bad("'logprobs' must be true when 'top_logprobs' is used.", "top_logprobs")
        if asked.tool_choice not in (None, "none", "auto") and not asked.tools:
            raise bad("'tool_choice' is only allowed when 'tools' are specified.", "tool_choice")

    def check_message(self, message: Message, path: str) -> None:
        """Refuse the fields of imitators, and an assistant that says nothing."""
        for name in ("reasoning_content", "reasoning", "reasoning_details", "prefix"):
            if getattr(message, name) is not None:
                raise self.unknown_field(f"{path}.{name}")
        if message.content is None and not (message.tool_calls or message.refusal):
            raise bad("Invalid value for 'content': expected a string, got null.", path)

    def model_name(self, asked: str) -> str:
        """Return the dated snapshot that answers."""
        return asked if asked[-1:].isdigit() and "-20" in asked else f"{asked}-2026-09-01"

    def usage(self, script: Script) -> Json:
        """Return the usage with all details."""
        counts = script.counts
        usage = super().usage(script)
        usage["prompt_tokens_details"] = {
            "cached_tokens": counts.cached,
            "cache_write_tokens": counts.cache_write,
            "audio_tokens": counts.audio,
            "image_tokens": counts.image,
        }
        usage["completion_tokens_details"] = {
            "reasoning_tokens": counts.reasoning,
            "audio_tokens": counts.audio_out,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        }
        return usage

    def content(self, script: Script) -> object:
        """Return the text; a refusal has its own field."""
        return script.text or (None if script.calls or script.refusal else "")

    def finish(self, script: Script) -> str:
        """Return why it stopped; a refusal in words is an ordinary end."""
        return "stop" if script.refusal else super().finish(script)

    def message(self, script: Script) -> Json:
        """Return the message with its refusal."""
        refusal = script.refusal or None
        return {**super().message(script), "refusal": refusal, "annotations": []}

    def head(self, script: Script, model: str, kind: str) -> Json:
        """Return what every chunk repeats, with the tier that served."""
        return {**super().head(script, model, kind), "service_tier": script.tier or "default"}

    def first_delta(self, script: Script) -> Json:
        """Return the role; a call that starts at once has no text."""
        nothing = script.calls and not script.text
        return {"role": "assistant", "content": None if nothing else "", "refusal": None}

    def chunk(
        self, script: Script, options: Options, index: int, step: tuple[Json, str | None]
    ) -> Json:
        """Return one chunk, padded."""
        delta, finish = step
        if script.refusal and "content" in delta and "role" not in delta:
            delta = {"refusal": delta["content"]}
        chunk = super().chunk(script, options, index, (delta, finish))
        chunk["system_fingerprint"] = None
        chunk["obfuscation"] = _OBFUSCATION
        content = delta.get("content")
        if options.logprobs and isinstance(content, str) and content:
            choice = cast(list[Json], chunk["choices"])[0]
            choice["logprobs"] = {"content": _logprobs(content), "refusal": None}
        return chunk

    def choice(self, script: Script, index: int, options: Options) -> Json:
        """Return one choice, with log probabilities when asked."""
        choice = super().choice(script, index, options)
        if options.logprobs:
            choice["logprobs"] = {"content": _logprobs(script.text), "refusal": None}
        return choice

    def render(self, script: Script, options: Options) -> Answer:
        """Return a script as a chat completion or as a response."""
        if options.task != "responses":
            return super().render(script, options)
        echo = Echo(options.model)
        headers = {**self.headers, **self.answer_headers(script)}
        if options.stream:
            return streamed(frames(script, echo), headers, terminal=1)
        return whole(response(script, echo), headers=headers)

    def error_frame(self, refused: Refused, task: str = "") -> bytes:
        """Return the error as an event; responses nest it, and fail after it."""
        if task != "responses":
            return super().error_frame(refused)
        error = self.error(refused)[1]["error"]
        failed = response(Script(), Echo(), "failed")
        failed["error"] = {"code": "server_error", "message": refused.message}
        return data({"type": "error", "sequence_number": 2, "error": error}, "error") + data(
            {"type": "response.failed", "sequence_number": 3, "response": failed},
            "response.failed",
        )

    def task_of(self, request: Request) -> str:
        """Return which API a request is for."""
        return "responses" if "/responses" in request.path else ""

    # The Responses API.

    def _responses(self, request: Request, rest: str, desk: Desk) -> Answer:
        if request.method == "POST" and rest in ("", "/input_tokens"):
            asked, items = read_responses(json_object(request.body))
            ask = ask_of(asked, items)
            if rest:
                return whole(
                    {"object": "response.input_tokens", "input_tokens": prompt_tokens(ask)}
                )
            if asked.model.startswith(_REASONING) and asked.temperature not in (None, 1):
                raise _unsupported("temperature")
            if asked.background and asked.store is False:
                raise bad("Background mode requires 'store' to be true.", "store")
            script = desk.script_for(ask)
            echo = Echo(
                self.model_name(asked.model), bool(asked.background), asked.store is not False
            )
            return self._respond(script, echo, desk, stream=bool(asked.stream))
        return self._stored(request, rest, desk)

    def _respond(self, script: Script, echo: Echo, desk: Desk, *, stream: bool) -> Answer:
        if echo.store:
            desk.stored[response_id(script)] = _Stored(script, echo)
        headers = {**self.headers, **self.answer_headers(script)}
        if stream:
            return streamed(frames(script, echo), headers, terminal=1)
        status = "queued" if echo.background else None
        return whole(response(script, echo, status), headers=headers)

    def _stored(self, request: Request, rest: str, desk: Desk) -> Answer:
        name, _, verb = rest.removeprefix("/").partition("/")
        kept = desk.stored.get(name)
        if not isinstance(kept, _Stored):
            raise Refused(Trouble.NOT_FOUND, f"Response with id '{name}' not found.", param="id")
        if request.method == "POST" and verb == "cancel":
            if not kept.echo.background:
                raise bad("Cannot cancel a synchronous response.")
            kept.status = kept.status or "cancelled"
            return whole(response(kept.script, kept.echo, kept.status))
        if request.method == "DELETE":
            del desk.stored[name]
            return whole({"id": name, "object": "response", "deleted": True})
        if request.query.get("stream") != "true":
            return whole(response(kept.script, kept.echo, kept.status))
        if not kept.echo.background:
            raise bad("This response can't be streamed: it was not created in the background.")
        after = int(request.query.get("starting_after", "-1"))
        return streamed(frames(kept.script, kept.echo)[after + 1 :], self.headers, terminal=1)


class _Stored:
    """A response that is kept. status: set when it was cancelled."""

    def __init__(self, script: Script, echo: Echo) -> None:
        self.script = script
        self.echo = echo
        self.status: str | None = None


def _unsupported(name: str, instead: str = "") -> Refused:
    return bad(
        f"Unsupported parameter: '{name}' is not supported with this model.{instead}",
        name,
        "unsupported_parameter",
    )


def _check_reasoning(asked: ChatRequest) -> None:
    if asked.max_tokens is not None:
        raise _unsupported("max_tokens", " Use 'max_completion_tokens' instead.")
    for name, value, plain in (
        ("temperature", asked.temperature, 1),
        ("top_p", asked.top_p, 1),
        ("presence_penalty", asked.presence_penalty, 0),
        ("frequency_penalty", asked.frequency_penalty, 0),
    ):
        if value not in (None, plain):
            raise _unsupported(name)


def _logprobs(text: str) -> list[Json]:
    return [
        {"token": piece, "logprob": -0.5, "bytes": list(piece.encode()), "top_logprobs": []}
        for piece in pieces(text)
    ]
