"""OpenAI's Responses answers: the whole object, and the events that lead to it."""

from collections.abc import Iterator
from dataclasses import dataclass

from weftline_bench.sims.exchange import data
from weftline_bench.sims.script import CREATED_UNIX_S, Json, Script, Stop, fragments, pieces


@dataclass(frozen=True, slots=True)
class Echo:
    """What an answer repeats of its request."""

    model: str = "sim-model"
    background: bool = False
    store: bool = True


def response_id(script: Script) -> str:
    """Return the id of an answer."""
    return f"resp_{script.id}"


def response(script: Script, echo: Echo, status: str | None = None) -> Json:
    """Return the response object. status: None for how the script ends."""
    final = status is None
    state = status or _final_status(script)
    done = state == "completed"
    return {
        "id": response_id(script),
        "object": "response",
        "created_at": CREATED_UNIX_S,
        "completed_at": CREATED_UNIX_S + 1 if done else None,
        "status": state,
        "background": echo.background,
        "error": None,
        "incomplete_details": {"reason": _incomplete(script)} if state == "incomplete" else None,
        "instructions": None,
        "max_output_tokens": None,
        "model": echo.model,
        "output": items(script) if final else [],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "service_tier": script.tier or "default",
        "store": echo.store,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage(script) if final else None,
        "metadata": {},
        **_searched(script, final=final),
    }


def usage(script: Script) -> Json:
    """Return the usage of an answer."""
    counts = script.counts
    return {
        "input_tokens": counts.prompt,
        "input_tokens_details": {
            "cached_tokens": counts.cached,
            "cache_write_tokens": counts.cache_write,
        },
        "output_tokens": counts.completion,
        "output_tokens_details": {"reasoning_tokens": counts.reasoning},
        "total_tokens": counts.total,
    }


def _searched(script: Script, *, final: bool) -> Json:
    searches = script.counts.searches
    return {"tool_usage": {"web_search": {"num_requests": searches}}} if searches and final else {}


def items(script: Script) -> list[Json]:
    """Return the output items of a finished answer."""
    found: list[Json] = []
    if script.reasoning:
        summary = [{"type": "summary_text", "text": script.reasoning}]
        found.append({"id": f"rs_{script.id}", "type": "reasoning", "summary": summary})
    if script.text or script.refusal or not script.calls:
        found.append(_message(script, [_part(script, script.text, script.refusal)], _state(script)))
    for at, call in enumerate(script.calls):
        found.append(_call(script, at, call.arguments, "completed"))
    return found


def frames(script: Script, echo: Echo) -> list[bytes]:
    """Return the events of a stream, numbered from 0."""
    bodies = [
        {**body, "sequence_number": number} for number, body in enumerate(_events(script, echo))
    ]
    return [data(body, str(body["type"])) for body in bodies]


def _events(script: Script, echo: Echo) -> Iterator[Json]:
    first = "queued" if echo.background else "in_progress"
    yield {"type": "response.created", "response": response(script, echo, first)}
    if echo.background:
        yield {"type": "response.queued", "response": response(script, echo, first)}
    yield {"type": "response.in_progress", "response": response(script, echo, "in_progress")}
    at = 0
    if script.reasoning:
        yield from _reasoning_events(script, at)
        at += 1
    if script.text or script.refusal or not script.calls:
        yield from _message_events(script, at)
        at += 1
    for number in range(len(script.calls)):
        yield from _call_events(script, number, at)
        at += 1
    yield {"type": f"response.{_final_status(script)}", "response": response(script, echo)}


def _reasoning_events(script: Script, at: int) -> Iterator[Json]:
    item_id = f"rs_{script.id}"
    place: Json = {"item_id": item_id, "output_index": at, "summary_index": 0}
    empty: Json = {"id": item_id, "type": "reasoning", "summary": []}
    text: Json = {"type": "summary_text", "text": script.reasoning}
    yield {"type": "response.output_item.added", "output_index": at, "item": empty}
    yield {
        "type": "response.reasoning_summary_part.added",
        **place,
        "part": {"type": "summary_text", "text": ""},
    }
    for piece in pieces(script.reasoning):
        yield {"type": "response.reasoning_summary_text.delta", **place, "delta": piece}
    yield {"type": "response.reasoning_summary_text.done", **place, "text": script.reasoning}
    yield {"type": "response.reasoning_summary_part.done", **place, "part": text}
    done = {**empty, "summary": [text]}
    yield {"type": "response.output_item.done", "output_index": at, "item": done}


def _message_events(script: Script, at: int) -> Iterator[Json]:
    place: Json = {"item_id": f"msg_{script.id}", "output_index": at, "content_index": 0}
    opened = _message(script, [], "in_progress")
    part = _part(script, script.text, script.refusal)
    yield {"type": "response.output_item.added", "output_index": at, "item": opened}
    empty = _part(script, "", "")
    yield {"type": "response.content_part.added", **place, "part": empty}
    if script.refusal:
        for piece in pieces(script.refusal):
            yield {"type": "response.refusal.delta", **place, "delta": piece}
        yield {"type": "response.refusal.done", **place, "refusal": script.refusal}
    else:
        for piece in pieces(script.text):
            yield {"type": "response.output_text.delta", **place, "delta": piece, "logprobs": []}
        yield {
            "type": "response.output_text.done",
            **place,
            "text": script.text,
            "logprobs": [],
        }
    yield {"type": "response.content_part.done", **place, "part": part}
    done = _message(script, [part], _state(script))
    yield {"type": "response.output_item.done", "output_index": at, "item": done}


def _call_events(script: Script, number: int, at: int) -> Iterator[Json]:
    call = script.calls[number]
    place: Json = {"item_id": f"fc_{script.id}{number:02d}", "output_index": at}
    opened = _call(script, number, "", "in_progress")
    yield {"type": "response.output_item.added", "output_index": at, "item": opened}
    for part in fragments(call.arguments):
        yield {"type": "response.function_call_arguments.delta", **place, "delta": part}
    yield {
        "type": "response.function_call_arguments.done",
        **place,
        "name": call.name,
        "arguments": call.arguments,
    }
    done = _call(script, number, call.arguments, "completed")
    yield {"type": "response.output_item.done", "output_index": at, "item": done}


def _message(script: Script, content: list[Json], status: str) -> Json:
    return {
        "id": f"msg_{script.id}",
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": content,
    }


def _part(script: Script, text: str, refusal: str) -> Json:
    if script.refusal:
        return {"type": "refusal", "refusal": refusal}
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _call(script: Script, number: int, arguments: str, status: str) -> Json:
    return {
        "id": f"fc_{script.id}{number:02d}",
        "type": "function_call",
        "status": status,
        "call_id": f"call_{script.id}{number:02d}",
        "name": script.calls[number].name,
        "arguments": arguments,
    }


def _final_status(script: Script) -> str:
    return "incomplete" if _incomplete(script) else "completed"


def _state(script: Script) -> str:
    return "incomplete" if _incomplete(script) else "completed"


def _incomplete(script: Script) -> str | None:
    """Return why an answer is not complete; a refusal in words is."""
    if script.stop is Stop.LENGTH:
        return "max_output_tokens"
    if script.stop is Stop.FILTERED and not script.refusal:
        return "content_filter"
    return None
