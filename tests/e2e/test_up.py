"""What `weft up` promises beyond the mesh it runs: to mend it, to keep its data, to stop whole."""

import json
import os
import signal
import time
from collections.abc import Generator
from pathlib import Path
from typing import cast

import pytest

from tests.e2e.mesh import SOON_S, Ready, ask, call, free_base_port, running, weft, within
from tests.e2e.processes import Weft
from tests.fakes.children import alive
from weftline.cli.errors import ExitCode

pytestmark = pytest.mark.e2e

# The promise of `weft up`: Ctrl-C ends all of it within this.
STOP_S = 5.0

ALIAS = """\
kind: Model
name: weftline/ngram
aliases: [kept]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up")


@pytest.fixture(scope="module")
def mesh(folder: Path) -> Generator[tuple[Weft, Ready]]:
    with running(folder) as mesh:
        yield mesh


def told(ready: Ready, *arguments: str) -> object:
    """Return what a command of an operator says."""
    ended = weft(ready.control, *arguments, "-o", "json")
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def nodes(ready: Ready) -> list[tuple[object, object]]:
    """Return each node and whether the control plane hears of it."""
    found = cast("list[dict[str, object]]", told(ready, "nodes"))
    return [(node["id"], node["connected"]) for node in found]


def table(ready: Ready) -> set[tuple[object, object]]:
    """Return of which PoP and endpoint the control plane has a row."""
    top = cast("dict[str, list[dict[str, object]]]", told(ready, "top"))
    return {(row["pop"], row["endpoint"]) for row in top["table"]}


ALL_CONNECTED = [("ams", True), ("iad", True), ("nrt", True)]


def test_an_operator_sees_all_of_it(mesh: tuple[Weft, Ready]) -> None:
    _, ready = mesh
    assert nodes(ready) == ALL_CONNECTED
    models = cast("list[dict[str, object]]", told(ready, "models"))
    assert {model["model"] for model in models} == set(ready.models)
    within(SOON_S, lambda: len(table(ready)) == 9)
    assert ("ams", "ams-1") in table(ready)
    plan = cast("dict[str, list[dict[str, object]]]", told(ready, "explain", "weftline/ngram"))
    assert {step["endpoint"] for step in plan["steps"]} == {"ams-1", "iad-1", "nrt-1"}


def test_a_killed_control_plane_and_pop_come_back(mesh: tuple[Weft, Ready]) -> None:
    up, ready = mesh
    os.kill(ready.control_pid, signal.SIGKILL)
    assert ask(ready.pops[0], ready.key).pop == "ams", "PoPs go on without it"
    os.kill(ready.pops[2].pid, signal.SIGKILL)
    within(15.0, lambda: up.logs().count("runs again") == 2)
    assert ask(ready.pops[2], ready.key).pop == "nrt"
    within(15.0, lambda: nodes(ready) == ALL_CONNECTED)


def test_a_second_mesh_on_the_same_data_is_refused(mesh: tuple[Weft, Ready], folder: Path) -> None:
    up, _ = mesh
    ended = call("up", "--data", str(folder / "data"), "--base-port", str(free_base_port()))
    assert ended.code == ExitCode.FAILED
    assert f"(process {up.pid})" in ended.err


def test_a_port_in_use_is_told_with_the_way_out(mesh: tuple[Weft, Ready], tmp_path: Path) -> None:
    _, ready = mesh
    port = int(ready.pops[0].base_url.removesuffix("/v1").rpartition(":")[2])
    ended = call("up", "--data", str(tmp_path), "--base-port", str(port - 1))
    assert ended.code == ExitCode.FAILED
    assert ended.err.startswith("error: TCP port ")
    assert " is in use\n" in ended.err
    assert "--base-port" in ended.err
    assert "Traceback" not in ended.err


def test_it_stops_in_time_begins_again_and_dies_whole(tmp_path: Path) -> None:
    with running(tmp_path, "--pops", "ams,iad") as (up, first):
        file = tmp_path / "alias.yaml"
        file.write_text(ALIAS)
        told(first, "apply", "-f", str(file))
        began = time.perf_counter()
        assert up.stop() == 0
        assert time.perf_counter() - began < STOP_S
        assert not any(alive(pid) for pid in first.pids())

    with running(tmp_path, "--pops", "ams,iad") as (up, second):
        assert second.key == first.key
        assert ask(second.pops[0], first.key, "kept").pop == "ams"
        up.kill()
        within(SOON_S, lambda: not any(alive(pid) for pid in second.pids()))
