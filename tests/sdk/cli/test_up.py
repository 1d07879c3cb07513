"""`weft up` with stand-ins for its processes and a canned operator API."""

import asyncio
import dataclasses
import json
import os
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.children import FOREVER, READY, alive, child
from tests.fakes.operator import CannedOperator
from tests.sdk.cli.conftest import Weft
from weftline.cli.children import Household
from weftline.cli.data_dir import DataDir
from weftline.cli.errors import CliError, ExitCode
from weftline.cli.local_mesh import EndpointPlan, PopPlan, plan_mesh
from weftline.cli.output import Format
from weftline.cli.supervise import Child
from weftline.cli.up import Up
from weftline_core.desired import Endpoint, Key
from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.hosts import Host
from weftline_core.keys import digest
from weftline_proto.control.v1 import types_pb2
from weftline_proto.control.v1.operator_pb2 import NodesRequest

# A provider that the shipped catalog knows, where nobody is.
GROQ = Host(name="groq", speaks=(CHAT,), base_url="https://groq.invalid/v1", key_env="GROQ_API_KEY")


class StandIns(Household):
    """A household whose processes only say that they are ready."""

    def control(self) -> Child:
        return child(self.data.path, READY, FOREVER, name="control")

    def endpoint(self, plan: EndpointPlan) -> Child:
        return child(self.data.path, READY, FOREVER, name=plan.name, restart=False)

    def pop(self, plan: PopPlan) -> Child:
        return child(self.data.path, READY, FOREVER, name=plan.name)


class BrokenPops(StandIns):
    """One whose PoPs find their port taken."""

    def pop(self, plan: PopPlan) -> Child:
        told = "print('error: port 8081 is in use', file=sys.stderr)"
        return child(self.data.path, told, "sys.exit(1)", name=plan.name)


class WrongStore(StandIns):
    """One whose control plane does not take its options."""

    def control(self) -> Child:
        told = "print('error: no such store', file=sys.stderr)"
        return child(self.data.path, told, "sys.exit(2)", name="control")


@pytest.fixture
async def household(
    tmp_path: Path, operator: CannedOperator, control: str
) -> AsyncIterator[StandIns]:
    data = DataDir(tmp_path / "weft")
    mesh = dataclasses.replace(plan_mesh(["ams"]), control_port=int(control.partition(":")[2]))
    operator.nodes = [types_pb2.Node(id="ams", connected=True, revision=8)]
    yield StandIns(
        mesh=mesh,
        data=data,
        store="memory",
        environment=os.environ,
        secret_names=(),
        restart_endpoints=False,
    )
    data.close()


async def told(capsys: pytest.CaptureFixture[str], text: str) -> tuple[str, str]:
    """Wait until `text` is on stdout or stderr; return all that was printed since."""
    out = err = ""
    async with asyncio.timeout(10.0):
        while text not in out + err:
            await asyncio.sleep(0.01)
            more_out, more_err = capsys.readouterr()
            out, err = out + more_out, err + more_err
    return out, err


async def test_start_tell_and_stop(
    household: StandIns, operator: CannedOperator, capsys: pytest.CaptureFixture[str]
) -> None:
    running = asyncio.ensure_future(Up(household, [GROQ], Format.JSON).run())
    out, _ = await told(capsys, '"event"')
    ready = json.loads(out)
    pids = [ready["control_pid"], *(one["pid"] for one in ready["pops"] + ready["endpoints"])]
    assert all(alive(pid) for pid in pids)
    assert ready["providers"] == ["groq"]
    assert "openai/gpt-oss-120b" in ready["models"]

    applied = operator.desired.resources
    key, endpoint = applied["Key/local"], applied["Endpoint/ams-1"]
    assert isinstance(key, Key)
    assert key.digest == digest(household.data.pepper(), ready["key"])
    assert isinstance(endpoint, Endpoint)
    assert endpoint.base_url == "http://127.0.0.1:9101/v1", "the address is of this start"

    os.kill(ready["endpoints"][0]["pid"], signal.SIGKILL)
    _, err = await told(capsys, "stays down")
    assert "ams-1 was killed by SIGKILL and stays down" in err

    signal.raise_signal(signal.SIGTERM)
    await asyncio.wait_for(running, 5.0)
    assert not any(alive(pid) for pid in pids)


async def test_what_fails_to_start_is_told_and_the_rest_is_stopped(
    household: StandIns,
) -> None:
    broken = BrokenPops(
        **{f.name: getattr(household, f.name) for f in dataclasses.fields(household)}
    )
    with pytest.raises(CliError, match=r"ams ended with exit code 1\n  error: port 8081 is in use"):
        await asyncio.wait_for(Up(broken, [], Format.TABLE).run(), 10.0)


async def test_a_wrong_option_of_a_child_was_a_wrong_option_of_ours(household: StandIns) -> None:
    picky = WrongStore(
        **{f.name: getattr(household, f.name) for f in dataclasses.fields(household)}
    )
    with pytest.raises(CliError, match="no such store") as refused:
        await asyncio.wait_for(Up(picky, [], Format.TABLE).run(), 10.0)
    assert refused.value.code is ExitCode.USAGE


async def test_a_pop_that_refuses_the_state_is_told(
    household: StandIns, operator: CannedOperator
) -> None:
    operator.nodes[0].refusal = "unknown region"
    with pytest.raises(CliError, match="ams refuses the state: unknown region") as refused:
        await asyncio.wait_for(Up(household, [], Format.TABLE).run(), 10.0)
    assert str(household.data.path / "pop-ams") in str(refused.value.hint)


@pytest.mark.parametrize(("store", "kept"), [("memory", False), ("sqlite", True)])
async def test_with_a_store_that_begins_anew_so_do_pops(
    household: StandIns, operator: CannedOperator, store: str, *, kept: bool
) -> None:
    # Its revisions begin anew too, and a PoP refuses to go back to a lower one.
    operator.nodes[0].refusal = "to end the start here"
    snapshot = household.data.of("pop-ams") / "desired.snapshot"
    snapshot.write_text("revision 333")
    with pytest.raises(CliError):
        await asyncio.wait_for(
            Up(dataclasses.replace(household, store=store), [], Format.TABLE).run(), 10.0
        )
    assert snapshot.exists() is kept


async def test_a_signal_in_the_middle_of_the_start_stops_it(
    household: StandIns, operator: CannedOperator, capsys: pytest.CaptureFixture[str]
) -> None:
    operator.nodes[0].connected = False
    running = asyncio.ensure_future(Up(household, [], Format.TABLE).run())
    async with asyncio.timeout(10.0):
        while not any(isinstance(request, NodesRequest) for request in operator.asked):
            await asyncio.sleep(0.01)
    signal.raise_signal(signal.SIGINT)
    await asyncio.wait_for(running, 5.0)
    assert "stopping" in capsys.readouterr().err


def test_a_port_in_use_is_told_with_the_way_out(weft: Weft, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = weft("up", "--data", str(tmp_path), "--base-port", str(port - 1))
    assert ended.code == ExitCode.FAILED
    assert f"TCP port {port} on 127.0.0.1 is in use" in ended.err
    assert "--base-port" in ended.err


def test_a_region_that_does_not_exist(weft: Weft, tmp_path: Path) -> None:
    ended = weft("up", "--data", str(tmp_path / "new"), "--pops", "ams,idd")
    assert ended.code == ExitCode.USAGE
    assert "did you mean 'iad'?" in ended.err
    assert not (tmp_path / "new").exists(), "a wrong command line leaves nothing behind"
