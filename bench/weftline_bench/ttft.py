"""`weft bench ttft`: the time to the first token of one URL, or of two in turns."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from weftline.cli.errors import CliError
from weftline.cli.output import Format, note, print_data, print_grid, say
from weftline_bench import plot
from weftline_bench.client import Target, chat_target
from weftline_bench.load import Load
from weftline_bench.record import ANSWERS_MIN, Sample, added
from weftline_bench.report import (
    Report,
    added_in_words,
    environment,
    errors_in_words,
    failures_in_words,
    out_path,
    save,
    table,
    verdict,
    warn_if_busy,
)
from weftline_bench.run import Measured, measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked of a URL. source: the local address to dial from."""

    url: str
    model: str
    key: str | None = None
    prompt: str = "Tell me about the sea."
    tokens_max: int = 16
    stream: bool = True
    source: str | None = None

    def target(self, name: str) -> Target:
        """Return the request as bytes.

        Raises:
            ValueError: the URL is none.
        """
        body: dict[str, object] = {
            "model": self.model,
            "messages": [{"role": "user", "content": self.prompt}],
            "max_tokens": self.tokens_max,
            "stream": self.stream,
        }
        return chat_target(name, self.url, body, key=self.key, source=self.source)


async def run_ttft(asks: Sequence[Ask], load: Load, seed: int) -> tuple[Report, Measured]:
    """Measure and return what was found.

    Raises:
        ValueError: a URL is none.
    """
    at_unix_ms = time.time_ns() // 1_000_000
    facts = environment()
    warn_if_busy(facts)
    measured = await measure([ask.target(ask.url) for ask in asks], load, seed)
    summaries = measured.summaries()
    options = {
        "urls": [ask.url for ask in asks],
        "models": [ask.model for ask in asks],
        "stream": asks[0].stream,
        "tokens_max": asks[0].tokens_max,
        "prompt_chars": len(asks[0].prompt),
        "rps": load.rps,
        "duration_s": load.duration_s,
        "warm_up_s": load.warm_up_s,
        "arrivals": load.arrivals,
        "seed": seed,
    }
    report = Report(
        bench="ttft",
        verdict=verdict(summaries, stopped=measured.stopped),
        at_unix_ms=at_unix_ms,
        environment=facts,
        options=options,
        targets=summaries,
        added=added(*measured.samples) if len(asks) == 2 else None,  # noqa: PLR2004  # a pair
    )
    return report, measured


def tell(report: Report, measured: Measured, form: Format, out: Path | None) -> None:
    """Print the report, keep it under `out`, and refuse a void one.

    Raises:
        CliError: the run was void: too few answers to be a result.
    """
    if form is Format.TABLE:
        print_grid(table(report.targets))
        if report.verdict != "void":
            say("".join(f"{line}\n" for line in failures_in_words(report.targets)))
        if report.added is not None:
            say(added_in_words(report.added))
    else:
        print_data(report, form)
    if out is not None:
        path = out_path(out, report.bench, report.at_unix_ms)
        note(f"kept as {save(report, path)}")
        if report.verdict != "void":
            _draw(report, measured, path.with_suffix(".png"))
    refuse_void(report)
    if report.verdict == "partial":
        note("ended early: the result is partial, and marked so")


def refuse_void(report: Report) -> None:
    """Say that a run is no result.

    Raises:
        CliError: it is void.
    """
    if report.verdict != "void":
        return
    lines = (
        f"{target.name}: {target.answers} answers, errors: {errors_in_words(target.errors)}"
        for target in report.targets
    )
    raise CliError(
        f"the run is void: a result needs {ANSWERS_MIN} answers of each target",
        details=tuple(lines),
        hint="ask longer or more often (--duration, --rps), and see that the target answers",
    )


def _draw(report: Report, measured: Measured, path: Path) -> None:
    if not plot.available():
        note("no picture: matplotlib is not installed (pip install 'weftline[plot]')")
        return
    start_s = min(s.scheduled_s for samples in measured.samples for s in samples)
    series = [
        _series(target.name, samples, start_s)
        for target, samples in zip(measured.targets, measured.samples, strict=True)
    ]
    options = report.options
    title = f"Time to first token at {options['rps']:g} requests/s, arrivals: {options['arrivals']}"
    plot.plot_ttft(path, title + (" (partial)" if report.verdict == "partial" else ""), series)
    note(f"drawn as {path}")


def _series(name: str, samples: Sequence[Sample], start_s: float) -> plot.Series:
    whole = [sample for sample in samples if sample.error is None]
    at_s = [sample.scheduled_s - start_s for sample in whole]
    return plot.Series(name, at_s, [sample.ttft_ms for sample in whole])
