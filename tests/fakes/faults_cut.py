"""Endpoints that fall silent, are cut off, or fail inside a 200."""

import asyncio

from tests.fakes.answers import DONE, error_of, event, role_of
from tests.fakes.exchange import APART_S, Exchange, Expect, Fault, Faults, OnAccept


async def _never(x: Exchange) -> None:
    raise AssertionError("no request is read on such a connection")


# Faults of the connection itself, before any request.
CUT = Faults(
    (name, Fault(name, _never, Expect.FAILS, Expect.FAILS, on_accept))
    for name, on_accept in (
        ("refuse", OnAccept.REFUSE),
        ("full_backlog", OnAccept.BACKLOG),
        ("reset_on_accept", OnAccept.RESET),
        ("black_hole", OnAccept.NEVER_READ),
    )
)


# Silence.


@CUT.enter(Expect.FAILS)
async def reset_after_request(x: Exchange) -> None:
    x.wire.reset()


@CUT.enter(Expect.FAILS)
async def close_after_request(x: Exchange) -> None:
    x.wire.close()


@CUT.enter(Expect.FAILS)
async def hang_after_request(x: Exchange) -> None:
    await x.hang()


@CUT.enter(Expect.FAILS)
async def hang_in_head(x: Exchange) -> None:
    x.wire.write(b"HTTP/1.1 200 OK\r\ncontent-ty")
    await x.hang()


@CUT.enter(Expect.FAILS)
async def hang_after_head(x: Exchange) -> None:
    x.begin()
    await x.hang()


@CUT.enter(Expect.FAILS)
async def role_then_hang(x: Exchange) -> None:
    x.begin()
    x.chunk(role_of(x.asked, x.who) if x.asked.streamed else b"{")
    await x.hang()


@CUT.enter(Expect.FAILS)
async def role_then_cut(x: Exchange) -> None:
    x.begin()
    x.chunk(role_of(x.asked, x.who) if x.asked.streamed else b"{")
    await asyncio.sleep(APART_S)
    x.wire.reset()


@CUT.enter(Expect.FAILS)
async def comments_then_hang(x: Exchange) -> None:
    """Queue behind keep-alives, for ever."""
    x.begin()
    while True:
        x.chunk(b": processing\n\n" if x.asked.streamed else b"\n")
        await asyncio.sleep(APART_S * 2)


@CUT.enter(Expect.FAILS)
async def drip_head(x: Exchange) -> None:
    """Send a head that never ends, a byte at a time."""
    x.wire.write(b"HTTP/1.1 200 OK\r\nx-filler: ")
    while True:
        x.wire.write(b"z")
        await asyncio.sleep(APART_S * 5)


@CUT.enter(Expect.BROKEN_OFF, Expect.FAILS)
async def drip_event(x: Exchange) -> None:
    """Begin, then send an event that never ends, a byte at a time."""
    await x.begun()
    while True:
        x.chunk(b"z")
        await asyncio.sleep(APART_S * 5)


@CUT.enter(Expect.BROKEN_OFF, Expect.FAILS)
async def stall(x: Exchange) -> None:
    await x.begun()
    await x.hang()


@CUT.enter(Expect.BROKEN_OFF, Expect.FAILS)
async def stall_with_comments(x: Exchange) -> None:
    """Begin, then send keep-alives and no content, for ever."""
    await x.begun()
    while True:
        x.chunk(b": processing\n\n" if x.asked.streamed else b"\n")
        await asyncio.sleep(APART_S * 2)


# Cuts.


@CUT.enter(Expect.BROKEN_OFF, Expect.FAILS)
async def cut_mid_event(x: Exchange) -> None:
    await x.begun()
    x.chunk(x.parts[-1][:9])
    await asyncio.sleep(APART_S)
    x.wire.reset()


@CUT.enter(Expect.BROKEN_OFF, Expect.FAILS)
async def cut_between_events(x: Exchange) -> None:
    await x.begun()
    x.wire.close()


@CUT.enter(Expect.BROKEN_OFF, Expect.FAILS)
async def cut_by_reset(x: Exchange) -> None:
    await x.begun()
    x.wire.reset()


@CUT.enter(Expect.BROKEN_OFF, Expect.FAILS)
async def cut_in_chunk_size(x: Exchange) -> None:
    await x.begun()
    x.wire.write(b"1")
    await asyncio.sleep(APART_S)
    x.wire.close()


@CUT.enter(Expect.BROKEN_OFF, Expect.FAILS)
async def length_too_long(x: Exchange) -> None:
    """Promise more bytes than come."""
    parts = x.parts
    x.head(200, x.kind, f"content-length: {sum(map(len, parts))}")
    for part in parts[: len(parts) // 2]:
        x.wire.write(part)
        await asyncio.sleep(APART_S)
    x.wire.close()


@CUT.enter(Expect.BROKEN_OFF, Expect.FAILS)
async def length_too_short(x: Exchange) -> None:
    """Promise fewer bytes than come: the answer is cut by its own length."""
    parts = x.parts
    half = parts[: len(parts) // 2]
    x.head(200, x.kind, f"content-length: {sum(map(len, half))}")
    for part in half:
        x.wire.write(part)
        await asyncio.sleep(APART_S)


@CUT.enter(Expect.BROKEN_OFF, Expect.FAILS)
async def no_done_chunked(x: Exchange) -> None:
    """End cleanly in the middle of the text: the silent cut that no SDK can see."""
    await x.begun()
    x.end()


@CUT.enter(Expect.BROKEN_OFF, Expect.FAILS)
async def no_done_close(x: Exchange) -> None:
    """End a close-delimited answer in the middle of the text."""
    x.head(200, x.kind, "connection: close")
    for part in x.parts[:4] if x.asked.streamed else x.parts[:1]:
        x.wire.write(part)
        await asyncio.sleep(APART_S)
    x.wire.close()


# Errors inside a 200.

_OVERLOADED = error_of("The server is overloaded", "server_error", "overloaded")


@CUT.enter(Expect.FAILS)
async def error_first(x: Exchange) -> None:
    x.begin()
    x.chunk(event(_OVERLOADED) if x.asked.streamed else _OVERLOADED)
    await asyncio.sleep(APART_S)
    x.end()


@CUT.enter(Expect.FAILS)
async def role_then_error(x: Exchange) -> None:
    x.begin()
    streamed = role_of(x.asked, x.who) + event(_OVERLOADED) + DONE
    x.chunk(streamed if x.asked.streamed else _OVERLOADED)
    await asyncio.sleep(APART_S)
    x.end()


@CUT.enter(Expect.BROKEN_OFF, Expect.FAILS)
async def error_mid_stream(x: Exchange) -> None:
    await x.begun()
    x.chunk(event(_OVERLOADED) if x.asked.streamed else _OVERLOADED)
    await asyncio.sleep(APART_S)
    x.end()


@CUT.enter(Expect.FAILS)
async def json_error_200(x: Exchange) -> None:
    """Answer a plain error object with status 200, whatever was asked for."""
    x.answer(200, _OVERLOADED)


@CUT.enter(Expect.FAILS)
async def done_only(x: Exchange) -> None:
    """Finish before beginning."""
    x.begin()
    x.chunk(DONE if x.asked.streamed else b"{}")
    x.end()
