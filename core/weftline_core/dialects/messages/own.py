"""Makes a client's own words fit for a host: what another provider's answer left in its history,
and this mesh wrote in this dialect, would be refused there.
"""

from typing import Final, cast

from weftline_core.dialects.messages.shapes import Json
from weftline_core.dialects.messages.tool_ids import unsigned_id

# Where each kind of block names a call.
_ID_FIELDS: Final = {"tool_use": "id", "tool_result": "tool_use_id"}


def without_borrowed(messages: object) -> object:
    """Return a request's messages without thoughts that nobody signed, citations without an index
    and signatures behind ids of calls. What is changed is copied: another endpoint may get the
    client's own words.
    """
    if not isinstance(messages, list):
        return messages
    listed = cast("list[object]", messages)
    kept = [_message(message) for message in listed]
    # A message may have been nothing but such thoughts, and an empty one is an error.
    return [message for message in kept if message is not None]


def _message(message: object) -> object:
    if not isinstance(message, dict):
        return message
    fields = cast("Json", message)
    content = fields.get("content")
    if not isinstance(content, list):
        return fields
    blocks = cast("list[object]", content)
    assistant = fields.get("role") == "assistant"
    kept = [_block(block) for block in blocks if not (assistant and _is_unsigned(block))]
    if kept == blocks:
        return fields
    return {**fields, "content": kept} if kept else None


def _is_unsigned(block: object) -> bool:
    if not isinstance(block, dict):
        return False
    fields = cast("Json", block)
    return fields.get("type") == "thinking" and not fields.get("signature")


def _block(block: object) -> object:
    if not isinstance(block, dict):
        return block
    fields = cast("Json", block)
    kind = fields.get("type")
    if kind != "text":
        name = _ID_FIELDS.get(str(kind))
        return fields if name is None else _without_signature(fields, name)
    citations = fields.get("citations")
    if not isinstance(citations, list):
        return fields
    listed = cast("list[object]", citations)
    kept = [citation for citation in listed if not _is_borrowed(citation)]
    if len(kept) == len(listed):
        return fields
    without = {name: value for name, value in fields.items() if name != "citations"}
    return {**without, "citations": kept} if kept else without


def _without_signature(fields: Json, name: str) -> Json:
    call_id = fields.get(name)
    if not isinstance(call_id, str) or (own := unsigned_id(call_id)[0]) == call_id:
        return fields
    return {**fields, name: own}


def _is_borrowed(citation: object) -> bool:
    if not isinstance(citation, dict):
        return False
    return cast("Json", citation).get("encrypted_index") == ""
