"""Reads a client's body, once, into the value that is checked and sent on.

What two parsers might read differently is refused: a name that stands twice in one object means
its first value to some and its last to others, and an integer of more than 64 bits is exact to some
and rounded by others, ours among them.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, Final, cast

import orjson

from weftline_core.errors import CallerError

# What the writer can nest; the reader would take four times as much.
DEPTH_MAX: Final = 254

# A name is quoted back to the client, cut to what fits a line.
NAME_CHARS_MAX: Final = 80

# Beyond it the slower reader would hold up everybody else: 1 MiB takes it about 20 ms.
CLOSE_LOOK_BYTES_MAX: Final = 1024 * 1024

_KEY_END = b'":'

# What our reader and writer take exactly.
INTEGER_MIN: Final = -(2**63)
INTEGER_MAX: Final = 2**64 - 1

# The end of a number of 18 digits or more, as our writer writes it; also text that looks like it.
_HUGE = re.compile(rb"e\+(?:1[89]|[2-9][0-9]|[1-3][0-9][0-9])[,\]}]")


def parse_body(data: bytes) -> dict[str, object]:
    """Return the JSON object that a body is.

    Raises:
        CallerError: it is none, or one with two readings; `param` is the path of what has them.
    """
    value = parse_json(data)
    if not isinstance(value, dict):
        raise CallerError("the body must be a JSON object")
    return cast("dict[str, object]", value)


def parse_json(data: bytes) -> object:
    """Return the JSON value that a body is.

    Raises:
        CallerError: it is none, or one with two readings.
    """
    if not data:
        raise CallerError("the request has no body: send a JSON object")
    try:
        value: Any = orjson.loads(data)
    except orjson.JSONDecodeError as e:
        raise CallerError(
            f"the body is not valid JSON: {e.msg} at line {e.lineno}, column {e.colno}"
        ) from None
    try:
        written = orjson.dumps(value)
    except orjson.JSONEncodeError:
        raise CallerError(f"the body is nested deeper than {DEPTH_MAX} levels") from None
    # What an SDK sends is what is written here, so that no name was lost. A body of another form
    # has as many names: each is followed by this in nearly every writer's JSON. Where the numbers
    # differ, as for odd spaces, a slower reader looks closely. So it does at numbers that may have
    # been rounded: whether they were written as integers, it alone can tell.
    if data != written and (
        data.count(_KEY_END) != written.count(_KEY_END)
        or (_HUGE.search(written) is not None and _has_huge(value))
    ):
        _refuse_two_readings(data)
    return value


def _has_huge(value: object) -> bool:
    """Return whether there is a number that would be rounded if it was written as an integer."""
    stack = [value]
    while stack:
        node = stack.pop()
        fields = cast("dict[str, object]", node).values() if isinstance(node, dict) else node
        values = cast("Iterable[object]", fields)
        # One look at each of a million numbers would hold everybody up.
        kinds = set(map(type, values))
        if float in kinds and any(
            isinstance(v, float) and (v <= INTEGER_MIN or v > INTEGER_MAX) for v in values
        ):
            return True
        if dict in kinds or list in kinds:
            stack += [v for v in values if isinstance(v, dict | list)]
    return False


class _Doubled(dict[str, Any]):
    """An object in which a name stands twice."""

    name = ""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) == len(pairs):
        return fields
    doubled, seen = _Doubled(fields), set[str]()
    for name, _ in pairs:
        if name in seen:
            doubled.name = name[:NAME_CHARS_MAX]
            break
        seen.add(name)
    return doubled


def _refuse_two_readings(data: bytes) -> None:
    if len(data) > CLOSE_LOOK_BYTES_MAX:
        raise CallerError(
            "the body seems to name something twice in one object, or to hold a number of more "
            "than 64 bits; if not, write it without spaces before colons and such a number as a "
            "string"
        )
    try:
        value: Any = json.loads(data, object_pairs_hook=_pairs)
    except RecursionError:
        raise CallerError(f"the body is nested deeper than {DEPTH_MAX} levels") from None
    except ValueError:
        # A number that only this reader refuses; it has no second reading.
        return
    stack: list[tuple[Any, str]] = [(value, "")]
    while stack:
        node, path = stack.pop()
        if isinstance(node, _Doubled):
            where = f"{path}.{node.name}" if path else node.name
            raise CallerError(f"'{where}' stands twice in one object", param=where)
        if isinstance(node, dict):
            fields = cast("dict[str, Any]", node)
            joint = f"{path}." if path else ""
            stack += [(v, f"{joint}{k[:NAME_CHARS_MAX]}") for k, v in fields.items()]
        elif isinstance(node, int) and not INTEGER_MIN <= node <= INTEGER_MAX:
            raise CallerError(
                f"'{path}' is an integer of more than 64 bits, which not every reader takes as it "
                "is: write it as a string",
                param=path,
            )
        elif isinstance(node, list):
            stack += [(v, f"{path}[{i}]") for i, v in enumerate(cast("list[Any]", node))]  # type: ignore[redundant-cast]
