"""Requests and answers without sockets."""

import msgspec
import pytest

from weftline_bench.sims.exchange import (
    DONE,
    Refused,
    Request,
    Trouble,
    data,
    json_object,
    known,
    not_found,
    read,
    streamed,
    whole,
)


class Shape(msgspec.Struct):
    inner: list[int]


def test_the_bytes_of_a_whole_answer() -> None:
    assert whole({"a": 1}, 529).wire() == (
        b"HTTP/1.1 529 Unknown\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n"
        b'{"a":1}'
    )


def test_the_bytes_of_a_stream_are_one_chunk_a_frame() -> None:
    wire = streamed([data({}, "x"), DONE]).wire()
    assert wire.startswith(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream")
    assert wire.endswith(
        b"\r\n\r\n13\r\nevent: x\ndata: {}\n\n\r\ne\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"
    )


def test_a_wrong_body_is_refused_with_its_path() -> None:
    with pytest.raises(Refused) as caught:
        read({"inner": [1, "x"]}, Shape, "Oh: ")
    assert caught.value.param == "inner[1]"
    assert caught.value.message.startswith("Oh: Expected `int`")
    with pytest.raises(Refused):
        json_object([])
    assert json_object({"a": 1}) == {"a": 1}


def test_paths_and_statuses_that_are_not_there() -> None:
    assert not_found(Request("GET", "/x")).trouble is Trouble.NOT_FOUND
    assert known(503)
    assert not known(498)
