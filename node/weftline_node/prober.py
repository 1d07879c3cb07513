"""Asks every endpoint again and again whether it is there, and how far.

Passive signs only come with traffic; a probe finds the dead endpoint before a client does, and the
returned one without risking a client. What an answer means is the book's business.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field

from weftline.aio import Tasks
from weftline.clock import Clock
from weftline_core.book import Book
from weftline_core.catalog import Catalog
from weftline_core.desired import Endpoint
from weftline_core.failures import Failure
from weftline_core.ids import EndpointId
from weftline_core.rng import Rng
from weftline_core.rows import EndpointState, Row
from weftline_node.upstream import AttemptFailed

# Between two probes of an endpoint that requests go to, or that is down: a dead one is known, and a
# returned one used again, about a second later.
WATCHED_S = 1.0

# Of one that nobody uses here. Still short enough for every PoP to know of a death within 2 s.
IDLE_S = 1.5

# Of an unused one that needs a credential: somebody's metered service, which counts our requests.
METERED_IDLE_S = 10.0

# After a probe that failed where the verdict is still open.
DOUBT_S = 0.25

# Never more often than this, however many rumours come in.
GAP_S = 0.1

# An endpoint counts as in use for this long after its last request.
IN_USE_S = 60.0

# Each wait differs by up to a tenth from probe to probe, so that PoPs don't fall into step.
JITTER = 0.1

# The first probes of a new catalog are spread over this long.
FIRST_S = 0.2

# How long one probe may take: a fresh TLS connection to the other side of the world is three
# round trips, 0.9 s, and a lost packet costs 1 s more.
PROBE_WAIT_S = 2.0

# Probes under way at once. At 0.3 s each and one a second this keeps up with 100 far endpoints.
PROBES_MAX = 32

# Failures that are answers: the endpoint is there, whatever it thinks of the probe.
ANSWERS = frozenset(
    {
        Failure.OVERLOADED,
        Failure.RATE_LIMITED,
        Failure.QUOTA,
        Failure.DENIED,
        Failure.NOT_FOUND,
        Failure.CALLER,
    }
)


@dataclass(slots=True)
class _Watch:
    """One endpoint being watched. missed: whether its last probe failed."""

    endpoint: Endpoint
    missed: bool = False
    task: asyncio.Task[None] | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class Prober:
    """Watches endpoints, each on its own jittered beat.

    ping: returns the seconds from request written to answer head, or raises `AttemptFailed`.
    on_failure: told of bugs; the watch goes on.
    """

    def __init__(
        self,
        ping: Callable[[str], Awaitable[float]],
        book: Book,
        clock: Clock,
        rng: Rng,
        on_failure: Callable[[str, BaseException], None],
    ) -> None:
        self._ping = ping
        self._book = book
        self._clock = clock
        self._rng = rng
        self._tasks = Tasks(on_failure)
        self._slots = asyncio.Semaphore(PROBES_MAX)
        self._watches: dict[str, _Watch] = {}
        self._said_down: set[EndpointId] = set()

    def swap(self, catalog: Catalog, unusable: Collection[str] = ()) -> None:
        """Watch this catalog's endpoints from now on, but for the unusable; no others."""
        wanted = {e.name: e for e in catalog.endpoints if e.name not in unusable}
        for name in self._watches.keys() - wanted.keys():
            task = self._watches.pop(name).task
            if task is not None:
                task.cancel()
        for name, endpoint in wanted.items():
            watch = self._watches.get(name)
            if watch is None:
                watch = self._watches[name] = _Watch(endpoint)
                watch.task = self._tasks.spawn(self._keep(watch), f"watch {name}")
            elif watch.endpoint != endpoint:
                watch.endpoint = endpoint
                watch.wake.set()

    def hurry(self, endpoint: str) -> None:
        """Probe this endpoint at once: somebody says that it died, or returned."""
        watch = self._watches.get(endpoint)
        if watch is not None:
            watch.wake.set()

    def hear(self, rows: Iterable[Row]) -> None:
        """Check at once what the mesh's rows newly call down, or no longer do."""
        down = {row.endpoint for row in rows if row.state is EndpointState.DOWN}
        for name in down ^ self._said_down:
            self.hurry(name)
        self._said_down = down

    async def close(self) -> None:
        """Stop every probe."""
        self._watches.clear()
        await self._tasks.close()

    async def _keep(self, watch: _Watch) -> None:
        name = watch.endpoint.name
        await asyncio.sleep(FIRST_S * self._rng.random())
        while True:
            watch.wake.clear()
            async with self._slots:
                # As its own task, so that a bug in it is reported and the watch goes on.
                await asyncio.wait([self._tasks.spawn(self._probe(watch), f"probe {name}")])
            await asyncio.sleep(GAP_S)
            try:
                async with asyncio.timeout(self._wait_s(watch) - GAP_S):
                    await watch.wake.wait()
            except TimeoutError:
                pass

    def _wait_s(self, watch: _Watch) -> float:
        """Return how long to wait for the next probe."""
        now_s = self._clock.now_s()
        entry = self._book.entry(watch.endpoint.name)
        if entry is None or entry.health.state(now_s) is not EndpointState.UP:
            wait_s = WATCHED_S
        elif watch.missed:
            wait_s = DOUBT_S
        elif entry.in_flight or now_s - entry.began_at_s < IN_USE_S:
            wait_s = WATCHED_S
        else:
            wait_s = IDLE_S if watch.endpoint.secret is None else METERED_IDLE_S
        return wait_s * (1.0 + JITTER * (2.0 * self._rng.random() - 1.0))

    async def _probe(self, watch: _Watch) -> None:
        name = watch.endpoint.name
        failure: Failure | None = None
        took_s = 0.0
        try:
            async with asyncio.timeout(PROBE_WAIT_S):
                took_s = await self._ping(name)
        except TimeoutError:
            failure = Failure.SILENT
        except AttemptFailed as e:
            failure = e.failure
        if self._watches.get(name) is watch:  # else it must not come back into the book
            self._note(watch, failure, took_s)

    def _note(self, watch: _Watch, failure: Failure | None, took_s: float) -> None:
        name, now_s = watch.endpoint.name, self._clock.now_s()
        watch.missed = False
        if failure is None:
            self._book.rtt(name, took_s * 1000.0, now_s)
            self._book.reached(name, now_s)
        elif failure in ANSWERS:
            self._book.reached(name, now_s)
        elif failure is Failure.STALE:
            watch.wake.set()  # Nobody's fault, and nothing learnt.
        else:
            watch.missed = True
            self._book.missed(name, failure, now_s)
