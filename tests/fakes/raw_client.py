"""A client on raw bytes that reports exactly how an answer ended, which no HTTP library does.

It takes its connection from a `dial` function, so that it works on sockets and in the simulator.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Self

Dial = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Ended(Enum):
    """How an answer ended."""

    WHOLE = auto()  # as its framing promised
    CUT = auto()  # the connection ended first
    HUNG = auto()  # the deadline passed first


@dataclass(slots=True)
class Reply:
    """An answer as far as it came. Instants are seconds since the request was written."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    ended: Ended = Ended.CUT
    first_body_s: float | None = None
    took_s: float = 0.0


def dial_tcp(port: int, host: str = "127.0.0.1") -> Dial:
    """Return a dialer of a loopback port."""
    return lambda: asyncio.open_connection(host, port)


def request_bytes(
    path: str, body: Mapping[str, object] | None, headers: Mapping[str, str] | None = None
) -> bytes:
    """Return a request as it goes over the wire; POST with a body, GET without."""
    data = b"" if body is None else json.dumps(body).encode()
    lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", "host: mesh.test"]
    if body is not None:
        lines += ["content-type: application/json", f"content-length: {len(data)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join((*lines, "", "")).encode("latin-1") + data


class Call:
    """One request on its own connection, in steps, so that a test can leave between them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._began_s = asyncio.get_running_loop().time()
        self.reply = Reply()

    @classmethod
    async def open(cls, dial: Dial, request: bytes) -> Self:
        """Dial and write the request."""
        reader, writer = await dial()
        call = cls(reader, writer)
        writer.write(request)
        return call

    async def finish(self, deadline_s: float) -> Reply:
        """Return the answer when it has ended or `deadline_s` has passed, and close."""
        reply = self.reply
        try:
            async with asyncio.timeout(deadline_s):
                await self.head()
                await self._body()
                reply.ended = Ended.WHOLE
        except TimeoutError:
            reply.ended = Ended.HUNG
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            reply.ended = Ended.CUT
        reply.took_s = asyncio.get_running_loop().time() - self._began_s
        self.leave()
        return reply

    async def head(self) -> Reply:
        """Read the status line and headers, if not yet done.

        Raises:
            EOFError: the connection ended. ValueError: it was not HTTP.
        """
        while not self.reply.status:
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.split("\r\n")
            version, status = first.split(" ", 2)[:2]
            if version != "HTTP/1.1":
                raise ValueError(first)
            if status.startswith("1"):
                continue
            pairs = (line.partition(":") for line in lines if line)
            self.reply.headers = {name.lower(): value.strip() for name, _, value in pairs}
            self.reply.status = int(status)
        return self.reply

    async def until(self, needle: bytes) -> None:
        """Read until the body so far contains `needle`."""
        await self.head()
        while needle not in self.reply.body:
            await self.more()

    async def more(self) -> bool:
        """Read one more chunk; return False after the last one."""
        size = int(await self._reader.readuntil(b"\r\n"), 16)
        left = size
        while left:
            data = await self._some(left)
            self._got(data)
            left -= len(data)
        if await self._reader.readexactly(2) != b"\r\n":
            raise ValueError("a chunk does not end where it said")
        return size > 0

    def leave(self) -> None:
        """Close the connection, in whatever state it is."""
        self._writer.close()

    async def _body(self) -> None:
        headers = self.reply.headers
        if self.reply.status == 204:
            return
        if headers.get("transfer-encoding") == "chunked":
            while await self.more():
                pass
        elif (length := headers.get("content-length")) is not None:
            while (missing := int(length) - len(self.reply.body)) > 0:
                self._got(await self._some(missing))
        else:
            while data := await self._reader.read(65536):
                self._got(data)

    async def _some(self, count: int) -> bytes:
        data = await self._reader.read(min(count, 65536))
        if not data:
            raise EOFError
        return data

    def _got(self, data: bytes) -> None:
        if self.reply.first_body_s is None:
            self.reply.first_body_s = asyncio.get_running_loop().time() - self._began_s
        self.reply.body += data


async def fetch(dial: Dial, request: bytes, deadline_s: float = 5.0) -> Reply:
    """Send one request on a new connection and return its answer, however it ended."""
    try:
        async with asyncio.timeout(deadline_s):
            call = await Call.open(dial, request)
    except TimeoutError:
        return Reply(ended=Ended.HUNG)
    except OSError:
        return Reply()
    return await call.finish(deadline_s)
