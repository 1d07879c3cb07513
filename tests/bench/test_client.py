"""The raw client, against a server that says exactly what a test wants."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.fakes.raw_server import (
    DONE_EVENT,
    LAST_CHUNK,
    STREAM_HEAD,
    WHOLE_STREAM,
    chunk,
    read_request,
    serving,
    word_event,
)
from weftline_bench.answer import Answer
from weftline_bench.client import Lost, Pool, chat_target

BODY: dict[str, object] = {"model": "m", "stream": True, "messages": []}


def pool(base_url: str) -> Pool:
    return Pool(chat_target("t", base_url, BODY))


async def ask(asked: Pool) -> tuple[Answer, str | None]:
    answer = Answer(streamed=True)
    async with asyncio.timeout(5):
        await asked.ask(answer)
    return answer, answer.end(0.0)


def saying(*pieces: bytes) -> Callable[..., Awaitable[None]]:
    """Answer every request with `pieces`, each in its own write."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            for piece in pieces:
                writer.write(piece)
                await asyncio.sleep(0.002)

    return handler


def test_the_request_is_what_an_sdk_would_send() -> None:
    target = chat_target("t", "http://127.0.0.1:81/prefix/v1/", BODY, key="k3y", source="127.0.0.9")
    head, _, body = target.request.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /prefix/v1/chat/completions HTTP/1.1"
    assert b"host: 127.0.0.1:81" in lines
    assert b"authorization: Bearer k3y" in lines
    assert b"content-length: %d" % len(body) in lines
    assert (target.host, target.port, target.tls, target.streamed) == ("127.0.0.1", 81, False, True)
    assert chat_target("t", "https://x.test/v1", BODY).port == 443


@pytest.mark.parametrize("url", ["", "ftp://x", "127.0.0.1:80", "http://"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no base URL"):
        chat_target("t", url, BODY)


async def test_a_connection_is_kept_and_used_again() -> None:
    async with serving(saying(WHOLE_STREAM)) as url:
        asked = pool(url)
        for _ in range(5):
            answer, error = await ask(asked)
            assert (error, len(answer.content_s)) == (None, 2)
            assert (answer.served_by, answer.attempts) == ("ams-1", 2)
        assert asked.dialled == 1
        asked.close()


async def test_events_are_stamped_when_they_come() -> None:
    pieces = [STREAM_HEAD, chunk(word_event("a")), chunk(word_event("b")), chunk(DONE_EVENT)]
    async with serving(saying(*pieces, LAST_CHUNK)) as url:
        asked = pool(url)
        answer, _ = await ask(asked)
        asked.close()
    first, second = answer.content_s
    assert second - first >= 0.001


async def test_two_at_once_take_two_connections() -> None:
    async with serving(saying(STREAM_HEAD, WHOLE_STREAM.removeprefix(STREAM_HEAD))) as url:
        asked = pool(url)
        await asyncio.gather(ask(asked), ask(asked))
        assert asked.dialled == 2
        asked.close()


async def test_a_connection_that_the_server_closed_is_replaced() -> None:
    async def one_each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(WHOLE_STREAM)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with serving(one_each) as url:
        asked = pool(url)
        for _ in range(3):
            assert (await ask(asked))[1] is None
        assert asked.dialled == 3
        asked.close()


async def test_bytes_nobody_asked_for_poison_a_connection() -> None:
    async with serving(saying(WHOLE_STREAM, WHOLE_STREAM)) as url:
        asked = pool(url)
        await ask(asked)
        await asyncio.sleep(0.02)
        await ask(asked)
        assert asked.dialled == 2
        asked.close()


async def test_an_answer_that_says_close_is_not_kept() -> None:
    closing = WHOLE_STREAM.replace(b"x-weft", b"connection: close\r\nx-weft", 1)
    async with serving(saying(closing)) as url:
        asked = pool(url)
        await ask(asked)
        await ask(asked)
        assert asked.dialled == 2
        asked.close()


async def cut(base_url: str) -> bool:
    asked = pool(base_url)
    with pytest.raises(Lost) as caught:
        await ask(asked)
    asked.close()
    return caught.value.answered


async def test_a_cut_is_told_from_an_answer_that_never_began() -> None:
    async def leave(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await read_request(reader)

    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(STREAM_HEAD + chunk(word_event("a")))
        await writer.drain()
        await asyncio.sleep(0.01)

    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"SMTP ready\r\n\r\n")
        await reader.read()

    for handler, answered in ((leave, False), (break_off, True), (babble, False)):
        async with serving(handler) as url:
            assert await cut(url) is answered


async def test_a_stream_that_the_server_ends_by_closing_is_whole_after_its_last_event() -> None:
    async def until_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + word_event("a") + DONE_EVENT)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with serving(until_close) as url:
        asked = pool(url)
        answer, error = await ask(asked)
        asked.close()
    assert (error, len(answer.content_s)) == (None, 1)


async def test_nobody_listening_is_refused() -> None:
    async with serving(saying(b"")) as url:
        pass
    with pytest.raises(ConnectionRefusedError):
        await ask(pool(url))
