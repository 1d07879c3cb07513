"""Cog without Docker: the real one where the extra is installed, its absence everywhere else."""

import socket

import aiohttp
import orjson
import pytest

from tests.fakes.vectors import cosine
from weftline.cli.errors import CliError
from weftline_bench import cog_runner
from weftline_bench.cog_runner import CogServer, free_port, missing
from weftline_core.dialects.dialect import EmbeddingBack, Target
from weftline_core.embeddings import EmbeddingRequest
from weftline_providers.cog import HOST


async def test_a_missing_extra_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cog_runner, "NEEDED", ("json", "no_such_package"))
    server = CogServer("127.0.0.1", 0)
    with pytest.raises(CliError, match="not installed: no_such_package") as caught:
        await server.start()
    assert caught.value.hint is not None
    assert "pip install 'weftline[cog]'" in caught.value.hint
    await server.close()


async def test_a_server_that_ends_at_once_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cog_runner, "NEEDED", ())
    monkeypatch.setattr(cog_runner, "SERVER_MODULE", "no_such_module_at_all")
    server = CogServer("127.0.0.1", 0)
    with pytest.raises(CliError, match="Cog ended with code 1"):
        await server.start()
    await server.close()


def test_a_free_port_is_found_and_a_taken_one_refused() -> None:
    port = free_port("127.0.0.1", 0)
    assert port > 0
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(OSError, match="in use"):
            free_port("127.0.0.1", port)


@pytest.mark.skipif(bool(missing()), reason=f"the extra 'cog' is not installed: {missing()}")
async def test_a_real_cog_embeds_through_our_provider() -> None:
    server = CogServer("127.0.0.1", 0)
    request = EmbeddingRequest(texts=["a lamp", "the lighthouse", "banana bread"])
    back, target = HOST.speaks[0], Target(model="minilm")
    assert isinstance(back, EmbeddingBack)
    try:
        await server.start()
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                server.base_url + HOST.path(back, target, stream=False),
                data=orjson.dumps(back.write(request, target)),
                headers={"content-type": "application/json"},
            ) as reply,
        ):
            answer = back.read(await reply.read(), request)
    finally:
        await server.close()
    lamp, lighthouse, bread = answer.vectors
    assert len(lamp) == 384
    assert cosine(lamp, lighthouse) > cosine(lamp, bread) + 0.1
    assert answer.usage is not None
    assert answer.usage.prompt_tokens > 6
