"""Runs an open loop to its end or to Ctrl-C, with a progress bar for those who watch."""

import asyncio
import random
import signal
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from weftline_bench.client import Target
from weftline_bench.load import Load, OpenLoop, schedule
from weftline_bench.record import Sample, Summary, summarise

# The bar takes time from what is measured; twice a second is enough for an eye.
BAR_REFRESH_HZ = 2


@dataclass(frozen=True, slots=True)
class Measured:
    """Samples by target, in the order of the targets. stopped: a person ended the run early."""

    targets: Sequence[Target]
    samples: Sequence[list[Sample]]
    stopped: bool

    def summaries(self) -> list[Summary]:
        """Return one summary a target."""
        pairs = zip(self.targets, self.samples, strict=True)
        return [summarise(target.name, samples) for target, samples in pairs]


async def measure(targets: Sequence[Target], load: Load, seed: int) -> Measured:
    """Ask all targets as `load` says; SIGINT and SIGTERM end it with what there is."""
    rng = random.Random(seed)  # noqa: S311  # arrival times
    due = schedule(load, len(targets), rng, lambda mean_s: rng.expovariate(1.0 / mean_s))
    samples: list[list[Sample]] = [[] for _ in targets]
    with progress(sum(one.counted for one in due)) as advance:

        def keep(sample: Sample) -> None:
            samples[sample.target].append(sample)
            advance()

        loop = OpenLoop(targets, load, keep)
        with stopping(loop.stop):
            await loop.run(due)
    return Measured(targets, samples, loop.stopped)


@contextmanager
def stopping(stop: Callable[[], None]) -> Generator[None, None, None]:
    """Call `stop` at SIGINT or SIGTERM while inside."""
    running = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        running.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            running.remove_signal_handler(number)


@contextmanager
def progress(total: int) -> Generator[Callable[[], None], None, None]:
    """Show a bar on a terminal's stderr; yield what moves it on by one."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415  # late: only for those who watch
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn  # noqa: PLC0415

    columns = ("measuring", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, refresh_per_second=BAR_REFRESH_HZ
    ) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)
