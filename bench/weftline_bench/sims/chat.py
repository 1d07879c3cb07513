"""OpenAI's chat completions with all that its imitators do otherwise, as hooks.

A flavour states its differences as class attributes or overrides one hook.
"""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import ClassVar, Literal, TypeAlias

from weftline_bench.sims.chat_request import (
    FIELDS,
    OPENAI_ONLY,
    ChatRequest,
    Message,
    ask_of,
    check_calls,
)
from weftline_bench.sims.exchange import (
    DONE,
    Answer,
    Refused,
    Request,
    Trouble,
    bad,
    data,
    json_object,
    not_found,
    read,
    streamed,
    whole,
)
from weftline_bench.sims.flavour import Desk, Flavour, Options, bearer, check_key
from weftline_bench.sims.script import CREATED_UNIX_S, Call, Json, Script, Stop, fragments, pieces

# A piece of a stream: the delta, and the finish reason on the last one.
Step: TypeAlias = tuple[Json, str | None]

# What happens to a top-level field the provider does not know.
Unknown: TypeAlias = Literal["refuse", "ignore"]

# Where the usage of a stream stands: its own chunk when asked, its own chunk always, or with the
# finish reason always.
UsageIn: TypeAlias = Literal["asked chunk", "own chunk", "finish chunk"]

OPENAI_TROUBLES: Mapping[Trouble, tuple[int, str, str | None]] = {
    Trouble.BAD_REQUEST: (400, "invalid_request_error", None),
    Trouble.AUTH: (401, "invalid_request_error", "invalid_api_key"),
    Trouble.FORBIDDEN: (403, "invalid_request_error", "unsupported_country_region_territory"),
    Trouble.NO_CREDIT: (429, "insufficient_quota", "credit_balance_exhausted"),
    Trouble.NOT_FOUND: (404, "invalid_request_error", "model_not_found"),
    Trouble.CONTEXT_LENGTH: (400, "invalid_request_error", "context_length_exceeded"),
    Trouble.CONTENT_FILTER: (400, "invalid_request_error", "content_policy_violation"),
    Trouble.RATE_LIMITED: (429, "requests", "rate_limit_exceeded"),
    Trouble.SERVER_ERROR: (500, "server_error", None),
    Trouble.OVERLOADED: (503, "service_unavailable_error", "server_is_overloaded"),
    Trouble.TIMEOUT: (504, "timeout", None),
}

RATE_HEADERS = {
    "retry-after": "2",
    "x-ratelimit-limit-requests": "500",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": "1s",
    "x-ratelimit-limit-tokens": "30000",
    "x-ratelimit-remaining-tokens": "0",
    "x-ratelimit-reset-tokens": "6m0s",
}

EFFORTS = frozenset({"none", "minimal", "low", "medium", "high", "xhigh", "max"})

_FINISH = {
    Stop.END: "stop",
    Stop.SEQUENCE: "stop",
    Stop.LENGTH: "length",
    Stop.CALLS: "tool_calls",
    Stop.FILTERED: "content_filter",
}


class ChatFlavour(Flavour):
    """A provider with OpenAI's chat completions.

    extra: top-level fields it has besides OpenAI's. lacking: OpenAI's fields it refuses as
    unknown. roles: who may speak. reasoning_field: the spelling of reasoning in messages and
    deltas, None where it isn't shown. efforts: how hard it can reason, empty for any. role_alone:
    the first chunk has the role and no text. calls_whole: a tool call comes in one chunk.
    null_usage: chunks before the usage say `usage: null`. custom_tools: tools may take any text,
    or be allowed in part. troubles: status, type and code of each
    trouble.
    """

    extra: ClassVar[frozenset[str]] = frozenset()
    lacking: ClassVar[frozenset[str]] = frozenset()
    unknown: ClassVar[Unknown] = "ignore"
    roles: ClassVar[frozenset[str]] = frozenset({"system", "user", "assistant", "tool"})
    reasoning_field: ClassVar[str | None] = None
    efforts: ClassVar[frozenset[str]] = EFFORTS
    role_alone: ClassVar[bool] = True
    calls_whole: ClassVar[bool] = False
    usage_in: ClassVar[UsageIn] = "asked chunk"
    null_usage: ClassVar[bool] = False
    custom_tools: ClassVar[bool] = False
    troubles: ClassVar[Mapping[Trouble, tuple[int, str, str | None]]] = OPENAI_TROUBLES
    rate_headers: ClassVar[Mapping[str, str]] = {}
    headers: ClassVar[Mapping[str, str]] = {}

    # What a request goes through.

    def answer(self, request: Request, desk: Desk) -> Answer:
        """Answer a chat completion or the list of models."""
        self.check_key(request, desk)
        path = request.path.removeprefix(self.base_path)
        if request.method == "GET" and path == "/models":
            return whole({"object": "list", "data": [self.model_card("sim-model")]})
        if request.method != "POST" or path != "/chat/completions":
            raise not_found(request)
        return self.chat(request, desk)

    def check_key(self, request: Request, desk: Desk) -> None:
        """Refuse a request without the right key."""
        check_key(
            bearer(request.headers),
            desk.key,
            "You didn't provide an API key.",
            "Incorrect API key provided.",
        )

    def chat(self, request: Request, desk: Desk) -> Answer:
        """Answer a chat completion."""
        body = json_object(request.body)
        asked = self.read(body)
        script = desk.script_for(ask_of(asked, reasoning=self.reasons(asked, body)))
        options = Options(
            task=self.task_of(request),
            model=self.model_name(asked.model),
            stream=bool(asked.stream),
            usage=asked.usage_wanted(),
            n=asked.n or 1,
            logprobs=bool(asked.logprobs),
        )
        return self.render(script, options)

    def read(self, body: Json) -> ChatRequest:
        """Return the request of a body; refuse what the provider refuses."""
        known = FIELDS - self.lacking
        if self.unknown == "refuse":
            for name in body:
                if name not in known and name not in self.extra:
                    raise self.unknown_field(name)
        asked = read({n: v for n, v in body.items() if n in known}, ChatRequest)
        if not asked.model and "model" not in self.lacking:
            raise bad("you must provide a model parameter", "model")
        for at, message in enumerate(asked.messages):
            if message.role not in self.roles:
                raise bad(
                    f"Invalid value: '{message.role}'. Supported values are: "
                    + ", ".join(f"'{r}'" for r in sorted(self.roles)),
                    f"messages[{at}].role",
                    "invalid_value",
                )
            self.check_message(message, f"messages[{at}]")
        check_calls(asked.messages)
        if self.efforts and asked.reasoning_effort not in (None, *self.efforts):
            raise bad("Invalid value for 'reasoning_effort'.", "reasoning_effort", "invalid_value")
        for tool in (asked.tool_choice, *(asked.tools or ())):
            if isinstance(tool, OPENAI_ONLY) and not self.custom_tools:
                raise bad("only tools of the type 'function' are supported", "tools")
        self.check(asked, body)
        return asked

    def unknown_field(self, name: str) -> Refused:
        """Return the refusal of a field the provider does not know."""
        return bad(f"Unknown parameter: '{name}'.", name, "unknown_parameter")

    def check(self, asked: ChatRequest, body: Json) -> None:
        """Refuse what only this provider refuses."""

    def check_message(self, message: Message, path: str) -> None:
        """Refuse a message that only this provider refuses."""

    def reasons(self, asked: ChatRequest, body: Json) -> bool:
        """Return whether the answer has reasoning."""
        del body
        return asked.reasoning_effort not in (None, "none")

    def model_name(self, asked: str) -> str:
        """Return the model as the answer names it."""
        return asked

    def model_card(self, name: str) -> Json:
        """Return one entry of the list of models."""
        return {"id": name, "object": "model", "created": CREATED_UNIX_S, "owned_by": self.name}

    # How a script is spelled.

    def answer_id(self, script: Script) -> str:
        """Return the answer's id."""
        return f"chatcmpl-{script.id}"

    def call_id(self, script: Script, at: int) -> str:
        """Return the id of the tool call at a place."""
        return f"call_{script.id}{at:02d}"

    def finish(self, script: Script) -> str:
        """Return why it stopped, in the provider's word."""
        return _FINISH[script.stop]

    def usage(self, script: Script) -> Json:
        """Return the usage, in the provider's arithmetic."""
        counts = script.counts
        return {
            "prompt_tokens": counts.prompt,
            "completion_tokens": counts.completion,
            "total_tokens": counts.total,
            "prompt_tokens_details": {"cached_tokens": counts.cached},
            "completion_tokens_details": {"reasoning_tokens": counts.reasoning},
        }

    def head(self, script: Script, model: str, kind: str) -> Json:
        """Return what every chunk of an answer repeats."""
        return {
            "id": self.answer_id(script),
            "object": kind,
            "created": CREATED_UNIX_S,
            "model": model,
        }

    def tool_call(self, script: Script, at: int, call: Call) -> Json:
        """Return a whole tool call."""
        return {
            "id": self.call_id(script, at),
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }

    def content(self, script: Script) -> object:
        """Return the content of a whole message."""
        return script.text or script.refusal or (None if script.calls else "")

    def message(self, script: Script) -> Json:
        """Return the message of a whole answer."""
        message: Json = {"role": "assistant", "content": self.content(script)}
        if self.reasoning_field and script.reasoning:
            message[self.reasoning_field] = script.reasoning
        if script.calls:
            message["tool_calls"] = [
                self.tool_call(script, at, call) for at, call in enumerate(script.calls)
            ]
        return message

    def choice(self, script: Script, index: int, options: Options) -> Json:
        """Return one choice of a whole answer."""
        del options
        return {
            "index": index,
            "message": self.message(script),
            "logprobs": None,
            "finish_reason": self.finish(script),
        }

    def whole_body(self, script: Script, options: Options) -> Json:
        """Return the body of a whole answer."""
        choices = [self.choice(script, index, options) for index in range(options.n)]
        head = self.head(script, options.model, "chat.completion")
        return {**head, "choices": choices, "usage": self.usage(script)}

    # How it streams.

    def first_delta(self, script: Script) -> Json:
        """Return the delta that tells the role."""
        del script
        return {"role": "assistant", "content": ""}

    def reasoning_delta(self, piece: str) -> Json:
        """Return the delta of some reasoning."""
        return {self.reasoning_field or "reasoning_content": piece}

    def text_delta(self, piece: str) -> Json:
        """Return the delta of some text."""
        return {"content": piece}

    def call_deltas(self, script: Script) -> Iterator[Json]:
        """Return the deltas of the tool calls."""
        if script.interleaved and not self.calls_whole:
            yield from self.interleaved(script)
            return
        for at, call in enumerate(script.calls):
            opened = self.tool_call(script, at, call)
            if self.calls_whole:
                yield {"tool_calls": [{"index": at, **opened}]}
                continue
            opened["function"] = {"name": call.name, "arguments": ""}
            yield {"tool_calls": [{"index": at, **opened}]}
            for part in fragments(call.arguments):
                yield {"tool_calls": [self.call_fragment(at, part)]}

    def interleaved(self, script: Script) -> Iterator[Json]:
        """Return the deltas of all calls in turns: all begin, then each goes on."""
        for at, call in enumerate(script.calls):
            opened = self.tool_call(script, at, call)
            opened["function"] = {"name": call.name, "arguments": ""}
            yield {"tool_calls": [{"index": at, **opened}]}
        turns = zip_longest(*(fragments(call.arguments) for call in script.calls))
        for turn in turns:
            for at, part in enumerate(turn):
                if part:
                    yield {"tool_calls": [self.call_fragment(at, part)]}

    def call_fragment(self, at: int, part: str) -> Json:
        """Return a further fragment of a tool call."""
        return {"index": at, "function": {"arguments": part}}

    def last_delta(self, script: Script) -> Json:
        """Return the delta beside the finish reason."""
        del script
        return {}

    def steps(self, script: Script) -> Iterator[Step]:
        """Return the deltas of one choice in their order."""
        if self.role_alone:
            yield self.first_delta(script), None
        if self.reasoning_field:
            for piece in pieces(script.reasoning):
                yield self.reasoning_delta(piece), None
        for piece in pieces(script.text or script.refusal):
            yield self.text_delta(piece), None
        for delta in self.call_deltas(script):
            yield delta, None
        yield self.last_delta(script), self.finish(script)

    def chunk(self, script: Script, options: Options, index: int, step: Step) -> Json:
        """Return one chunk."""
        delta, finish = step
        choice: Json = {
            "index": index,
            "delta": delta,
            "logprobs": None,
            "finish_reason": finish,
        }
        chunk = {**self.head(script, options.model, "chat.completion.chunk"), "choices": [choice]}
        if finish and self.usage_in == "finish chunk":
            chunk["usage"] = self.usage(script)
        elif self.null_usage and (options.usage or self.usage_in != "asked chunk"):
            chunk["usage"] = None
        return chunk

    def chunks(self, script: Script, options: Options) -> Iterator[Json]:
        """Return all chunks of a stream."""
        for step in self.steps(script):
            for index in range(options.n):
                yield self.chunk(script, options, index, step)
        if self.usage_in == "own chunk" or (self.usage_in == "asked chunk" and options.usage):
            head = self.head(script, options.model, "chat.completion.chunk")
            yield {**head, "choices": [], "usage": self.usage(script)}

    def frames(self, script: Script, options: Options) -> list[bytes]:
        """Return the events of a stream, the terminator too."""
        return [*(data(chunk) for chunk in self.chunks(script, options)), DONE]

    def render(self, script: Script, options: Options) -> Answer:
        """Return a script as one chat completion."""
        headers = {**self.headers, **self.answer_headers(script)}
        if options.stream:
            return streamed(self.frames(script, options), headers, terminal=1)
        return whole(self.whole_body(script, options), headers=headers)

    def answer_headers(self, script: Script) -> Mapping[str, str]:
        """Return the headers of one answer."""
        return {"x-request-id": f"req_{script.id}"}

    # How it refuses.

    def error(self, refused: Refused) -> tuple[int, Json]:
        """Return the status and the body of a refusal."""
        status, kind, code = self.troubles[refused.trouble]
        body: Json = {
            "message": refused.message,
            "type": kind,
            "param": refused.param,
            "code": refused.code or code,
        }
        return refused.status or status, {"error": body}

    def refusal(self, refused: Refused, request: Request | None = None) -> Answer:
        """Return a refusal in the provider's own shape."""
        del request
        status, body = self.error(refused)
        limited = refused.trouble is Trouble.RATE_LIMITED
        headers = {**self.headers, **(self.rate_headers if limited else {})}
        return whole(body, status, headers)

    def error_frame(self, refused: Refused, task: str = "") -> bytes:
        """Return an error as an event of a stream."""
        del task
        return data(self.error(refused)[1])
