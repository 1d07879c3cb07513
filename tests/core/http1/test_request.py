"""Strictness of the request reader: one reading of the bytes, or an error that names the fault."""

from contextlib import suppress

import httptools
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from weftline_core.errors import CallerError, HeadersTooLarge, TooLarge
from weftline_core.http1.request import HttpRequest, MalformedRequest, RequestReader
from weftline_core.limits import (
    REQUEST_BODY_BYTES_MAX,
    REQUEST_HEAD_BYTES_MAX,
    REQUEST_HEADERS_MAX,
)

POST = (
    b"POST /v1/chat/completions?a=1 HTTP/1.1\r\nHost: weft\r\nX-A: 1\r\nx-a:2 \r\n"
    b"Content-Length: 4\r\n\r\nbody"
)


def read(wire: bytes) -> HttpRequest | None:
    return RequestReader().feed(wire)


@given(st.lists(st.integers(1, 30), max_size=20), st.booleans())
def test_any_split_gives_the_same_request(steps: list[int], in_chunks: bool) -> None:
    wire = POST
    if in_chunks:
        wire = POST.replace(b"Content-Length: 4", b"Transfer-Encoding: chunked")
        wire = wire.replace(b"\r\n\r\nbody", b"\r\n\r\n1\r\nb\r\n3\r\nody\r\n0\r\n\r\n")
    reader, at = RequestReader(), 0
    request = None
    for step in [*steps, len(wire)]:
        if at < len(wire):
            assert request is None
            request = reader.feed(wire[at : at + step])
            at += step
    assert request is not None
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.target.endswith("?a=1")
    assert (request.body, request.keep_alive, request.version) == (b"body", True, "1.1")
    assert request.headers[b"x-a"] == b"1, 2"


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        (b"GET /\r\n", "METHOD /path HTTP/1.1"),
        (b"GET / HTTP/0.9\r\n\r\n", "only HTTP/1.1"),
        (b"PRI * HTTP/2.0\r\n\r\n", "only HTTP/1.1"),
        (b"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "begins with '/'"),
        (b"GET / HTTP/1.1\nHost: a\n\n", "CR LF"),
        (b"GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", "header 1 is malformed"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "folded"),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "header 1 is malformed"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "'host' is given more than once"),
        (b"GET / HTTP/1.1\r\n\r\n", "'host' is missing"),
        (b"\x16\x03\x01\x02", "http://"),
        (POST.replace(b"X-A: 1", b"Transfer-Encoding: chunked"), "length is not plain"),
        (POST.replace(b"X-A: 1", b"Content-Length: 4"), "length is not plain"),
        (POST.replace(b": 4", b": +4"), "length is not plain"),
        (POST.replace(b": 4", b":"), "length is not plain"),
        (POST.replace(b"Content-Length: 4", b"Transfer-Encoding: gzip, chunked"), "'chunked'"),
        (POST.replace(b"Content-Length: 4", b"Transfer-Encoding: chunked") + b"\r\n", "chunk"),
    ],
)
def test_what_two_parsers_might_read_differently_is_refused(wire: bytes, words: str) -> None:
    with pytest.raises(MalformedRequest, match=words) as caught:
        read(wire)
    assert caught.value.status == 400


def test_limits_are_told_by_name_and_value() -> None:
    big = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * REQUEST_HEAD_BYTES_MAX
    many = b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * REQUEST_HEADERS_MAX + b"\r\n"
    long = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
    with pytest.raises(HeadersTooLarge, match=f"REQUEST_HEAD_BYTES_MAX .{REQUEST_HEAD_BYTES_MAX}"):
        read(big)
    with pytest.raises(HeadersTooLarge, match=f"REQUEST_HEAD_BYTES_MAX .{REQUEST_HEAD_BYTES_MAX}"):
        read(big + b"\r\n\r\n")
    with pytest.raises(HeadersTooLarge, match=f"REQUEST_HEADERS_MAX .{REQUEST_HEADERS_MAX}"):
        read(many)
    with pytest.raises(TooLarge, match=f"REQUEST_BODY_BYTES_MAX .{REQUEST_BODY_BYTES_MAX}"):
        read(long % (REQUEST_BODY_BYTES_MAX + 1))
    assert read(long % REQUEST_BODY_BYTES_MAX) is None


def test_a_chunked_body_has_the_same_limit() -> None:
    reader = RequestReader()
    reader.feed(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    mebibyte = b"100000\r\n" + b"x" * 2**20 + b"\r\n"
    for _ in range(REQUEST_BODY_BYTES_MAX // 2**20):
        reader.feed(mebibyte)
    with pytest.raises(TooLarge, match="REQUEST_BODY_BYTES_MAX"):
        reader.feed(mebibyte)


def test_no_error_repeats_a_header_value() -> None:
    for wire in (
        b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer s3cret\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: s3cret\r\nAuthorization: s3cret\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: s3cret\r\n\r\n",
    ):
        with pytest.raises(CallerError) as caught:
            read(wire)
        assert "s3cret" not in caught.value.message


def test_a_second_request_is_held_until_the_first_is_answered() -> None:
    reader = RequestReader()
    first = reader.feed(POST + b"\r\nGET /v1/models HTTP/1.1\r\nHost: a\r\n")
    assert first is not None
    assert reader.busy
    assert reader.feed(b"\r\n") is None
    assert reader.held_bytes > 0
    second = reader.next()
    assert second is not None
    assert (second.method, second.path, second.body) == ("GET", "/v1/models", b"")
    assert reader.next() is None
    assert reader.idle


def test_expect_continue_is_seen_once_the_head_is_in() -> None:
    reader = RequestReader()
    assert reader.feed(POST.replace(b"X-A: 1", b"Expect: 100-continue")[:-4]) is None
    assert reader.wants_continue
    assert reader.coming is not None
    assert reader.coming.path == "/v1/chat/completions"
    assert reader.feed(b"body") is not None


def test_keep_alive_follows_version_and_header() -> None:
    old = read(b"GET / HTTP/1.0\r\n\r\n")
    closing = read(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    offers_h2 = read(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n")
    assert old is not None
    assert not old.keep_alive
    assert closing is not None
    assert not closing.keep_alive
    assert offers_h2 is not None
    assert offers_h2.keep_alive


@given(st.binary(max_size=200), st.binary(max_size=60))
def test_junk_never_raises_anything_but_a_caller_error(junk: bytes, more: bytes) -> None:
    for wire in (junk, POST[:40] + junk, POST[:-4] + junk):
        reader = RequestReader()
        with suppress(CallerError):
            reader.feed(wire)
            reader.feed(more)
            reader.next()


class Llhttp:
    """What llhttp makes of the same bytes, told by its own callbacks."""

    def __init__(self, wire: bytes) -> None:
        self.url = b""
        self.fields: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.complete = False
        self.keep_alive = False
        self.upgraded = False
        self.parser = httptools.HttpRequestParser(self)
        try:
            self.parser.feed_data(wire)
        except httptools.HttpParserUpgrade:
            self.upgraded = True

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name.lower(), value.strip(b" \t")))

    def on_headers_complete(self) -> None:
        self.keep_alive = self.parser.should_keep_alive()

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete = True


LINES = st.one_of(
    st.sampled_from(
        [
            b"Host: a",
            b"Content-Length: 3",
            b"content-length:003 ",
            b"Transfer-Encoding: chunked",
            b"transfer-encoding: Chunked",
            b"Connection: close",
            b"connection: x , Close",
            b"Connection: keep-alive",
            b"Connection: Upgrade, Keep-Alive",
            b"Upgrade: h2c",
            b"Expect: 100-continue",
        ]
    ),
    st.tuples(st.sampled_from([b"x-a", b"Connection", b"Accept"]), st.binary(max_size=8)).map(
        b":".join
    ),
)
UPGRADE = (b"Connection: Upgrade, Keep-Alive", b"Upgrade: h2c")
BODIES = st.sampled_from([b"", b"abc", b"3\r\nabc\r\n0\r\n\r\n", b"0\r\n\r\n"])


@settings(max_examples=400)
@example(b"GET", b"/", b"1.1", [b"Host: a", b"Content-Length: 3", *UPGRADE], b"abc")
@given(
    st.sampled_from([b"GET", b"POST", b"OPTIONS", b"CONNECT", b"PATCH"]),
    st.sampled_from([b"/", b"/v1/x?y=%20", b"/a#b", b"/*"]),
    st.sampled_from([b"1.1", b"1.0"]),
    st.lists(LINES, max_size=5),
    BODIES,
)
def test_whatever_is_taken_llhttp_reads_in_the_same_way(
    method: bytes, target: bytes, version: bytes, lines: list[bytes], body: bytes
) -> None:
    wire = b"\r\n".join((method + b" " + target + b" HTTP/" + version, *lines, b"", body))
    reader = RequestReader()
    try:
        ours = reader.feed(wire)
    except CallerError:
        return
    if ours is None:
        return
    theirs = Llhttp(wire[: len(wire) - reader.held_bytes])
    assert theirs.parser.get_method() == ours.method.encode()
    assert theirs.parser.get_http_version() == ours.version
    assert theirs.url == ours.target.encode()
    joined: dict[bytes, bytes] = {}
    for name, value in theirs.fields:
        joined[name] = joined[name] + b", " + value if name in joined else value
    assert joined == ours.headers
    contradicted = b"close" in ours.headers.get(b"connection", b"").lower()
    assert ours.keep_alive == (theirs.keep_alive and not contradicted)
    # llhttp leaves what follows an upgrade to others. We never upgrade, so for us it is the body.
    if theirs.complete and not theirs.upgraded:
        assert theirs.body == ours.body


def test_a_request_that_is_too_large_can_be_refused_in_its_own_words() -> None:
    reader = RequestReader()
    head = f"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: {1 << 40}\r\n\r\n"
    with pytest.raises(TooLarge):
        reader.feed(head.encode())
    assert reader.coming is not None
    assert reader.coming.path == "/v1/messages"


def test_a_request_in_a_log_shows_no_key_and_no_body() -> None:
    headers = {b"authorization": b"Bearer sk-1"}
    request = HttpRequest("POST", "/?key=sk-1", headers, b"sk-1", keep_alive=True)
    assert "sk-1" not in repr(request)
