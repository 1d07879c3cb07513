"""The checks of `weft doctor` that ask others: the control plane, its nodes, an etcd."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from weftline.cli.checks import Finding, State
from weftline.cli.errors import CliError
from weftline.cli.http import get_json
from weftline.cli.operate import operate
from weftline.clock import SystemClock
from weftline_proto.control.v1 import types_pb2

if TYPE_CHECKING:
    from weftline.cli.client import Operator

# Wall clocks label rows, logs and bills, and nothing is timed with them; so a second is nothing,
# and a minute is a clock that nobody sets.
CLOCK_OFF_WARN_S = 2.0
CLOCK_OFF_MAX_S = 60.0

# Before this, the clock was never set.
CLOCK_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)

# etcd 3.5.0 to 3.5.2 can lose data when they are killed (etcd's own warning, March 2022).
ETCD_LOSING_DATA = ("3.5.0", "3.5.1", "3.5.2")


@dataclass(frozen=True, slots=True)
class Heard:
    """What a control plane said. `took_s`: how long it took, within which clocks cannot be told
    apart.
    """

    nodes: Sequence[types_pb2.Node]
    at_unix_ms: int
    here_unix_ms: int
    took_s: float


class _EtcdVersion(msgspec.Struct):
    etcdserver: str


def ask(control: str) -> Heard | CliError:
    """Return what the control plane says, or why it says nothing."""
    try:
        return operate(control, _heard)
    except CliError as e:
        return e


def mesh(heard: Heard | CliError, control: str, *, asked_for: bool) -> list[Finding]:
    """Return what a control plane's answer tells of the mesh.

    asked_for: the person named this control plane; otherwise none may be running yet.
    """
    here = datetime.now(UTC)
    if isinstance(heard, CliError):
        state = State.FAILED if asked_for else State.WARNING
        gone = Finding("control plane", state, heard.message, "weft up, or --control HOST:PORT")
        return [gone, clock(here, 0.0)]
    answered = f"{control} answers in {heard.took_s * 1000:.0f} ms"
    off_s = max(0.0, abs(heard.at_unix_ms - heard.here_unix_ms) / 1000.0 - heard.took_s)
    return [Finding("control plane", State.OK, answered), nodes(heard.nodes), clock(here, off_s)]


def nodes(found: Sequence[types_pb2.Node]) -> Finding:
    """Check that all nodes are there and have the same state in force."""
    if not found:
        return Finding("nodes", State.WARNING, "none has come yet", "weft node, or weft up")
    if refusing := [f"{node.id}: {node.refusal}" for node in found if node.refusal]:
        step = "mend the resource it names and weft apply it again"
        return Finding("nodes", State.FAILED, f"refuse the state: {'; '.join(refusing)}", step)
    if lost := [node.id for node in found if not node.connected]:
        step = "look at its log and its network; it goes on with the state it has"
        return Finding("nodes", State.WARNING, f"not connected: {', '.join(lost)}", step)
    revisions = {node.id: node.revision for node in found}
    if len(set(revisions.values())) > 1:
        words = ", ".join(f"{name} at {revision}" for name, revision in revisions.items())
        step = "look again in a second; a node that stays behind says why in its log"
        return Finding("nodes", State.FAILED, f"not at one revision: {words}", step)
    revision = found[0].revision
    return Finding("nodes", State.OK, f"{len(found)} connected, all at revision {revision}")


def clock(here: datetime, off_s: float) -> Finding:
    """Check the wall clock, by itself and against the control plane's."""
    step = "set the clock: timedatectl set-ntp true"
    if here < CLOCK_EARLIEST:
        return Finding("clock", State.FAILED, f"it says {here:%Y-%m-%d}", step)
    if off_s > CLOCK_OFF_WARN_S:
        state = State.FAILED if off_s > CLOCK_OFF_MAX_S else State.WARNING
        return Finding("clock", state, f"{off_s:.0f} s away from the control plane's", step)
    return Finding("clock", State.OK, f"{here:%Y-%m-%d %H:%M:%S} UTC")


def etcd(address: str) -> Finding | None:
    """Check an etcd's version, if one answers."""
    try:
        version = get_json(f"http://{address}/version", _EtcdVersion).etcdserver
    except CliError:
        return None
    if version in ETCD_LOSING_DATA:
        words = f"{address} runs {version}, which can lose data when it is killed"
        return Finding("etcd", State.WARNING, words, "update etcd to 3.6.14 or later")
    return Finding("etcd", State.OK, f"{address} runs {version}")


async def _heard(operator: "Operator") -> Heard:
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    table = await operator.table()
    here_unix_ms = SystemClock().unix_ms()
    took_s = loop.time() - began_s
    return Heard(await operator.nodes(), table.at_unix_ms, here_unix_ms, took_s)
