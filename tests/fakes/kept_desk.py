"""A pipeline whose hosts speak Responses, and the pages of what it keeps."""

from collections.abc import Mapping
from typing import Any

import orjson

from tests.fakes.desk import Desk, FakeClient, answer, chunk
from tests.fakes.pop import CHAT, KEY
from tests.fakes.responses_wire import response, sse
from tests.fakes.wires import turns
from weftline_core.dialects.responses.back import BACK
from weftline_core.errors import MeshError
from weftline_core.hosts import Host
from weftline_core.http1.request import HttpRequest
from weftline_node.asked import Asked
from weftline_node.ingress.responses import KeptPages, KeptPath
from weftline_node.ingress.routes import find
from weftline_node.reply import refusal

Json = dict[str, Any]

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"
RESPONSES_HOST = Host(name="selfhosted", speaks=(BACK,))
TEXT = "one two"
MESSAGE: Json = {
    "id": "msg_host",
    "type": "message",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": TEXT, "annotations": [], "logprobs": []}],
}
WHOLE = response([MESSAGE])


def host_events(first: int = 0) -> list[bytes]:
    """Return what a host streams, event by event. first: the number of the first."""
    begun = response([], status="in_progress")
    place: Json = {"output_index": 0, "content_index": 0, "item_id": "msg_host"}
    text: Json = {**place, "type": "response.output_text.delta", "logprobs": []}
    written: list[Json] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
        text | {"delta": "one "},
        text | {"delta": "two"},
        {"type": "response.output_item.done", "output_index": 0, "item": MESSAGE},
        {"type": "response.completed", "response": WHOLE},
    ]
    return [sse(event | {"sequence_number": first + n}) for n, event in enumerate(written)]


class KeptDesk(Desk):
    """Build it inside a running loop."""

    def __init__(self, host: Host = RESPONSES_HOST) -> None:
        super().__init__(providers={"selfhosted": host})
        self.responses = self.pipeline.responses
        self.pages = KeptPages(
            self.responses, lambda headers: self.pipeline.authenticate(headers).tenant
        )

    async def call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        key: str = KEY,
        headers: Mapping[bytes, bytes] | None = None,
        version: str = "1.1",
    ) -> FakeClient:
        """Ask for anything at a path of OpenAI's, and let the dial happen."""
        client = FakeClient()
        data = b"" if body is None else orjson.dumps(body)
        request = HttpRequest(
            method,
            path,
            {b"authorization": f"Bearer {key}".encode(), **(headers or {})},
            data,
            keep_alive=True,
            version=version,
        )
        try:
            found = find(method, request.path)
            if isinstance(found, Asked):
                self.pipeline.begin(found, request, client)
            else:
                assert isinstance(found, KeptPath)
                self.pages.serve(found, request, client)
        except MeshError as e:
            client.write(refusal(e))
            client.finish()
        await turns()
        return client

    async def create(self, **body: object) -> FakeClient:
        """Ask for a response."""
        whole = {"model": CHAT.name, "input": "count"} | body
        return await self.call("POST", "/v1/responses", whole)

    async def made(self, **body: object) -> str:
        """Have a whole response made, and return its id."""
        client = await self.create(**body)
        await self.receive(answer(200, orjson.dumps(WHOLE)))
        assert client.status == 200
        return str(orjson.loads(client.body)["id"])

    async def streams(self, *out: bytes, head: bytes = b"") -> None:
        """Have the host send events."""
        await self.receive(head + b"".join(chunk(event) for event in out))

    def sent(self, number: int = -1) -> Json:
        """Return the body of what a host was asked."""
        parsed: Json = orjson.loads(
            self.network.transports[number].written.rpartition(b"\r\n\r\n")[2]
        )
        return parsed


def unchunked(body: bytes) -> bytes:
    """Return the data of a chunked body, whole or not."""
    out = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        out += body[: int(size, 16)]
        body = body[int(size, 16) + 2 :]
    return out
