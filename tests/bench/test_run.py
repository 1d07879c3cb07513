"""A run against the real model server, to its end and to Ctrl-C."""

import asyncio
import io
import os
import signal
import sys

import pytest

from weftline_bench.client import Target, chat_target
from weftline_bench.load import Load
from weftline_bench.model_server import CHAT_MODEL, EndpointConfig, ModelServer
from weftline_bench.run import measure, progress, stopping
from weftline_bench.slots import Pace


async def start(pace: Pace) -> ModelServer:
    server = ModelServer(EndpointConfig(pace=pace, seed=1))
    await server.start()
    return server


def target(name: str, server: ModelServer) -> Target:
    body = {
        "model": CHAT_MODEL,
        "messages": [{"role": "user", "content": "the sea"}],
        "stream": True,
        "max_tokens": 4,
        "seed": 3,
    }
    return chat_target(name, server.base_url, body)


async def test_two_targets_in_turns_keep_their_own_pace() -> None:
    quick = await start(Pace(ttft_ms=5))
    slow = await start(Pace(ttft_ms=25, itl_ms=5))
    try:
        load = Load(rps=40, duration_s=1.2, warm_up_s=0.2)
        measured = await measure([target("quick", quick), target("slow", slow)], load, seed=2)
    finally:
        await quick.close()
        await slow.close()
    one, other = measured.summaries()
    assert (one.name, other.name, measured.stopped) == ("quick", "slow", False)
    assert one.errors == other.errors == {}
    assert abs(one.requests - other.requests) <= 1
    # The quickest of each: a busy machine can only add.
    assert one.ttft_ms["min"] is not None
    assert other.ttft_ms["min"] is not None
    assert 5 <= one.ttft_ms["min"] < 20
    assert 25 <= other.ttft_ms["min"] < 45
    assert other.gap_ms["p50"] is not None
    assert other.gap_ms["p50"] > 2


async def test_ctrl_c_keeps_what_there_is() -> None:
    server = await start(Pace())
    loop = asyncio.get_running_loop()
    loop.call_later(0.4, os.kill, os.getpid(), signal.SIGINT)
    try:
        async with asyncio.timeout(5):
            measured = await measure(
                [target("t", server)], Load(rps=50, duration_s=60, warm_up_s=0), seed=1
            )
    finally:
        await server.close()
    assert measured.stopped
    (found,) = measured.summaries()
    assert found.answers >= 5
    assert found.errors == {}


async def test_signals_are_heard_inside_only() -> None:
    heard: list[str] = []
    with stopping(lambda: heard.append("stop")):
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.02)
    assert heard == ["stop"]
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


class Terminal(io.StringIO):
    """A stderr that a person watches."""

    def isatty(self) -> bool:
        return True


def test_a_bar_is_for_those_who_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with progress(3) as advance:
        advance()
    assert "measuring" in screen.getvalue()

    plain = io.StringIO()
    monkeypatch.setattr(sys, "stderr", plain)
    with progress(3) as advance:
        advance()
    assert plain.getvalue() == ""
