"""Anthropic's Messages answers, whole and as events."""

from collections.abc import Iterator

import orjson

from weftline_bench.sims.messages_rules import SIGNATURE
from weftline_bench.sims.script import Json, Script, Stop, fragments, pieces

_STOP = {
    Stop.END: "end_turn",
    Stop.LENGTH: "max_tokens",
    Stop.SEQUENCE: "stop_sequence",
    Stop.CALLS: "tool_use",
    Stop.FILTERED: "refusal",
}

# Events are padded to a length that tells nothing of the token.
_PADDED_BYTES = 16


def message(script: Script, model: str) -> Json:
    """Return a whole answer."""
    return {
        "id": f"msg_{script.id}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": blocks(script),
        "stop_reason": _STOP[script.stop],
        "stop_sequence": script.stop_sequence,
        "stop_details": _details(script),
        "usage": usage(script),
    }


def blocks(script: Script) -> list[Json]:
    """Return the content of an answer. A refusal says nothing."""
    found: list[Json] = []
    if script.reasoning:
        signature = f"{SIGNATURE}{script.id}"
        found.append({"type": "thinking", "thinking": script.reasoning, "signature": signature})
    if script.text:
        found.append({"type": "text", "text": script.text})
    for at, call in enumerate(script.calls):
        identity = {"id": f"toolu_{script.id}{at:02d}", "name": call.name}
        found.append({"type": "tool_use", **identity, "input": call.input()})
    return found


def usage(script: Script) -> Json:
    """Return the usage: input without what the cache gave or took."""
    counts = script.counts
    return {
        "input_tokens": counts.fresh,
        "cache_creation_input_tokens": counts.written,
        "cache_read_input_tokens": counts.cached,
        "cache_creation": {
            "ephemeral_5m_input_tokens": counts.cache_write,
            "ephemeral_1h_input_tokens": counts.cache_write_1h,
        },
        "output_tokens": counts.completion,
        "output_tokens_details": {"thinking_tokens": counts.reasoning},
        "server_tool_use": _searched(script),
        "service_tier": "standard" if script.tier in ("", "fast") else script.tier,
        **({"speed": "fast"} if script.tier == "fast" else {}),
    }


def event(body: Json) -> bytes:
    """Return one named event, padded before its last brace."""
    text = orjson.dumps(body)
    padding = b" " * (-len(text) % _PADDED_BYTES)
    name = str(body["type"]).encode()
    return b"event: " + name + b"\ndata: " + text[:-1] + padding + text[-1:] + b"\n\n"


def frames(script: Script, model: str) -> list[bytes]:
    """Return the events of a stream."""
    return [event(body) for body in events(script, model)]


def events(script: Script, model: str) -> Iterator[Json]:
    """Return the bodies of a stream's events."""
    # What the prompt costs is told twice, and the second time is right.
    early = {**usage(script), "input_tokens": script.counts.fresh - 1, "output_tokens": 1}
    opened: Json = {**message(script, model), "content": blocks(Script()), "stop_reason": None}
    opened |= {"stop_sequence": None, "stop_details": None, "usage": early}
    yield {"type": "message_start", "message": opened}
    found = blocks(script)
    if not found:
        yield {"type": "ping"}
    for at, block in enumerate(found):
        yield {"type": "content_block_start", "index": at, "content_block": _empty(block)}
        if not at:
            yield {"type": "ping"}
        for piece in _deltas(block, script):
            yield {"type": "content_block_delta", "index": at, "delta": piece}
        yield {"type": "content_block_stop", "index": at}
    counts = script.counts
    delta: Json = {"stop_reason": _STOP[script.stop], "stop_sequence": script.stop_sequence}
    if script.stop is Stop.FILTERED:
        delta["stop_details"] = _details(script)
    final: Json = {
        "input_tokens": counts.fresh,
        "cache_creation_input_tokens": counts.written,
        "cache_read_input_tokens": counts.cached,
        "output_tokens": counts.completion,
        "output_tokens_details": {"thinking_tokens": counts.reasoning},
    }
    if counts.searches:
        final["server_tool_use"] = _searched(script)
    yield {"type": "message_delta", "delta": delta, "usage": final}
    yield {"type": "message_stop"}


def _searched(script: Script) -> Json | None:
    searches = script.counts.searches
    return {"web_search_requests": searches, "web_fetch_requests": 0} if searches else None


def _empty(block: Json) -> Json:
    if block["type"] == "thinking":
        return {"type": "thinking", "thinking": "", "signature": ""}
    if block["type"] == "text":
        return {"type": "text", "text": ""}
    return {**block, "input": {}}


def _deltas(block: Json, script: Script) -> Iterator[Json]:
    if block["type"] == "thinking":
        for piece in pieces(script.reasoning):
            yield {"type": "thinking_delta", "thinking": piece}
        yield {"type": "signature_delta", "signature": block["signature"]}
    elif block["type"] == "text":
        for piece in pieces(script.text):
            yield {"type": "text_delta", "text": piece}
    elif block["input"]:
        yield {"type": "input_json_delta", "partial_json": ""}
        for part in fragments(orjson.dumps(block["input"]).decode()):
            yield {"type": "input_json_delta", "partial_json": part}


def _details(script: Script) -> Json | None:
    if script.stop is not Stop.FILTERED:
        return None
    return {
        "type": "refusal",
        "category": "general_harms",
        "explanation": script.refusal or "The request was refused.",
    }
