"""Heads, chunks and refusals as bytes."""

import orjson

from weftline_core.errors import TooLarge, Unavailable
from weftline_node.reply import chunk, mesh_lines, refusal, stream_head, whole


def test_a_whole_answer() -> None:
    head, _, body = whole(200, b"{}", "x-a: 1\r\n").partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"HTTP/1.1 200 OK",
        b"content-type: application/json",
        b"content-length: 2",
        b"x-a: 1",
        b"cache-control: no-store",
    ]
    assert body == b"{}"
    assert b"\r\nconnection: close\r\n" in whole(200, b"", close=True)


def test_a_stream_never_says_close() -> None:
    head = stream_head(mesh_lines("ams", 7))
    assert head.startswith(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream")
    assert b"transfer-encoding: chunked\r\n" in head
    assert b"x-weft-pop: ams\r\nx-weft-revision: 7\r\n" in head
    assert b"connection" not in head
    assert head.endswith(b"\r\n\r\n")


def test_a_chunk() -> None:
    assert chunk(b"x" * 16) == b"10\r\n" + b"x" * 16 + b"\r\n"


def test_a_refusal_is_openais_error_with_its_status_and_wait() -> None:
    head, _, body = refusal(Unavailable("later", retry_after_s=1.2)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"\r\nretry-after: 2\r\n" in head
    assert orjson.loads(body)["error"]["message"] == "later"
    assert b"retry-after" not in refusal(TooLarge("big"))
    assert refusal(TooLarge("big")).startswith(b"HTTP/1.1 413 ")
