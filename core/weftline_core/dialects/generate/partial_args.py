"""Arguments of a tool call that come in pieces, as Vertex streams them.

Each piece names its place by a JSON path (RFC 9535, of which only names and indexes occur); strings
come in several pieces for one place.
"""

import re
from typing import Final, TypeAlias, cast

import orjson

from weftline_core.dialects.generate.shapes import PartialArg

_STEP: Final = re.compile(
    r"\.([^.\[\]]+)|\[([0-9]{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\[\"((?:[^\"\\]|\\.)*)\"\]"
)
_UNESCAPE: Final = re.compile(r"\\(.)")
# No tool has arguments nested deeper, and JSON that is cannot be written again.
_STEPS_MAX: Final = 64

_Step: TypeAlias = str | int


class BadPath(ValueError):
    """A piece names a place that cannot be."""


class PartialArgs:
    """What has come of one call's arguments. whole: those that came at once. open: the last string
    was not finished.
    """

    __slots__ = ("_pieces", "_whole", "open")

    def __init__(self, whole: dict[str, object] | None = None) -> None:
        self._whole = whole
        self._pieces: dict[str, list[object]] = {}
        self.open = False

    def add(self, piece: PartialArg) -> None:
        """Take one piece."""
        value: object = piece.string_value
        if value is None:
            value = piece.bool_value if piece.bool_value is not None else piece.number_value
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        self._pieces.setdefault(piece.json_path, []).append(value)
        self.open = piece.will_continue is True

    def text(self) -> str:
        """Return the arguments as JSON text.

        Raises:
            BadPath: a piece has no place.
        """
        root: dict[str, object] = dict(self._whole or {})
        for path, values in self._pieces.items():
            texts = [value for value in values if isinstance(value, str)]
            _put(root, _steps(path), "".join(texts) if texts else values[-1])
        return orjson.dumps(root).decode()


def _steps(path: str) -> list[_Step]:
    if not path.startswith("$"):
        raise BadPath("a path must begin with $")
    steps: list[_Step] = []
    at = 1
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None or len(steps) == _STEPS_MAX:
            raise BadPath("no such path")
        if match[2] is not None:
            steps.append(int(match[2]))
        elif match[1] is not None:
            steps.append(match[1])
        else:
            quoted = match[3] if match[3] is not None else match[4]
            steps.append(_UNESCAPE.sub(r"\1", quoted))
        at = match.end()
    if not steps or not isinstance(steps[0], str):
        raise BadPath("arguments are an object")
    return steps


def _put(root: dict[str, object], steps: list[_Step], value: object) -> None:
    """Put a value in its place, making the objects and lists on the way; a list grows by one."""
    here: object = root
    for n, step in enumerate(steps):
        last = n == len(steps) - 1
        fresh: object = value if last else ([] if isinstance(steps[n + 1], int) else {})
        if isinstance(step, str):
            here = _in_object(here, step, fresh, last=last)
        else:
            here = _in_list(here, step, fresh, last=last)


def _in_object(here: object, name: str, fresh: object, *, last: bool) -> object:
    if not isinstance(here, dict):
        raise BadPath("a name in what is no object")
    fields = cast("dict[str, object]", here)
    if last or name not in fields:
        fields[name] = fresh
    return fields[name]


def _in_list(here: object, index: int, fresh: object, *, last: bool) -> object:
    if not isinstance(here, list):
        raise BadPath("an index in what is no list")
    items = cast("list[object]", here)
    if index > len(items):
        raise BadPath("a list has a gap")
    if index == len(items):
        items.append(fresh)
    elif last:
        items[index] = fresh
    return items[index]
