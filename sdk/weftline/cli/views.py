"""What the mesh's facts look like: as rows under headings, and as plain data. Nothing here acts."""

from collections.abc import Iterable, Sequence

import msgspec

from weftline.cli.output import Cell, Grid
from weftline_core.desired import Credential, Endpoint, Key, Model, Pop, Resource
from weftline_core.sealed_form import sealed_shown
from weftline_proto.control.v1 import types_pb2

STATES: dict[int, str] = {
    types_pb2.ENDPOINT_STATE_UP: "up",
    types_pb2.ENDPOINT_STATE_PROBATION: "probation",
    types_pb2.ENDPOINT_STATE_DOWN: "down",
    types_pb2.ENDPOINT_STATE_DRAINING: "draining",
}

# A digest's first digits tell keys apart; the whole of it is in `-o yaml`.
DIGEST_CHARS_SHOWN = 12

# A node that is heard of less than this long ago is heard of now.
SEEN_NOW_S = 2.0
MINUTE_S, HOUR_S = 60.0, 3600.0


def resource_data(resource: Resource) -> dict[str, object]:
    """Return a resource as `apply` reads it, without what is unset."""
    data = msgspec.json.decode(msgspec.json.encode(resource), type=dict[str, object])
    return {name: value for name, value in data.items() if value is not None}


def resource_facts(resource: Resource) -> dict[str, object]:
    """Return a resource for people: a sealed secret is only named by its sealing key."""
    facts = resource_data(resource)
    if isinstance(resource, Credential) and resource.sealed is not None:
        facts["sealed"] = sealed_shown(resource.sealed)
    return facts


def resource_grids(resources: Iterable[Resource]) -> list[Grid]:
    """Return one grid for each kind that occurs."""
    models: list[tuple[Cell, ...]] = []
    endpoints: list[tuple[Cell, ...]] = []
    keys: list[tuple[Cell, ...]] = []
    credentials: list[tuple[Cell, ...]] = []
    pops: list[tuple[Cell, ...]] = []
    for one in resources:
        match one:
            case Model():
                aliases = ", ".join(one.aliases)
                models.append((one.name, one.task, one.policy, one.first_token_ms, aliases))
            case Endpoint():
                where = (one.name, one.region, one.provider, one.base_url)
                endpoints.append((*where, ", ".join(one.models), one.slots, one.weight, one.drain))
            case Key():
                keys.append((one.name, one.tenant, one.digest[:DIGEST_CHARS_SHOWN] + "..."))
            case Credential():
                secret = f"env:{one.env}" if one.sealed is None else sealed_shown(one.sealed)
                limits = (one.requests_per_minute, one.tokens_per_minute)
                credentials.append((one.name, one.provider, one.alias, secret, *limits))
            case Pop():
                pops.append((one.name, one.drain))
    grids = [
        Grid(("MODEL", "TASK", "POLICY", "FIRST TOKEN MS", "ALIASES"), models),
        Grid(
            ("ENDPOINT", "REGION", "PROVIDER", "BASE URL", "MODELS", "SLOTS", "WEIGHT", "DRAIN"),
            endpoints,
        ),
        Grid(("KEY", "TENANT", "DIGEST"), keys),
        Grid(
            ("CREDENTIAL", "PROVIDER", "ALIAS", "SECRET", "REQUESTS/MIN", "TOKENS/MIN"),
            credentials,
        ),
        Grid(("POP", "DRAIN"), pops),
    ]
    return [grid for grid in grids if grid.rows]


def row_data(row: types_pb2.TableRow) -> dict[str, object]:
    """Return one row of the PoP x endpoint table as plain data."""
    return {
        "pop": row.pop,
        "endpoint": row.endpoint,
        "state": STATES.get(row.state, "unknown"),
        "rtt_ms": row.rtt_ms if row.HasField("rtt_ms") else None,
        "ttft_ms": row.ttft_ms if row.HasField("ttft_ms") else None,
        "in_flight": row.in_flight,
        "error_rate": row.error_rate,
    }


def table_grid(rows: Iterable[types_pb2.TableRow]) -> Grid:
    """Return the PoP x endpoint table."""
    cells: list[tuple[Cell, ...]] = [
        (
            row.pop,
            row.endpoint,
            STATES.get(row.state, "unknown"),
            row.rtt_ms if row.HasField("rtt_ms") else None,
            row.ttft_ms if row.HasField("ttft_ms") else None,
            row.in_flight,
            row.error_rate * 100.0,
        )
        for row in rows
    ]
    return Grid(("POP", "ENDPOINT", "STATE", "RTT MS", "TTFT MS", "IN FLIGHT", "ERRORS %"), cells)


def node_data(node: types_pb2.Node) -> dict[str, object]:
    """Return a node as plain data."""
    return {
        "id": node.id,
        "region": node.region,
        "connected": node.connected,
        "draining": node.draining,
        "revision": node.revision,
        "refusal": node.refusal or None,
        "base_url": node.base_url,
        "admin_url": node.admin_url or None,
        "gossip_address": node.gossip_address,
        "version": node.version,
        "seen_unix_ms": node.seen_unix_ms,
    }


def nodes_grid(nodes: Sequence[types_pb2.Node], now_unix_ms: int) -> Grid:
    """Return the nodes; the refusals get a column only if there is one."""
    refused = any(node.refusal for node in nodes)
    cells: list[tuple[Cell, ...]] = []
    for node in nodes:
        row: tuple[Cell, ...] = (
            node.id,
            node.region,
            node_state(node),
            node.revision,
            node.base_url,
            node.version,
            age((now_unix_ms - node.seen_unix_ms) / 1000.0),
        )
        cells.append((*row, node.refusal) if refused else row)
    columns = ("NODE", "REGION", "STATE", "REVISION", "BASE URL", "VERSION", "SEEN")
    return Grid((*columns, "REFUSES BECAUSE") if refused else columns, cells)


def node_state(node: types_pb2.Node) -> str:
    """Return one word for how a node is."""
    if not node.connected:
        return "lost"
    return "draining" if node.draining else "connected"


def age(seconds: float) -> str:
    """Return how long ago something was, in words."""
    if seconds < SEEN_NOW_S:
        return "now"
    if seconds < MINUTE_S:
        return f"{seconds:.0f} s ago"
    if seconds < HOUR_S:
        return f"{seconds / MINUTE_S:.0f} min ago"
    return f"{seconds / HOUR_S:.0f} h ago"
