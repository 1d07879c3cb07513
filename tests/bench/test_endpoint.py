"""The endpoint as a process: one ready line, clear errors, a clean end."""

import asyncio
import os
import signal
import subprocess
import sys
import urllib.request

import orjson
import pytest

from weftline.cli.errors import CliError
from weftline.process import CannotListen
from weftline_bench.endpoint import serve
from weftline_core.address import Address

COMMAND = (sys.executable, "-m", "weftline", "bench", "endpoint", "--listen")


def start(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_serves_and_ends_cleanly(number: signal.Signals) -> None:
    with start("127.0.0.1:0", "--name", "iad", "--delay", "127.0.0.77=5") as process:
        assert process.stdout is not None
        ready = orjson.loads(process.stdout.readline())
        assert {k: ready[k] for k in ("event", "what", "name")} == {
            "event": "ready",
            "what": "endpoint",
            "name": "iad",
        }
        with urllib.request.urlopen(f"{ready['base_url']}/models", timeout=5) as answer:
            assert orjson.loads(answer.read())["object"] == "list"
        taken = ready["base_url"].removeprefix("http://").removesuffix("/v1")
        with start(taken) as second:
            said, errors = second.communicate(timeout=20)
        assert (second.returncode, said) == (1, b"")
        assert errors.startswith(f"error: cannot listen on {taken}: Address already".encode())
        process.send_signal(number)
        said, errors = process.communicate(timeout=3)
        assert (process.returncode, said, errors) == (0, b"", b"")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nonsense",), "expected host:port"),
        (("127.0.0.1:0", "--delay", "x"), "is not a delay"),
        (("127.0.0.1:0", "--slots", "0"), "--slots"),
    ],
)
def test_a_wrong_option_is_a_usage_error(arguments: tuple[str, ...], words: str) -> None:
    with start(*arguments) as process:
        out, errors = process.communicate(timeout=20)
    assert (process.returncode, out) == (2, b"")
    assert errors.startswith(b"error: ")
    assert words in errors.decode()
    assert b"Traceback" not in errors


WHERE = Address("127.0.0.1", 1)


class Said:
    """Counts ready lines."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _what: str, **_facts: object) -> None:
        self.count += 1


class Fake:
    """A server whose start does what a test says."""

    base_url = "http://127.0.0.1:1/v1"

    def __init__(self, problem: Exception | None = None, *, never: bool = False) -> None:
        self.problem = problem
        self.never = never
        self.closed = False

    async def start(self) -> None:
        if self.problem:
            raise self.problem
        if self.never:
            await asyncio.Event().wait()

    async def close(self) -> None:
        self.closed = True


async def test_a_signal_during_the_start_ends_it() -> None:
    server, said = Fake(never=True), Said()
    asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(serve("x", WHERE, server, said), 5)
    assert (said.count, server.closed) == (0, True)


@pytest.mark.parametrize(
    ("problem", "told"),
    [(OSError(98, "in use"), CannotListen), (CliError("no model"), CliError)],
)
async def test_a_start_that_fails_is_told_and_cleaned_up(
    problem: Exception, told: type[Exception]
) -> None:
    server, said = Fake(problem), Said()
    with pytest.raises(told):
        await serve("x", WHERE, server, said)
    assert (said.count, server.closed) == (0, True)
