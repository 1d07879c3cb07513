"""Print the fault matrix as a table: `python -m tests.e2e.score [FAULT...]`.

The same cases as in `test_faults_*.py`, with the verdicts in words; then what a failover adds to
the time to first content, as the difference of medians over fresh nodes.
"""

import asyncio
import sys
from contextlib import AsyncExitStack
from statistics import median

from tests.e2e.cases import Case, Result, play
from tests.e2e.rig import Rig
from tests.fakes.bad_upstream import FAULTS, BadUpstream

# Fresh nodes whose first request fails over, for one median.
FAILOVERS = 50

_COLUMNS = [(streamed, twin) for streamed in (True, False) for twin in (False, True)]
_HEADINGS = ["stream alone", "stream + twin", "whole alone", "whole + twin"]


def _cell(result: Result) -> str:
    words = "/".join(seen.verdict.name.lower() for seen in result.outcomes)
    return ("" if result.problem() is None else "WRONG: ") + words


async def _first_content_ms(fault: str | None) -> float:
    """Return the median time to first content, past an endpoint with `fault` if one is given."""
    took_ms: list[float] = []
    for _ in range(FAILOVERS):
        good = BadUpstream("one_write", who="good")
        bad = [] if fault is None else [BadUpstream(fault, who="bad")]
        async with AsyncExitStack() as stack:
            for upstream in (*bad, good):
                await stack.enter_async_context(upstream)
            rig = await stack.enter_async_context(Rig([*bad, good]))
            reply = await rig.ask("n1x", streamed=True)
            assert reply.first_body_s is not None
            took_ms.append(reply.first_body_s * 1000)
    return median(took_ms)


async def _failovers() -> None:
    direct_ms = await _first_content_ms(None)
    print(f"first content with no failover: {direct_ms:.2f} ms; past")
    for fault in ("refuse", "reset_on_accept", "reset_after_request", "status_503", "error_first"):
        print(f"  {fault}: {await _first_content_ms(fault) - direct_ms:+.2f} ms")


async def _main(names: list[str]) -> int:
    print("| fault | " + " | ".join(_HEADINGS) + " |")
    print("|---" * (len(_HEADINGS) + 1) + "|")
    failed: list[str] = []
    for name in names:
        cells: list[str] = []
        for streamed, twin in _COLUMNS:
            result = await play(Case(name, streamed, twin))
            cells.append(_cell(result))
            if problem := result.problem():
                failed.append(f"{result.case.name}: {problem}")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    total = len(names) * len(_COLUMNS)
    print(f"\n{total - len(failed)} of {total} cells right")
    print("\n".join(failed))
    await _failovers()
    return bool(failed)


if __name__ == "__main__":
    sys.exit(asyncio.run(_main(sys.argv[1:] or list(FAULTS))))
