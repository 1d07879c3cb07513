"""Ids of tool calls: such as a host takes, and with what rides behind them."""

import hashlib
import re
from collections.abc import Callable
from typing import Final, TypeAlias, cast

# Makes an id a host takes of any id; the same of the same, since a result names its call by it.
CallIdRule: TypeAlias = Callable[[str], str]

# Sends a thought's signature through a client that knows nothing of it: clients give a call's id
# back unchanged, so the signature rides behind it. As litellm does.
SIGNATURE_MARK: Final = "__thought__"

_NINE: Final = re.compile(r"[a-zA-Z0-9]{9}")
_NINE_CHARS: Final = 9
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def signed_id(call_id: str, signature: str | None) -> str:
    """Return a call's id with the signature behind it."""
    return call_id if signature is None else f"{call_id}{SIGNATURE_MARK}{signature}"


def unsigned_id(call_id: str) -> tuple[str, str | None]:
    """Return a call's own id and the signature that was behind it."""
    own, mark, signature = call_id.partition(SIGNATURE_MARK)
    return own, signature if mark else None


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
    made: list[object] | None = None
    for at, message in enumerate(found):
        # Most messages have neither, and histories may be long.
        if isinstance(message, dict) and ("tool_calls" in message or "tool_call_id" in message):
            own = _own_message(cast("dict[str, object]", message), rule)
            if own is not message:
                made = made or list(found)
                made[at] = own
    if made is not None:
        body["messages"] = made


def _own_message(message: dict[str, object], rule: CallIdRule) -> dict[str, object]:
    answered, calls = message.get("tool_call_id"), message.get("tool_calls")
    if isinstance(answered, str) and (call_id := rule(unsigned_id(answered)[0])) != answered:
        return message | {"tool_call_id": call_id}
    if isinstance(calls, list):
        found = cast("list[object]", calls)
        made = [_own_call(call, rule) for call in found]
        if made != found:
            return message | {"tool_calls": made}
    return message


def _own_call(call: object, rule: CallIdRule) -> object:
    if not isinstance(call, dict):
        return call
    fields = cast("dict[str, object]", call)
    call_id = fields.get("id")
    if isinstance(call_id, str) and (own := rule(unsigned_id(call_id)[0])) != call_id:
        return fields | {"id": own}
    return fields
