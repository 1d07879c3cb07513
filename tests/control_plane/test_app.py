"""The control plane as a whole: starts, answers every gRPC tool, stops, and says why it cannot."""

import asyncio
from pathlib import Path

import pytest

from tests.fakes.control import IAD, MODEL, control_plane, many, quiet_log
from weftline.clock import SystemClock
from weftline.process import CannotListen
from weftline.wire_hello import NodeHello
from weftline_control import app
from weftline_control.app import ControlPlane
from weftline_control.config import ControlConfig
from weftline_control.store_memory import memory_store
from weftline_control.store_sqlite import open_sqlite
from weftline_core.address import Address
from weftline_core.ids import EndpointId, NodeId
from weftline_core.rows import EndpointState, Row


async def test_a_port_in_use_is_told_and_nothing_is_left_behind() -> None:
    async with control_plane() as first:
        log, lines = quiet_log()
        store = memory_store()
        listen = Address("127.0.0.1", first.port)
        second = ControlPlane(ControlConfig(listen=listen), store, SystemClock(), log)
        with pytest.raises(CannotListen, match="in use"):
            await second.start()
        await second.close()
        await store.close()
        assert lines.events() == []


async def test_stopping_takes_no_time_with_streams_open() -> None:
    async with control_plane() as control:
        watch = control.nodes.Subscribe()
        await control.plane.service.apply([MODEL])
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        await control.plane.close()
        assert loop.time() - began_s < app.STOP_GRACE_S + 1.0
        watch.cancel()
        assert control.log.events()[-1] == "control_stopped"


async def test_a_restart_over_sqlite_finds_everything(tmp_path: Path) -> None:
    store = await open_sqlite(tmp_path)
    async with control_plane(store) as control:
        await control.plane.service.apply([MODEL, IAD])
        before = control.plane.service.view.desired
    await store.close()
    store = await open_sqlite(tmp_path)
    async with control_plane(store) as control:
        assert control.plane.service.view.desired == before
    await store.close()


async def test_rows_of_deleted_endpoints_are_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "SWEEP_INTERVAL_S", 0.01)
    async with control_plane() as control:
        registry = control.plane.registry
        await control.plane.service.apply(many(2))
        from_nowhere = Row(NodeId("ams"), EndpointId("gone"), 1, EndpointState.UP)
        kept = Row(NodeId("ams"), EndpointId("e-0"), 1, EndpointState.UP)
        hello = NodeHello(id="ams", region="ams")
        registry.joined(hello, 0, SystemClock().now_s(), 0)
        registry.reported("ams", [from_nowhere, kept])
        async with asyncio.timeout(5):
            while len(registry.rows()) != 1:
                await asyncio.sleep(0.01)
        assert registry.rows() == [kept]
