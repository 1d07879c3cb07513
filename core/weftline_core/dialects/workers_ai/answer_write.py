"""A whole answer in Workers AI's native form, in the envelope of its REST API."""

import orjson

from weftline_core.chat.answer import Answer
from weftline_core.chat.conversation import Conversation
from weftline_core.chat.parts import Refusal, Text, ToolCall
from weftline_core.dialects.dialect import Echo
from weftline_core.usage import Usage


def write_answer(answer: Answer, echo: Echo) -> bytes:
    """Return the body. The form knows one answer, no thoughts and no reason for the end. Where JSON
    was asked for, `response` is an object and not its text.
    """
    parts = answer.choices[0].parts if answer.choices else []
    text = "".join(part.text for part in parts if isinstance(part, Text | Refusal))
    result: dict[str, object] = {"response": _response(text, echo)}
    calls = [call_of(p.id, p.name, p.arguments) for p in parts if isinstance(p, ToolCall)]
    if calls:
        result["tool_calls"] = calls
    if answer.usage is not None:
        result["usage"] = usage_of(answer.usage)
    return enveloped(orjson.dumps(result))


def enveloped(result: bytes) -> bytes:
    """Return JSON as the result of a call of Cloudflare's REST API."""
    return b'{"result":%b,"success":true,"errors":[],"messages":[]}' % result


def call_of(call_id: str, name: str, arguments: str) -> dict[str, object]:
    """Return a tool call, whose arguments are an object here; cut ones stay text."""
    try:
        value: object = orjson.loads(arguments or "{}")
    except orjson.JSONDecodeError:
        value = arguments
    return {"id": call_id, "name": name, "arguments": value}


def usage_of(usage: Usage) -> dict[str, object]:
    """Return usage in Cloudflare's words, which are OpenAI's."""
    told: dict[str, object] = {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }
    if usage.cache_read_tokens:
        told["prompt_tokens_details"] = {"cached_tokens": usage.cache_read_tokens}
    return told


def _response(text: str, echo: Echo) -> object:
    asked = echo.asked
    if isinstance(asked, Conversation) and asked.format is not None:
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
    return text
