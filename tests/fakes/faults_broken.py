"""Endpoints whose answers break HTTP, server-sent events or JSON, or are no answers at all."""

import asyncio
import gzip

from tests.fakes.answers import event
from tests.fakes.exchange import CHUNKED, SSE, Exchange, Expect, Faults

# Larger than any event a client could want: past every limit a proxy may have on one.
HUGE_EVENT_BYTES = 3 * 1024 * 1024

BROKEN = Faults()


@BROKEN.enter(Expect.FAILS)
async def garbage_status(x: Exchange) -> None:
    x.wire.write(b"\x16\x03\x01 I am not HTTP\r\n\r\n" * 4)
    await x.hang()


@BROKEN.enter(Expect.FAILS)
async def http_09(x: Exchange) -> None:
    x.wire.write(x.body)
    x.wire.close()


@BROKEN.enter(Expect.BROKEN_OFF, Expect.FAILS)
async def bad_chunk_size(x: Exchange) -> None:
    await x.begun()
    x.wire.write(b"zz\r\nwhat\r\n")
    await x.hang()


@BROKEN.enter(Expect.BROKEN_OFF, Expect.FAILS)
async def bad_chunk_end(x: Exchange) -> None:
    """Send a chunk that is longer than it says."""
    await x.begun()
    x.wire.write(b"3\r\nabcdef\r\n")
    await x.hang()


@BROKEN.enter(Expect.BROKEN_OFF, Expect.FAILS)
async def bad_event(x: Exchange) -> None:
    """Send one event that is no JSON, or a raw line end inside a string; then go on."""
    await x.begun()
    x.chunk(event(b'{"id": "chatcmpl-') if x.asked.streamed else b"\n")
    await x.send(x.parts[4:] if x.asked.streamed else x.parts[1:])
    x.end()


@BROKEN.enter(Expect.EITHER)
async def length_and_chunked(x: Exchange) -> None:
    """Frame the answer in two ways that disagree."""
    x.begin("content-length: 5")
    await x.send(x.parts)
    x.end()


@BROKEN.enter(Expect.FAILS)
async def two_lengths(x: Exchange) -> None:
    body = b"".join(x.parts)
    x.head(200, x.kind, f"content-length: {len(body)}", f"content-length: {len(body) - 7}")
    x.wire.write(body)
    await x.hang()


@BROKEN.enter(Expect.FAILS)
async def huge_head(x: Exchange) -> None:
    x.begin(*(f"x-filler-{i}: {'y' * 1000}" for i in range(200)))
    await x.send(x.parts)
    x.end()


@BROKEN.enter(Expect.FAILS)
async def endless_head(x: Exchange) -> None:
    x.wire.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        x.wire.write(b"x-more: " + b"z" * 4096 + b"\r\n")
        await x.wire.drain()
        await asyncio.sleep(0)


@BROKEN.enter(Expect.FAILS)
async def flood_of_1xx(x: Exchange) -> None:
    while True:
        x.wire.write(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" * 16)
        await x.wire.drain()
        await asyncio.sleep(0)


@BROKEN.enter(Expect.FAILS, Expect.HEALTHY)
async def huge_event(x: Exchange) -> None:
    """Send one event past every limit; the whole answer is only long, which is legal."""
    blanks = b" " * HUGE_EVENT_BYTES
    x.begin()
    if x.asked.streamed:
        x.chunk(b"data: " + blanks)
        await x.wire.drain()
        await x.send([b"\n\n", *x.events])
    else:
        await x.send([x.body, blanks])
    x.end()


@BROKEN.enter(Expect.BROKEN_OFF, Expect.FAILS)
async def endless_body(x: Exchange) -> None:
    await x.begun()
    x.chunk(b"data: " if x.asked.streamed else b" ")
    while True:
        x.chunk(b"a" * 262_144)
        await x.wire.drain()
        await asyncio.sleep(0)


@BROKEN.enter(Expect.EITHER)
async def gzip_unasked(x: Exchange) -> None:
    """Compress although the request forbade it."""
    body = gzip.compress(b"".join(x.parts))
    x.head(200, x.kind, "content-encoding: gzip", f"content-length: {len(body)}")
    x.wire.write(body)


@BROKEN.enter(Expect.FAILS)
async def redirect(x: Exchange) -> None:
    x.answer(302, b"{}", "location: http://127.0.0.1:9/elsewhere")


@BROKEN.enter(Expect.FAILS)
async def empty_200(x: Exchange) -> None:
    x.head(200, x.kind, "content-length: 0")


@BROKEN.enter(Expect.FAILS)
async def status_204(x: Exchange) -> None:
    x.head(204)


@BROKEN.enter(Expect.FAILS)
async def switching_protocols(x: Exchange) -> None:
    x.head(101, "upgrade: websocket", "connection: upgrade")
    await x.hang()


@BROKEN.enter(Expect.FAILS)
async def html_200(x: Exchange) -> None:
    page = b"<!doctype html><title>Sign in</title><p>Please accept the terms of this Wi-Fi."
    x.head(200, "content-type: text/html", f"content-length: {len(page)}")
    x.wire.write(page)


@BROKEN.enter(Expect.FAILS)
async def not_json(x: Exchange) -> None:
    body = b"data: not json\n\ndata: {\n\n" if x.asked.streamed else b"{'single': quotes}"
    x.head(200, x.kind, f"content-length: {len(body)}")
    x.wire.write(body)


@BROKEN.enter(Expect.EITHER)
async def wrong_type(x: Exchange) -> None:
    """Send the right answer under a wrong name."""
    x.head(200, "content-type: application/octet-stream", CHUNKED)
    await x.send(x.parts)
    x.end()


@BROKEN.enter(Expect.EITHER, Expect.FAILS)
async def other_mode(x: Exchange) -> None:
    """Send a stream to who wanted a whole answer, and the other way round."""
    if x.asked.streamed:
        x.answer(200, x.body)
    else:
        body = b"".join(x.events)
        x.head(200, SSE, f"content-length: {len(body)}")
        x.wire.write(body)
