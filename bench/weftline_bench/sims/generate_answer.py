"""Gemini's generateContent answers, whole and as events with CRLF."""

import base64
import json
from collections.abc import Sequence

from weftline_bench.sims.script import Json, Script, Stop, pieces

_FINISH = {
    Stop.END: "STOP",
    Stop.SEQUENCE: "STOP",
    # There is no finish reason for calls.
    Stop.CALLS: "STOP",
    Stop.LENGTH: "MAX_TOKENS",
    Stop.FILTERED: "SAFETY",
}

# Chunks are big: so many words come in one.
_WORDS_A_CHUNK = 3

# By how much the prompt is counted too high until the last chunk.
_EARLY_EXCESS_TOKENS = 2


def response(script: Script, model: str, candidates: int = 1) -> Json:
    """Return a whole answer."""
    body: Json = {}
    if script.refusal:
        body["promptFeedback"] = {"blockReason": "SAFETY", "safetyRatings": []}
    else:
        choices = [candidate(parts(script), at, _FINISH[script.stop]) for at in range(candidates)]
        _ground(choices[0], script)
        body["candidates"] = choices
    return {**body, **_tail(script, model, usage(script))}


def parts(script: Script) -> list[Json]:
    """Return the parts of an answer. Each call carries the signature it must come back with."""
    found: list[Json] = []
    if script.reasoning:
        found.append({"text": script.reasoning, "thought": True})
    if script.text:
        found.append({"text": script.text})
    found.extend(_call_parts(script))
    return found


def signature(script: Script, at: int) -> str:
    """Return the opaque mark of the call at a place."""
    return base64.b64encode(f"signature {script.id}/{at}".encode()).decode()


def usage(script: Script) -> Json:
    """Return the usage: thoughts lie beside the candidates' tokens, the cached inside the
    prompt's, and what tools read beside that.
    """
    counts = script.counts
    prompt = counts.prompt - counts.tools
    plain = prompt - counts.image - counts.audio
    details = [{"modality": "TEXT", "tokenCount": plain}]
    for modality, count in (("IMAGE", counts.image), ("AUDIO", counts.audio)):
        if count:
            details.append({"modality": modality, "tokenCount": count})
    usage: Json = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": counts.visible,
        "totalTokenCount": counts.total,
        "cachedContentTokenCount": counts.cached,
        "promptTokensDetails": details,
    }
    if counts.reasoning:
        usage["thoughtsTokenCount"] = counts.reasoning
    if counts.tools:
        usage["toolUsePromptTokenCount"] = counts.tools
    for name, modality, count in (
        ("cacheTokensDetails", "AUDIO", counts.cached_audio),
        ("candidatesTokensDetails", "AUDIO", counts.audio_out),
        ("candidatesTokensDetails", "IMAGE", counts.image_out),
    ):
        if count:
            usage[name] = [{"modality": modality, "tokenCount": count}]
    return usage


def candidate(found: Sequence[Json], index: int, finish: str | None) -> Json:
    """Return one candidate. finish: None while it goes on."""
    body: Json = {"content": {"parts": list(found), "role": "model"}, "index": index}
    if finish:
        body["finishReason"] = finish
    return body


def chunks(script: Script, model: str) -> list[Json]:
    """Return the bodies of a stream; usage is in each, and right in the last."""
    if script.refusal:
        return [response(script, model)]
    groups = [[part] for part in _pieces_of(script.reasoning, thought=True)]
    groups += [[part] for part in _pieces_of(script.text, thought=False)]
    groups += [[part] for part in _call_parts(script)]
    if not groups:
        nothing: Json = {"text": ""}
        groups = [[nothing]]
    early = usage(script)
    excess = _EARLY_EXCESS_TOKENS - script.counts.tools
    early["promptTokenCount"] = script.counts.prompt + excess
    bodies: list[Json] = []
    for at, group in enumerate(groups):
        last = at == len(groups) - 1
        choice = candidate(group, 0, _FINISH[script.stop] if last else None)
        if at == 0:
            _ground(choice, script)
        counted = usage(script) if last else early
        bodies.append({"candidates": [choice], **_tail(script, model, counted)})
    return bodies


def event(body: object) -> bytes:
    """Return one event: CRLF, and JSON with spaces."""
    return b"data: " + spaced(body) + b"\r\n\r\n"


def spaced(body: object) -> bytes:
    """Return JSON as Google writes it inside of an event."""
    return json.dumps(body, ensure_ascii=False).encode()


def _tail(script: Script, model: str, counted: Json) -> Json:
    return {"usageMetadata": counted, "modelVersion": model, "responseId": f"gem-{script.id}"}


def _ground(choice: Json, script: Script) -> None:
    """Tell what was searched for, if anything was; of a stream, in one chunk only."""
    if script.counts.searches:
        queries = [f"query {at}" for at in range(script.counts.searches)]
        choice["groundingMetadata"] = {"webSearchQueries": queries}


def _call_parts(script: Script) -> list[Json]:
    return [
        {
            "functionCall": {"name": call.name, "args": call.input()},
            "thoughtSignature": signature(script, at),
        }
        for at, call in enumerate(script.calls)
    ]


def _pieces_of(text: str, *, thought: bool) -> list[Json]:
    words = pieces(text)
    joined = [
        "".join(words[at : at + _WORDS_A_CHUNK]) for at in range(0, len(words), _WORDS_A_CHUNK)
    ]
    return [{"text": part, "thought": True} if thought else {"text": part} for part in joined]
