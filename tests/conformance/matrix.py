"""The run: every client dialect at every upstream, feature by feature."""

from collections.abc import Iterator
from itertools import product
from typing import Final

from tests.conformance.cells import Cell, Mark, NotHere, Refusing
from tests.conformance.clients.chat import ChatClient
from tests.conformance.clients.generate import GenerateClient
from tests.conformance.clients.messages import MessagesClient
from tests.conformance.clients.responses import ResponsesClient
from tests.conformance.desk import Desk, desk
from tests.conformance.failing import ERRORS
from tests.conformance.features import FEATURES, Check
from tests.conformance.ledger import ledger
from tests.conformance.upstreams import UPSTREAMS
from tests.conformance.wants import Client, Json, Misread, Use, must
from tests.fakes.sims import a_sim
from weftline_bench.sims.faults import NO_FAULTS
from weftline_core.chat.features import Feature

_CLIENTS: Final[tuple[Client, ...]] = (
    ChatClient(),
    ResponsesClient(),
    MessagesClient(),
    GenerateClient(),
)
CLIENTS: Final = {client.name: client for client in _CLIENTS}

_THINKING: Final = frozenset(
    {Feature.REASONING_EFFORT, Feature.REASONING_BUDGET, Feature.REASONING_SHOWN}
)

# By which a provider refuses a field.
_OWN_REFUSALS: Final = frozenset({400, 422})

# A request that went wrong in any of these ways is a failed cell, not a failed run.
_WRONG: Final = (Misread, KeyError, TypeError, ValueError, IndexError, AttributeError)


def pairs() -> Iterator[tuple[str, str]]:
    """Yield every client with every upstream."""
    for client, upstream in product(CLIENTS, UPSTREAMS):
        if UPSTREAMS[upstream].native(client) or not UPSTREAMS[upstream].alone:
            yield client, upstream


async def run_pair(client: str, upstream: str) -> list[Cell]:
    """Return all cells of one client at one upstream."""
    who, where = CLIENTS[client], UPSTREAMS[upstream]
    cells: list[Cell] = []
    async with a_sim(where.sim) as sim:
        async with desk(who, where, sim) as at:
            for name, check in FEATURES.items():
                at.script(None)
                cells.append(await _cell(at, name, check))
                at.thinking(on=False)
            at.script(None)
            cells += [await _use(at, use) for use in who.uses()]
        for name, check in ERRORS.items():
            async with desk(who, where, sim) as at:
                at.script(None)
                cells.append(await _cell(at, name, check))
    return cells


async def _cell(at: Desk, name: str, check: Check) -> Cell:
    client, upstream = at.client.name, at.upstream.name
    if name in at.upstream.cannot:
        return Cell(client, upstream, name, Mark.NONE, at.upstream.cannot[name])
    if name in at.upstream.refuses and at.upstream.native(client):
        return Cell(client, upstream, name, Mark.REFUSED, at.upstream.refuses[name])
    at.asked.clear()
    try:
        await check(at)
        mark, note = _loss(at)
    except NotHere as e:
        mark, note = Mark.NONE, str(e)
    except Refusing as e:
        mark, note = Mark.REFUSED, f"by the provider itself: {e}"
    except _WRONG as e:
        mark, note = _refusal(at) or (Mark.FAILED, f"{type(e).__name__}: {e}")
    return Cell(client, upstream, name, mark, note)


def _loss(at: Desk) -> tuple[Mark, str]:
    """Return what was dropped on the way; it must be what the table of losses names."""
    gone: list[str] = []
    for body, dropped in at.asked:
        told = ledger(at.client.name, at.upstream, body)
        must(not told.refused, f"{sorted(told.refused)} should have been refused")
        more = set(dropped) - told.dropped
        must(told.dropped <= set(dropped), f"{sorted(told.dropped)} is lost without a word")
        native = at.upstream.native(at.client.name)
        known = at.upstream.host.drops if native else frozenset[str]()
        must(more <= known, f"{sorted(more)} is dropped against the table")
        gone += dropped
    names = ", ".join(f"`{name}`" for name in sorted(set(gone)))
    return (Mark.DROPPED, names) if gone else (Mark.OK, "")


def _refusal(at: Desk) -> tuple[Mark, str] | None:
    """Return the refusal of a field, if that is what went wrong, and rightly."""
    if at.last.status != 400 or not at.asked:
        return None
    told = ledger(at.client.name, at.upstream, at.asked[-1][0])
    try:
        error = at.client.error(at.last.status, at.last.body)
    except _WRONG:
        return None
    named = [path for path in told.refused if f"'{path}'" in error.message]
    if not named or (error.param and error.param not in named):
        return None
    return Mark.REFUSED, f"`{named[0]}`"


def _check_own(at: Desk, e: Misread) -> None:
    """A provider may refuse what a client of its own dialect asks it for."""
    if at.upstream.native(at.client.name) and at.last.status in _OWN_REFUSALS:
        raise Refusing(str(e).partition(": ")[2]) from e
    raise e


async def _use(at: Desk, use: Use) -> Cell:
    """Return the cell of one field of a request."""

    async def check(_: Desk) -> Json:
        told = ledger(at.client.name, at.upstream, use.body)
        noted = told.noted.get(use.feature, "")
        near = noted == use.path or noted.startswith((f"{use.path}.", f"{use.path}["))
        must(near, f"the field is noted at '{noted}', not at '{use.path}'")
        at.thinking(on=use.feature in _THINKING)
        at.sim.seen.clear()
        at.sim.desk.given.clear()
        try:
            await at.ask(use.body, stream=False, faults=NO_FAULTS)
        except Misread as e:
            if not at.sim.seen or use.needle not in at.seen():
                raise
            if use.feature.value not in at.upstream.unsimulated:
                _check_own(at, e)
        # Cohere has one switch for all tools.
        arrived = use.needle in at.seen().replace('"strict_tools":', '"strict":')
        if not at.dropped():
            must(arrived, f"'{use.needle}' does not arrive")
        elif use.needle and noted in at.dropped():
            must(not arrived, f"'{use.needle}' is called dropped, and arrives")
        return use.body

    return await _cell(at, use.feature.value, check)
