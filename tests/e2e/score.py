"""Print the fault matrix as a table: `python -m tests.e2e.score [FAULT...]`.

The same cases as in `test_faults_*.py`, with the verdicts in words and the time of failover.
"""

import asyncio
import sys
from statistics import median

from tests.e2e.cases import Case, Result, play
from tests.fakes.bad_upstream import FAULTS

_COLUMNS = [(streamed, twin) for streamed in (True, False) for twin in (False, True)]
_HEADINGS = ["stream alone", "stream + twin", "whole alone", "whole + twin"]


def _cell(result: Result) -> str:
    words = "/".join(seen.verdict.name.lower() for seen in result.outcomes)
    return ("" if result.problem() is None else "WRONG: ") + words


async def _main(names: list[str]) -> int:
    print("| fault | " + " | ".join(_HEADINGS) + " |")
    print("|---" * (len(_HEADINGS) + 1) + "|")
    failed: list[str] = []
    refused_ms: list[float] = []
    for name in names:
        cells: list[str] = []
        for streamed, twin in _COLUMNS:
            result = await play(Case(name, streamed, twin))
            cells.append(_cell(result))
            if problem := result.problem():
                failed.append(f"{result.case.name}: {problem}")
            if name in ("refuse", "reset_on_accept", "status_503") and twin:
                refused_ms.append(result.took_s[0] * 1000)
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    total = len(names) * len(_COLUMNS)
    print(f"\n{total - len(failed)} of {total} cells right")
    print("\n".join(failed))
    if refused_ms:
        print(f"first request past a refusal, median: {median(refused_ms):.1f} ms to its end")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(asyncio.run(_main(sys.argv[1:] or list(FAULTS))))
