"""Writes answers for clients: whole ones, and the pieces that streams share with them."""

from collections.abc import Iterable

import orjson

from weftline_core.chat.answer import Answer, Choice, Citation, Stop, TokenLogprob
from weftline_core.chat.conversation import Conversation
from weftline_core.chat.parts import Media, Part, Reasoning, Refusal, Text, ToolCall
from weftline_core.dialects.arguments import arguments_object
from weftline_core.dialects.dialect import Echo
from weftline_core.dialects.generate.parts_read import ORIGIN
from weftline_core.dialects.generate.stops import MALFORMED_CALL, reason_of
from weftline_core.dialects.generate.usage import metadata_of

_Json = dict[str, object]


def shows_thoughts(echo: Echo) -> bool:
    """Return whether the client wants to see thoughts: Google shows them only when asked."""
    asked = echo.asked
    if not isinstance(asked, Conversation):
        return True
    return asked.thinking is not None and asked.thinking.shown is True


def write_answer(answer: Answer, echo: Echo) -> bytes:
    """Return a whole answer."""
    thoughts = shows_thoughts(echo)
    body: _Json = {
        "candidates": [_candidate(c, i, thoughts=thoughts) for i, c in enumerate(answer.choices)]
    }
    if answer.usage is not None:
        body["usageMetadata"] = metadata_of(answer.usage)
    body["modelVersion"] = echo.model
    body["responseId"] = echo.request_id
    return orjson.dumps(body)


def call_part(call: ToolCall) -> _Json | None:
    """Return a tool call as a part; None if its arguments are no object."""
    args = arguments_object(call.arguments, free_text=call.free_text)
    if args is None:
        return None
    part: _Json = {"functionCall": {"id": call.id, "name": call.name, "args": args}}
    if call.signature:
        part["thoughtSignature"] = call.signature
    return part


def reason_for(stop: Stop, *, malformed: bool) -> str:
    """Return the finish reason. malformed: a call's arguments were no object, which is the model's
    fault unless a limit cut them.
    """
    return MALFORMED_CALL if malformed and stop is not Stop.LENGTH else reason_of(stop)


def grounding_of(citations: Iterable[Citation]) -> _Json:
    """Return sources in Google's form."""
    pages = [{"web": {"uri": c.url, "title": c.title or c.url}} for c in citations]
    return {"groundingChunks": pages}


def logprobs_result(tokens: Iterable[TokenLogprob]) -> _Json:
    """Return log probabilities in Google's form."""
    chosen: list[_Json] = []
    top: list[_Json] = []
    for token in tokens:
        chosen.append({"token": token.token, "logProbability": token.logprob})
        others = [{"token": t.token, "logProbability": t.logprob} for t in token.top]
        top.append({"candidates": others})
    return {"chosenCandidates": chosen, "topCandidates": top}


def _candidate(choice: Choice, index: int, *, thoughts: bool) -> _Json:
    parts: list[_Json] = []
    malformed = False
    for part in choice.parts:
        written = _part(part, thoughts=thoughts)
        if written is not None:
            parts.append(written)
        elif isinstance(part, ToolCall):
            malformed = True
    stop = choice.stop
    if stop is Stop.END and any(isinstance(part, Refusal) for part in choice.parts):
        stop = Stop.REFUSED
    candidate: _Json = {
        "content": {"parts": parts, "role": "model"},
        "finishReason": reason_for(stop, malformed=malformed),
        "index": index,
    }
    if choice.citations:
        candidate["groundingMetadata"] = grounding_of(choice.citations)
    if choice.logprobs is not None:
        candidate["logprobsResult"] = logprobs_result(choice.logprobs)
    return candidate


def _part(part: Part, *, thoughts: bool) -> _Json | None:
    if isinstance(part, Text | Refusal):
        return {"text": part.text}
    if isinstance(part, ToolCall):
        return call_part(part)
    if isinstance(part, Media) and part.data is not None:
        return {"inlineData": {"mimeType": part.mime, "data": part.data}}
    if isinstance(part, Reasoning):
        return _thought(part, thoughts=thoughts)
    return None


def _thought(part: Reasoning, *, thoughts: bool) -> _Json | None:
    """Return thoughts as a part. A signature of another provider must not come back to us as one of
    Google's.
    """
    signature = part.signature if part.origin == ORIGIN else None
    text = part.text if thoughts else ""
    if not text and not signature:
        return None
    written: _Json = {"text": text}
    if text:
        written["thought"] = True
    if signature:
        written["thoughtSignature"] = signature
    return written
