"""A conversation's turns as Workers AI takes them: OpenAI's messages, but content is never null."""

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
    for turn in conversation.turns:
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
            url = part.url or data_url(part.mime or _USUAL_MIME, part.data or "")
            content.append({"type": "image_url", "image_url": {"url": url}})
    if not content:
        return []
    role = "system" if turn.role == "system" else "user"
    texts = [part.text for part in turn.parts if isinstance(part, Text) and part.text]
    if len(texts) == len(content):
        # Models of the older form take no lists.
        return [{"role": role, "content": "\n".join(texts)}]
    return [{"role": role, "content": content}]


def _assistant(turn: Turn) -> list[Json]:
    texts = [part.text for part in turn.parts if isinstance(part, Text | Refusal)]
    calls = [function_call(part) for part in turn.parts if isinstance(part, ToolCall)]
    message: Json = {"role": "assistant", "content": "".join(texts)}
    if calls:
        message["tool_calls"] = calls
    return [message] if calls or message["content"] else []


def _result(result: ToolResult) -> Json:
    text = "\n".join(part.text for part in result.parts if isinstance(part, Text))
    return {
        "role": "tool",
        "tool_call_id": result.call_id,
        "name": result.name,
        "content": text,
    }
