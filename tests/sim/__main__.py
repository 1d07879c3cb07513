"""Run seeds: `python -m tests.sim --seed N [--verbose]`, or `--seeds A:B`."""

import argparse
import sys
import time

from tests.sim.run import Report, run_seed


def _seeds(text: str) -> range:
    first, _, end = text.partition(":")
    return range(int(first), int(end))


def _show(report: Report) -> None:
    print(report.line())
    if report.problems:
        print("\n".join(f"  trouble {t}" for t in report.troubles))
        print("\n".join(f"  problem {p}" for p in report.problems))
        print(f"  again with: python -m tests.sim --seed {report.seed} --verbose")


def main() -> int:
    """Run what the command line asks for and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--seed", type=int, help="run one seed")
    which.add_argument("--seeds", type=_seeds, metavar="A:B", help="run seeds A to B-1")
    parser.add_argument("--verbose", action="store_true", help="print every event of the trace")
    options = parser.parse_args()
    seeds = options.seeds if options.seed is None else [options.seed]
    began_s = time.perf_counter()
    failed = 0
    for seed in seeds:
        report = run_seed(seed, print if options.verbose else None)
        _show(report)
        failed += bool(report.problems)
    took_s = time.perf_counter() - began_s
    print(f"{took_s:.1f} s, {took_s / max(1, len(seeds)):.2f} s a seed")
    print(f"{len(seeds) - failed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
