"""The bench's own processes: ready, ended, and told of when they do not start."""

import os
from pathlib import Path

import pytest

from tests.fakes.children import alive
from weftline.cli.errors import CliError
from weftline_bench.processes import memory_mb, started

pytestmark = pytest.mark.e2e


async def test_it_runs_while_inside() -> None:
    async with started("bench", "endpoint", "--listen", "127.0.0.1:0") as (process, seconds):
        assert 0 < seconds < 20
        assert alive(process.pid)
    assert not alive(process.pid)
    async with started("bench", "endpoint", "--listen", "127.0.0.1:0") as (process, _):
        process.kill()
        # Else it and the signal that ends it race, and asyncio does not learn how it ended.
        await process.wait()
    assert process.returncode == -9


async def test_why_it_does_not_start_is_told() -> None:
    with pytest.raises(CliError, match="weft bench did not start") as failed:
        async with started("bench", "endpoint", "--listen", "nowhere"):
            raise AssertionError("it started")
    assert "expected host:port" in failed.value.details[0]


def test_memory_is_told_by_the_system(tmp_path: Path) -> None:
    folder = tmp_path / "7"
    folder.mkdir()
    (folder / "status").write_text("Name:\tweft\nVmRSS:\t   50000 kB\n")
    assert memory_mb(7, tmp_path) == pytest.approx(51.2)
    assert memory_mb(8, tmp_path) is None
    own = memory_mb(os.getpid())
    assert own is None or own > 5
