"""Puts what proves a model's thoughts into the one field that a client of Responses sends back.

A client keeps `encrypted_content` and returns it unread. Thoughts of other dialects travel in it
with a mark of where they are good, so that a conversation can go on wherever it began. Thoughts of
a Responses host go with the id of their item, which OpenAI checks against the content.
"""

from typing import Final

from weftline_core.chat.parts import Reasoning
from weftline_core.dialects.responses.shapes import NAME

# Nothing that OpenAI encrypts begins so: its content is base64.
_MARK: Final = "weft."
_SIGNED, _REDACTED = "s", "r"
# What Gemini wants back with a call has no place in a call here: it goes before it, by itself.
_CALL: Final = f"{_MARK}call.c."


def sealed(origin: str, signature: str | None, redacted: str | None) -> tuple[str | None, str]:
    """Return the item's id, if it must be a certain one, and its encrypted content."""
    if origin == NAME:
        return with_id(redacted or signature or "")
    kind, value = (_REDACTED, redacted) if redacted is not None else (_SIGNED, signature or "")
    return None, f"{_MARK}{origin}.{kind}.{value}"


def unsealed(item_id: str | None, text: str, content: str) -> list[Reasoning]:
    """Return the thoughts of an item. text: its summary. content: its encrypted content."""
    origin, kind, value = NAME, _REDACTED, redacted_of(item_id, content)
    if is_foreign(content):
        marked = content[len(_MARK) :].split(".", 2)
        # Somebody's own invention; it proves nothing anywhere.
        origin, kind, value = marked if len(marked) == 3 else ("", _REDACTED, content)  # noqa: PLR2004
    if kind == _SIGNED:
        return [Reasoning(text=text, signature=value, origin=origin)]
    plain = [Reasoning(text=text, origin=origin)] if text else []
    return [*plain, Reasoning(text="", redacted=value, origin=origin)]


def sealed_call(signature: str) -> str:
    """Return the encrypted content of an item that holds the signature of the next call."""
    return _CALL + signature


def call_signature(content: str | None) -> str | None:
    """Return the signature of the next call, if that is what encrypted content holds."""
    return content[len(_CALL) :] if content and content.startswith(_CALL) else None


def is_foreign(content: object) -> bool:
    """Return whether encrypted content is of another dialect, and would be refused by a host."""
    return isinstance(content, str) and content.startswith(_MARK)


def redacted_of(item_id: str | None, content: str) -> str:
    """Return a host's encrypted content together with its item's id, as one text."""
    return f"{item_id} {content}" if item_id else content


def with_id(redacted: str) -> tuple[str | None, str]:
    """Return the id and the content that `redacted_of` put together."""
    item_id, space, content = redacted.partition(" ")
    return (item_id, content) if space else (None, redacted)
