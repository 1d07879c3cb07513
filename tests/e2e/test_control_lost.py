"""PoPs need no control plane: not to go on, and not to start."""

import json
from collections.abc import Generator

import msgspec
import pytest

from tests.e2e.mesh import SOON_S, ByHand, Pop, ask, weft, within
from tests.e2e.processes import Weft
from weftline.cli.errors import ExitCode
from weftline.cli.http import get_json

pytestmark = pytest.mark.e2e

ALIAS = """\
kind: Model
name: weftline/ngram
aliases: [{alias}]
"""


class Control(msgspec.Struct):
    connected: bool


class Config(msgspec.Struct):
    """What a PoP's `/config` says."""

    revision: int
    control: Control


@pytest.fixture
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Generator[ByHand]:
    mesh = ByHand(tmp_path_factory.mktemp("hand"), ("ams", "iad"))
    try:
        yield mesh
    finally:
        mesh.close()


def config(pop: Pop) -> Config:
    return get_json(f"{pop.admin_url}/config", Config)


def apply(mesh: ByHand, alias: str) -> int:
    """Give the model one alias; return the revision that this made."""
    file = mesh.folder / "alias.yaml"
    file.write_text(ALIAS.format(alias=alias))
    ended = weft(mesh.plan.control, "apply", "-o", "json", "-f", str(file))
    assert ended.code == 0, ended.err
    return int(json.loads(ended.out)["revision"])


def start(mesh: ByHand) -> tuple[Weft, Weft, list[Pop]]:
    """Return the control plane, a PoP's process, and both PoPs, with everything in force."""
    control = mesh.control()
    mesh.apply_wanted()
    mesh.endpoints()
    process, ams = mesh.pop("ams")
    _, iad = mesh.pop("iad")
    revision = apply(mesh, "first")
    within(SOON_S, lambda: [config(pop).revision for pop in (ams, iad)] == [revision] * 2)
    return control, process, [ams, iad]


def test_a_dead_control_plane_is_missed_by_operators_only(mesh: ByHand) -> None:
    control, process, (ams, iad) = start(mesh)
    revision = config(ams).revision
    control.kill()

    # PoPs go on.
    for _ in range(10):
        assert ask(ams, mesh.key, "first").revision == revision
        assert ask(iad, mesh.key, "first").revision == revision
    within(SOON_S, lambda: not config(ams).control.connected)
    refused = weft(mesh.plan.control, "nodes")
    assert refused.code == ExitCode.UNAVAILABLE
    assert f"no control plane answers at {mesh.plan.control}" in refused.err

    # A PoP that is killed, too, comes back from its disk.
    process.kill()
    _, ams = mesh.pop("ams")
    assert ask(ams, mesh.key, "first").revision == revision
    assert not config(ams).control.connected

    # The control plane comes back with what it had, and is followed again.
    mesh.control()
    within(SOON_S, lambda: all(config(pop).control.connected for pop in (ams, iad)))
    again = apply(mesh, "second")
    assert again > revision
    within(SOON_S, lambda: [config(pop).revision for pop in (ams, iad)] == [again] * 2)
    assert ask(iad, mesh.key, "second").revision == again
