"""Bedrock's Converse: binary events with CRCs, usage after the stop, SigV4 or a bearer token; and
`InvokeModel` for Claude, whose own answers and events it wraps.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import orjson

from weftline_bench.sims.ask import prompt_tokens
from weftline_bench.sims.converse_request import ask_of, read_converse
from weftline_bench.sims.eventstream import event, exception
from weftline_bench.sims.exchange import (
    Answer,
    Refused,
    Request,
    Trouble,
    bad,
    json_object,
    not_found,
    whole,
)
from weftline_bench.sims.flavour import Desk, Flavour, Options, bearer
from weftline_bench.sims.messages_answer import events as claude_events
from weftline_bench.sims.messages_answer import message as claude_message
from weftline_bench.sims.messages_request import ask_of as claude_ask_of
from weftline_bench.sims.messages_rules import read_messages
from weftline_bench.sims.script import Json, Script, Stop, fragments, pieces

_PATH = re.compile(r"/model/(.+)/(converse|converse-stream|count-tokens)")
_INVOKE = re.compile(r"/model/(.*anthropic\.[^/]+)/(invoke|invoke-with-response-stream)")

# What a body of Claude's must say, in place of the header that Anthropic itself wants: the first is
# the documented one, the second what the official SDK sends since its version 2.13.
CLAUDE_VERSIONS = ("bedrock-2023-05-31", "2026-10-21")

_SIGV4 = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[^/]+/\d{8}/[a-z0-9-]+/bedrock/aws4_request, ?"
    r"SignedHeaders=(?=[^,]*host)(?=[^,]*x-amz-date)[a-z0-9;-]+, ?Signature=[0-9a-f]{64}"
)

TROUBLES: Mapping[Trouble, tuple[int, str]] = {
    Trouble.BAD_REQUEST: (400, "ValidationException"),
    Trouble.AUTH: (403, "AccessDeniedException"),
    Trouble.FORBIDDEN: (403, "AccessDeniedException"),
    Trouble.NO_CREDIT: (400, "ServiceQuotaExceededException"),
    Trouble.NOT_FOUND: (404, "ResourceNotFoundException"),
    Trouble.CONTEXT_LENGTH: (400, "ValidationException"),
    Trouble.CONTENT_FILTER: (400, "ValidationException"),
    Trouble.RATE_LIMITED: (429, "ThrottlingException"),
    Trouble.SERVER_ERROR: (500, "InternalServerException"),
    Trouble.OVERLOADED: (503, "ServiceUnavailableException"),
    Trouble.TIMEOUT: (408, "ModelTimeoutException"),
}

# The exceptions a stream can end with.
_MIDWAY = {
    Trouble.BAD_REQUEST: "validationException",
    Trouble.RATE_LIMITED: "throttlingException",
    Trouble.SERVER_ERROR: "internalServerException",
    Trouble.OVERLOADED: "serviceUnavailableException",
}

_STOP = {
    Stop.END: "end_turn",
    Stop.LENGTH: "max_tokens",
    Stop.SEQUENCE: "stop_sequence",
    Stop.CALLS: "tool_use",
    Stop.FILTERED: "guardrail_intervened",
}

# What fills an event to a length that tells nothing of the token.
_FILLER = "abcdefghijklmnop"


class Bedrock(Flavour):
    """Bedrock's runtime."""

    name = "bedrock"
    base_path = ""
    tasks: ClassVar[tuple[str, ...]] = ("converse", "messages")

    def answer(self, request: Request, desk: Desk) -> Answer:
        """Answer a Converse call, or one of Claude's own."""
        _check_authorization(request, desk)
        invoked = _INVOKE.fullmatch(request.path)
        if invoked is not None and request.method == "POST":
            stream = invoked[2] != "invoke"
            return self._invoke(json_object(request.body), invoked[1], desk, stream=stream)
        asked_for = _PATH.fullmatch(request.path)
        if asked_for is None or request.method != "POST":
            raise not_found(request)
        body = json_object(request.body)
        if asked_for[2] == "count-tokens":
            inner = json_object(json_object(body.get("input")).get("converse"))
            return whole({"inputTokens": prompt_tokens(ask_of(read_converse(inner)))})
        script = desk.script_for(ask_of(read_converse(body)))
        return self.render(script, Options(asked_for[1], stream=asked_for[2] != "converse"))

    def _invoke(self, body: Json, model: str, desk: Desk, *, stream: bool) -> Answer:
        if "stream" in body:
            raise bad("stream: Extra inputs are not permitted")
        asked = read_messages(claude_body(body, model, CLAUDE_VERSIONS))
        script = desk.script_for(claude_ask_of(asked))
        return self.render(script, Options(model, stream=stream, task="messages"))

    def render(self, script: Script, options: Options) -> Answer:
        """Return a script as one Converse answer, or as one of Claude's own."""
        headers = {"x-amzn-requestid": f"00000000-0000-0000-0000-{script.id.zfill(12)}"}
        if options.task == "messages":
            return _claude(script, options, headers)
        if not options.stream:
            body = {
                "output": {"message": {"role": "assistant", "content": _blocks(script)}},
                "stopReason": _STOP[script.stop],
                "usage": _usage(script),
                "metrics": {"latencyMs": 100},
            }
            return whole(body, headers=headers)
        headers["content-type"] = "application/vnd.amazon.eventstream"
        events = [event(kind, {**body, "p": _FILLER}) for kind, body in _events(script)]
        return Answer(200, headers, tuple(events), stream=True, terminal=1)

    def refusal(self, refused: Refused, request: Request | None = None) -> Answer:
        """Return a refusal with its kind in a header."""
        del request
        status, kind = TROUBLES[refused.trouble]
        headers = {"x-amzn-errortype": kind, "x-amzn-requestid": "0000"}
        return whole({"message": refused.message}, refused.status or status, headers)

    def error_frame(self, refused: Refused, task: str = "") -> bytes:
        """Return an exception."""
        del task
        kind = _MIDWAY.get(refused.trouble, "modelStreamErrorException")
        return exception(kind, {"message": refused.message})


def claude_body(body: Json, model: str, versions: Sequence[str]) -> Json:
    """Return a request of Claude's as Anthropic itself takes it, from one of a cloud's: there the
    path names the model, and the body the version.
    """
    if body.get("anthropic_version") not in versions:
        raise bad(f"anthropic_version: Input should be '{versions[0]}'")
    if "model" in body:
        raise bad("model: Extra inputs are not permitted")
    return {"model": model, **{k: v for k, v in body.items() if k != "anthropic_version"}}


def _claude(script: Script, options: Options, headers: Mapping[str, str]) -> Answer:
    if not options.stream:
        return whole(claude_message(script, options.model), headers=headers)
    heads = {**headers, "content-type": "application/vnd.amazon.eventstream"}
    frames = tuple(map(_chunk, claude_events(script, options.model)))
    return Answer(200, heads, frames, stream=True, terminal=1)


def _chunk(body: Json) -> bytes:
    text = base64.b64encode(orjson.dumps(body)).decode()
    return event("chunk", {"bytes": text, "p": _FILLER})


def _check_authorization(request: Request, desk: Desk) -> None:
    given = bearer(request.headers)
    if given is not None:
        if given != desk.key:
            raise Refused(Trouble.AUTH, "Authentication failed: the API key is not valid.")
        return
    signed = request.headers.get("authorization", "")
    if not _SIGV4.fullmatch(signed) or "x-amz-date" not in request.headers:
        raise Refused(Trouble.AUTH, "Missing Authentication Token")


def _usage(script: Script) -> Json:
    counts = script.counts
    usage: Json = {
        "inputTokens": counts.fresh,
        "outputTokens": counts.completion,
        "totalTokens": counts.total,
        "cacheReadInputTokens": counts.cached,
        "cacheWriteInputTokens": counts.written,
    }
    if counts.cache_write_1h:
        usage["cacheDetails"] = [
            {"ttl": "5m", "inputTokens": counts.cache_write},
            {"ttl": "1h", "inputTokens": counts.cache_write_1h},
        ]
    return usage


def _tool_id(script: Script, at: int) -> str:
    return f"tooluse_{script.id}{at:02d}"


def _blocks(script: Script) -> list[Json]:
    found: list[Json] = []
    if script.reasoning:
        text = {"text": script.reasoning, "signature": f"sig-{script.id}"}
        found.append({"reasoningContent": {"reasoningText": text}})
    if script.text or script.refusal:
        found.append({"text": script.text or script.refusal})
    for at, call in enumerate(script.calls):
        use = {"toolUseId": _tool_id(script, at), "name": call.name, "input": call.input()}
        found.append({"toolUse": use})
    return found


def _events(script: Script) -> Iterator[tuple[str, Json]]:
    yield "messageStart", {"role": "assistant"}
    for at, deltas in enumerate(_block_deltas(script)):
        for delta in deltas:
            kind = "contentBlockStart" if "start" in delta else "contentBlockDelta"
            yield kind, {"contentBlockIndex": at, **delta}
        yield "contentBlockStop", {"contentBlockIndex": at}
    yield "messageStop", {"stopReason": _STOP[script.stop]}
    yield "metadata", {"usage": _usage(script), "metrics": {"latencyMs": 100}}


def _block_deltas(script: Script) -> Iterator[list[Json]]:
    """Return what each block says; only tools have a start."""
    if script.reasoning:
        said: list[Json] = [
            {"delta": {"reasoningContent": {"text": piece}}} for piece in pieces(script.reasoning)
        ]
        yield [*said, {"delta": {"reasoningContent": {"signature": f"sig-{script.id}"}}}]
    if script.text or script.refusal:
        yield [{"delta": {"text": piece}} for piece in pieces(script.text or script.refusal)]
    for at, call in enumerate(script.calls):
        use = {"toolUseId": _tool_id(script, at), "name": call.name}
        parts: list[Json] = [
            {"delta": {"toolUse": {"input": part}}} for part in fragments(call.arguments)
        ]
        yield [{"start": {"toolUse": use}}, *parts]
