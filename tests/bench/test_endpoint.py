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
from weftline_bench.endpoint import cannot_listen, parse_address, ready_line, serve

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
        (("nonsense",), "is not an address"),
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [("127.0.0.1:80", ("127.0.0.1", 80)), ("[::1]:0", ("::1", 0)), ("host:65535", ("host", 65535))],
)
def test_an_address_is_read(text: str, expected: tuple[str, int]) -> None:
    assert parse_address(text) == expected


@pytest.mark.parametrize("text", ["", "80", ":80", "a:", "a:b", "a:65536", "a:-1", "a:²"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address"):
        parse_address(text)


def test_the_ready_line_is_one_line() -> None:
    line = ready_line("iad", "http://127.0.0.1:1/v1")
    assert line.count(b"\n") == 1
    assert orjson.loads(line)["base_url"] == "http://127.0.0.1:1/v1"


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
    server, said = Fake(never=True), list[bytes]()
    asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(serve("x", server, said.append), 5)
    assert (said, server.closed) == ([], True)


@pytest.mark.parametrize("problem", [OSError(98, "in use"), CliError("no model")])
async def test_a_start_that_fails_is_told_and_cleaned_up(problem: Exception) -> None:
    server, said = Fake(problem), list[bytes]()
    with pytest.raises(type(problem)):
        await serve("x", server, said.append)
    assert (said, server.closed) == ([], True)


def test_an_address_in_use_says_what_to_do() -> None:
    told = cannot_listen("127.0.0.1:9102", OSError(98, "x"))
    assert told.message == "cannot listen on 127.0.0.1:9102: Address already in use"
    assert told.hint is not None
    assert "--listen" in told.hint
