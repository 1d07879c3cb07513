"""YAML text to structs, with errors that a person can act on.

Every error names the file, the line, the path within the document, and for a misspelt field what
was probably meant. Everything wrong is reported at once, since nobody likes to mend a file one word
a run.
"""

import difflib
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

import msgspec
import yaml

from weftline_core.desired import KINDS, Resource
from weftline_core.errors import OperatorError
from weftline_core.ids import shown
from weftline_core.limits import RESOURCES_MAX

T = TypeVar("T")
Path = tuple[Hashable, ...]

# A YAML file of this size holds far more than RESOURCES_MAX resources; beyond it, it is not ours.
TEXT_BYTES_MAX = 16 * 1024 * 1024

# Errors listed before the rest is summed up: a screenful.
PROBLEMS_SHOWN_MAX = 12


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: its plain value, and the line (from 1) of every path in it."""

    value: object
    lines: Mapping[Path, int]
    source: str

    def where(self, path: Path) -> str:
        """Return `source:line`, taking the nearest enclosing path whose line is known."""
        while path not in self.lines and path:
            path = path[:-1]
        return f"{self.source}:{self.lines.get(path, 1)}"


def read_documents(text: str, source: str) -> list[Document]:
    """Return the documents of a YAML stream; empty ones are left out.

    Raises:
        OperatorError: not YAML, a key given twice, an alias, or over the size limit.
    """
    if len(text) > TEXT_BYTES_MAX:
        raise OperatorError(f"{source}: larger than {TEXT_BYTES_MAX} bytes (TEXT_BYTES_MAX)")
    try:
        nodes = yaml.compose_all(text, Loader=yaml.SafeLoader)
        documents = [_document(node, source) for node in nodes]
    except yaml.MarkedYAMLError as e:
        line = e.problem_mark.line + 1 if e.problem_mark else 1
        raise OperatorError(f"{source}:{line}: not valid YAML: {e.problem}") from e
    except yaml.YAMLError as e:
        reason = " ".join(str(e).split())
        raise OperatorError(f"{source}: not valid YAML: {reason}") from e
    except RecursionError as e:
        raise OperatorError(f"{source}: nested far too deeply to be a file of ours") from e
    return [d for d in documents if d.value is not None]


def convert(document: Document, kind: type[T]) -> T:
    """Return the document as a `kind`.

    Raises:
        OperatorError: unknown fields (all of them, with suggestions) or a value of a wrong type.
    """
    info = msgspec.inspect.type_info(kind)
    problems = [
        f"{document.where(path)}: {_dotted(path)}: unknown field{suggestion(str(path[-1]), known)}"
        for path, known in _unknown(document.value, info, ())
    ]
    if problems:
        raise OperatorError(listed(problems))
    try:
        return msgspec.convert(document.value, kind, strict=True)
    except msgspec.ValidationError as e:
        message, _, at = str(e).partition(" - at `")
        path = _parsed(at.rstrip("`"))
        raise OperatorError(f"{document.where(path)}: {_dotted(path)}: {message}") from e


def read_resources(text: str, source: str) -> list[Resource]:
    """Return the resources of a YAML stream, each checked by itself.

    A document is one resource with a `kind`, or a list of them.

    Raises:
        OperatorError: anything wrong, with file, line, path and a suggestion where there is one.
    """
    resources: list[Resource] = []
    problems: list[str] = []
    for document in read_documents(text, source):
        for one in _split(document):
            try:
                resources.append(_resource(one))
            except OperatorError as e:
                problems += e.message.split("\n")
            if len(resources) > RESOURCES_MAX:
                raise OperatorError(f"{source}: over {RESOURCES_MAX} resources (RESOURCES_MAX)")
    if problems:
        raise OperatorError(listed(problems))
    return resources


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `, did you mean 'x'?`, or what exists when nothing is close."""
    names = sorted(known)
    if close := difflib.get_close_matches(word, names, n=1):
        return f", did you mean '{close[0]}'?"
    return f"; known here: {', '.join(names)}" if names else ""


def listed(problems: list[str]) -> str:
    """Return problems as lines, the tail summed up."""
    shown = problems[:PROBLEMS_SHOWN_MAX]
    if more := len(problems) - len(shown):
        shown.append(f"... and {more} more")
    return "\n".join(shown)


def _split(document: Document) -> Iterator[Document]:
    items = _list(document.value)
    if items is None:
        yield document
        return
    for index, value in enumerate(items):
        lines = {p[1:]: line for p, line in document.lines.items() if p[:1] == (index,)}
        yield Document(value, lines, document.source)


def _resource(document: Document) -> Resource:
    fields = _mapping(document.value)
    if fields is None:
        raise OperatorError(
            f"{document.where(())}: expected a resource with a 'kind', as in kind: Model"
        )
    kind = fields.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        what = "no kind" if kind is None else f"unknown kind {str(kind)[:40]!r}"
        hint = suggestion(str(kind or ""), KINDS)
        raise OperatorError(f"{document.where(('kind',))}: {what}{hint}")
    resource = convert(document, KINDS[kind])
    label = f"{document.where(())}: {shown(resource.name)}"
    if problems := [f"{label}: {p}" for p in resource.problems()]:
        raise OperatorError(listed(problems))
    return resource


def _document(node: yaml.Node, source: str) -> Document:
    lines: dict[Path, int] = {}
    value = _plain(node, (), lines, set())
    return Document(value, lines, source)


def _plain(node: yaml.Node, path: Path, lines: dict[Path, int], open_nodes: set[int]) -> object:
    """Build the plain value of a node by hand, so that lines are kept and doubled keys are seen."""
    lines.setdefault(path, node.start_mark.line + 1)
    if id(node) in open_nodes:
        raise yaml.constructor.ConstructorError(
            None, None, "a value contains itself", node.start_mark
        )
    if isinstance(node, yaml.SequenceNode):
        inside = open_nodes | {id(node)}
        return [_plain(item, (*path, i), lines, inside) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        inside = open_nodes | {id(node)}
        out: dict[Hashable, object] = {}
        for key_node, value_node in node.value:
            key = _scalar(key_node)
            if key in out:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{shown(str(key))}' is given twice", key_node.start_mark
                )
            lines[(*path, key)] = key_node.start_mark.line + 1
            out[key] = _plain(value_node, (*path, key), lines, inside)
        return out
    return _scalar(node)


def _scalar(node: yaml.Node) -> Hashable:
    if not isinstance(node, yaml.ScalarNode):
        raise yaml.constructor.ConstructorError(
            None, None, "a key must be a plain word", node.start_mark
        )
    # The stub leaves the argument's type open.
    loader = yaml.SafeLoader("")
    construct = cast("Callable[[yaml.Node], Hashable]", loader.construct_object)  # pyright: ignore[reportUnknownMemberType]
    try:
        return construct(node)
    except ValueError as e:
        raise yaml.constructor.ConstructorError(None, None, str(e), node.start_mark) from e


def _unknown(
    value: object, info: msgspec.inspect.Type, path: Path
) -> Iterator[tuple[Path, list[str]]]:
    """Yield the path of each unknown field, with the fields that are known beside it."""
    if isinstance(info, msgspec.inspect.StructType):
        fields = {f.encode_name: f.type for f in info.fields}
        known = [*fields, info.tag_field] if info.tag_field else list(fields)
        for key, inner in (_mapping(value) or {}).items():
            if key in fields:
                yield from _unknown(inner, fields[str(key)], (*path, key))
            elif key not in known:
                yield (*path, key), known
    elif isinstance(info, msgspec.inspect.DictType):
        for key, inner in (_mapping(value) or {}).items():
            yield from _unknown(inner, info.value_type, (*path, key))
    elif isinstance(info, msgspec.inspect.VarTupleType | msgspec.inspect.ListType):
        for i, inner in enumerate(_list(value) or []):
            yield from _unknown(inner, info.item_type, (*path, i))


def _mapping(value: object) -> dict[Hashable, object] | None:
    return cast("dict[Hashable, object]", value) if isinstance(value, dict) else None


def _list(value: object) -> list[object] | None:
    return cast("list[object]", value) if isinstance(value, list) else None


_STEP = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+)\]|(\[\.\.\.\])")


def _parsed(at: str) -> Path:
    """Return msgspec's path `$.a[0].b` as a tuple, up to the first key it does not name."""
    path: list[Hashable] = []
    for name, index, elided in _STEP.findall(at):
        if elided:
            break
        path.append(name or int(index))
    return tuple(path)


def _dotted(path: Path) -> str:
    text = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)
    return shown(text.lstrip(".")) or "document"
