"""A conversation's turns as Cohere takes them."""

from collections.abc import Set as AbstractSet
from typing import Final, TypeAlias

from weftline_core.chat.conversation import Conversation, Turn
from weftline_core.chat.features import Feature as F  # noqa: N817  # as in the table of losses
from weftline_core.chat.parts import Media, Refusal, Text, ToolCall, ToolResult
from weftline_core.dialects.arguments import function_call
from weftline_core.dialects.data_urls import data_url

Json: TypeAlias = dict[str, object]

_USUAL_MIME: Final = "image/png"


def messages(conversation: Conversation, gone: AbstractSet[str]) -> list[Json]:
    """Return `messages`. gone: features that are left out."""
    out: list[Json] = []
    system = [text.text for text in conversation.system if text.text]
    if system:
        out.append({"role": "system", "content": "\n\n".join(system)})
    turns = conversation.turns
    if F.PREFILL in gone and turns and turns[-1].role == "assistant":
        turns = turns[:-1]
    for turn in turns:
        if turn.role == "assistant":
            out += _assistant(turn)
        else:
            # Results stand in messages of their own, before what the user says with them.
            out += [_result(part) for part in turn.parts if isinstance(part, ToolResult)]
            out += _said(turn, gone)
    return out


def _said(turn: Turn, gone: AbstractSet[str]) -> list[Json]:
    content: list[Json] = []
    for part in turn.parts:
        if isinstance(part, Text) and part.text:
            content.append({"type": "text", "text": part.text})
        elif isinstance(part, Media) and part.kind == "image" and F.IMAGE not in gone:
            content.append({"type": "image_url", "image_url": _image(part, gone)})
    if not content:
        return []
    role = "system" if turn.role == "system" else "user"
    texts = [part["text"] for part in content if part["type"] == "text"]
    if len(texts) == len(content) == 1:
        return [{"role": role, "content": texts[0]}]
    return [{"role": role, "content": content}]


def _image(media: Media, gone: AbstractSet[str]) -> Json:
    image: Json = {"url": media.url or data_url(media.mime or _USUAL_MIME, media.data or "")}
    if media.detail is not None and F.IMAGE_DETAIL not in gone:
        image["detail"] = media.detail
    return image


def _assistant(turn: Turn) -> list[Json]:
    """Return what the model said; what it says before it calls tools is its plan."""
    texts = [part.text for part in turn.parts if isinstance(part, Text | Refusal) and part.text]
    calls = [function_call(part) for part in turn.parts if isinstance(part, ToolCall)]
    message: Json = {"role": "assistant"}
    if calls:
        message["tool_calls"] = calls
    if texts:
        message["tool_plan" if calls else "content"] = "".join(texts)
    return [message] if texts or calls else []


def _result(result: ToolResult) -> Json:
    text = "\n".join(part.text for part in result.parts if isinstance(part, Text))
    return {"role": "tool", "tool_call_id": result.call_id, "content": text}
