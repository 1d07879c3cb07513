"""A server that says exactly the bytes a test wants, and answers as engines send them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncGenerator[str, None]:
    """Serve connections with `handler` while inside; yield the base URL."""
    busy: set[asyncio.Task[None]] = set()

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        busy.add(task)
        try:
            await handler(reader, writer)
        except (OSError, EOFError, asyncio.CancelledError):
            pass  # the test has seen what it wanted
        finally:
            busy.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(on_connection, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()
        for task in list(busy):
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
        # Aborted transports tell of their end in the next turn of the loop.
        await asyncio.sleep(0)


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """Return one request, head and body.

    Raises:
        asyncio.IncompleteReadError: the client left.
    """
    head = await reader.readuntil(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    return head + await reader.readexactly(int(fields.get(b"content-length", b"0")))


def word_event(word: str) -> bytes:
    """Return the event of one word."""
    return f'data: {{"choices":[{{"delta":{{"content":"{word}"}}}}]}}\n\n'.encode()


ROLE_EVENT = b'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n'
DONE_EVENT = b"data: [DONE]\n\n"
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n"
    b"x-weft-endpoint: ams-1\r\nx-weft-attempts: 2\r\n\r\n"
)
LAST_CHUNK = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """Return `data` as one chunk of a body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


WHOLE_STREAM = (
    STREAM_HEAD
    + chunk(ROLE_EVENT)
    + chunk(word_event("one"))
    + chunk(word_event(" two"))
    + chunk(DONE_EVENT)
    + LAST_CHUNK
)
