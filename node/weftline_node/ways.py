"""From a plan of endpoints to the ways on which this very request can go."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from weftline.clock import Clock
from weftline_core.ask import Ask, Unfit
from weftline_core.attempts import Step
from weftline_core.counting import CountAsk
from weftline_core.desired import Model
from weftline_core.errors import CallerError, MeshError, Unavailable, UpstreamRateLimited
from weftline_core.estimate import Step as Planned
from weftline_core.failures import Failure
from weftline_core.key_ring import KeyState
from weftline_core.routing import Plan
from weftline_core.wishes import Wishes
from weftline_node.asked import Alternative
from weftline_node.credentials import NamedSecret
from weftline_node.dial import NO_SECRET, DialTable, Way
from weftline_node.key_rings import KeyRings

# A client that waits for less asks again for nothing.
RETRY_S_MIN = 1.0


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
            UpstreamRateLimited: every key is at its limit.
            Unfit: none can carry what the request needs.
            CallerError: the request breaks its own dialect, or there is no key of its alias.
        """
        ask, wishes, only = alternative.ask, alternative.wishes, alternative.only
        plan = self._chooser.plan(model)
        steps = plan.steps
        if only is not None:
            steps = tuple(step for step in steps if step.endpoint.provider == only)
        found = self._usable(alternative, model, steps)
        if isinstance(ask, CountAsk):
            return tuple(way for way in found if _counts(way, ask))
        if not found:
            raise self._none(plan, steps, alternative)
        if not ask.native(found[0].back):
            found = _fitting(ask, found)
        return tuple(found if wishes.attempts_max is None else _repeated(found, wishes))

    def _usable(
        self, alternative: Alternative, model: Model, steps: Sequence[Planned]
    ) -> list[Way]:
        """Return the ways whose keys may be used now; how ours stand is no matter where the client
        brings its own.
        """
        dialect, alias = alternative.ask.front.name, alternative.wishes.key_alias
        picky, borrowed = bool(alias or self.rings), alternative.borrowed
        found, get = list[Way](), self._dials.get
        for step in steps:
            dial = get(step.endpoint.name)
            if dial is None:
                continue
            ways = dial.ways(model.name, dialect)
            if borrowed is not None:
                ways = _with_key(ways, borrowed)
            elif picky:
                ways = self.rings.order(ways, self._clock.now_s(), alias)
            found += ways
        return found

    def _none(self, plan: Plan, steps: Sequence[Planned], alternative: Alternative) -> MeshError:
        """Return why nothing can be asked, and when that may have passed."""
        if not plan.steps:
            return Unavailable(plan.why_empty())
        if not steps:
            return Unavailable(f"no endpoint of '{plan.model}' is at the provider that was named")
        alias, dialect = alternative.wishes.key_alias, alternative.ask.front.name
        names = [step.endpoint.name for step in steps]
        keys = self.rings.resting(names, self._clock.now_s(), alias)
        if keys and alternative.borrowed is None:
            return _all_rest(plan.model, keys[0])
        dials = [dial for name in names if (dial := self._dials.get(name)) is not None]
        if alias and any(dial.ways(plan.model, dialect) for dial in dials):
            return CallerError(
                f"no key for '{plan.model}' has the alias that 'cf-aig-byok-alias' (or "
                "'x-weft-byok-alias') names: leave it out, or ask the operator"
            )
        return Unavailable(
            f"no endpoint of '{plan.model}' can be dialled from this PoP; its operator sees why"
        )


def _all_rest(model: str, first: KeyState) -> MeshError:
    """Return the error of a request for which all keys rest. first: the one that is soonest back;
    what holds it decides, since it is what the client waits for.
    """
    wait_s = max(first.ready_in_s, RETRY_S_MIN)
    if first.standing == "limited" or first.cause == Failure.RATE_LIMITED.value:
        return UpstreamRateLimited(f"every key for '{model}' is at its limit", retry_after_s=wait_s)
    return Unavailable(
        f"every key for '{model}' is refused or has no quota left", retry_after_s=wait_s
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


def _with_key(ways: tuple[Way, ...], borrowed: str) -> tuple[Way, ...]:
    """Return the first way to an endpoint, with the client's own key; it is kept nowhere."""
    secret = NamedSecret(NO_SECRET.name, borrowed)
    return tuple(msgspec.structs.replace(way, secret=secret, heads={}) for way in ways[:1])
