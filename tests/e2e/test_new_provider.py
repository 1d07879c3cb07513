"""A provider that nobody here knows is one installed file: no other is changed for it."""

import asyncio
from pathlib import Path

import openai
import pytest

from tests.e2e.processes import Weft
from tests.fakes.sims import KEY as SIM_KEY
from tests.fakes.sims import a_sim

pytestmark = pytest.mark.e2e

# What the whole of it may take.
LINES_MAX = 40

PROVIDER = '''\
"""Acme, which speaks OpenAI's chat completions and embeddings but for two fields."""

from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.dialects.embeddings.back import BACK as EMBEDDINGS
from weftline_core.hosts import Host

HOST = Host(
    name="acme",
    speaks=(CHAT, EMBEDDINGS),
    base_url="https://api.acme.example/v1",
    key_env="ACME_API_KEY",
    drops=frozenset({"seed"}),
    renames=(("max_completion_tokens", "max_tokens"),),
)
'''

CONFIG = """\
listen: 127.0.0.1:0
admin: 127.0.0.1:0
keys:
  - {{name: dev, key: env:WEFT_NEW_PROVIDER_KEY}}
models:
  - {{name: my/model}}
endpoints:
  - name: acme
    provider: acme
    base_url: {base_url}
    models: {{my/model: acme-large}}
    secret: env:ACME_API_KEY
"""

WEFT_KEY = "weft-new-provider"


def install(site: Path) -> None:
    """Write what an installer writes: the module, and who it is."""
    told = site / "acme_for_weftline-1.0.dist-info"
    told.mkdir(parents=True)
    (site / "acme_for_weftline.py").write_text(PROVIDER)
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-for-weftline\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text("[weftline.providers]\nacme = acme_for_weftline:HOST\n")


def started(folder: Path, base_url: str, *, installed: bool) -> Weft:
    """Return a node that has an endpoint of Acme's."""
    site, config = folder / "site", folder / "weft.yaml"
    if installed:
        install(site)
    config.write_text(CONFIG.format(base_url=base_url))
    environ = {
        "PYTHONPATH": str(site),
        "WEFT_NEW_PROVIDER_KEY": WEFT_KEY,
        "ACME_API_KEY": SIM_KEY,
    }
    return Weft("node", "--config", str(config), log=folder / "node.log", environ=environ)


def asking(node: Weft) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=node.ready["base_url"], api_key=WEFT_KEY, max_retries=0)


async def test_one_file_adds_a_provider(tmp_path: Path) -> None:
    assert len(PROVIDER.splitlines()) <= LINES_MAX
    async with a_sim("vllm") as sim:
        node = await asyncio.to_thread(started, tmp_path, sim.base_url, installed=True)
        try:
            async with asking(node) as client:
                answer = await client.chat.completions.create(
                    model="my/model",
                    messages=[{"role": "user", "content": "say: aye"}],
                    seed=7,
                    max_completion_tokens=50,
                )
                stream = await client.chat.completions.create(
                    model="my/model",
                    messages=[{"role": "user", "content": "say: one two"}],
                    stream=True,
                )
                chunks = [chunk async for chunk in stream]
        finally:
            await asyncio.to_thread(node.stop)
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        first = next(seen for seen in sim.seen if seen.method == "POST")
    assert answer.choices[0].message.content == "aye"
    assert text == "one two"
    assert first.path == "/v1/chat/completions"
    assert first.headers["authorization"] == "Bearer ***"
    body = first.body
    assert isinstance(body, dict)
    assert (body["model"], body["max_tokens"], "seed" in body) == ("acme-large", 50, False)


async def test_without_the_file_there_is_no_such_provider(tmp_path: Path) -> None:
    async with a_sim("vllm") as sim:
        node = await asyncio.to_thread(started, tmp_path, sim.base_url, installed=False)
        try:
            async with asking(node) as client:
                with pytest.raises(openai.InternalServerError):
                    await client.chat.completions.create(
                        model="my/model", messages=[{"role": "user", "content": "hi"}]
                    )
        finally:
            await asyncio.to_thread(node.stop)
        assert not [seen for seen in sim.seen if seen.method == "POST"]
    assert "no provider is called 'acme'" in node.logs()
