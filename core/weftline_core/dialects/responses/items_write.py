"""Writes turns as the items that a host of Responses takes."""

import zlib
from collections.abc import Set as AbstractSet
from typing import Final

from weftline_core.chat.conversation import Turn
from weftline_core.chat.features import Feature
from weftline_core.chat.parts import Media, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from weftline_core.dialects.data_urls import data_url
from weftline_core.dialects.responses.seal import with_id
from weftline_core.dialects.responses.shapes import NAME

# The longest call id that OpenAI takes back.
CALL_ID_CHARS_MAX: Final = 64

# A file in base64 must have a name, and its ending tells what it is.
_FILE_NAMES: Final = {
    "application/pdf": "file.pdf",
    "text/plain": "file.txt",
    "text/markdown": "file.md",
    "text/csv": "file.csv",
    "text/html": "file.html",
    "application/json": "file.json",
}


def items_of(turns: list[Turn], gone: AbstractSet[str]) -> list[dict[str, object]]:
    """Return the items of all turns. gone: features that must be left out."""
    items: list[dict[str, object]] = []
    free: set[str] = set()
    for turn in turns:
        if turn.role == "assistant":
            _assistant(turn, items, gone)
            free |= {p.id for p in turn.parts if isinstance(p, ToolCall) and p.free_text}
        elif turn.role == "tool":
            items += [_result(p, free, gone) for p in turn.parts if isinstance(p, ToolResult)]
        else:
            late = turn.role == "system" and Feature.LATE_SYSTEM not in gone
            content = [written for p in turn.parts if (written := _input(p, gone)) is not None]
            if content:
                items.append({"role": "system" if late else "user", "content": content})
    return items


def short_id(call_id: str) -> str:
    """Return a call's id, made short if need be, always in the same way."""
    if len(call_id) <= CALL_ID_CHARS_MAX:
        return call_id
    mark = f"_{zlib.crc32(call_id.encode()):08x}"
    return call_id[: CALL_ID_CHARS_MAX - len(mark)] + mark


def _assistant(turn: Turn, items: list[dict[str, object]], gone: AbstractSet[str]) -> None:
    """Add what an assistant said. Words that follow each other make one message."""
    said: list[Text | Refusal] = []
    thought = ""
    for part in turn.parts:
        if isinstance(part, Text | Refusal):
            said.append(part)
            continue
        if isinstance(part, Reasoning):
            # What was thought comes before what proves it, and belongs in the same item.
            if part.origin == NAME and part.redacted and Feature.REASONING_REPLAY not in gone:
                _flush(said, items)
                items.append(_reasoning(part.redacted, thought))
                thought = ""
            else:
                thought = part.text if part.origin == NAME else ""
        elif isinstance(part, ToolCall):
            _flush(said, items)
            items.append(_call(part))
    _flush(said, items)


def _flush(said: list[Text | Refusal], items: list[dict[str, object]]) -> None:
    if not said:
        return
    if any(isinstance(part, Refusal) for part in said):
        content: list[dict[str, object]] = [
            {"type": "refusal", "refusal": part.text}
            if isinstance(part, Refusal)
            else {"type": "output_text", "text": part.text, "annotations": []}
            for part in said
        ]
        items.append(
            {
                "type": "message",
                # A message in parts must have an id, and only its form is looked at.
                "id": f"msg_{len(items)}",
                "role": "assistant",
                "status": "completed",
                "content": content,
            }
        )
    elif text := "".join(part.text for part in said):
        items.append({"role": "assistant", "content": text})
    said.clear()


def _reasoning(redacted: str, summary: str) -> dict[str, object]:
    item_id, content = with_id(redacted)
    written: dict[str, object] = {
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": summary}] if summary else [],
        "encrypted_content": content,
    }
    return {"id": item_id, **written} if item_id else written


def _call(call: ToolCall) -> dict[str, object]:
    if call.free_text:
        return {
            "type": "custom_tool_call",
            "call_id": short_id(call.id),
            "name": call.name,
            "input": call.arguments,
        }
    return {
        "type": "function_call",
        "call_id": short_id(call.id),
        "name": call.name,
        "arguments": call.arguments or "{}",
    }


def _result(
    result: ToolResult, free: AbstractSet[str], gone: AbstractSet[str]
) -> dict[str, object]:
    output: object
    if all(isinstance(part, Text) for part in result.parts):
        output = "".join(part.text for part in result.parts if isinstance(part, Text))
    else:
        output = [written for p in result.parts if (written := _input(p, gone)) is not None]
    return {
        "type": f"{'custom_tool' if result.call_id in free else 'function'}_call_output",
        "call_id": short_id(result.call_id),
        "output": output,
    }


def _input(part: Part, gone: AbstractSet[str]) -> dict[str, object] | None:
    if isinstance(part, Text):
        return {"type": "input_text", "text": part.text} if part.text else None
    if isinstance(part, Media):
        return _image(part, gone) if part.kind == "image" else _file(part)
    return None


def _image(media: Media, gone: AbstractSet[str]) -> dict[str, object] | None:
    url = media.url
    if media.data is not None:
        url = data_url(media.mime or "image/png", media.data)
    if url is None:
        return None
    detail = media.detail if Feature.IMAGE_DETAIL not in gone else None
    return {"type": "input_image", "image_url": url, "detail": detail or "auto"}


def _file(media: Media) -> dict[str, object] | None:
    if media.kind != "file":
        return None
    if media.data is not None:
        mime = media.mime or "application/pdf"
        return {
            "type": "input_file",
            "filename": media.name or _FILE_NAMES.get(mime, "file"),
            "file_data": data_url(mime, media.data),
        }
    return None if media.url is None else {"type": "input_file", "file_url": media.url}
