"""Where `-f` reads resources from: a file, a folder of files, or standard input."""

import sys
from collections.abc import Iterable
from pathlib import Path

from weftline.cli.errors import CliError, ExitCode
from weftline.files import read_text
from weftline_core.desired import Resource, ref
from weftline_core.documents import read_resources

STDIN = "-"
SUFFIXES = (".yaml", ".yml", ".json")


def read_sources(sources: Iterable[str]) -> list[Resource]:
    """Return the resources of every source, in order.

    Raises:
        CliError: a source holds nothing, or defines again what another defines.
        OperatorError: it cannot be read, or a resource is wrong, with file, line and path.
    """
    found: dict[str, tuple[str, Resource]] = {}
    for source in sources:
        for name, text in _texts(source):
            for resource in read_resources(text, name):
                name_before, _ = found.setdefault(ref(resource), (name, resource))
                if found[ref(resource)][1] is not resource:
                    raise CliError(
                        f"{ref(resource)} is defined twice: in {name_before} and in {name}",
                        code=ExitCode.USAGE,
                    )
    if not found:
        raise CliError(f"no resources in {', '.join(sources)}", code=ExitCode.USAGE)
    return [resource for _, resource in found.values()]


def _texts(source: str) -> Iterable[tuple[str, str]]:
    if source == STDIN:
        return [("standard input", sys.stdin.read())]
    path = Path(source)
    if not path.is_dir():
        return [(source, read_text(path))]
    files = sorted(p for p in path.iterdir() if p.suffix in SUFFIXES and p.is_file())
    if not files:
        raise CliError(
            f"{source}: no {', '.join(SUFFIXES)} file in this folder", code=ExitCode.USAGE
        )
    return [(str(file), read_text(file)) for file in files]
