"""The matrix as a page, the same bytes for the same cells."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from tests.conformance.cells import Cell, Mark
from tests.conformance.failing import ERRORS
from tests.conformance.features import FEATURES
from tests.conformance.matrix import CLIENTS
from tests.conformance.upstreams import UPSTREAMS
from tests.conformance.vectors import FEATURES as VECTORS
from tests.conformance.words import WORDS
from weftline_core.chat.features import Feature
from weftline_core.dialects import losses
from weftline_core.dialects.losses import Loss, Losses

_SIGNS: Final = {
    Mark.OK: "✓",
    Mark.DROPPED: "d",
    Mark.REFUSED: "r",
    Mark.NONE: "-",
    Mark.FAILED: "✗",
}
_PATHS: Final = {
    "chat": "`/v1/chat/completions`",
    "responses": "`/v1/responses`",
    "messages": "`/v1/messages`",
    "generate": "`/v1beta/models/MODEL:generateContent`",
    "embeddings": "`/v1/embeddings`",
    "embed_content": "`/v1beta/models/MODEL:embedContent`",
}
_CLIENT: Final = re.compile(r"###? Clients of (\w+):")
_NOTE: Final = re.compile(r"^(\d+)\. (.*)$", re.MULTILINE)
_PREFIXES: Final = {Mark.DROPPED: "Dropped: ", Mark.REFUSED: "Refused: ", Mark.FAILED: "Fails: "}
_TABLES: Final[dict[str, tuple[str, Losses]]] = {
    "OpenAI's chat completions": ("`openai`, `azure`", losses.OPENAI_CHAT),
    "chat completions elsewhere": ("every other host of that dialect", losses.CHAT),
    "Responses": ("`openai`, `azure`, `xai`, `vllm`, ...", losses.RESPONSES),
    "Anthropic's Messages": ("`anthropic`, Claude at clouds", losses.MESSAGES),
    "Gemini's generateContent": ("`google`, `vertex`", losses.GENERATE),
    "Bedrock's Converse": ("`bedrock`", losses.CONVERSE),
    "Cohere's chat": ("`cohere`", losses.COHERE),
    "Workers AI": ("`workersai`", losses.WORKERS_AI),
    "OpenAI's embeddings": ("every other host that embeds", losses.EMBEDDINGS),
    "Gemini's embedContent": ("`google`, `vertex`", losses.EMBED_CONTENT),
    "Cohere's embeddings": ("`cohere`", losses.COHERE_EMBED),
    "Workers AI's embeddings": ("`workersai`", losses.WORKERS_AI_EMBED),
    "Cog's predictions": ("`cog`", losses.COG),
}
_HEAD: Final = """\
# Which client dialect carries what to which provider
`python -m tests.conformance` writes this page. It puts clients of every dialect, as raw JSON over
HTTP, through a whole PoP to simulators of the providers that are as strict as the real ones. A cell
is a check that knows what the provider has said and compares what the client reads, field by field;
one that fails, fails the build. With `--check` it only tells whether the page is up to date.

| sign | meaning |
|---|---|
| ✓ | works |
| = | works in the client's own words: the upstream speaks its dialect, nothing is translated |
| d | served without it; the header `x-weft-dropped` names the client's field |
| r | refused before anything is sent, with a 400 that names the client's field; in the client's \
own words the provider itself may refuse |
| - | has no place here |
| ✗ | does not work |

A request goes to any endpoint of its model that can carry all of it; it is refused only where no
such endpoint is left.
"""


def page(cells: Sequence[Cell]) -> str:
    """Return the whole page."""
    text = [_HEAD, _summary(cells)]
    notes = _Notes()
    for client in CLIENTS:
        text.append(f"## Clients of {client}: {_PATHS[client]}\n")
        text.append(_table(client, cells, tuple(FEATURES), UPSTREAMS, notes))
        text.append("### Errors\n")
        text.append(_table(client, cells, tuple(ERRORS), UPSTREAMS, notes))
        fields = _fields(client, cells)
        text.append("### Fields of requests\n")
        text.append(_table(client, cells, fields, UPSTREAMS, notes))
    text.append("## Embeddings\n")
    for client in ("embeddings", "embed_content"):
        where = list(dict.fromkeys(c.upstream for c in cells if c.client == client))
        text.append(f"### Clients of {client}: {_PATHS[client]}\n")
        text.append(_table(client, cells, tuple(VECTORS), where, notes))
    text.append("## Notes\n")
    text.append("".join(notes.lines()))
    text.append(_losses())
    return "\n".join(text)


class _Notes:
    """Footnotes; the same words have the same number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, mark: Mark, words: str) -> int:
        return self._numbers.setdefault(_noted(mark, words), len(self._numbers) + 1)

    def lines(self) -> Iterable[str]:
        return (f"{number}. {words}\n" for words, number in self._numbers.items())


def _noted(mark: Mark, words: str) -> str:
    return _PREFIXES[mark] + words if mark in _PREFIXES else words[:1].upper() + words[1:] + "."


def cells_of(text: str) -> list[Cell]:
    """Return the cells of a page; notes are as they are printed."""
    found = _NOTE.findall(text.partition("## Notes")[2].partition("## What")[0])
    notes = dict(found)
    cells: list[Cell] = []
    client, where = "", list[str]()
    for line in text.partition("## Notes")[0].splitlines():
        if named := _CLIENT.match(line):
            client = named[1]
        elif line.startswith("| | "):
            where = line.strip("| ").split(" | ")
        elif client and line.startswith("| ") and where:
            name, *signs = line.strip("| ").split(" | ")
            for upstream, sign in zip(where, signs, strict=True):
                mark, number = _read_sign(sign)
                cells.append(Cell(client, upstream, name, mark, notes.get(number, "")))
    return cells


def shown(cell: Cell) -> Cell:
    """Return a cell as a page shows it."""
    note = "" if cell.mark is Mark.OK else _noted(cell.mark, cell.note)
    return Cell(cell.client, cell.upstream, _named(cell.feature), cell.mark, note)


def still(text: str) -> str:
    """Return what of a page depends on no run: its head and its last part."""
    return _head(text) + text.partition("## What each")[2]


def _head(text: str) -> str:
    return text.partition("\nOf ")[0]


def _read_sign(sign: str) -> tuple[Mark, str]:
    first, _, rest = sign.partition("<sup>")
    marks = {printed: mark for mark, printed in _SIGNS.items()} | {"=": Mark.OK}
    return marks[first], rest.removesuffix("</sup>")


def _summary(cells: Sequence[Cell]) -> str:
    counts = {mark: sum(c.mark is mark for c in cells) for mark in Mark}
    said = ", ".join(f"{count} {mark.value}" for mark, count in counts.items())
    return f"Of {len(cells)} cells: {said}.\n"


def _fields(client: str, cells: Sequence[Cell]) -> tuple[str, ...]:
    named = (c.feature for c in cells if c.client == client)
    known = set(Feature)
    return tuple(dict.fromkeys(name for name in named if name in known))


def _table(
    client: str,
    cells: Sequence[Cell],
    features: Sequence[str],
    upstreams: Iterable[str],
    notes: _Notes,
) -> str:
    found = {(c.upstream, c.feature): c for c in cells if c.client == client}
    where = [name for name in upstreams if any(u == name for u, _ in found)]
    lines = ["| | " + " | ".join(where) + " |", "|---|" + ":-:|" * len(where)]
    for feature in features:
        signs = [_sign(client, found[name, feature], notes) for name in where]
        lines.append(f"| {_named(feature)} | " + " | ".join(signs) + " |")
    return "\n".join(lines) + "\n"


def _sign(client: str, cell: Cell, notes: _Notes) -> str:
    if cell.mark is Mark.OK:
        known = UPSTREAMS.get(cell.upstream)
        native = known.native(client) if known and client in CLIENTS else cell.note == "native"
        return "=" if native else _SIGNS[Mark.OK]
    return f"{_SIGNS[cell.mark]}<sup>{notes.number(cell.mark, cell.note)}</sup>"


def _named(feature: str) -> str:
    known = set(Feature)
    return WORDS[Feature(feature)] if feature in known else feature


def _losses() -> str:
    lines = [
        "## What each dialect drops and refuses\n",
        "What a host of a dialect cannot take from clients of another one, from",
        "`core/weftline_core/dialects/losses.py`. Clients of the same dialect lose nothing.\n",
        "| dialect | at | drops | refuses |",
        "|---|---|---|---|",
    ]
    for name, (where, table) in _TABLES.items():
        parts = [
            ", ".join(WORDS[f] for f in Feature if table.get(f) is loss)
            for loss in (Loss.DROP, Loss.REFUSE)
        ]
        lines.append(f"| {name} | {where} | {parts[0]} | {parts[1]} |")
    lines.append("\nSome hosts take less of their dialect:\n")
    for upstream in UPSTREAMS.values():
        plain = next((t for _, t in _TABLES.values() if t is upstream.back.losses), None)
        if plain is None:
            more = {f: x for f, x in upstream.back.losses.items() if f not in losses.CHAT}
            told = ", ".join(f"{WORDS[f]} ({loss.value})" for f, loss in more.items())
            lines.append(f"- `{upstream.name}`: {told}.")
    return "\n".join(lines) + "\n"
