"""Ready lines, logs, signals, and addresses that cannot be had."""

import asyncio
import errno
import io
import json
import os
import signal
import socket

import pytest

from weftline.process import (
    CannotListen,
    listening_on,
    quiet_grpc,
    say_ready,
    to_stderr,
    until_signal,
)


def test_the_ready_line_is_one_line(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    say_ready("node", id="ams", base_url="http://127.0.0.1:1/v1")
    said = capfdbinary.readouterr().out
    assert said.count(b"\n") == 1
    assert json.loads(said) == {
        "event": "ready",
        "what": "node",
        "id": "ams",
        "base_url": "http://127.0.0.1:1/v1",
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_cancels_the_work_which_may_still_clean_up(number: signal.Signals) -> None:
    said: list[str] = []

    async def work() -> None:
        try:
            asyncio.get_running_loop().call_soon(os.kill, os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            said.append("cleaned up")

    await asyncio.wait_for(until_signal(work()), 5)
    assert said == ["cleaned up"]


async def test_work_that_ends_or_fails_is_not_held_up() -> None:
    async def fail() -> None:
        raise ValueError("why")

    await until_signal(asyncio.sleep(0))
    with pytest.raises(ValueError, match="why"):
        await until_signal(fail())


async def test_a_taken_port_is_told_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        loop = asyncio.get_running_loop()
        with pytest.raises(CannotListen) as refused, listening_on(f"127.0.0.1:{port}", "--admin"):
            await loop.create_server(asyncio.Protocol, "127.0.0.1", port)
    assert str(refused.value) == (
        f"cannot listen on 127.0.0.1:{port}: Address already in use; stop what uses it, or choose "
        "another with --admin"
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.EACCES, "x"), "Permission denied"),
        (socket.gaierror(socket.EAI_NONAME, "no such name"), "no such name"),
        (OSError("as asyncio says it"), "as asyncio says it"),
    ],
)
def test_the_reason_is_in_words(error: OSError, reason: str) -> None:
    with pytest.raises(CannotListen, match=f"h:1: {reason};"), listening_on("h:1"):
        raise error


class Gone(io.BytesIO):
    """Standard error that nobody reads any more."""

    def write(self, data: object, /) -> int:
        raise BrokenPipeError


def test_a_log_without_a_reader_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", io.TextIOWrapper(Gone()))
    to_stderr(b"{}\n")


def test_grpc_is_quiet_unless_somebody_wants_to_hear_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRPC_VERBOSITY", raising=False)
    quiet_grpc()
    assert os.environ["GRPC_VERBOSITY"] == "NONE"
    monkeypatch.setenv("GRPC_VERBOSITY", "DEBUG")
    quiet_grpc()
    assert os.environ["GRPC_VERBOSITY"] == "DEBUG"
