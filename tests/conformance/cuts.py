"""Streams cut at every byte: what a client may read of each prefix of a provider's stream.

Nothing is on a socket here: the relay is fed as the node feeds it, by splitter, tap and writer.
"""

from dataclasses import dataclass
from typing import Final

from tests.conformance.ledger import FRONTS
from tests.conformance.upstreams import Upstream
from tests.conformance.wants import Client, Read, Want, must
from weftline_bench.sims.flavour import Flavour, Options
from weftline_bench.sims.flavours import FLAVOURS
from weftline_bench.sims.script import Call, Script, Stop
from weftline_core.ask import Ask
from weftline_core.dialects.dialect import ChatBack, Echo, PathArgs
from weftline_node.relay import StreamRelay

WORDS: Final = Script("Ein „Wort“ 😀 und mehr.", reasoning="Nun denn.").counted(50)
TOOLS: Final = Script(
    "Gut.", calls=(Call("find", '{"wo":"Köln"}'), Call("now")), stop=Stop.CALLS
).counted(50)


@dataclass(frozen=True, slots=True)
class Relayed:
    """What a client got. done: the tap says that the answer is complete."""

    body: bytes
    done: bool


class Relaying:
    """One stream on its way."""

    def __init__(self, client: Client, upstream: Upstream) -> None:
        front, back = FRONTS[client.name], upstream.back
        assert isinstance(back, ChatBack)
        body = client.body(Want(user="hi", stream=True))
        args = PathArgs(model="m/chat", stream=True) if client.name == "generate" else PathArgs()
        ask = Ask(front, front.request(dict(body), args))
        echo = Echo(request_id="r1", model="m/chat", created_unix_s=1, body=ask.request.body)
        self._tap = ask.tap(back, lambda: echo)
        self._relay = StreamRelay({}, back.framing, self._tap)

    def feed(self, chunk: bytes) -> bytes:
        """Return what goes to the client now."""
        return b"" if self._tap.error is not None else self._relay.feed(chunk)

    def end(self) -> bytes:
        """Return what is still to go when the body ends here."""
        return b"" if self._tap.error is not None else self._relay.end()

    @property
    def done(self) -> bool:
        """Return whether the answer is complete."""
        return self._tap.done and self._tap.error is None


def frames(upstream: Upstream, script: Script) -> list[bytes]:
    """Return the bytes of a provider's stream, event by event."""
    flavour: Flavour = FLAVOURS[upstream.sim]
    task = upstream.dialect if upstream.dialect in flavour.tasks else ""
    if upstream.dialect == "workers_ai":
        task = "run"
    return list(flavour.render(script, Options(model="m", stream=True, task=task)).frames)


def relayed(client: Client, upstream: Upstream, data: bytes) -> Relayed:
    """Return what a client gets of these bytes, after which the body ends."""
    stream = Relaying(client, upstream)
    body = stream.feed(data) + stream.end()
    return Relayed(body, stream.done)


def check_splits(client: Client, upstream: Upstream, script: Script) -> None:
    """Raise unless a stream that comes byte by byte gives whole events at any time, and the same
    ones in the end.
    """
    data = b"".join(frames(upstream, script))
    whole = relayed(client, upstream, data)
    right = client.streamed(whole.body)
    must(whole.done and right.finished, "the whole stream is not finished")
    stream, body = Relaying(client, upstream), b""
    for at in range(len(data)):
        more = stream.feed(data[at : at + 1])
        if more:
            body += more
            _check_part(client.streamed(body), right)
    body += stream.end()
    must(stream.done, "byte by byte it is not done")
    read = client.streamed(body)
    must(_told(read) == _told(right), f"byte by byte it says {_told(read)}, not {_told(right)}")


def check_cuts(client: Client, upstream: Upstream, script: Script) -> None:
    """Raise unless a stream that ends after any of its bytes gives no finished answer too soon."""
    data = b"".join(frames(upstream, script))
    right = client.streamed(relayed(client, upstream, data).body)
    for size in range(len(data) + 1):
        got = relayed(client, upstream, data[:size])
        read = client.streamed(got.body)
        _check_part(read, right)
        must(
            got.done == read.finished or not got.body,
            "it is done and does not look it, or not done and does",
        )
        if read.finished:
            must(
                _said(read) == _said(right),
                f"after {size} bytes an unfinished answer looks finished",
            )


def _check_part(read: Read, right: Read) -> None:
    must(right.text.startswith(read.text), f"the text of a prefix is {read.text!r}")
    must(right.reasoning.startswith(read.reasoning), f"its thoughts are {read.reasoning!r}")
    if read.finished:
        must(read.text == right.text, "an unfinished answer looks finished")


def _said(read: Read) -> tuple[object, ...]:
    calls = [(call.name, call.arguments) for call in read.calls]
    return (read.text, read.reasoning, calls, read.stop)


def _told(read: Read) -> tuple[object, ...]:
    return (*_said(read), read.usage, read.finished, read.error)
