"""Writes a whole answer for a client."""

import orjson

from weftline_core.chat.answer import Answer, Choice, Citation, Stop
from weftline_core.chat.parts import Foreign, Part, Reasoning, Refusal, Text, ToolCall
from weftline_core.dialects.dialect import Echo
from weftline_core.dialects.messages.blocks_write import arguments_of
from weftline_core.dialects.messages.shapes import Json
from weftline_core.dialects.messages.tables import NAME, STOP_REASONS
from weftline_core.dialects.messages.tool_ids import ToolIds, signed_id
from weftline_core.dialects.messages.usage import usage_object
from weftline_core.ids import stem_of


def message_id(request_id: str) -> str:
    """Return an answer's id in the dialect's form."""
    return f"msg_{stem_of(request_id)}"


def write_answer(answer: Answer, echo: Echo) -> bytes:
    """Return the first choice of an answer, which is the only one a client can ask for."""
    choice = answer.choices[0]
    return orjson.dumps(
        {
            "id": message_id(echo.request_id),
            "type": "message",
            "role": "assistant",
            "model": echo.model,
            "content": _content(choice),
            "stop_reason": _stop_reason(choice),
            "stop_sequence": choice.stop_sequence,
            "usage": usage_object(answer.usage),
        }
    )


def citation_object(citation: Citation) -> Json:
    """Return a citation. Its index is empty, by which `own` knows that the provider has not
    written it.
    """
    return {
        "type": "web_search_result_location",
        "url": citation.url,
        "title": citation.title,
        "cited_text": "",
        "encrypted_index": "",
    }


def _stop_reason(choice: Choice) -> str:
    if choice.stop is Stop.END and any(isinstance(part, Refusal) for part in choice.parts):
        return STOP_REASONS[Stop.REFUSED]
    return STOP_REASONS[choice.stop]


def _content(choice: Choice) -> list[Json]:
    ids, blocks, words = ToolIds(), list[Json](), None
    for part in choice.parts:
        written = _blocks(part, ids)
        if isinstance(part, Text) and written:
            words = written[0]
        blocks += written
    if words is not None and choice.citations:
        words["citations"] = [citation_object(citation) for citation in choice.citations]
    return blocks


def _blocks(part: Part, ids: ToolIds) -> list[Json]:
    if isinstance(part, Text | Refusal):
        return [{"type": "text", "text": part.text}] if part.text else []
    if isinstance(part, ToolCall):
        given, note = arguments_of(part)
        call: Json = {
            "type": "tool_use",
            "id": signed_id(ids.call(part.id), part.signature),
            "name": part.name,
            "input": given,
        }
        return [call] if note is None else [{"type": "text", "text": note}, call]
    if isinstance(part, Reasoning):
        return _thoughts(part)
    if isinstance(part, Foreign) and part.origin == NAME:
        return [part.value]
    return []


def _thoughts(thoughts: Reasoning) -> list[Json]:
    ours = thoughts.origin == NAME
    if thoughts.redacted is not None:
        return [{"type": "redacted_thinking", "data": thoughts.redacted}] if ours else []
    signature = (thoughts.signature or "") if ours else ""
    if not thoughts.text and not signature:
        return []
    return [{"type": "thinking", "thinking": thoughts.text, "signature": signature}]
