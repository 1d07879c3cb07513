"""A pipeline between a fake client and a network of fakes: what goes where, write by write."""

import asyncio
import random
from collections.abc import Mapping
from typing import cast

import orjson

from tests.fakes.pop import CHAT, EMBED, KEY, PEPPER, PROVIDERS, InOrder, endpoint
from tests.fakes.wires import FakeNetwork, FakeTransport, turns
from weftline.aio import Tasks
from weftline.clock import SystemClock
from weftline_core.attempts import Patience
from weftline_core.book import Book
from weftline_core.catalog import Catalog
from weftline_core.desired import Desired, Endpoint, Key, Pop, Resource, Task, ref
from weftline_core.dialects.messages.back import BACK as MESSAGES
from weftline_core.hosts import Host, Provider
from weftline_core.http1.request import HttpRequest
from weftline_core.ids import NodeId
from weftline_core.keys import digest
from weftline_core.record import Record
from weftline_node.cache import AnswerCache, CacheSettings
from weftline_node.credentials import Opener
from weftline_node.dial import DialTable
from weftline_node.ingress.auth import Authenticator
from weftline_node.ingress.routes import ASKED
from weftline_node.job import Responder
from weftline_node.pipeline import Pipeline, PipelineParts, PipelineSettings
from weftline_node.upstream import UpstreamPool

PATHS: dict[Task, str] = {"chat": "/v1/chat/completions", "embeddings": "/v1/embeddings"}
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
ROLE = b'data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n'
TOKEN = b'data: {"choices":[{"delta":{"content":"hi"}}]}\n\n'
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}\n\n'
ERROR = b'data: {"error":{"message":"busy","code":"server_is_overloaded"}}\n\n'
DONE = b"data: [DONE]\n\n"
LAST = b"0\r\n\r\n"
ANSWER = b'{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}'

# A host of Anthropic's dialect, and an answer of its.
ANTHROPIC = {"selfhosted": Host(name="selfhosted", speaks=(MESSAGES,))}
MESSAGE = (
    b'{"type":"message","role":"assistant","content":[{"type":"text","text":"hi"}],'
    b'"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":1}}'
)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def answer(status: int, body: bytes, *lines: str) -> bytes:
    head = "\r\n".join((f"HTTP/1.1 {status} X", f"content-length: {len(body)}", *lines, "", ""))
    return head.encode() + body


class FakeClient:
    """A client's connection that remembers what it was given."""

    def __init__(self) -> None:
        self.closing = False
        self.responder: Responder | None = None
        self.writes: list[bytes] = []
        self.finished: list[str] = []

    def serve(self, responder: Responder) -> None:
        self.responder = responder

    def write(self, data: bytes) -> None:
        assert not self.finished, "nothing follows the end of an answer"
        self.writes.append(data)

    def finish(self, *, close: bool = False) -> None:
        self.finished.append("close" if close else "keep")

    @property
    def status(self) -> int:
        return int(self.writes[0].split(b" ", 2)[1])

    @property
    def head(self) -> dict[str, str]:
        lines = self.writes[0].partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    @property
    def body(self) -> bytes:
        return b"".join(self.writes).partition(b"\r\n\r\n")[2]

    @property
    def error(self) -> dict[str, str | None]:
        return cast("dict[str, str | None]", orjson.loads(self.body)["error"])


class Desk:
    """Build it inside a running loop. records: what was settled."""

    def __init__(
        self,
        *endpoints: Endpoint,
        patience: Patience | None = None,
        providers: Mapping[str, Provider] = PROVIDERS,
        environ: Mapping[str, str] | None = None,
        cache: CacheSettings | None = None,
    ) -> None:
        self.endpoints = endpoints or (endpoint("a", "http://a/v1"), endpoint("b", "http://b/v1"))
        self.providers = providers
        self.environ = environ or {}
        self.network = FakeNetwork()
        self.records: list[Record] = []
        self.failures: list[BaseException] = []
        clock = SystemClock()
        self.book = Book(NodeId("ams"))
        self.selector = InOrder()
        tasks = Tasks(lambda _, e: self.failures.append(e))
        self.pool = UpstreamPool(self.network, clock, tasks)
        self.cache = AnswerCache(cache or CacheSettings(), clock.unix_ms() / 1000)
        parts = PipelineParts(
            clock=clock,
            rng=random.Random(1),
            authenticator=Authenticator(PEPPER),
            selector=self.selector,
            book=self.book,
            pool=self.pool,
            cache=self.cache,
        )
        settings = PipelineSettings(pop=NodeId("ams"), patience=patience or Patience())
        self.pipeline = Pipeline(settings, parts, self.records.append)
        self.apply()

    def apply(self, *more: Resource) -> None:
        key = Key(name="tester", digest=digest(PEPPER, KEY), tenant="acme")
        resources: tuple[Resource, ...] = (CHAT, EMBED, key, *self.endpoints, *more)
        catalog = Catalog.of(Desired(revision=7, resources={ref(r): r for r in resources}))
        self.selector.catalog = catalog
        self.pipeline.swap(catalog, DialTable.of(catalog, self.providers, Opener.of(self.environ)))

    def drain(self) -> None:
        self.apply(Pop(name="ams", drain=True))

    async def ask(
        self,
        *,
        task: Task = "chat",
        key: str = KEY,
        version: str = "1.1",
        headers: Mapping[str, str] | None = None,
        **body: object,
    ) -> FakeClient:
        """Send a request and let the dial happen."""
        client = FakeClient()
        model = CHAT.name if task == "chat" else EMBED.name
        data = orjson.dumps({"model": model} | body)
        fields = {b"authorization": f"Bearer {key}".encode()}
        fields |= {name.encode(): value.encode() for name, value in (headers or {}).items()}
        request = HttpRequest("POST", PATHS[task], fields, data, keep_alive=True, version=version)
        self.pipeline.begin(ASKED[PATHS[task]], request, client)
        await turns()
        return client

    async def receive(self, *pieces: bytes, number: int = -1) -> FakeTransport:
        """Have the upstream of the connection dialled last send pieces; let what follows happen."""
        transport = self.network.transports[number]
        for piece in pieces:
            transport.protocol.data_received(piece)
        await turns()
        return transport

    async def hang_up(self, number: int = -1) -> None:
        """Have an upstream close its connection."""
        self.network.transports[number].protocol.connection_lost(None)
        await turns()

    def in_flight(self) -> int:
        return sum(row.in_flight for row in self.book.rows(asyncio.get_running_loop().time()))
