"""Which endpoints to try for one request, in which order, and why not the others.

Candidates -> feasible -> estimated -> ordered. The plan holds its own explanation: every number of
every step, and a reason in words for each candidate left out.
"""

from collections.abc import Sequence

import msgspec

from weftline_core.desired import Model, Policy
from weftline_core.estimate import (
    OWN_FRESH_S,
    Candidate,
    Look,
    Source,
    Step,
    candidate,
    estimate,
    typical_service_ms,
)
from weftline_core.failures import MEANINGS
from weftline_core.health import HARD
from weftline_core.policies import ORDERS
from weftline_core.rng import Rng
from weftline_core.rows import EndpointState

__all__ = ["Candidate", "LeftOut", "Look", "Plan", "Source", "Step", "candidate", "make_plan"]

# A plan with fewer steps than this can't fail over, so endpoints thought dead are better than none.
STEPS_MIN = 2

DRAINING = "is draining: the operator wants no new requests there"


class LeftOut(msgspec.Struct, frozen=True):
    """A candidate that is not in the plan. reason: completes "the endpoint ..."."""

    endpoint: str
    reason: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Endpoints to try for one request, best first.

    panic: so few endpoints are usable that those thought dead stand behind them.
    """

    model: str
    policy: Policy
    steps: tuple[Step, ...]
    left_out: tuple[LeftOut, ...] = ()
    panic: bool = False

    def why_empty(self) -> str:
        """Return a sentence that tells a client or operator why there is nothing to try."""
        if not self.left_out:
            return f"no endpoint serves '{self.model}'"
        reasons = "; ".join(f"{out.endpoint} {out.reason}" for out in self.left_out)
        return f"no endpoint of '{self.model}' can be tried: {reasons}"


def make_plan(model: Model, looks: list[Look], now_s: float, rng: Rng, turn: int = 0) -> Plan:
    """Return the plan for one request at an instant.

    Panic: an endpoint thought dead is tried only when fewer than half are usable, or fewer than
    two, and then after all the usable ones, refused and pausing ones last. Draining ones are the
    operator's word and never tried.

    Shape: `looks` are the candidates by name. turn: how many plans this model had before.
    """
    typical_ms = typical_service_ms(looks)
    usable: list[Step] = []
    doubtful: list[tuple[Look, str]] = []
    left_out: list[LeftOut] = []
    for look in looks:
        endpoint = look.candidate.endpoint
        if endpoint.drain:
            left_out.append(LeftOut(endpoint.name, DRAINING))
        elif (reason := _doubt(look, now_s)) is not None:
            doubtful.append((look, reason))
        else:
            usable.append(estimate(look, typical_ms, now_s))
    steps = ORDERS[model.policy](usable, rng, turn)
    panic = False
    if doubtful:
        panic = len(usable) < max(STEPS_MIN, (len(usable) + len(doubtful)) / 2)
        if panic:
            steps += _recalled(doubtful, typical_ms, now_s)
        else:
            left_out += [LeftOut(look.candidate.endpoint.name, reason) for look, reason in doubtful]
    return Plan(
        model=model.name,
        policy=model.policy,
        steps=tuple(steps),
        left_out=tuple(left_out),
        panic=panic,
    )


def _doubt(look: Look, now_s: float) -> str | None:
    """Return why this candidate is thought unusable, or None. Our own fresh experience outranks
    every rumour.
    """
    own = look.own
    if own is not None and not own.health.admits(now_s):
        health = own.health
        if health.state(now_s) is EndpointState.PROBATION:
            return "is on probation, and its trial request is still out"
        words = "is down" if health.cause is None else MEANINGS[health.cause].words
        until_s = health.retry_at_s - now_s
        if health.cooling:
            return f"{words} and asked to be left alone for {until_s:.1f} s more"
        return f"is down because it {words}; next try in {until_s:.1f} s"
    if (
        look.heard.downs
        and look.heard.says_down()
        and (own is None or now_s - own.good_at_s > OWN_FRESH_S)
    ):
        return f"is down as {look.heard.downs} of {look.heard.voices} other PoPs see it"
    return None


def _recalled(doubtful: Sequence[tuple[Look, str]], typical_ms: float, now_s: float) -> list[Step]:
    """Return the doubtful as steps, the least hopeless first."""
    ranked: list[tuple[bool, float, int, Step]] = []
    for n, (look, reason) in enumerate(doubtful):
        step = estimate(look, typical_ms, now_s)
        step = msgspec.structs.replace(step, recalled=reason)
        health = None if look.own is None else look.own.health
        hopeless = health is not None and (health.cooling or health.cause in HARD)
        ranked.append((hopeless, step.predicted_ms, n, step))
    return [step for _, _, _, step in sorted(ranked)]
