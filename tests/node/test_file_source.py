"""A file that is followed as it changes."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import orjson
import pytest

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

    def apply(self, desired: Desired) -> None:
        if self.refuse:
            raise OperatorError("not now")
        self.taken.append(desired)

    def rows(self) -> list[Row]:
        return []

    def peers(self, seeds: list[Address]) -> None:
        raise AssertionError(seeds)


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.005)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(file_source, "LOOK_INTERVAL_S", 0.01)
    path = tmp_path / "weft.yaml"
    path.write_text(GOOD)
    return path


async def test_each_good_edit_is_in_force_and_each_bad_one_is_told(path: Path) -> None:
    written: list[bytes] = []
    log = Log(SystemClock(), written.append)
    source = FileSource(path, b"p", {}, log)
    mesh = Taker()
    following = asyncio.ensure_future(source.run(mesh))
    try:
        await until(lambda: len(mesh.taken) == 1)
        path.write_text(GOOD.replace("listen:", "listn:"))
        await until(lambda: any(b"config_refused" in w for w in written))
        path.write_text(GOOD.replace("iad", "ams"))
        await until(lambda: len(mesh.taken) == 2)
        path.unlink()
        await asyncio.sleep(0.05)
        path.write_text(GOOD.replace("8080", "8081").replace("iad", "nrt"))
        await until(lambda: len(mesh.taken) == 3)
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
    log.flush()
    assert [d.revision for d in mesh.taken] == [1, 2, 3]
    assert "Endpoint/nrt" in mesh.taken[-1].resources
    lines = [orjson.loads(line) for line in b"".join(written).splitlines()]
    refused = next(line for line in lines if line["event"] == "config_refused")
    assert "did you mean 'listen'?" in refused["reason"]
    assert refused["revision_kept"] == 1
    assert {"event": "restart_needed", "fields": ["listen"]}.items() <= lines[-1].items()


async def test_what_the_node_refuses_makes_no_revision(path: Path) -> None:
    written: list[bytes] = []
    source = FileSource(path, b"p", {}, Log(SystemClock(), written.append))
    mesh = Taker()
    mesh.refuse = True
    following = asyncio.ensure_future(source.run(mesh))
    try:
        await until(lambda: any(b"not now" in w for w in written))
        mesh.refuse = False
        path.write_text(GOOD + "region: iad\n")
        await until(lambda: mesh.taken)
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
    assert mesh.taken[0].revision == 1


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    source = FileSource(tmp_path / "no.yaml", b"p", {}, Log(_Clock(), lambda _line: None))
    with pytest.raises(OperatorError, match=r"cannot read .*no.yaml: No such file"):
        source.read()


class _Clock:
    def now_s(self) -> float:
        return 0.0

    def unix_ms(self) -> int:
        return 0
