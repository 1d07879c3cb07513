"""One short drill on a real mesh."""

import asyncio

import pytest

from weftline_bench import failover
from weftline_bench.failover import Drill, run_failover

pytestmark = pytest.mark.e2e


async def test_a_death_of_an_endpoint_and_of_the_control_plane(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(failover, "SETTLE_S", 0.1)
    monkeypatch.setattr(failover, "STARTS", 1)
    drill = Drill(kills=1, rps=20, without_control_s=1.0, delay_scale=0.1, base_port=28_380, seed=1)
    async with asyncio.timeout(60):
        report = await run_failover(drill)
    found = report.found
    assert (found.errors, found.cut, found.deaths) == ({}, 0, 1)
    assert found.requests > 100
    assert (found.unknown, found.untrusted) == (0, 0)
    assert found.known_s["max"] is not None
    assert found.known_s["max"] < 5.0
    assert (found.control_lost_errors, found.control_lost_requests > 10) == (0, True)
    assert len(report.node_ready_s) == 1
    assert report.node_idle_mb.keys() == {"ams", "iad", "nrt"}
