"""What must hold in every run, whatever went wrong in it."""

from collections.abc import Sequence

from tests.fakes.judge import Verdict
from tests.sim.traffic import Answered
from tests.sim.world import MODEL, World

from weftline_core.gossip.messages import MemberState
from weftline_core.ids import NodeId
from weftline_core.rows import Row

# Fewer requests, or fewer right answers among them, and the run shows nothing.
REQUESTS_MIN = 50
RIGHT_SHARE_MIN = 0.3


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
