"""Endpoints that are healthy though odd, and those that say plainly what is wrong."""

import asyncio

from tests.fakes.answers import DONE, Asked, error_of, whole_of
from tests.fakes.exchange import APART_S, JSON, Act, Exchange, Expect, Fault, Faults

ODD = Faults()

# Error answers: name, status, OpenAI error code, further header lines, verdict.
_STATUSES: tuple[tuple[str, int, str, tuple[str, ...], Expect], ...] = (
    ("status_400", 400, "bad_request", (), Expect.CALLER),
    ("status_401", 401, "invalid_api_key", (), Expect.FAILS),
    ("status_403", 403, "permission_denied", (), Expect.FAILS),
    ("status_404", 404, "model_not_found", (), Expect.FAILS),
    ("status_408", 408, "request_timeout", (), Expect.FAILS),
    ("status_422", 422, "unprocessable", (), Expect.CALLER),
    ("status_429", 429, "rate_limit_exceeded", (), Expect.FAILS),
    ("retry_after_s", 429, "rate_limit_exceeded", ("retry-after: 2",), Expect.FAILS),
    ("retry_after_ms", 429, "rate_limit_exceeded", ("retry-after-ms: 1500",), Expect.FAILS),
    (
        "retry_after_date",
        429,
        "rate_limit_exceeded",
        ("retry-after: Wed, 21 Oct 2099 07:28:00 GMT",),
        Expect.FAILS,
    ),
    ("retry_after_1e9", 429, "rate_limit_exceeded", ("retry-after: 1000000000",), Expect.FAILS),
    ("retry_after_past", 429, "rate_limit_exceeded", ("retry-after: -1",), Expect.FAILS),
    ("retry_after_garbage", 429, "rate_limit_exceeded", ("retry-after: soon",), Expect.FAILS),
    ("quota_429", 429, "insufficient_quota", (), Expect.FAILS),
    ("status_500", 500, "internal", (), Expect.FAILS),
    ("status_502", 502, "bad_gateway", (), Expect.FAILS),
    ("status_503", 503, "unavailable", ("retry-after: 30",), Expect.FAILS),
    ("status_529", 529, "overloaded_error", (), Expect.FAILS),
)


def _status(status: int, code: str, lines: tuple[str, ...]) -> Act:
    async def act(x: Exchange) -> None:
        kind = "insufficient_quota" if code == "insufficient_quota" else "some_error"
        x.answer(status, error_of("the fake says no", kind, code), *lines)

    return act


STATUSES = {
    name: Fault(name, _status(status, code, lines), expect, expect)
    for name, status, code, lines, expect in _STATUSES
}


@ODD.enter(Expect.HEALTHY)
async def healthy(x: Exchange) -> None:
    x.begin()
    await x.send(x.parts)
    x.end()


@ODD.enter(Expect.HEALTHY)
async def one_1xx(x: Exchange) -> None:
    """Send one interim answer, which is legal."""
    x.wire.write(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n")
    await healthy(x)


@ODD.enter(Expect.HEALTHY)
async def slow(x: Exchange) -> None:
    """Take a moment for a whole answer, and half a second for a stream, evenly."""
    if not x.asked.streamed:
        await asyncio.sleep(0.12)
    x.begin()
    for part in x.parts:
        x.chunk(part)
        await asyncio.sleep(0.035 if x.asked.streamed else 0)
    x.end()


@ODD.enter(Expect.HEALTHY)
async def byte_by_byte(x: Exchange) -> None:
    body = b"".join(x.parts)
    x.head(200, x.kind, f"content-length: {len(body)}")
    for i in range(len(body)):
        x.wire.write(body[i : i + 1])
        await asyncio.sleep(0)


@ODD.enter(Expect.HEALTHY)
async def one_write(x: Exchange) -> None:
    """Send head and body as one segment."""
    body = b"".join(x.parts)
    length = f"content-length: {len(body)}"
    x.wire.write(f"HTTP/1.1 200 OK\r\n{x.kind}\r\n{length}\r\n\r\n".encode() + body)


@ODD.enter(Expect.HEALTHY)
async def crlf_events(x: Exchange) -> None:
    x.begin()
    whole = whole_of(x.asked, x.who, indent=2).replace(b"\n", b"\r\n")
    await x.send([e.replace(b"\n", b"\r\n") for e in x.events] if x.asked.streamed else [whole])
    x.end()


@ODD.enter(Expect.HEALTHY)
async def cr_events(x: Exchange) -> None:
    """End lines with a lone CR, which the standard allows."""
    x.begin()
    await x.send([part.replace(b"\n", b"\r") for part in x.parts])
    x.end()


@ODD.enter(Expect.HEALTHY)
async def after_done(x: Exchange) -> None:
    """Go on after the end: with events that nobody asked for, or with blanks."""
    x.begin()
    await x.send(x.parts)
    await x.send([x.parts[1], DONE] if x.asked.streamed else [b"\n", b"\n"])
    x.end()


@ODD.enter(Expect.HEALTHY)
async def comments_between(x: Exchange) -> None:
    """Send keep-alives as some providers do: comments in a stream, blanks before a whole answer."""
    x.begin()
    for part in x.parts if x.asked.streamed else [x.body]:
        x.chunk(b": keep-alive\n\n" if x.asked.streamed else b" \n")
        await x.send([part])
    x.end()


@ODD.enter(Expect.HEALTHY)
async def close_delimited(x: Exchange) -> None:
    """End a complete answer by closing, as HTTP/1.0 servers do."""
    x.head(200, x.kind, "connection: close")
    x.wire.write(b"".join(x.parts))
    x.wire.close()


@ODD.enter(Expect.HEALTHY)
async def second_answer(x: Exchange) -> None:
    """Answer, and a moment later answer again without having been asked."""
    await healthy(x)
    await asyncio.sleep(APART_S)
    x.answer(200, whole_of(Asked("chat", "poison", "poison", False, False), "poison"))


@ODD.enter(Expect.HEALTHY)
async def second_answer_at_once(x: Exchange) -> None:
    """Answer twice in one write."""
    body = b"".join(x.parts)
    poison = whole_of(Asked("chat", "poison", "poison", False, False), "poison")
    lines = f"HTTP/1.1 200 OK\r\n{x.kind}\r\ncontent-length: "
    x.wire.write(
        f"{lines}{len(body)}\r\n\r\n".encode()
        + body
        + f"HTTP/1.1 200 OK\r\n{JSON}\r\ncontent-length: {len(poison)}\r\n\r\n".encode()
        + poison
    )


@ODD.enter(Expect.HEALTHY)
async def close_after_answer(x: Exchange) -> None:
    """Announce keep-alive and close all the same."""
    x.begin("connection: keep-alive")
    await x.send(x.parts)
    x.end()
    x.wire.close()


@ODD.enter(Expect.EITHER, early=True)
async def early_answer(x: Exchange) -> None:
    await healthy(x)


@ODD.enter(Expect.FAILS, early=True)
async def early_503_then_close(x: Exchange) -> None:
    x.answer(503, error_of("too busy to read you"), "connection: close")
    await asyncio.sleep(APART_S)
    x.wire.reset()
