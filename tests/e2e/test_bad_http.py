"""Malformed requests: one honest answer, then the end; nothing echoed, nothing smuggled."""

import asyncio
import base64
import json
import logging
import re
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.e2e.bad_http import SECRET, vectors
from tests.e2e.bad_json import BODIES
from tests.e2e.rig import CHAT, KEY, Rig
from tests.fakes.bad_upstream import BadUpstream
from tests.fakes.judge import is_error

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "corpora"
CORPUS = CORPORA / "http_garden_payloads.json"
JSON_SUITE = CORPORA / "json_test_suite.tar.gz"

ANSWER_WAIT_S = 2.0


@pytest_asyncio.fixture
async def upstream() -> AsyncIterator[BadUpstream]:
    async with BadUpstream("healthy") as upstream:
        yield upstream


@pytest_asyncio.fixture
async def rig(upstream: BadUpstream) -> AsyncIterator[Rig]:
    async with Rig([upstream]) as rig:
        yield rig


async def _exchange(rig: Rig, data: bytes, *, half_close: bool = False) -> bytes:
    """Send `data` and return all that comes until the node closes.

    Raises:
        TimeoutError: it does not close.
    """
    reader, writer = await rig.dial()
    writer.write(data)
    if half_close:
        writer.write_eof()
    try:
        async with asyncio.timeout(ANSWER_WAIT_S):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


def _statuses(got: bytes) -> list[str]:
    return [status.decode() for status in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", got)]


VECTORS = vectors()


@pytest.mark.parametrize("name", VECTORS)
async def test_one_answer_then_the_end(name: str, rig: Rig, upstream: BadUpstream) -> None:
    got = await _exchange(rig, VECTORS[name])
    head, _, body = got.partition(b"\r\n\r\n")
    (status,) = _statuses(got)
    assert status in {"400", "404", "405", "413", "431"}
    assert b"connection: close" in head.lower()
    assert is_error(body)
    assert SECRET.encode() not in got
    assert upstream.seen == [], "something was executed"


async def test_the_node_goes_on_after_all_of_them(
    rig: Rig, upstream: BadUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await asyncio.gather(*(_exchange(rig, data) for data in VECTORS.values()))
        reply = await rig.ask("n1x", streamed=True)
    assert reply.status == 200
    assert "Traceback" not in caplog.text
    assert SECRET not in caplog.text


def _garden() -> list[bytes]:
    if not CORPUS.exists():
        return []
    return [base64.b64decode(p["payload_base64"]) for p in json.loads(CORPUS.read_text())]


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of payloads is not here")
@pytest.mark.parametrize("payload", _garden(), ids=range(len(_garden())))
async def test_payloads_that_fooled_other_servers(
    payload: bytes, rig: Rig, upstream: BadUpstream
) -> None:
    # Some of them are only incomplete; the half-close says that no more will come.
    got = await _exchange(rig, payload, half_close=True)
    # One of them is good and has a stray byte behind it; that byte is refused by itself.
    statuses = _statuses(got)
    assert set(statuses) <= {"400", "401", "404", "405"}, got
    assert len(statuses) <= 1 or statuses == ["404", "400"], got
    for smuggled in (b"evil", b"pwned", b"Smuggled", b"DROPPED"):
        assert smuggled not in got, "a header or a hidden request came back"
    assert upstream.seen == []


@pytest.mark.parametrize("name", BODIES)
async def test_a_wrong_body_is_told_in_words(name: str, rig: Rig, upstream: BadUpstream) -> None:
    body, word = BODIES[name]
    head = (
        f"POST {CHAT} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {KEY}\r\n"
        f"connection: close\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    got = await _exchange(rig, head.encode() + body)
    first, _, answer = got.partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 400 "), got
    assert is_error(answer)
    assert word in json.loads(answer)["error"]["message"]
    assert upstream.seen == []


def _json_suite() -> dict[str, bytes]:
    if not JSON_SUITE.exists():
        return {}
    with tarfile.open(JSON_SUITE) as suite:
        members = [m for m in suite.getmembers() if m.isfile() and m.name.endswith(".json")]
        found = ((m.name.rpartition("/")[2], suite.extractfile(m)) for m in members)
        return {name: file.read() for name, file in found if file is not None}


@pytest.mark.skipif(not JSON_SUITE.exists(), reason="the corpus of JSON texts is not here")
async def test_json_texts_that_fooled_other_parsers(rig: Rig, upstream: BadUpstream) -> None:
    """None of the suite's texts is a request: each is refused, none is a fault of ours."""
    for name, body in _json_suite().items():
        head = (
            f"POST {CHAT} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {KEY}\r\n"
            f"connection: close\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        got = await _exchange(rig, head.encode() + body)
        assert _statuses(got) == ["400"], (name, got)
        assert is_error(got.partition(b"\r\n\r\n")[2]), name
        if name.startswith("n_") and body:
            assert b"not valid JSON" in got, name
    assert upstream.seen == []


async def test_two_requests_at_once_are_answered_in_turn(rig: Rig, upstream: BadUpstream) -> None:
    """Pipelining is legal; each answer is whole before the next begins."""
    body = b'{"model":"m","messages":[{"role":"user","content":"n1x"}]}'
    head = (
        f"POST {CHAT} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {KEY}\r\n"
        f"content-length: {len(body)}\r\n"
    ).encode()
    got = await _exchange(rig, head + b"\r\n" + body + head + b"connection: close\r\n\r\n" + body)
    assert _statuses(got) == ["200", "200"]
    assert got.count(b"n1x.11") == 2
    assert len(upstream.seen) == 2


async def test_an_oversized_body_names_the_limit(rig: Rig, upstream: BadUpstream) -> None:
    head = (
        f"POST {CHAT} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {KEY}\r\n"
        "content-length: 99999999\r\n\r\n"
    )
    got = await _exchange(rig, head.encode() + b"x" * 100_000)
    assert got.startswith(b"HTTP/1.1 413 ")
    assert b"REQUEST_BODY_BYTES_MAX" in got
    assert upstream.seen == []
