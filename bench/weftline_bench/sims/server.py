"""One simulated provider behind a real socket; it writes down what it was asked."""

import asyncio
import socket
import struct
from collections import deque
from dataclasses import dataclass, field

import orjson
from aiohttp import web

from weftline_bench.sims.exchange import Answer, Refused, Request, Trouble
from weftline_bench.sims.faults import HEADER, NO_FAULTS, Faults, parse_faults, refused_by, shaped
from weftline_bench.sims.flavour import KEY, Desk, Flavour
from weftline_core.limits import REQUEST_BODY_BYTES_MAX

# So many requests are remembered.
SEEN_MAX = 1000

# How long `close` waits for requests in flight.
CLOSE_WAIT_S = 0.2

_SECRET_HEADERS = frozenset(
    {"authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "x-amz-security-token"}
)
_SECRET_QUERY = frozenset({"key"})

# With this linger a close sends RST at once instead of FIN.
_LINGER_RESET = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class Seen:
    """One request as it came, its secrets starred out.

    path: as it was sent, with percent signs, without the query. body: parsed JSON. status: of the
    answer, 0 until there is one. left: the client went before the answer was complete.
    """

    method: str
    path: str
    headers: dict[str, str]
    query: dict[str, str]
    body: object = None
    status: int = 0
    left: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)


class SimServer:
    """One simulated provider. `start` it, then it serves until `close`.

    faults: what goes wrong with every answer. queued: what goes wrong with the next ones, one
    each. desk: its memory; `desk.script` answers whatever is asked.
    """

    def __init__(
        self, flavour: Flavour, host: str = "127.0.0.1", port: int = 0, key: str = KEY
    ) -> None:
        self.flavour = flavour
        self.host = host
        self.port = port
        self.desk = Desk(key=key)
        self.faults = NO_FAULTS
        self.queued: deque[Faults] = deque()
        self.seen: deque[Seen] = deque(maxlen=SEEN_MAX)
        self.arrived = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        """Return where it serves, as an SDK is given it; true after `start`."""
        return f"http://{self.host}:{self.port}{self.flavour.base_path}"

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the address is in use or not ours.
        """
        app = web.Application(client_max_size=REQUEST_BODY_BYTES_MAX)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(
            app, handler_cancellation=True, access_log=None, shutdown_timeout=CLOSE_WAIT_S
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Stop listening, end what is in flight."""
        if self._runner is not None:
            await self._runner.cleanup()

    def answer(self, request: Request, faults: Faults = NO_FAULTS) -> Answer:
        """Answer one request, without a socket."""
        try:
            refused = refused_by(faults)
            if refused is not None:
                raise refused
            answer = self.flavour.answer(request, self.desk)
        except Refused as e:
            answer = self.flavour.refusal(e, request)
        return shaped(self.flavour, answer, faults, self.flavour.task_of(request))

    async def _handle(self, raw: web.Request) -> web.StreamResponse:
        body = await raw.read()
        seen = Seen(
            raw.method,
            raw.raw_path.partition("?")[0],
            {name.lower(): _starred(name.lower(), value) for name, value in raw.headers.items()},
            {name: "***" if name in _SECRET_QUERY else v for name, v in raw.query.items()},
        )
        self.seen.append(seen)
        try:
            request = Request(
                raw.method,
                raw.path,
                {name.lower(): value for name, value in raw.headers.items()},
                dict(raw.query),
                orjson.loads(body) if body else None,
            )
            seen.body = request.body
            self.arrived.set()
            faults = self._faults_of(request)
        except ValueError as e:
            refused = Refused(Trouble.BAD_REQUEST, f"The request could not be read: {e}")
            return await self._send(raw, self.flavour.refusal(refused), NO_FAULTS, seen)
        await asyncio.sleep(faults.delay_s)
        return await self._send(raw, self.answer(request, faults), faults, seen)

    def _faults_of(self, request: Request) -> Faults:
        told = request.headers.get(HEADER)
        if told is not None:
            return parse_faults(told)
        return self.queued.popleft() if self.queued else self.faults

    async def _send(
        self, raw: web.Request, answer: Answer, faults: Faults, seen: Seen
    ) -> web.StreamResponse:
        seen.status = answer.status
        out = web.StreamResponse(status=answer.status, headers=answer.headers)
        if answer.stream:
            out.enable_chunked_encoding()
        else:
            out.content_length = len(answer.body())
        try:
            await out.prepare(raw)
            await self._write(raw, out, answer, faults)
        except (asyncio.CancelledError, ConnectionError):
            seen.left = True
            raise
        finally:
            seen.over.set()
        return out

    async def _write(
        self, raw: web.Request, out: web.StreamResponse, answer: Answer, faults: Faults
    ) -> None:
        sent = 0
        for number, frame in enumerate(answer.frames):
            if number and faults.pace_s:
                await asyncio.sleep(faults.pace_s)
            for limit in (faults.cut_at, faults.stall_at):
                if limit is not None and sent + len(frame) > limit:
                    await out.write(frame[: limit - sent])
                    await _stop(raw, faults, stall=limit == faults.stall_at)
                    return
            await out.write(frame)
            sent += len(frame)
        await out.write_eof()


async def _stop(raw: web.Request, faults: Faults, *, stall: bool) -> None:
    """End an answer before its time, or leave it hanging until the client goes."""
    if stall:
        await asyncio.Event().wait()
    transport = raw.transport
    if transport is None or faults.cut == "end":
        return
    if faults.cut == "close":
        transport.close()
        return
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
    transport.abort()


def _starred(name: str, value: str) -> str:
    """Return a header's value without its secret; the scheme of an authorization stays."""
    if name not in _SECRET_HEADERS:
        return value
    scheme, space, _ = value.partition(" ")
    return f"{scheme} ***" if space else "***"
