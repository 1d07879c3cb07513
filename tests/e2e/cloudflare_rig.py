"""One PoP that clients of Cloudflare's come to, in front of simulated providers.

`groq` is reached with a key that it refuses, so that only a client's own key opens it; nobody
listens where `deepseek` should be. Models are called by their makers' names, as catalogs do, and
otherwise at their providers.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from tests.fakes.pop import KEY, FakePop
from tests.fakes.raw_client import Call, Reply, request_bytes
from tests.fakes.sims import KEY as SIM_KEY
from tests.fakes.sims import sims
from weftline.plugins import installed_providers
from weftline_bench.sims.server import SimServer
from weftline_core.attempts import Patience
from weftline_core.desired import Endpoint, Model

GATEWAY = "/v1/acct/my-gw"
REST = "/client/v4/accounts/acct/ai"
LLAMA = "@cf/meta/llama-3.1-8b-instruct"
BGE = "@cf/baai/bge-base-en-v1.5"
HELLO = [{"role": "user", "content": "Say hello."}]
DEADLINE_S = 10.0
NOBODY = "http://127.0.0.1:9"

PATIENCE = Patience(connect_s=2.0, first_content_s=5.0, stall_s=2.0, total_s=20.0)

MODELS = (
    Model(name="openai/gpt-4.1"),
    Model(name="openai/text-embedding-3-small", task="embeddings"),
    Model(name="anthropic/claude-haiku-4-5"),
    Model(name="google/gemini-3.1-flash"),
    Model(name="google/gemini-embedding-001", task="embeddings"),
    Model(name="meta/llama-3.1-8b", owned_by="meta"),
    Model(name="baai/bge-base", task="embeddings"),
    Model(name="meta/llama-3.3-70b"),
    Model(name="deepseek/deepseek-chat"),
    Model(name="support"),
)


@dataclass
class CloudflareRig:
    """A PoP and the simulators behind it, by our names of providers."""

    pop: FakePop
    sims: Mapping[str, SimServer]

    @property
    def url(self) -> str:
        """Return the PoP's address."""
        return f"http://127.0.0.1:{self.pop.address.port}"

    async def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
        """Post JSON, with our key unless the headers have one."""
        told = {"authorization": f"Bearer {KEY}"} if headers is None else dict(headers)
        request = request_bytes(path, body, told)
        return await (await Call.open(self.pop.dial, request)).finish(DEADLINE_S)

    async def get(self, path: str) -> Reply:
        """Get a page."""
        request = request_bytes(path, None, {"authorization": f"Bearer {KEY}"})
        return await (await Call.open(self.pop.dial, request)).finish(DEADLINE_S)


def said(reply: Reply) -> Any:
    """Return the JSON of an answer."""
    return orjson.loads(reply.body)


def told(reply: Reply) -> list[Any]:
    """Return the events of a stream, the last of which must be `[DONE]`."""
    lines = [e.removeprefix("data: ") for e in reply.body.decode().split("\n\n") if e]
    assert lines[-1] == "[DONE]"
    return [orjson.loads(line) for line in lines[:-1]]


def with_key(**more: str) -> dict[str, str]:
    """Return headers with our key and more of them, whose names have dashes."""
    named = {name.replace("_", "-"): value for name, value in more.items()}
    return {"cf-aig-authorization": f"Bearer {KEY}", **named}


@asynccontextmanager
async def cloudflare_rig() -> AsyncGenerator[CloudflareRig, None]:
    """Run it."""
    async with sims("openai", "anthropic", "gemini", "workers-ai", "groq") as servers:
        url = {name: server.base_url for name, server in servers.items()}
        gpt, claude = {"openai/gpt-4.1": "gpt-4.1"}, "claude-haiku-4-5"
        endpoints = [
            _endpoint(
                "openai",
                url["openai"],
                gpt | {"openai/text-embedding-3-small": "text-embedding-3-small"},
            ),
            _endpoint(
                "anthropic", f"{url['anthropic']}/v1", {"anthropic/claude-haiku-4-5": claude}
            ),
            _endpoint(
                "google",
                f"{url['gemini']}/v1beta",
                {
                    "google/gemini-3.1-flash": "gemini-3.1-flash",
                    "google/gemini-embedding-001": "gemini-embedding-001",
                },
            ),
            _endpoint(
                "workersai",
                url["workers-ai"].removesuffix("/ai"),
                {"meta/llama-3.1-8b": LLAMA, "baai/bge-base": BGE, "support": LLAMA},
            ),
            _endpoint(
                "groq", url["groq"], {"meta/llama-3.3-70b": "llama-3.3-70b-versatile"}, "env:WRONG"
            ),
            _endpoint("deepseek", NOBODY, {"deepseek/deepseek-chat": "deepseek-chat"}),
        ]
        pop = FakePop(
            endpoints,
            models=MODELS,
            patience=PATIENCE,
            providers=installed_providers(),
            environ={"SIM_KEY": SIM_KEY, "WRONG": "refused-there"},
        )
        named = {"google": servers["gemini"], "workersai": servers["workers-ai"]}
        async with pop:
            yield CloudflareRig(pop, {**servers, **named})


def _endpoint(
    provider: str, base_url: str, models: dict[str, str], secret: str = "env:SIM_KEY"
) -> Endpoint:
    return Endpoint(
        name=provider, provider=provider, base_url=base_url, models=models, secret=secret
    )
