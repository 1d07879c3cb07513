"""Real meshes on loopback: a whole `weft up`, or its processes one by one."""

import asyncio
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import openai
from openai.types.chat import ChatCompletionUserMessageParam

from tests.e2e.processes import ROOT, Weft
from weftline.cli.children import Household
from weftline.cli.client import Operator
from weftline.cli.data_dir import DataDir
from weftline.cli.http import get_json
from weftline.cli.local_mesh import CHAT, HOST, REGIONS, MeshPlan, plan_mesh, wanted_resources
from weftline.cli.ports import bind_problem
from weftline_core.keys import digest

HELLO: ChatCompletionUserMessageParam = {"role": "user", "content": "Tell me."}

# Where a mesh may begin: all its ports stay below those that systems give to clients, and above
# those of a `weft up` that a person runs.
BASE_PORTS = range(12_000, 30_000, 10)

# What an operator changes is in force within 0.1 s, and a death is known within 2 s; the rest is
# for a machine that runs other tests too.
SOON_S = 6.0

# One command of an operator takes 0.4 s.
COMMAND_WAIT_S = 30.0


class Pop(msgspec.Struct, frozen=True):
    """Where one PoP is."""

    id: str
    base_url: str
    admin_url: str
    pid: int


class Endpoint(msgspec.Struct, frozen=True):
    """Where one demo endpoint is."""

    name: str
    base_url: str
    pid: int


class Ready(msgspec.Struct, frozen=True):
    """What `weft up -o json` says when it is ready."""

    control: str
    control_pid: int
    key: str
    models: list[str]
    pops: list[Pop]
    endpoints: list[Endpoint]

    def pids(self) -> list[int]:
        """Return every process of the mesh, but for `weft up` itself."""
        pops = [pop.pid for pop in self.pops]
        return [self.control_pid, *pops, *(one.pid for one in self.endpoints)]


class Row(msgspec.Struct, frozen=True):
    """One row of a PoP's `/table`."""

    pop: str
    endpoint: str
    state: str
    in_flight: int


class Answer(msgspec.Struct, frozen=True):
    """A streamed chat answer, and what its headers say."""

    text: str
    pop: str
    endpoint: str
    attempts: int
    revision: int


class Ended(msgspec.Struct, frozen=True):
    """How a command ended."""

    code: int
    out: str
    err: str


@contextmanager
def running(folder: Path, *options: str) -> Generator[tuple[Weft, Ready]]:
    """Run `weft up` with its data in `folder` while inside."""
    own = ("--base-port", str(free_base_port()), "--data", str(folder / "data"))
    with Weft("up", "-o", "json", *own, *options, log=folder / "up.log") as weft:
        yield weft, msgspec.convert(weft.ready, Ready)


class ByHand:
    """The processes of a mesh, each started by a test; `close` ends those that still run."""

    def __init__(self, folder: Path, regions: Sequence[str] = REGIONS) -> None:
        self.plan: MeshPlan = plan_mesh(regions, base_port=free_base_port())
        self.folder = folder
        self._data = DataDir(folder / "data")
        self._household = Household(
            mesh=self.plan,
            data=self._data,
            store="sqlite",
            environment={},
            secret_names=(),
            restart_endpoints=False,
        )
        self._started: list[Weft] = []

    @property
    def key(self) -> str:
        """Return the client key."""
        return self._data.key()

    def control(self) -> Weft:
        """Start the control plane."""
        return self._start("control", self._household.control().command)

    def pop(self, name: str) -> tuple[Weft, Pop]:
        """Start a PoP."""
        plan = next(pop for pop in self.plan.pops if pop.name == name)
        weft = self._start(name, self._household.pop(plan).command)
        return weft, Pop(plan.name, plan.base_url, plan.admin_url, weft.pid)

    def endpoints(self) -> None:
        """Start every endpoint."""
        for plan in self.plan.endpoints:
            self._start(plan.name, self._household.endpoint(plan).command)

    def apply_wanted(self) -> None:
        """Tell the control plane what `weft up` would tell it."""

        async def apply() -> None:
            async with Operator(self.plan.control) as operator:
                key_digest = digest(self._data.pepper(), self.key)
                await operator.apply(wanted_resources(self.plan, key_digest))

        asyncio.run(apply())

    def close(self) -> None:
        """Stop everything, the last first."""
        while self._started:
            self._started.pop().stop()
        self._data.close()

    def _start(self, name: str, command: tuple[str, ...]) -> Weft:
        log = self.folder / f"{name}-{len(self._started)}.log"
        # What follows `python -m weftline`, which a Weft is anyway.
        weft = Weft(*command[3:], log=log)
        self._started.append(weft)
        return weft


def free_base_port() -> int:
    """Return where a mesh can begin: none of its ports is in use."""
    rng = random.Random(os.getpid() ^ time.perf_counter_ns())
    while True:
        plan = plan_mesh(base_port=(base := rng.choice(BASE_PORTS)))
        tcp = (bind_problem(HOST, port, socket.SOCK_STREAM) for port in plan.tcp_ports())
        udp = (bind_problem(HOST, port, socket.SOCK_DGRAM) for port in plan.udp_ports())
        if not any(tcp) and not any(udp):
            return base


def client(pop: Pop, key: str) -> openai.OpenAI:
    """Return the official SDK in front of a PoP; it does not retry, so every failure is seen."""
    return openai.OpenAI(base_url=pop.base_url, api_key=key, max_retries=0, timeout=20)


def ask(pop: Pop, key: str, model: str = CHAT) -> Answer:
    """Stream a short answer through a PoP."""
    with client(pop, key) as sdk:
        raw = sdk.chat.completions.with_raw_response.create(
            model=model, messages=[HELLO], max_tokens=8, stream=True
        )
        text = "".join(c.choices[0].delta.content or "" for c in raw.parse() if c.choices)
    assert text
    return Answer(
        text=text,
        pop=raw.headers["x-weft-pop"],
        endpoint=raw.headers["x-weft-endpoint"],
        attempts=int(raw.headers["x-weft-attempts"]),
        revision=int(raw.headers["x-weft-revision"]),
    )


def own_rows(pop: Pop) -> dict[str, Row]:
    """Return what a PoP itself says of each endpoint."""
    rows = get_json(f"{pop.admin_url}/table", list[Row])
    return {row.endpoint: row for row in rows if row.pop == pop.id}


def is_ready(pop: Pop) -> bool:
    """Return whether a PoP would have its balancer send it clients."""
    host = urlsplit(pop.admin_url).netloc
    with closing(HTTPConnection(host, timeout=5)) as connection:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200


def weft(control: str, *arguments: str) -> Ended:
    """Run a command of an operator."""
    return call(*arguments, environ={"WEFT_CONTROL": control})


def call(*arguments: str, environ: dict[str, str] | None = None) -> Ended:
    """Run `weft ARGUMENTS...` to its end."""
    ended = subprocess.run(
        [sys.executable, "-m", "weftline", *arguments],
        cwd=ROOT,
        env={**os.environ, **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_WAIT_S,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def within(seconds: float, holds: Callable[[], object]) -> float:
    """Wait until something holds, and return how long that took."""
    began = time.perf_counter()
    while not holds():
        assert time.perf_counter() - began < seconds, f"not within {seconds:g} s"
        time.sleep(0.02)
    return time.perf_counter() - began
