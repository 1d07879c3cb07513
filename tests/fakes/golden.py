"""Golden scripts: commands and what they made happen, as text that a person reviews.

A line that begins with `=` is an answer and is written by the replay; blank lines and comments
stay. Set `WEFT_REWRITE_GOLDEN=1` to write the answers anew, then review the diff.
"""

import os
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "golden"


def scripts(pattern: str) -> list[Path]:
    """Return the golden scripts of that name pattern; a pattern that finds none is a mistake."""
    found = sorted(FOLDER.glob(pattern))
    assert found, f"no golden script matches {pattern}"
    return found


def check(path: Path, run: Callable[[str], list[str]]) -> None:
    """Replay a script; `run` takes one command line and returns its answers."""
    wanted = path.read_text()
    lines: list[str] = []
    for line in wanted.splitlines():
        if line.startswith("="):
            continue
        lines.append(line)
        if line.strip() and not line.startswith("#"):
            lines += [f"= {answer}" for answer in run(line)]
    got = "\n".join(lines) + "\n"
    if os.environ.get("WEFT_REWRITE_GOLDEN") and got != wanted:
        path.write_text(got)
        return
    assert got == wanted, f"{path.name} differs; WEFT_REWRITE_GOLDEN=1 rewrites it for review"
