"""What must hold in every run, whatever went wrong in it."""

from collections import Counter
from collections.abc import Sequence

from tests.fakes.judge import Verdict
from tests.sim.faults import Kind, Trouble
from tests.sim.stage import endpoint_name
from tests.sim.traffic import Answered
from tests.sim.world import MODEL, REGIONS, World
from weftline_core.gossip.messages import MemberState
from weftline_core.ids import NodeId
from weftline_core.rows import Row

# Fewer requests, or fewer right answers among them, and the run shows nothing.
REQUESTS_MIN = 50
RIGHT_SHARE_MIN = 0.3

# Until the nodes have their first desired state, and until an endpoint whose trouble is over may
# count as well: the first back-off of its health.
STARTED_S = 4.0
RECOVERED_S = 1.0

ENDPOINT_NAMES = frozenset(endpoint_name(region) for region in REGIONS)


def void(answered: Sequence[Answered], troubles: int) -> list[str]:
    """Return why the run shows nothing, if it does not: it must not count as a pass."""
    right = sum(a.outcome.verdict is Verdict.RIGHT for a in answered)
    if len(answered) < REQUESTS_MIN:
        return [f"void: only {len(answered)} requests"]
    if right < RIGHT_SHARE_MIN * len(answered):
        return [f"void: only {right} of {len(answered)} requests were answered right"]
    return [] if troubles else ["void: nothing went wrong"]


def honest(answered: Sequence[Answered], *, breakable: bool) -> list[str]:
    """Every request ended with its own whole content or with an error that its client sees.

    breakable: whether the run broke connections of clients, which is an error that they see.
    """
    return [
        f"{a.nonce} at {a.at_s:.3f} s: {a.outcome.why}"
        for a in answered
        if a.outcome.verdict is Verdict.WRONG and not (a.lost and breakable)
    ]


def well(answered: Sequence[Answered]) -> list[str]:
    """With all faults over, every request is answered right."""
    return [
        f"{a.nonce} at {a.at_s:.3f} s, with nothing wrong any more: "
        f"{a.outcome.verdict.name} {a.reply.status} {a.outcome.why} {a.reply.body[:200]!r}"
        for a in answered
        if a.outcome.verdict is not Verdict.RIGHT
    ]


def avoidable(
    answered: Sequence[Answered], troubles: Sequence[Trouble], began_s: float
) -> list[str]:
    """No client is told of an error while an endpoint that has been well for a moment could help.

    Troubles of gossip, of clocks and of the control plane excuse nothing.
    """
    problems: list[str] = []
    for a in answered:
        first_s = a.at_s - began_s
        last_s = first_s + a.reply.took_s
        if a.outcome.verdict is not Verdict.ERROR or first_s < STARTED_S:
            continue
        near = [t for t in troubles if t.begins_s <= last_s and t.ends_s >= first_s - RECOVERED_S]
        if any(t.kind in (Kind.LOSS, Kind.RESETS) for t in near):
            continue
        if well := sorted(ENDPOINT_NAMES - _unusable(a.pop, near, troubles, last_s)):
            words = f"{a.reply.status} {a.reply.body[:200]!r}"
            problems.append(f"{a.nonce} at {first_s:.2f} s, though {well} could help: {words}")
    return problems


def _unusable(
    pop: str, near: Sequence[Trouble], troubles: Sequence[Trouble], until_s: float
) -> set[str]:
    """Return the endpoints that `pop` may have found unusable."""
    out = {t.hosts[0] for t in near if t.kind in (Kind.DEAD, Kind.MISBEHAVES)}
    out |= {t.hosts[1] for t in near if t.kind is Kind.NO_ROUTE and t.hosts[0] == pop}
    # A drained one comes back when the node hears of it, which a trouble may put off for long.
    return out | {t.hosts[0] for t in troubles if t.kind is Kind.DRAINED and t.begins_s <= until_s}


def settled(answered: Sequence[Answered], records: Counter[str]) -> list[str]:
    """Every answer has exactly one record."""
    problems = [f"{n} records of {request}" for request, n in records.items() if n > 1]
    for a in answered:
        request_id = a.reply.headers.get("x-request-id")
        if request_id is not None and not records[request_id]:
            problems.append(f"{a.nonce}: no record of {request_id}")
    return problems


def quiet(world: World) -> list[str]:
    """No endpoint still works for a client that is gone."""
    return [
        f"the endpoint in {region} still holds {upstream.under_way} requests"
        for region, upstream in world.upstreams.items()
        if upstream.under_way
    ]


def converged(world: World) -> list[str]:
    """All nodes agree: on who is alive, on every row, on the desired state."""
    problems: list[str] = []
    own = {pop.region: _rows(pop.node.rows()) for pop in world.pops.values() if pop.node}
    for region, pop in world.pops.items():
        if pop.node is None:
            problems.append(f"{region} is not running")
            continue
        members = {m.info.id: m.state for m in pop.node.members()}
        problems += [
            f"{region} does not see {other} alive: {members}"
            for other in world.pops
            if members.get(NodeId(other)) is not MemberState.ALIVE
        ]
        table = _rows(pop.node.table())
        for row in (row for rows in own.values() for row in rows.values()):
            seen = table.get((row.pop, row.endpoint))
            if seen is None or seen.state is not row.state:
                problems.append(f"{region} has {seen}, {row.pop} says {row}")
        revision = world.control.desired.revision
        if pop.node.desired.revision != revision:
            problems.append(f"{region} is at {pop.node.desired.revision}, not at {revision}")
        if pop.node.catalog.model(MODEL) is None:
            problems.append(f"{region} has lost its models")
    return problems


def _rows(rows: Sequence[Row]) -> dict[tuple[str, str], Row]:
    return {(row.pop, row.endpoint): row for row in rows}
