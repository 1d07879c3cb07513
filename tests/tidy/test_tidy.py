"""The style as a test: what is not checked here is only a wish."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60

# Folder of a source root -> folder of its tests.
ROOTS = {
    "core/weftline_core": "tests/core",
    "providers/weftline_providers": "tests/providers",
    "node/weftline_node": "tests/node",
    "control_plane/weftline_control": "tests/control_plane",
    "sdk/weftline": "tests/sdk",
    "bench/weftline_bench": "tests/bench",
}

# Nothing to test by themselves: they declare, or start what other tests run as a process.
NO_MIRROR = {
    "core/weftline_core/failures.py",
    "core/weftline_core/limits.py",
    "core/weftline_core/rng.py",
    "core/weftline_core/rows.py",
    "control_plane/weftline_control/store.py",
    "node/weftline_node/__main__.py",
    "node/weftline_node/ports.py",
    "sdk/weftline/__main__.py",
    "sdk/weftline/calls.py",
}

# Marks of work left behind.
MARKS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def tracked(*patterns: str) -> list[Path]:
    """Return files that git knows or would add, so that a new file is judged before its commit."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = [ROOT / n for n in names.splitlines() if "protos/gen/" not in n]
    return [p for p in paths if p.is_file()]


def python_files() -> list[Path]:
    return tracked("*.py")


def sources() -> list[Path]:
    return [p for p in python_files() if str(p.relative_to(ROOT)).startswith(tuple(ROOTS))]


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_file_is_too_long() -> None:
    lengths = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in python_files()}
    assert {n: size for n, size in lengths.items() if size > FILE_LINES_MAX} == {}


def test_no_function_is_too_long() -> None:
    long: dict[str, int] = {}
    for path in python_files():
        for function in functions(ast.parse(path.read_text())):
            size = (function.end_lineno or function.lineno) - function.lineno + 1
            if size > FUNCTION_LINES_MAX:
                long[f"{path.relative_to(ROOT)}:{function.name}"] = size
    assert long == {}


def test_every_source_file_has_its_test_file() -> None:
    missing: list[str] = []
    for path in sources():
        name = str(path.relative_to(ROOT))
        if path.name == "__init__.py" or name in NO_MIRROR:
            continue
        root = next(r for r in ROOTS if name.startswith(r + "/"))
        inner = path.relative_to(ROOT / root)
        mirror = Path(ROOTS[root]) / inner.with_name(f"test_{inner.name}")
        if not (ROOT / mirror).is_file():
            missing.append(f"{name} wants {mirror}")
    assert missing == []


def test_no_test_file_outlives_its_source() -> None:
    orphans: list[str] = []
    for root, tests in ROOTS.items():
        for path in (ROOT / tests).rglob("test_*.py"):
            inner = path.relative_to(ROOT / tests)
            source = ROOT / root / inner.with_name(inner.name.removeprefix("test_"))
            if not source.is_file():
                orphans.append(str(path.relative_to(ROOT)))
    assert orphans == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        p
        for p in python_files()
        if p.stat().st_size and not ast.get_docstring(ast.parse(p.read_text()))
    ]
    assert [str(p.relative_to(ROOT)) for p in silent] == []


def test_no_work_is_left_behind() -> None:
    own = Path(__file__)
    left = [
        f"{p.relative_to(ROOT)}:{n}"
        for p in python_files()
        if p != own
        for n, line in enumerate(p.read_text().splitlines(), 1)
        if MARKS.search(line)
    ]
    assert left == []


# The cipher takes 8 MB, which only a node with a service account need pay.
LATE_IMPORTS = {"providers/weftline_providers/vertex.py"}


def test_no_import_hides_in_a_function_of_the_core() -> None:
    hidden = [
        f"{path.relative_to(ROOT)}:{inner.lineno}"
        for path in sources()
        if str(path.relative_to(ROOT)) not in LATE_IMPORTS
        if "weftline_core" in str(path) or "weftline_providers" in str(path)
        for function in functions(ast.parse(path.read_text()))
        for inner in ast.walk(function)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


@pytest.mark.parametrize(
    "document",
    ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))],
)
def test_documents_name_only_files_that_exist(document: str) -> None:
    text = (ROOT / document).read_text()
    named = re.findall(
        r"`((?:core|node|control_plane|providers|sdk|bench|protos|tests|docs|deploy)/[\w./-]+)`",
        text,
    )
    assert [n for n in named if not (ROOT / n).exists()] == []
