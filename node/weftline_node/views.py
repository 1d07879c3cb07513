"""What the admin listener shows of a node: numbers, names and addresses, never a secret."""

from collections.abc import Callable

import msgspec

from weftline_core.desired import Credential, Key
from weftline_core.errors import UnknownModel
from weftline_core.gossip.messages import MemberState
from weftline_core.limits import QUOTED_CHARS_MAX
from weftline_core.rows import Row
from weftline_node.app import Node
from weftline_node.cache import CacheStats
from weftline_node.gossip_driver import GossipDriver
from weftline_node.kept.responses import Responses
from weftline_node.metrics import Sample


class NodeViews:
    """The admin listener's `Views` of one node.

    control: how the node stands with its control plane, None where it has none.
    """

    def __init__(self, node: Node, control: Callable[[], dict[str, object]] | None) -> None:
        self._node = node
        self._control = control

    def unready(self) -> str | None:
        """Return why the node should get no traffic, or None when it may."""
        if self._node.desired.revision == 0:
            return "no desired state yet: start the control plane, or give --config"
        if self._node.drained:
            return "drained by an operator"
        return None

    def metrics(self) -> str:
        """Return the metrics in Prometheus' text format."""
        node = self._node
        alive = sum(1 for m in node.members() if m.state is MemberState.ALIVE)
        return node.metrics.render(
            [
                ("client_connections", "Clients connected.", node.connections),
                ("desired_revision", "Revision of desired state in force.", node.desired.revision),
                ("members_alive", "Members of the mesh alive, this one included.", alive),
                *_gossip(node.gossip),
                *_answer_cache(node.cache_stats),
                *_responses(node.responses),
            ]
        )

    def explain(self, model: str) -> dict[str, object]:
        """Return the plan for a model with every number."""
        found = self._node.catalog.model(model)
        if found is None:
            shown = model[:QUOTED_CHARS_MAX]
            raise UnknownModel(f"no model is called '{shown}'; `weft models` lists them")
        return self._node.selector.explain(found)

    def members(self) -> list[dict[str, object]]:
        """Return the mesh's members as this node sees them."""
        return [
            {
                "id": info.id,
                "state": state.name.lower(),
                "region": info.region,
                "gossip_address": f"{info.address[0]}:{info.address[1]}",
                "base_url": info.base_url,
                "version": info.version,
            }
            for info, state in self._node.members()
        ]

    def table(self) -> list[dict[str, object]]:
        """Return the rows of every PoP that this node holds."""
        return [_row(row) for row in self._node.table()]

    def keys(self) -> dict[str, object]:
        """Return how the keys for each endpoint stand, by name, never the keys."""
        states = self._node.key_states()
        return {name: [msgspec.to_builtins(s) for s in found] for name, found in states.items()}

    def config(self) -> dict[str, object]:
        """Return what is in force: settings, revision, resources. Keys and credentials are shown by
        name only.
        """
        settings, desired = self._node.settings, self._node.desired
        resources = [r for r in desired.resources.values() if not isinstance(r, Key | Credential)]
        keys = [r.name for r in desired.resources.values() if isinstance(r, Key)]
        credentials = [r.name for r in desired.resources.values() if isinstance(r, Credential)]
        return {
            "id": settings.id,
            "region": settings.region,
            "listen": str(settings.listen),
            "gossip": str(settings.gossip) if settings.gossip else None,
            "control": self._control() if self._control else None,
            "revision": desired.revision,
            "resources": [msgspec.to_builtins(r) for r in resources],
            "keys": keys,
            "credentials": credentials,
        }


def _responses(kept: Responses) -> list[Sample]:
    return [
        ("responses_kept", "Responses kept, those in progress included.", kept.count),
        ("responses_kept_bytes", "Bytes of all kept responses.", kept.size),
        ("responses_running", "Responses made in the background now.", kept.running),
    ]


def _answer_cache(stats: CacheStats) -> list[Sample]:
    def tiers(memory: int, disk: int) -> dict[str, int]:
        return {'tier="memory"': memory, 'tier="disk"': disk}

    kept_bytes = tiers(stats.memory_bytes, stats.disk_bytes)
    entries = tiers(stats.memory_entries, stats.disk_entries)
    evictions = tiers(stats.memory_evictions, stats.disk_evictions)
    hits = tiers(stats.hits_memory, stats.hits_disk)
    return [
        ("answer_cache_hits_total", "Answers given again.", hits),
        ("answer_cache_misses_total", "Answers looked for and not there.", stats.misses),
        ("answer_cache_stores_total", "Answers kept.", stats.stores),
        ("answer_cache_joined_total", "Requests that waited for an equal one.", stats.joined),
        ("answer_cache_bytes", "What is kept takes so much.", kept_bytes),
        ("answer_cache_entries", "Answers that are kept.", entries),
        ("answer_cache_evictions_total", "Answers pushed out by others.", evictions),
        ("answer_cache_disk_failures_total", "Failures of the disk.", stats.disk_failures),
        ("answer_cache_disk_damaged_total", "Found damaged on disk.", stats.disk_damaged),
        ("answer_cache_disk_busy_total", "Passed over by a busy disk.", stats.disk_busy),
    ]


def _gossip(driver: GossipDriver | None) -> list[Sample]:
    if driver is None:
        return []
    totals = driver.counters
    return [
        ("gossip_datagrams_in_total", "Datagrams of gossip taken in.", totals.packets_in),
        ("gossip_datagrams_out_total", "Datagrams of gossip sent.", totals.packets_out),
        ("gossip_refused_total", "Taken in and not understood.", totals.refused.total()),
        ("gossip_dropped_total", "Dropped, over their source's cap.", driver.packets_dropped),
    ]


def _row(row: Row) -> dict[str, object]:
    return {
        "pop": row.pop,
        "endpoint": row.endpoint,
        "version": row.version,
        "state": row.state.name.lower(),
        "rtt_ms": row.rtt_ms,
        "ttft_ms": row.ttft_ms,
        "in_flight": row.in_flight,
        "error_rate": row.error_rate,
    }
