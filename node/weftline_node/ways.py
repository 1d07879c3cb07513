"""From a plan of endpoints to the ways on which this very request can go."""

from typing import Protocol

import msgspec

from weftline.clock import Clock
from weftline_core.ask import Ask, Unfit
from weftline_core.attempts import Step
from weftline_core.counting import CountAsk
from weftline_core.desired import Model
from weftline_core.errors import Unavailable
from weftline_core.routing import Plan
from weftline_core.wishes import Wishes
from weftline_node.asked import Alternative
from weftline_node.credentials import NamedSecret
from weftline_node.dial import DialTable, Way
from weftline_node.key_rings import KeyRings


class Chooser(Protocol):
    """Answers where a request for a model should go."""

    def plan(self, model: Model) -> Plan:
        """Return the endpoints to try, best first."""
        ...


class WayFinder:
    """Finds ways: which endpoints, each with which of its keys, in which of its dialects."""

    def __init__(self, chooser: Chooser, clock: Clock) -> None:
        self._chooser = chooser
        self._clock = clock
        self._dials = DialTable({})
        self.rings = KeyRings()

    def swap(self, dials: DialTable) -> None:
        """Know these endpoints from now on."""
        self._dials = dials
        self.rings.swap(dials)

    def find(self, alternative: Alternative, model: Model) -> tuple[Way, ...]:
        """Return the ways that can be gone from here, best first. For a request that only counts
        there may be none.

        Raises:
            Unavailable: no endpoint can be asked at present.
            Unfit: none can carry what the request needs.
            CallerError: the request breaks its own dialect.
        """
        ask, wishes, only = alternative.ask, alternative.wishes, alternative.only
        plan = self._chooser.plan(model)
        rings = bool(self.rings)
        dialect, found, now_s = ask.front.name, list[Way](), self._clock.now_s()
        for step in plan.steps:
            if only is not None and step.endpoint.provider != only:
                continue
            dial = self._dials.get(step.endpoint.name)
            ways = () if dial is None else dial.ways(model.name, dialect)
            found += self.rings.order(ways, now_s, wishes.key_alias) if rings else ways
        if isinstance(ask, CountAsk):
            return tuple(way for way in found if _counts(way, ask))
        if not found:
            raise self._none(plan, wishes, now_s)
        if not ask.native(found[0].back):
            found = _fitting(ask, found)
        if alternative.borrowed is not None:
            found = _with_key(found, alternative.borrowed)
        return tuple(found if wishes.attempts_max is None else _repeated(found, wishes))

    def _none(self, plan: Plan, wishes: Wishes, now_s: float) -> Unavailable:
        """Return why nothing can be asked, and when that may have passed."""
        if not plan.steps:
            return Unavailable(plan.why_empty())
        names = [step.endpoint.name for step in plan.steps]
        ready_in_s = self.rings.ready_in_s(names, now_s, wishes.key_alias)
        if ready_in_s is not None:
            return Unavailable(
                f"every key for '{plan.model}' is at its limit or refused for now",
                retry_after_s=max(ready_in_s, 1.0),
            )
        return Unavailable(
            f"no endpoint of '{plan.model}' can be dialled from this PoP; its operator sees why"
        )


def _counts(way: Way, ask: CountAsk) -> bool:
    """Return whether the tokens of this request can be counted on this way."""
    provider, back = way.dial.provider, way.back
    able = provider is not None and back.name in provider.counts
    return able and ask.unfit(back) is None


def _fitting(ask: Ask, ways: list[Way]) -> list[Way]:
    """Return the ways whose dialect can carry all that must not be lost.

    Raises:
        Unfit: there is none; it says what the first of them cannot carry.
    """
    first: Unfit | None = None
    fitting: list[Way] = []
    for way in ways:
        unfit = ask.unfit(way.back)
        if unfit is None:
            fitting.append(way)
        first = first or unfit
    if not fitting and first is not None:
        raise first
    return fitting


def _repeated(ways: list[Way], wishes: Wishes) -> list[Way]:
    """Return as many ways as the client wants tried, the first ones again after the last, with its
    pause before each repetition.
    """
    assert wishes.attempts_max is not None, "only a client that asks for attempts gets them"
    tried = ways[: wishes.attempts_max]
    for nth in range(1, wishes.attempts_max - len(tried) + 1):
        way = ways[(nth - 1) % len(ways)]
        step = Step(way.dial.name, again=True, wait_s=wishes.delay_s(nth))
        tried.append(msgspec.structs.replace(way, step=step))
    return tried


def _with_key(ways: list[Way], borrowed: str) -> list[Way]:
    """Return the ways with the client's own key, one for each endpoint; it is kept nowhere."""
    secret = NamedSecret("", borrowed)
    first_of = {way.dial.name: way for way in reversed(ways)}
    ways = [first_of[name] for name in dict.fromkeys(way.dial.name for way in ways)]
    return [msgspec.structs.replace(way, secret=secret, heads={}) for way in ways]
