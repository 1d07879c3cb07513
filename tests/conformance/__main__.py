"""Run every client dialect at every upstream and write `docs/compatibility.md`; `--check` only
tells whether it is up to date.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from tests.conformance import matrix, vectors
from tests.conformance.cells import Cell, Mark
from tests.conformance.page import page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "compatibility.md"


async def run() -> list[Cell]:
    """Return all cells, in the order of the page."""
    cells: list[Cell] = []
    for client, upstream in matrix.pairs():
        cells += await matrix.run_pair(client, upstream)
    for client, place in vectors.pairs():
        cells += await vectors.run_pair(client, place)
    return cells


def main() -> int:
    """Run, print and write; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, compare the page")
    options = parser.parse_args()
    cells = asyncio.run(run())
    text = page(cells)
    print(text)
    failed = [c for c in cells if c.mark is Mark.FAILED]
    for cell in failed:
        print(f"FAILED {cell.client} at {cell.upstream}, {cell.feature}: {cell.note}")
    if options.check:
        same = PAGE.is_file() and PAGE.read_text() == text
        if not same:
            print(f"{PAGE.name} is not what this run gives: run python -m tests.conformance")
        return int(not same or bool(failed))
    PAGE.write_text(text)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
