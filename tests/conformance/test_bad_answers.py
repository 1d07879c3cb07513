"""A provider that breaks its contract gets an honest error to the client, and nothing else."""

import asyncio
from dataclasses import replace

import pytest

from tests.conformance.bad_answers import BODIES, JSON, KINDS, Liar, a_liar, events, mutants
from tests.conformance.cuts import WORDS
from tests.conformance.desk import PATIENCE, SECRETS
from tests.conformance.matrix import CLIENTS
from tests.conformance.upstreams import UPSTREAMS, Upstream
from tests.conformance.wants import Client, Want, must
from tests.fakes.pop import KEY as WEFT_KEY
from tests.fakes.pop import FakePop
from tests.fakes.raw_client import Ended, Reply, fetch, request_bytes
from weftline_bench.sims.flavour import KEY
from weftline_core.dialects.dialect import ChatBack

# What most dialects take for an event that they do not know yet, at whatever place.
TOLERABLE = {
    "an unknown event",
    *(f"{name}{at}" for at in ("", " at first") for name in ("wrong types", "no UTF-8")),
}

# One of each dialect that hosts speak.
DIALECTS = {upstream.dialect: name for name, upstream in reversed(UPSTREAMS.items())}


def a_pop(upstream: Upstream, liar: Liar) -> FakePop:
    return FakePop(
        [upstream.endpoint(liar.port, thinking=False)],
        patience=PATIENCE,
        providers={upstream.host.name: upstream.provider()},
        environ={"SIM_KEY": KEY},
    )


async def ask(pop: FakePop, client: Client, *, stream: bool) -> Reply:
    body = client.body(Want(user="hi", stream=stream))
    headers = {"authorization": f"Bearer {WEFT_KEY}"}
    request = request_bytes(client.path(stream=stream), body, headers)
    return await fetch(pop.dial, request)


def check(
    client: Client,
    reply: Reply,
    liar: Liar,
    *,
    stream: bool,
    may_be_good: bool,
    native: bool = False,
) -> None:
    must(reply.ended is not Ended.HUNG, "it hangs")
    must(reply.ended is Ended.WHOLE or stream, "the answer is cut")
    text = reply.body.decode()
    for secret in (*SECRETS, f":{liar.port}"):
        must(secret not in text + str(reply.headers), f"the client sees '{secret}'")
    if reply.status != 200:
        must(reply.status >= 500, f"status {reply.status} blames the client")
        client.error(reply.status, reply.body)
        return
    if may_be_good and native:
        # In the client's own dialect a provider's oddities are passed on as they are.
        sent = b"".join(liar.pieces).replace(b"\r\n", b"\n")
        must(not stream or reply.body in sent, "it is no longer as it was")
        return
    if not stream:
        must(may_be_good, f"status 200: {text[:120]}")
        client.whole(reply.body)
        return
    read = client.streamed(reply.body)
    must(read.error or read.finished or reply.ended is Ended.CUT, "the stream just ends")
    must(WORDS.text.startswith(read.text), f"the text is {read.text!r}")
    if read.finished:
        must(may_be_good and read.text == WORDS.text, "a broken stream looks finished")


async def run(client: str, dialect: str) -> list[str]:
    who, upstream = CLIENTS[client], UPSTREAMS[DIALECTS[dialect]]
    back = upstream.back
    assert isinstance(back, ChatBack)
    wrong: list[str] = []
    native = upstream.native(client)
    async with a_liar() as liar, a_pop(upstream, liar) as pop:
        pop.apply(upstream.served())

        async def put(name: str, pieces: list[bytes], *, stream: bool, may_be_good: bool) -> None:
            liar.pieces = pieces
            liar.kind = KINDS[back.framing] if stream else JSON
            reply = await ask(pop, who, stream=stream)
            try:
                how = {"stream": stream, "may_be_good": may_be_good, "native": native}
                check(who, reply, liar, **how)
            except Exception as e:  # noqa: BLE001  # all of them are wanted in one list
                wrong.append(f"{name}, stream={stream}: {type(e).__name__} {e}")

        for name, body in BODIES.items():
            good = native and name == "all empty"
            await put(name, [body], stream=False, may_be_good=good)
        for name, body in mutants(upstream).items():
            if not native:
                await put(name, [body], stream=False, may_be_good=True)
        for name, pieces in events(upstream).items():
            await put(name, pieces, stream=True, may_be_good=name in TOLERABLE)
    return wrong


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("client", CLIENTS)
async def test_a_broken_answer_is_an_honest_error(client: str, dialect: str) -> None:
    assert await run(client, dialect) == []


async def test_the_check_can_fail() -> None:
    reply = Reply(status=200, body=b"{}", ended=Ended.WHOLE)
    liar = Liar()
    with pytest.raises(Exception, match="status 200"):
        check(CLIENTS["chat"], reply, liar, stream=False, may_be_good=False)
    leaky = replace(reply, status=500, body=b"Traceback", ended=Ended.WHOLE)
    with pytest.raises(Exception, match="Traceback"):
        check(CLIENTS["chat"], leaky, liar, stream=False, may_be_good=False)
    await asyncio.sleep(0)
