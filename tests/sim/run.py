"""One run of one seed: a world, its troubles, its clients, and the checks."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.fakes.bad_upstream import FAULTS
from tests.fakes.exchange import Expect, OnAccept
from tests.sim import checks, loop
from tests.sim.faults import Cast, Kind, Trouble, schedule
from tests.sim.net import Net
from tests.sim.stage import Stage, endpoint_name
from tests.sim.trace import Trace
from tests.sim.traffic import Clients, Habits
from tests.sim.weather import Weather
from tests.sim.world import (
    CLIENT_PORT,
    CLIENTS,
    KEY,
    MODEL,
    NODES,
    REGIONS,
    World,
    latencies,
)
from weftline_node.ports import Address

# A run in virtual seconds: the mesh forms, clients come, things go wrong, things are well again.
FORMED_S = 4.0
TROUBLED_S = 34.0
TRAFFIC_S = 36.0

# Within this after the last fault every node agrees with every other: the longest silence of a
# reconnect and two comparisons of state, with room.
AGREED_S = 30.0

# After the last request, until its end is known everywhere: a few retransmissions.
SETTLED_S = 5.0

# Requests at each PoP once all is well.
AFTERWARDS = 5

# Not in here: what costs real seconds to simulate and proves nothing about time.
_HEAVY = {"endless_body", "huge_event"}
MISDEEDS = tuple(
    name
    for name, fault in FAULTS.items()
    if fault.on_accept is OnAccept.SERVE
    # An endpoint that calls every request wrong is believed, so that no twin could help.
    and fault.stream not in (Expect.HEALTHY, Expect.CALLER)
    and name not in _HEAVY
)
CAST = Cast(REGIONS, tuple(endpoint_name(region) for region in REGIONS), MISDEEDS)


@dataclass(slots=True)
class Report:
    """What came of a run."""

    seed: int
    digest: str = ""
    troubles: tuple[Trouble, ...] = ()
    verdicts: Counter[str] = field(default_factory=Counter[str])
    problems: list[str] = field(default_factory=list[str])

    def line(self) -> str:
        """Return it on one line."""
        seen = " ".join(f"{name.lower()}={count}" for name, count in sorted(self.verdicts.items()))
        state = "ok" if not self.problems else "FAILED"
        return f"seed {self.seed}: {state} trace={self.digest} troubles={len(self.troubles)} {seen}"


def run_seed(
    seed: int,
    show: Callable[[str], None] | None = None,
    troubles: tuple[Trouble, ...] | None = None,
) -> Report:
    """Run one seed. The same seed gives the same report, trace hash included, every time.

    troubles: instead of those that the seed would draw.
    """
    report = Report(seed)
    try:
        _, unnoticed = loop.run(_Run(report, show, troubles).play())
    except loop.Stuck as e:
        unnoticed = [str(e)]
    report.problems += unnoticed
    return report


class _Run:
    def __init__(
        self,
        report: Report,
        show: Callable[[str], None] | None,
        troubles: tuple[Trouble, ...] | None,
    ) -> None:
        self._report = report
        self._show = show
        self._rng = Random(report.seed)
        drawn = schedule(self._chance(), CAST, FORMED_S, TROUBLED_S)
        report.troubles = drawn if troubles is None else troubles

    async def play(self) -> None:
        report = self._report
        running = asyncio.get_running_loop()
        trace = Trace(running.time, self._show)
        net = Net(Weather(self._chance(), latency_s=latencies()), trace)
        world = World(net, self._chance())
        clients = [self._clients(net, region) for region in REGIONS]
        try:
            await self._story(world, clients)
        finally:
            await world.stop()
        report.digest = trace.digest

    async def _story(self, world: World, clients: list[Clients]) -> None:
        report, now_s = self._report, world.net.loop.time
        await world.start()
        began_s = now_s()
        until_s = began_s + TRAFFIC_S
        stage = Stage(world, report.troubles)
        async with asyncio.TaskGroup() as story:
            story.create_task(stage.play())
            for one in clients:
                story.create_task(one.come(until_s))
        for one in clients:
            await one.ended()
        answered = [a for one in clients for a in one.answered]
        self._count([a.outcome.verdict.name if not a.lost else "LOST" for a in answered])
        breakable = any(t.kind in (Kind.RESETS, Kind.RESTART) for t in report.troubles)
        report.problems += checks.honest(answered, breakable=breakable)
        report.problems += checks.avoidable(answered, report.troubles, began_s)
        report.problems += checks.void(answered, len(report.troubles))
        report.problems += await self._agreed(world)
        report.problems += checks.quiet(world)
        report.problems += checks.settled(answered, world.settled)
        for one in clients:
            one.answered.clear()
            for _ in range(AFTERWARDS):
                one.send()
            await one.ended()
            report.problems += checks.well(one.answered)
        report.problems += [line for line in world.logs if '"task_failed"' in line]
        report.problems += world.control.refusals

    async def _agreed(self, world: World) -> list[str]:
        """Wait until all nodes agree, and return on what they don't when the time is over."""
        await asyncio.sleep(SETTLED_S)
        deadline_s = world.net.loop.time() + AGREED_S
        while problems := checks.converged(world):
            if world.net.loop.time() > deadline_s:
                return problems
            await asyncio.sleep(0.25)
        return []

    def _clients(self, net: Net, region: str) -> Clients:
        node = Address(NODES[region], CLIENT_PORT)
        pop = (region, CLIENTS[region], node)
        return Clients(net, self._chance(), Habits(MODEL, KEY), pop)

    def _chance(self) -> Random:
        return Random(self._rng.getrandbits(64))

    def _count(self, verdicts: list[str]) -> None:
        self._report.verdicts.update(verdicts)
