"""Cohere v2: named events, a tool plan, billed units that differ from tokens."""

from collections.abc import Iterator, Mapping

from weftline_bench.sims.cohere_request import ask_of, read_chat, read_embed
from weftline_bench.sims.embeddings import DIMENSIONS, vector
from weftline_bench.sims.exchange import (
    Answer,
    Refused,
    Request,
    Trouble,
    data,
    json_object,
    not_found,
    streamed,
    whole,
)
from weftline_bench.sims.flavour import Desk, Flavour, Options, bearer, check_key
from weftline_bench.sims.script import Json, Script, Stop, fragments, pieces

# What the provider puts before every prompt; it is counted and not billed.
PREAMBLE_TOKENS = 500

STATUSES: Mapping[Trouble, int] = {
    Trouble.BAD_REQUEST: 400,
    Trouble.AUTH: 401,
    Trouble.FORBIDDEN: 403,
    Trouble.NO_CREDIT: 429,
    Trouble.NOT_FOUND: 404,
    Trouble.CONTEXT_LENGTH: 422,
    Trouble.CONTENT_FILTER: 498,
    Trouble.RATE_LIMITED: 429,
    Trouble.SERVER_ERROR: 500,
    Trouble.OVERLOADED: 503,
    Trouble.TIMEOUT: 504,
}

_FINISH = {
    Stop.END: "COMPLETE",
    Stop.LENGTH: "MAX_TOKENS",
    Stop.SEQUENCE: "STOP_SEQUENCE",
    Stop.CALLS: "TOOL_CALL",
    Stop.FILTERED: "ERROR",
}


class Cohere(Flavour):
    """Cohere itself. Text beside tool calls is the plan for them."""

    name = "cohere"
    base_path = ""

    def answer(self, request: Request, desk: Desk) -> Answer:
        """Answer chat, embeddings and models."""
        check_key(bearer(request.headers), desk.key, "no api key supplied", "invalid api token")
        if (request.method, request.path) == ("GET", "/v1/models"):
            return whole({"models": [{"name": "command-a-03-2025", "endpoints": ["chat"]}]})
        if request.method != "POST":
            raise not_found(request)
        body = json_object(request.body)
        if request.path == "/v2/embed":
            return _embed(body)
        if request.path != "/v2/chat":
            raise not_found(request)
        asked = read_chat(body)
        script = desk.script_for(ask_of(asked))
        return self.render(script, Options(model=asked.model, stream=asked.stream))

    def render(self, script: Script, options: Options) -> Answer:
        """Return a script as one chat answer."""
        headers = {"x-debug-trace-id": f"trace-{script.id}", "num_tokens": "1"}
        if options.stream:
            events = [data(body, str(body["type"])) for body in _events(script)]
            return streamed(events, headers, terminal=1)
        body = {
            "id": f"co-{script.id}",
            "message": _message(script),
            "finish_reason": _finish(script),
            "usage": _usage(script),
        }
        return whole(body, headers=headers)

    def refusal(self, refused: Refused, request: Request | None = None) -> Answer:
        """Return a refusal in Cohere's shape."""
        del request
        status = refused.status or STATUSES[refused.trouble]
        return whole({"id": "co-error", "message": refused.message}, status)

    def error_frame(self, refused: Refused, task: str = "") -> bytes:
        """Return how a stream fails: it ends, with a finish reason that says so."""
        del task
        finish = "TIMEOUT" if refused.trouble is Trouble.TIMEOUT else "ERROR"
        delta = {"finish_reason": finish, "error": refused.message}
        return data({"type": "message-end", "delta": delta}, "message-end")


def _finish(script: Script) -> str:
    return "COMPLETE" if script.refusal else _FINISH[script.stop]


def _usage(script: Script) -> Json:
    counts = script.counts
    return {
        "billed_units": {"input_tokens": counts.prompt, "output_tokens": counts.completion},
        "tokens": {
            "input_tokens": counts.prompt + PREAMBLE_TOKENS,
            "output_tokens": counts.completion + 2,
        },
        "cached_tokens": counts.cached,
    }


def _call(script: Script, at: int, arguments: str) -> Json:
    call = script.calls[at]
    function = {"name": call.name, "arguments": arguments}
    return {"id": f"{call.name}_{script.id}{at:02d}", "type": "function", "function": function}


def _message(script: Script) -> Json:
    message: Json = {"role": "assistant"}
    content: list[Json] = []
    if script.reasoning:
        content.append({"type": "thinking", "thinking": script.reasoning})
    text = script.text or script.refusal
    if script.calls:
        message["tool_calls"] = [
            _call(script, at, call.arguments) for at, call in enumerate(script.calls)
        ]
        if text:
            message["tool_plan"] = text
    else:
        content.append({"type": "text", "text": text})
    if content:
        message["content"] = content
    return message


def _delta(kind: str, index: int, message: Json) -> Json:
    return {"type": kind, "index": index, "delta": {"message": message}}


def _events(script: Script) -> Iterator[Json]:
    empty: Json = {
        "role": "assistant",
        "content": [],
        "tool_plan": "",
        "tool_calls": [],
        "citations": [],
    }
    yield {"type": "message-start", "id": f"co-{script.id}", "delta": {"message": empty}}
    text = script.text or script.refusal
    at = 0
    if script.reasoning:
        yield from _content_events("thinking", script.reasoning, at)
        at += 1
    if script.calls:
        for piece in pieces(text):
            yield {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": piece}}}
        yield from _call_events(script)
    else:
        yield from _content_events("text", text, at)
    delta = {"finish_reason": _finish(script), "usage": _usage(script)}
    yield {"type": "message-end", "delta": delta}


def _content_events(kind: str, text: str, at: int) -> Iterator[Json]:
    yield _delta("content-start", at, {"content": {"type": kind, kind: ""}})
    for piece in pieces(text):
        yield _delta("content-delta", at, {"content": {kind: piece}})
    yield {"type": "content-end", "index": at}


def _call_events(script: Script) -> Iterator[Json]:
    for at, call in enumerate(script.calls):
        yield _delta("tool-call-start", at, {"tool_calls": _call(script, at, "")})
        for part in fragments(call.arguments):
            function = {"function": {"arguments": part}}
            yield _delta("tool-call-delta", at, {"tool_calls": function})
        yield {"type": "tool-call-end", "index": at}


def _embed(body: Json) -> Answer:
    texts = read_embed(body)
    tokens = sum(len(pieces(text)) for text in texts)
    dimension = body.get("output_dimension")
    size = dimension if isinstance(dimension, int) else DIMENSIONS
    return whole(
        {
            "id": "co-embed",
            "embeddings": {"float": [vector(text, size) for text in texts]},
            "texts": texts,
            "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": tokens}},
        }
    )
