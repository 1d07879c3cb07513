"""Clients of a simulated run: they ask, sometimes leave, and keep what they were told."""

import asyncio
from dataclasses import dataclass
from random import Random

from tests.fakes.answers import ask
from tests.fakes.judge import Outcome, Verdict, outcome
from tests.fakes.raw_client import Call, Ended, Reply, fetch, request_bytes
from tests.sim.net import Net
from tests.sim.trace import Trace
from weftline_node.ports import Address

# A client that leaves does so after at most this long: before, in and after its answer.
LEAVES_S_MAX = 0.5


@dataclass(frozen=True, slots=True)
class Habits:
    """How clients behave. Chances are of one; `rate` is requests a second at each PoP."""

    model: str
    key: str
    rate: float = 4.0
    streams: float = 0.6
    leaves: float = 0.05
    # No answer may take longer: every deadline of a node added up, with room for lost packets.
    hangs_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Answered:
    """One request, judged. lost: its connection broke, which a client can see."""

    pop: str
    nonce: str
    at_s: float
    reply: Reply
    outcome: Outcome
    lost: bool


class Clients:
    """All clients of one PoP. answered: what they were told, in the order of its end."""

    def __init__(
        self, net: Net, rng: Random, habits: Habits, pop: tuple[str, str, Address]
    ) -> None:
        self._net = net
        self._rng = rng
        self._habits = habits
        self._pop, self._host, self._node = pop
        self._count = 0
        self._under_way: set[asyncio.Task[None]] = set()
        self.answered: list[Answered] = []
        self.left = 0

    async def come(self, until_s: float) -> None:
        """Send requests at random instants until `until_s`; they go on after it."""
        while True:
            await asyncio.sleep(self._rng.expovariate(self._habits.rate))
            if self._net.loop.time() >= until_s:
                return
            leaves_s = None
            if self._rng.random() < self._habits.leaves:
                leaves_s = self._rng.uniform(0, LEAVES_S_MAX)
            self.send(leaves_s)

    def send(self, leaves_s: float | None = None) -> None:
        """Send one request in the background."""
        self._count += 1
        nonce = f"{self._pop}{self._count}x"
        streamed = self._rng.random() < self._habits.streams
        task = self._net.loop.create_task(self._one(nonce, leaves_s, streamed=streamed), name=nonce)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def ended(self) -> None:
        """Wait until every request has ended."""
        await asyncio.gather(*self._under_way)

    async def _one(self, nonce: str, leaves_s: float | None, *, streamed: bool) -> None:
        habits = self._habits
        request = request_bytes(
            "/v1/chat/completions",
            ask(nonce, model=habits.model, streamed=streamed),
            {"authorization": f"Bearer {habits.key}"},
        )
        at_s = self._net.loop.time()
        if leaves_s is not None:
            await self._leave(request, leaves_s)
            return
        reply = await fetch(self._dial, request, habits.hangs_s)
        seen = outcome(reply, nonce, streamed=streamed)
        lost = reply.ended is Ended.CUT and seen.verdict is Verdict.WRONG
        self.answered.append(Answered(self._pop, nonce, at_s, reply, seen, lost))
        self._trace.note("answer", nonce, reply.status, seen.verdict.name, seen.who)

    async def _leave(self, request: bytes, leaves_s: float) -> None:
        self.left += 1
        try:
            async with asyncio.timeout(self._habits.hangs_s):
                call = await Call.open(self._dial, request)
        except OSError:
            return
        await asyncio.sleep(leaves_s)
        call.leave()
        self._trace.note("left", self._pop)

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await self._net.site(self._host).dial(self._node)

    @property
    def _trace(self) -> Trace:
        return self._net.trace
