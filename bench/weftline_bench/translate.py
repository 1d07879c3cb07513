"""`weft bench translate`: what requests and answers cost between each pair of dialects.

One thread does what a node does with bytes, without any network: it reads a client's request and
writes the host's, reads the host's events and writes the client's. Where both speak one dialect,
that is what passing on costs. Only processor time counts, and samples of all pairs are taken in
turns, in random order, so that whatever else the machine does slows all of them alike.
"""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from weftline_bench.report import environment, warn_if_busy
from weftline_bench.run import progress
from weftline_bench.translate_report import GOALS_US, Cost, TranslateReport
from weftline_bench.translate_samples import (
    TARGET,
    Client,
    Host,
    clients,
    hosts,
)
from weftline_core import hosts as core_hosts
from weftline_core.ask import Ask
from weftline_core.dialects.body import parse_body
from weftline_core.dialects.dialect import Echo
from weftline_core.framing import splitter
from weftline_core.sse import SseSplitter, events

What: TypeAlias = Literal["request", "text", "call", "answer"]

# One sample: long beside the clock's own error, short beside the pauses of a busy machine.
SAMPLE_S: Final = 0.004
_US_PER_S: Final = 1e6


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing to measure. do: does it once. units: requests, events or answers in that; where one
    side has more events than the other, those.
    """

    client: str
    host: str
    what: What
    do: Callable[[], object]
    units: int


class Pair:
    """One client's dialect and one host's: what a node does between them."""

    def __init__(self, client: Client, host: Host) -> None:
        self._client = client
        self._host = host
        self._provider = core_hosts.Host(name="bench", speaks=(host.back,))
        self._asked = self._ask()

    def request(self) -> bytes:
        """Return the request as the host gets it, from the client's bytes."""
        return self._ask().put(self._provider, self._host.back, TARGET).body

    def text(self) -> list[bytes]:
        """Return a stream of words as the client gets it."""
        return self._stream(self._host.text)

    def call(self) -> list[bytes]:
        """Return a stream of tool calls as the client gets it."""
        return self._stream(self._host.calls)

    def answer(self) -> bytes:
        """Return a whole answer as the client gets it."""
        return self._asked.judge(self._host.back, self._host.answer, self._echo)[0]

    def probes(self) -> list[Probe]:
        """Return everything to measure here."""
        names = (self._client.front.name, self._host.back.name)
        return [
            Probe(*names, "request", self.request, 1),
            Probe(*names, "text", self.text, _events(self._host.text, self.text())),
            Probe(*names, "call", self.call, _events(self._host.calls, self.call())),
            Probe(*names, "answer", self.answer, 1),
        ]

    def _ask(self) -> Ask:
        client = self._client
        return Ask(client.front, client.front.request(parse_body(client.body), client.args))

    def _echo(self) -> Echo:
        request = self._asked.request
        return Echo(request_id="bench", model=request.model, created_unix_s=0, body=request.body)

    def _stream(self, writes: Sequence[bytes]) -> list[bytes]:
        back = self._host.back
        tap, feed = self._asked.tap(back, self._echo), splitter(back.framing).feed
        # As a node does: what comes before the first content is read with more care.
        out = [tap.glance(feed(w)) if tap.begun else tap.read(feed(w)) for w in writes]
        out.append(tap.end())
        assert tap.done, "the cost of half a stream means nothing"
        return out


def run_translate(repeats: int, seed: int, only: Sequence[str] = ()) -> TranslateReport:
    """Measure all pairs. only: names of dialects; each pair must have one of them, if there are
    any.

    Raises:
        ValueError: there is no such dialect.
    """
    rng = random.Random(seed)  # noqa: S311  # the order of samples
    facts = environment()
    warn_if_busy(facts)
    found = [probe for pair in _pairs(only) for probe in pair.probes()]
    loops = [_loops(probe) for probe in found]
    samples: list[list[float]] = [[] for _ in found]
    order = list(range(len(found)))
    with progress(repeats) as advance:
        for _ in range(repeats):
            rng.shuffle(order)
            for at in order:
                samples[at].append(_sample_us(found[at], loops[at]))
            advance()
    return TranslateReport(
        at_unix_ms=time.time_ns() // 1_000_000,
        environment=facts,
        options={"repeats": repeats, "seed": seed, "only": list(only)},
        costs=[_cost(probe, taken) for probe, taken in zip(found, samples, strict=True)],
        goals_us=GOALS_US,
    )


def _pairs(only: Sequence[str]) -> list[Pair]:
    asking, answering = clients(), hosts()
    known = {*asking, *answering}
    if unknown := [name for name in only if name not in known]:
        raise ValueError(f"no dialect {unknown[0]!r}; there are: {', '.join(sorted(known))}")
    return [
        Pair(client, host)
        for name, client in asking.items()
        for other, host in answering.items()
        if not only or name in only or other in only
    ]


def _events(read: Sequence[bytes], written: Sequence[bytes]) -> int:
    # What is written to clients are server-sent events, with CRLF in some dialects.
    return max(len(read), len(events(SseSplitter().feed(b"".join(written)))))


def _loops(probe: Probe) -> int:
    """Return how often to do it in one sample. It is done before, so that all is warm."""
    probe.do()
    started_s = time.process_time()
    probe.do()
    took_s = time.process_time() - started_s
    return max(1, round(SAMPLE_S / took_s)) if took_s > 0 else 1


def _sample_us(probe: Probe, loops: int) -> float:
    do = probe.do
    started_s = time.process_time()
    for _ in range(loops):
        do()
    return (time.process_time() - started_s) * _US_PER_S / (loops * probe.units)


def _cost(probe: Probe, taken_us: Sequence[float]) -> Cost:
    return Cost(
        client=probe.client,
        host=probe.host,
        what=probe.what,
        best_us=min(taken_us),
        median_us=statistics.median(taken_us),
    )
