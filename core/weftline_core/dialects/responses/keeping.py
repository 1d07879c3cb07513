"""What a request says of keeping its response, and how one goes on from a kept one.

The mesh keeps responses itself: it runs background ones, answers `GET /responses/{id}`, and puts
the items of `previous_response_id` before a new input, whatever the host behind it can do.
"""

from collections.abc import Sequence
from typing import Final, cast

import msgspec

from weftline_core.dialects.shape import shaped
from weftline_core.errors import CallerError

# How many items one page of a response's input has; OpenAI's own bounds.
PAGE_ITEMS_DEFAULT: Final = 20
PAGE_ITEMS_MAX: Final = 100


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """What a request says of keeping. background: the answer is made whether or not the client
    stays. store: it can be fetched, and gone on from, later; the dialect's default is yes.
    previous_response_id, conversation_id: what it goes on from; at most one is set.
    """

    background: bool = False
    store: bool = True
    previous_response_id: str | None = None
    conversation_id: str | None = None


class _Named(msgspec.Struct):
    id: str


class _Wishes(msgspec.Struct):
    background: bool | None = None
    store: bool | None = None
    previous_response_id: str | None = None
    conversation: str | _Named | None = None


def keeping(body: dict[str, object]) -> Keeping:
    """Return what a request says of keeping.

    Raises:
        CallerError: a field is of a wrong type, or it goes on from two things at once.
    """
    wishes = shaped(body, _Wishes)
    on = wishes.conversation
    if on is not None and wishes.previous_response_id is not None:
        raise CallerError(
            "'previous_response_id' and 'conversation' exclude each other: leave one out",
            param="previous_response_id",
        )
    return Keeping(
        background=bool(wishes.background),
        store=wishes.store is not False,
        previous_response_id=wishes.previous_response_id,
        conversation_id=on.id if isinstance(on, _Named) else on,
    )


def continued(
    body: dict[str, object], earlier_items: Sequence[dict[str, object]]
) -> dict[str, object]:
    """Return a request that goes on from a kept response and needs no store for it.

    earlier_items: the kept response's input and output, oldest first. They go without the ids of
    the provider that made them, since that is one of many and may not have kept them.
    """
    own = body.get("input")
    items: list[object] = [replayed for item in earlier_items if (replayed := _replayed(item))]
    if isinstance(own, list):
        items += cast("list[object]", own)
    elif own is not None:
        items.append({"role": "user", "content": own})
    changed = {k: v for k, v in body.items() if k not in ("previous_response_id", "conversation")}
    changed["input"] = items
    return changed


def input_items(body: dict[str, object], response_id: str) -> list[dict[str, object]]:
    """Return a request's input as `GET /responses/{id}/input_items` lists it, oldest first: each
    with an id, messages with their content in parts.
    """
    own = body.get("input")
    if isinstance(own, str):
        own = [{"role": "user", "content": own}]
    if not isinstance(own, list):
        return []
    stem = response_id.removeprefix("resp_")
    return [
        _listed(cast("dict[str, object]", item), f"{stem}_in{i}")
        for i, item in enumerate(cast("list[object]", own))
        if isinstance(item, dict)
    ]


def item_page(
    items: Sequence[dict[str, object]],
    *,
    after: str | None = None,
    limit: int = PAGE_ITEMS_DEFAULT,
    ascending: bool = False,
) -> dict[str, object]:
    """Return one page of listed items, the newest first unless `ascending`. after: the id of the
    last item of the page before.

    Raises:
        CallerError: no item has the id `after`, or `limit` is out of bounds.
    """
    if not 1 <= limit <= PAGE_ITEMS_MAX:
        raise CallerError(f"'limit' must be in [1, {PAGE_ITEMS_MAX}]", param="limit")
    ordered = list(items) if ascending else list(reversed(items))
    begin = 0
    if after is not None:
        begin = 1 + next((i for i, item in enumerate(ordered) if item["id"] == after), -2)
        if begin < 0:
            raise CallerError("'after' names no item of this response", param="after")
    page = ordered[begin : begin + limit]
    return {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else "",
        "last_id": page[-1]["id"] if page else "",
        "has_more": begin + limit < len(ordered),
    }


def _replayed(item: dict[str, object]) -> dict[str, object] | None:
    """Return an item as a new input has it."""
    kind = item.get("type")
    if kind == "reasoning":
        # Without either, only the id tells what was thought, and only where it is kept.
        return item if item.get("encrypted_content") or item.get("content") else None
    if kind not in ("message", None):
        return {k: v for k, v in item.items() if k not in ("id", "status")}
    content = item.get("content")
    if item.get("role") != "assistant" or not isinstance(content, list):
        return {k: v for k, v in item.items() if k not in ("id", "status")}
    parts = cast("list[dict[str, object]]", content)
    if any(part.get("type") != "output_text" for part in parts):
        return item
    plain: dict[str, object] = {
        "role": "assistant",
        "content": "".join(str(part.get("text", "")) for part in parts),
    }
    return plain | ({"phase": phase} if (phase := item.get("phase")) else {})


_PREFIXES: Final = {
    "message": "msg",
    "function_call": "fc",
    "function_call_output": "fco",
    "custom_tool_call": "ctc",
    "custom_tool_call_output": "ctco",
    "reasoning": "rs",
}


def _listed(item: dict[str, object], minted: str) -> dict[str, object]:
    kind = str(item.get("type") or "message")
    listed: dict[str, object] = {
        "id": f"{_PREFIXES.get(kind, 'item')}_{minted}",
        "type": kind,
        "status": "completed",
    }
    listed |= {k: v for k, v in item.items() if v is not None}
    content = item.get("content")
    if kind == "message" and isinstance(content, str):
        part: dict[str, object] = {"type": "input_text", "text": content}
        if item.get("role") == "assistant":
            part = {"type": "output_text", "text": content, "annotations": []}
        listed["content"] = [part]
    return listed
