"""A file that is followed as it changes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import orjson
import pytest

from tests.fakes.waiting import until
from weftline.clock import SystemClock
from weftline.logs import Log
from weftline_core.desired import Desired
from weftline_core.errors import OperatorError
from weftline_core.rows import Row
from weftline_node import file_source
from weftline_node.file_source import FileSource
from weftline_node.ports import Address

GOOD = """
listen: 127.0.0.1:8080
keys: [{name: dev, key: k}]
models: [{name: m}]
endpoints: [{name: iad, base_url: "http://127.0.0.1:1/v1", models: {m: m}}]
"""


class Taker:
    """A mesh that takes everything but what it is told to refuse."""

    def __init__(self) -> None:
        self.taken: list[Desired] = []
        self.refuse = False
        self.broken = False

    def apply(self, desired: Desired) -> None:
        if self.refuse:
            raise OperatorError("not now")
        if self.broken:
            raise RuntimeError("a bug")
        self.taken.append(desired)

    def rows(self) -> list[Row]:
        return []

    def peers(self, seeds: list[Address]) -> None:
        raise AssertionError(seeds)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(file_source, "LOOK_INTERVAL_S", 0.01)
    path = tmp_path / "weft.yaml"
    path.write_text(GOOD)
    return path


@asynccontextmanager
async def followed(path: Path, mesh: Taker) -> AsyncGenerator[list[bytes]]:
    """Follow `path` for `mesh`; the log's lines gather in what is given."""
    written: list[bytes] = []
    source = FileSource(path, b"p", {}, Log(SystemClock(), written.append, gather_s=0))
    following = asyncio.ensure_future(source.run(mesh))
    try:
        yield written
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following


async def test_each_good_edit_is_in_force_and_each_bad_one_is_told(path: Path) -> None:
    mesh = Taker()
    async with followed(path, mesh) as written:
        await until(lambda: len(mesh.taken) == 1)
        path.write_text(GOOD.replace("listen:", "listn:"))
        await until(lambda: any(b"config_refused" in w for w in written))
        path.write_text(GOOD.replace("iad", "ams"))
        await until(lambda: len(mesh.taken) == 2)
        path.unlink()
        await asyncio.sleep(0.05)
        path.write_text(GOOD.replace("8080", "8081").replace("iad", "nrt"))
        await until(lambda: len(mesh.taken) == 3)
        await until(lambda: any(b"restart_needed" in w for w in written))
    assert [d.revision for d in mesh.taken] == [1, 2, 3]
    assert "Endpoint/nrt" in mesh.taken[-1].resources
    lines = [orjson.loads(line) for line in written]
    refused = next(line for line in lines if line["event"] == "config_refused")
    assert "did you mean 'listen'?" in refused["reason"]
    assert refused["revision_kept"] == 1
    assert {"event": "restart_needed", "fields": ["listen"]}.items() <= lines[-1].items()


async def test_what_the_node_refuses_makes_no_revision(path: Path) -> None:
    mesh = Taker()
    mesh.refuse = True
    async with followed(path, mesh) as written:
        await until(lambda: any(b"not now" in w for w in written))
        mesh.refuse = False
        path.write_text(GOOD + "region: iad\n")
        await until(lambda: mesh.taken)
    assert mesh.taken[0].revision == 1


async def test_a_bug_of_ours_does_not_end_the_following(path: Path) -> None:
    mesh = Taker()
    mesh.broken = True
    async with followed(path, mesh) as written:
        await until(lambda: any(b"config_failed" in w for w in written))
        mesh.broken = False
        path.write_text(GOOD + "region: iad\n")
        await until(lambda: mesh.taken)
    assert mesh.taken[0].revision == 1


async def test_a_missing_file_is_told_and_waited_for(path: Path) -> None:
    path.unlink()
    mesh = Taker()
    async with followed(path, mesh) as written:
        await until(lambda: any(b"weft.yaml: No such file" in w for w in written))
        path.write_text(GOOD)
        await until(lambda: mesh.taken)
