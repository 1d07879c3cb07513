"""The table, once and live."""

import asyncio
import io
import json
import sys

import grpc
import pytest

from tests.fakes.operator import AT_UNIX_MS, CannedOperator
from tests.sdk.cli.conftest import Weft
from weftline.cli import top
from weftline.cli.client import Operator
from weftline.cli.errors import ExitCode
from weftline.cli.output import plain
from weftline_proto.control.v1 import types_pb2


def test_headline_names_who_is_not_well(operator: CannedOperator) -> None:
    assert top.headline(operator.nodes) == "1 of 2 nodes connected, iad lost, revision 6 to 7"
    operator.nodes[1].connected = True
    operator.nodes[1].draining = True
    assert top.headline(operator.nodes).startswith("2 of 2 nodes connected, iad draining, ")
    operator.nodes[1].draining = False
    operator.nodes[1].refusal = "no such thing"
    assert top.headline(operator.nodes) == (
        "2 of 2 nodes connected, iad refuses the newest state: no such thing, revision 6 to 7"
    )
    operator.nodes.pop()
    assert top.headline(operator.nodes) == "1 of 1 nodes connected, revision 7"
    assert top.headline([]) == "no nodes"


def test_each_pop_is_named_once(operator: CannedOperator) -> None:
    names = [line.split()[0] for line in plain(top.grid(operator.rows)).splitlines()]
    assert names == ["POP", "ams", "iad-1", "iad"]


def test_once_and_in_a_pipe(control: str, weft: Weft) -> None:
    ended = weft("top", "--once", "--control", control)
    assert ended.out == weft("top", "--control", control).out, "a pipe gets one table"
    assert ended.out.splitlines()[1].split()[:2] == ["POP", "ENDPOINT"]


def test_nothing_measured(operator: CannedOperator, control: str, weft: Weft) -> None:
    operator.rows = []
    assert "nothing is measured yet" in weft("top", "--once", "--control", control).out


def test_as_data(control: str, weft: Weft) -> None:
    data = json.loads(weft("top", "--control", control, "-o", "json").out)
    assert data["at_unix_ms"] == AT_UNIX_MS
    assert [node["id"] for node in data["nodes"]] == ["ams", "iad"]
    assert data["table"][0]["ttft_ms"] == 11.5


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


async def test_live_goes_on_without_the_control_plane(
    operator: CannedOperator, control: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")

    async def seen(text: str) -> None:
        async with asyncio.timeout(10.0):
            while text not in terminal.getvalue():
                await asyncio.sleep(0.01)

    async with Operator(control) as client:
        drawing = asyncio.ensure_future(top.live(client, 0.02))
        await seen("probation")
        operator.rows[0].state = types_pb2.ENDPOINT_STATE_DRAINING
        await seen("draining")
        operator.fails = (grpc.StatusCode.UNAVAILABLE, "the store is away")
        await seen("the store is away; below is what it said last")
        operator.fails = (grpc.StatusCode.INTERNAL, "broken")
        error = await asyncio.wait_for(asyncio.gather(drawing, return_exceptions=True), 10.0)
    assert "broken" in str(error)


def test_without_a_control_plane_it_ends(weft: Weft) -> None:
    assert weft("top", "--control", "127.0.0.1:1").code == ExitCode.UNAVAILABLE
