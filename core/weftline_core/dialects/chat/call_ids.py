"""Ids of tool calls, for hosts that do not take any."""

import hashlib
import re
from collections.abc import Callable
from typing import Final, TypeAlias, cast

from weftline_core.dialects.chat.notes import unsigned_id

# Makes an id a host takes of any id; the same of the same, since a result names its call by it.
CallIdRule: TypeAlias = Callable[[str], str]

_NINE: Final = re.compile(r"[a-zA-Z0-9]{9}")
_NINE_CHARS: Final = 9
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def as_it_is(call_id: str) -> str:
    """Return the id: most hosts take any."""
    return call_id


def nine_letters(call_id: str) -> str:
    """Return an id of nine letters and digits, as Mistral wants it: the id itself, or a digest.

    62^9 ids are enough for the calls of one conversation.
    """
    if _NINE.fullmatch(call_id):
        return call_id
    number = int.from_bytes(hashlib.sha256(call_id.encode("utf-8", "replace")).digest()[:8])
    letters: list[str] = []
    for _ in range(_NINE_CHARS):
        number, at = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[at])
    return "".join(letters)


def own_call_ids(body: dict[str, object], rule: CallIdRule) -> None:
    """Make the ids in a client's own messages such as the host takes, in place; messages that
    change are made anew. Signatures behind ids are another host's, and longer than ids may be.
    """
    messages = body.get("messages")
    if not isinstance(messages, list):
        return
    found = cast("list[object]", messages)
    for message in found:
        if isinstance(message, dict) and ("tool_calls" in message or "tool_call_id" in message):
            break
    else:
        # Most conversations have none, and their histories may be long.
        return
    made = [_own_message(message, rule) for message in found]
    if any(new is not old for new, old in zip(made, found, strict=True)):
        body["messages"] = made


def _own_message(message: object, rule: CallIdRule) -> object:
    if not isinstance(message, dict):
        return message
    fields = cast("dict[str, object]", message)
    answered, calls = fields.get("tool_call_id"), fields.get("tool_calls")
    if isinstance(answered, str) and (call_id := rule(unsigned_id(answered)[0])) != answered:
        return fields | {"tool_call_id": call_id}
    if isinstance(calls, list):
        found = cast("list[object]", calls)
        made = [_own_call(call, rule) for call in found]
        if made != found:
            return fields | {"tool_calls": made}
    return fields


def _own_call(call: object, rule: CallIdRule) -> object:
    if not isinstance(call, dict):
        return call
    fields = cast("dict[str, object]", call)
    call_id = fields.get("id")
    return fields | {"id": rule(unsigned_id(call_id)[0])} if isinstance(call_id, str) else fields
