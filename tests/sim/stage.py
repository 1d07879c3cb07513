"""Brings troubles upon a world, and ends them.

The world is made to match the troubles in force, whatever they were before, so that overlapping
ones don't end one another.
"""

import asyncio
from collections.abc import Sequence

from tests.sim.faults import Kind, Trouble
from tests.sim.world import CONTROL, ENDPOINTS, NODES, World


class Stage:
    """The troubles of one run, played at their times."""

    def __init__(self, world: World, troubles: Sequence[Trouble]) -> None:
        self._world = world
        self._troubles = troubles
        self._down: set[str] = set()
        self._dead: set[str] = set()
        self._drained: set[str] = set()

    async def play(self) -> None:
        """Wait for each trouble's begin and end, and see to it."""
        loop = self._world.net.loop
        began_s = loop.time()
        moments = sorted({m for t in self._troubles for m in (t.begins_s, t.ends_s)})
        for moment in moments:
            await asyncio.sleep(began_s + moment - loop.time())
            active = [t for t in self._troubles if t.begins_s <= moment < t.ends_s]
            self._world.net.trace.note("troubles", *active)
            self._set_weather(active)
            self._set_endpoints(active)
            await self._set_processes(active)
            self._set_clocks(active)

    def _set_weather(self, active: Sequence[Trouble]) -> None:
        weather = self._world.net.weather
        weather.clear()
        for trouble in active:
            hosts = [{**NODES, **_NAMED_ENDPOINTS}[name] for name in trouble.hosts]
            others = [host for host in NODES.values() if host not in hosts]
            match trouble.kind:
                case Kind.LOSS:
                    weather.loss = max(weather.loss, trouble.amount)
                case Kind.DISORDER:
                    weather.duplication = weather.jitter_s = trouble.amount
                case Kind.RESETS:
                    weather.resets = max(weather.resets, trouble.amount)
                case Kind.ISOLATED:
                    weather.split(set(hosts), set(others))
                case Kind.DEAF:
                    weather.cut |= {(other, hosts[0]) for other in others}
                case Kind.NO_ROUTE:
                    weather.split({hosts[0]}, {hosts[1]})
                case Kind.NO_CONTROL:
                    weather.split(set(NODES.values()), {CONTROL})
                case Kind.MISBEHAVES | Kind.DEAD | Kind.DRAINED | Kind.RESTART | Kind.CLOCK:
                    pass

    def _set_endpoints(self, active: Sequence[Trouble]) -> None:
        faults = {t.hosts[0]: t.fault for t in active if t.kind is Kind.MISBEHAVES}
        for region, upstream in self._world.upstreams.items():
            upstream.set_fault(faults.get(endpoint_name(region), "healthy"))
        drained = {t.hosts[0] for t in active if t.kind is Kind.DRAINED}
        for region in NODES:
            if (name := endpoint_name(region)) in drained ^ self._drained:
                self._world.control.apply(self._world.endpoint(region, drain=name in drained))
        self._drained = drained

    async def _set_processes(self, active: Sequence[Trouble]) -> None:
        world = self._world
        down = {t.hosts[0] for t in active if t.kind is Kind.RESTART}
        dead = {t.hosts[0] for t in active if t.kind is Kind.DEAD}
        for region in NODES:
            if region in down - self._down:
                await world.kill_node(region)
            elif region in self._down - down:
                await world.start_node(region)
            if endpoint_name(region) in dead - self._dead:
                world.net.kill(ENDPOINTS[region])
            elif endpoint_name(region) in self._dead - dead:
                await world.open_endpoint(region)
        self._down, self._dead = down, dead

    def _set_clocks(self, active: Sequence[Trouble]) -> None:
        for region, pop in self._world.pops.items():
            jumps = (t.amount for t in active if t.kind is Kind.CLOCK and t.hosts == (region,))
            pop.clock.skew_ms = round(sum(jumps))


def endpoint_name(region: str) -> str:
    """Return the name of a region's endpoint."""
    return f"e-{region}"


_NAMED_ENDPOINTS = {endpoint_name(region): host for region, host in ENDPOINTS.items()}
