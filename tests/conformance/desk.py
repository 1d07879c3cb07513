"""One client at a PoP whose only endpoint is one simulated provider."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from tests.conformance.upstreams import Upstream
from tests.conformance.wants import Client, Json, Misread, Read, Trouble, must
from tests.fakes.pop import KEY as WEFT_KEY
from tests.fakes.pop import FakePop
from tests.fakes.raw_client import Ended, Reply, fetch, request_bytes
from weftline_bench.sims.faults import NO_FAULTS, Faults
from weftline_bench.sims.flavour import KEY
from weftline_bench.sims.script import Script
from weftline_bench.sims.server import SimServer
from weftline_core.attempts import Patience

PATIENCE: Final = Patience(connect_s=2.0, first_content_s=2.0, stall_s=2.0, total_s=10.0)
_OK: Final = 200

# What no client may ever read: the upstream's key and address, and words of our own inside.
SECRETS: Final = (KEY, "127.0.0.1", "Traceback", "weftline_", "msgspec", "site-packages")


@dataclass
class Desk:
    """A client, its PoP and the provider behind it. asked: each request that was answered, and what
    was dropped from it.
    """

    client: Client
    upstream: Upstream
    sim: SimServer
    pop: FakePop
    last: Reply
    asked: list[tuple[Json, list[str]]]

    def script(self, script: Script | None) -> None:
        """Have the provider answer everything with this, or by what was asked."""
        self.sim.desk.script = script

    def thinking(self, *, on: bool) -> None:
        """Let the model be one that reasons, or one that does not."""
        self.pop.endpoints = [self.upstream.endpoint(self.sim.port, thinking=on)]
        self.pop.apply(self.upstream.served())

    async def post(self, path: str, body: Json, faults: Faults = NO_FAULTS) -> Reply:
        """Send a request and return the whole answer, which holds no secrets."""
        self.sim.faults = faults
        headers = {"authorization": f"Bearer {WEFT_KEY}", "anthropic-version": "2023-06-01"}
        reply = await fetch(self.pop.dial, request_bytes(path, body, headers))
        self.last = reply
        self.asked.append((body, self.dropped()))
        must(reply.ended is not Ended.HUNG, "it hangs")
        self._check_secrets(reply)
        return reply

    def _check_secrets(self, reply: Reply) -> None:
        text = reply.body.decode(errors="replace") + str(reply.headers)
        for secret in (*SECRETS, f":{self.sim.port}"):
            must(secret not in text, f"the client sees '{secret.replace(KEY, 'the key')}'")

    async def ask(self, body: Json, *, stream: bool, faults: Faults = NO_FAULTS) -> Read:
        """Ask and return what a good answer says."""
        reply = await self.post(self.client.path(stream=stream), body, faults)
        if reply.status != _OK:
            raise Misread(f"status {reply.status}: {_said(reply.body)}")
        must(reply.ended is Ended.WHOLE or stream, "the answer is cut")
        read = self.client.streamed if stream else self.client.whole
        return read(reply.body)

    async def error(
        self, body: Json, *, stream: bool = False, faults: Faults = NO_FAULTS
    ) -> Trouble:
        """Ask and return the error that comes instead."""
        reply = await self.post(self.client.path(stream=stream), body, faults)
        must(reply.status != _OK, "an error comes with status 200")
        return self.client.error(reply.status, reply.body)

    def dropped(self) -> list[str]:
        """Return the fields that the last answer names as dropped."""
        line = self.last.headers.get("x-weft-dropped", "")
        return [name for name in line.split(", ") if name]

    def seen(self) -> str:
        """Return what the provider was sent last, as JSON text."""
        return json.dumps(self.sim.seen[-1].body, separators=(",", ":"))


def _said(body: bytes) -> str:
    try:
        error: Json = json.loads(body)["error"]
        return str(error["message"])[:160]
    except (ValueError, KeyError, TypeError):
        return body[:160].decode(errors="replace")


@asynccontextmanager
async def desk(
    client: Client, upstream: Upstream, sim: SimServer, *, thinking: bool = False
) -> AsyncGenerator[Desk, None]:
    """Run a PoP before a running simulator."""
    pop = FakePop(
        [upstream.endpoint(sim.port, thinking=thinking)],
        patience=PATIENCE,
        providers={upstream.host.name: upstream.provider()},
        environ={"SIM_KEY": KEY},
    )
    async with pop:
        pop.apply(upstream.served())
        yield Desk(client, upstream, sim, pop, Reply(), [])
