"""Answers that break a provider's contract, and what a client may read of them: an honest error."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, Final, cast

from tests.conformance.cuts import WORDS, frames
from tests.conformance.upstreams import Upstream
from tests.conformance.wants import Json
from tests.fakes.sims import whole
from weftline_bench.sims.flavours import FLAVOURS

JSON: Final = "application/json"
# Content types by the framing of a dialect.
KINDS: Final = {"sse": "text/event-stream", "eventstream": "application/vnd.amazon.eventstream"}

_NESTED: Final = b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}"

# Whole bodies that are no answer in any dialect.
BODIES: Final[dict[str, bytes]] = {
    "no JSON": b"{",
    "HTML": b"<!doctype html><html><body>127.0.0.1: bad gateway</body></html>",
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "an empty object": b"{}",
    "a number": b"7",
    "NaN": b'{"choices": NaN, "content": NaN, "output": NaN, "candidates": NaN, "message": NaN}',
    "nested a hundred kilobytes": _NESTED,
    "no UTF-8": b'{"choices":[{"message":{"content":"\xff\xfe"}}]}',
    "all of a wrong type": json.dumps(
        {
            "id": 7,
            "choices": {"a": 1},
            "content": 5,
            "output": "x",
            "candidates": "x",
            "message": 3,
            "result": 4,
            "response": [],
            "usage": "many",
            "status": [],
        }
    ).encode(),
    "all empty": json.dumps(
        {"choices": [], "content": [], "output": [], "candidates": [], "message": {}, "result": {}}
    ).encode(),
}


_WRONG: Final[dict[str, object]] = {"a number": 7, "a text": "x", "null": None, "a list": [[7]]}


def mutants(upstream: Upstream) -> dict[str, bytes]:
    """Return whole answers of the provider's own, each with one part of a wrong type or gone."""
    flavour = FLAVOURS[upstream.sim]
    task = upstream.dialect if upstream.dialect in flavour.tasks else ""
    if upstream.dialect == "workers_ai":
        task = "run"
    good: Json = json.loads(whole(flavour, WORDS, task))
    found: dict[str, bytes] = {}
    for path in _paths(good, ()):
        name = ".".join(map(str, path))
        for label, value in _WRONG.items():
            found[f"{name} is {label}"] = json.dumps(_with(good, path, value)).encode()
    return found


def events(upstream: Upstream) -> dict[str, list[bytes]]:
    """Return streams that break the contract, in pieces."""
    good = frames(upstream, WORDS)
    half = len(good) // 2
    if upstream.dialect == "converse":
        wrong = bytearray(good[half])
        wrong[-1] ^= 0xFF
        return {
            "a wrong checksum": [*good[:half], bytes(wrong)],
            "text among the messages": [*good[:half], b"data: {}\n\n", *good[half:]],
            "nothing": [],
        }
    middle = {
        "no JSON": b"data: {\n\n",
        "no object": b"data: [1]\n\n",
        "wrong types": b'data: {"choices":7,"type":8,"candidates":"x","delta":9,"response":[]}\n\n',
        "no UTF-8": b'data: {"choices":[{"delta":{"content":"\xff"}}]}\n\n',
        "nested a hundred kilobytes": b"data: " + _NESTED + b"\n\n",
        "NaN": b'data: {"choices":NaN}\n\n',
    }
    found = {name: [*good[:half], bad, *good[half:]] for name, bad in middle.items()}
    found |= {f"{name} at first": [bad, *good] for name, bad in middle.items()}
    found["nothing"] = []
    found["HTML"] = [BODIES["HTML"]]
    found["an unknown event"] = [*good[:half], _UNKNOWN, *good[half:]]
    return found


_UNKNOWN: Final = b'event: surprise\ndata: {"type":"surprise","surprise":true}\n\n'


def _paths(value: object, path: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
    found: list[tuple[str | int, ...]] = []
    if isinstance(value, dict):
        for name, item in cast("Json", value).items():
            found += [(*path, name), *_paths(item, (*path, name))]
    elif isinstance(value, list) and value:
        found += [(*path, 0), *_paths(cast("list[object]", value)[0], (*path, 0))]
    return found


def _with(body: Json, path: tuple[str | int, ...], value: object) -> Json:
    copy: Json = json.loads(json.dumps(body))
    at: Any = copy
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return copy


class Liar:
    """A provider that answers every request with the same bytes. port: where."""

    def __init__(self) -> None:
        self.port = 0
        self.kind = JSON
        self.pieces: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
            body = b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in self.pieces if p)
            lines = f"content-type: {self.kind}\r\ntransfer-encoding: chunked\r\nconnection: close"
            writer.write(f"HTTP/1.1 200 OK\r\n{lines}\r\n\r\n".encode() + body + b"0\r\n\r\n")
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def a_liar() -> AsyncGenerator[Liar, None]:
    """Run one."""
    liar = Liar()
    server = await asyncio.start_server(liar.serve, "127.0.0.1", 0)
    liar.port = server.sockets[0].getsockname()[1]
    try:
        yield liar
    finally:
        server.close()
