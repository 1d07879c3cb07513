"""An open loop: requests leave when they are due, whether or not the ones before have come back.

Every latency counts from the time at which a request was due, so a server that stalls can't slow
the measurement down and hide what its clients would have suffered (coordinated omission).
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal, TypeAlias

from weftline_bench.answer import Answer
from weftline_bench.client import Lost, Pool, Target, now_s
from weftline_bench.record import Sample
from weftline_core.rng import Rng

Arrivals: TypeAlias = Literal["poisson", "fixed"]

# Timers of the event loop are whole milliseconds; the last stretch before a request is due is
# spent polling, so that it leaves on time.
POLLED_S = 0.0015

# How long after the last arrival those in flight may still answer.
DRAIN_WAIT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How to ask.

    rps: requests a second to each target. warm_up_s: what is due in it is sent and not counted.
    in_flight_max: beyond it a due request is held until another ends.
    """

    rps: float
    duration_s: float
    arrivals: Arrivals = "poisson"
    warm_up_s: float = 1.0
    in_flight_max: int = 1000
    answer_wait_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Due:
    """One request to be sent: seconds from the start, in which round, and to whom."""

    at_s: float
    round: int
    target: int
    counted: bool


def schedule(load: Load, targets: int, rng: Rng, draw_gap_s: Callable[[float], float]) -> list[Due]:
    """Return what is due when. Targets are asked in rounds, each round in an order of its own, so
    that all of them see the same minute of the machine.

    `draw_gap_s(mean)` returns a random gap for Poisson arrivals.
    """
    mean_s = 1.0 / (load.rps * targets)
    due: list[Due] = []
    at_s = 0.0
    for number in count():
        order = list(range(targets))
        for i in range(targets - 1, 0, -1):
            j = rng.randrange(i + 1)
            order[i], order[j] = order[j], order[i]
        for target in order:
            at_s += mean_s if load.arrivals == "fixed" else draw_gap_s(mean_s)
            if at_s >= load.warm_up_s + load.duration_s:
                return due
            due.append(Due(at_s, number, target, counted=at_s >= load.warm_up_s))
    raise AssertionError("rounds never end")


def never_sent(one: Due, start_s: float, ended_s: float) -> Sample:
    """Return the sample of a request that found no place until the end."""
    return Sample(
        target=one.target,
        round=one.round,
        scheduled_s=start_s + one.at_s,
        sent_s=ended_s,
        ended_s=ended_s,
        error="not_sent",
        held=True,
    )


class OpenLoop:
    """Sends what is due and gathers samples; `stop` ends it early."""

    def __init__(
        self, targets: Sequence[Target], load: Load, on_sample: Callable[[Sample], None]
    ) -> None:
        self._pools = [Pool(target) for target in targets]
        self._load = load
        self._on_sample = on_sample
        self._slots = asyncio.Semaphore(load.in_flight_max)
        self._stop = asyncio.Event()

    @property
    def stopped(self) -> bool:
        """Return whether it was ended early."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Send nothing more, drop what is in flight."""
        self._stop.set()

    async def run(self, due: Sequence[Due]) -> None:
        """Send everything; return when all have answered, given up, or been stopped."""
        end_s = due[-1].at_s if due else 0.0
        sending = asyncio.ensure_future(self._send(due, now_s()))
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait(
                [sending, stopping],
                timeout=end_s + DRAIN_WAIT_S,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            sending.cancel()
            stopping.cancel()
            ended = await asyncio.gather(sending, stopping, return_exceptions=True)
            for pool in self._pools:
                pool.close()
        if isinstance(ended[0], Exception):
            raise ended[0]

    async def _send(self, due: Sequence[Due], start_s: float) -> None:
        sent = 0
        try:
            async with asyncio.TaskGroup() as group:
                for one in due:
                    await self._until(start_s + one.at_s)
                    held = self._slots.locked()
                    await self._slots.acquire()
                    sent += 1
                    group.create_task(self._ask(one, start_s + one.at_s, held=held))
        finally:
            # Those that never left would have waited for ever, unless a person ended the run.
            if not self.stopped:
                for one in due[sent:]:
                    self._note(one, never_sent(one, start_s, now_s()))

    async def _until(self, at_s: float) -> None:
        if (left_s := at_s - now_s() - POLLED_S) > 0:
            await asyncio.sleep(left_s)
        while now_s() < at_s:  # noqa: ASYNC110  # an event would come with a timer's error
            await asyncio.sleep(0)

    async def _ask(self, one: Due, scheduled_s: float, *, held: bool) -> None:
        answer = Answer(streamed=self._pools[one.target].target.streamed)
        sent_s = now_s()
        error: str | None = "unfinished"
        try:
            async with asyncio.timeout(self._load.answer_wait_s):
                await self._pools[one.target].ask(answer)
            error = answer.end(now_s())
        except ConnectionRefusedError:
            error = "refused"
        except TimeoutError:
            error = "timeout"
        except Lost as e:
            error = "truncated" if e.answered else "reset"
        except OSError:
            error = "unreachable"
        finally:
            self._slots.release()
            if not (self.stopped and error == "unfinished"):
                self._note(
                    one,
                    Sample(
                        target=one.target,
                        round=one.round,
                        scheduled_s=scheduled_s,
                        sent_s=sent_s,
                        ended_s=now_s(),
                        content_s=tuple(answer.content_s),
                        error=error,
                        served_by=answer.served_by,
                        attempts=answer.attempts,
                        held=held,
                    ),
                )

    def _note(self, one: Due, sample: Sample) -> None:
        if one.counted:
            self._on_sample(sample)
