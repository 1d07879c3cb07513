"""Every call costs what its provider's price list has it cost, to the nano-dollar."""

import asyncio
import json
from collections.abc import Mapping

import pytest

from tests.e2e import priced_openai, priced_others
from tests.e2e.priced import (
    ANSWER_WAIT_S,
    CHAT_CLIENTS,
    SAID,
    Priced,
    Till,
    asked,
    name_at,
    till,
    till_for,
)
from tests.fakes.waiting import until
from weftline_bench.sims.chat import Step
from weftline_bench.sims.exchange import Trouble
from weftline_bench.sims.faults import Faults
from weftline_bench.sims.flavour import Flavour, Options
from weftline_bench.sims.flavours import FLAVOURS
from weftline_bench.sims.script import Counts, Json, Script
from weftline_bench.sims.together import Together
from weftline_core.record import Outcome, Record
from weftline_core.usage import Usage

CHAT = [*priced_openai.CASES, *priced_others.CASES]

NO_OPTIONS: Mapping[str, str] = {}

LONG = Script(
    text="one two three four five six seven",
    counts=Counts(
        prompt=10_000, cached=5_000, cache_write=2_000, cache_write_1h=1_000, completion=7
    ),
)

TEXT = "one two three four five six"


def test_there_are_enough_cases_of_every_kind() -> None:
    assert len(CHAT) >= 30
    assert {client for case in CHAT for client in case.clients} == set(CHAT_CLIENTS)
    assert len({case.name for case in (*CHAT, *priced_others.EMBEDDINGS)}) == len(CHAT) + len(
        priced_others.EMBEDDINGS
    )


@pytest.mark.parametrize("case", CHAT, ids=lambda case: case.name)
async def test_a_chat_costs_what_was_worked_out_by_hand(case: Priced) -> None:
    async with till_for(case) as till:
        for client in case.clients:
            for stream in (False, True):
                record = await till.call(client, stream=stream, headers=case.headers)
                told = (client, stream)
                assert (told, record.usage) == (told, case.usage)
                assert (told, record.cost_nanodollars) == (told, case.nanodollars)
                assert (record.cost_source, record.usage_source) == (case.source, "reported")
                assert (record.provider, record.streamed) == (case.provider, stream)
                assert (record.outcome, record.attempts) == (Outcome.OK, 1)


@pytest.mark.parametrize("case", priced_others.EMBEDDINGS, ids=lambda case: case.name)
async def test_embeddings_cost_what_was_worked_out_by_hand(case: Priced) -> None:
    async with till_for(case) as till:
        for client in case.clients:
            record = await till.call(client, text=TEXT)
            assert (client, record.usage) == (client, case.usage)
            assert (client, record.cost_nanodollars) == (client, case.nanodollars)
            assert (record.cost_source, record.usage_source) == ("table", "reported")


async def test_an_exact_answer_again_costs_nothing() -> None:
    case = next(case for case in CHAT if case.provider == "groq")
    keep = {"x-weft-cache-ttl": "60"}
    async with till_for(case) as till:
        first = await till.call("chat", headers=keep)
        again = await till.call("chat", headers=keep)
    assert (first.cost_nanodollars, first.cost_source) == (case.nanodollars, "table")
    assert (again.cost_nanodollars, again.cost_source) == (0, "cache")
    assert (again.cached, again.usage) == (True, case.usage)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_failed_attempt_costs_nothing(stream: bool) -> None:
    model, there = "anthropic/claude-sonnet-5-5", "us.anthropic.claude-sonnet-5-5"
    first = ("anthropic", FLAVOURS["anthropic"], "claude-sonnet-5-5", NO_OPTIONS)
    second = ("bedrock", FLAVOURS["bedrock"], there, {"region": "us-east-1"})
    async with till(model, first, second) as running:
        failing, good = running.sims
        failing.faults = Faults(trouble=Trouble.OVERLOADED)
        good.desk.script = Script(
            text=SAID, counts=Counts(prompt=1_000, cached=400, cache_write=0, completion=50)
        )
        record = await running.call("chat", stream=stream)
        assert len(failing.seen) == 1
    assert (record.attempts, record.provider, record.upstream_model) == (2, "bedrock", there)
    assert record.usage == Usage(1_000, 50, cache_read_tokens=400)
    # What is charged is Bedrock's price in the USA, once.
    assert record.cost_nanodollars == 600 * 2_200 + 400 * 110 + 50 * 11_000
    assert record.cost_source == "table"


async def test_a_stream_that_fails_at_its_start_costs_nothing() -> None:
    model = "openai/gpt-oss-120b"
    first = ("groq", FLAVOURS["groq"], name_at(model, "groq"), NO_OPTIONS)
    second = ("together", FLAVOURS["together"], name_at(model, "together"), NO_OPTIONS)
    async with till(model, first, second) as running:
        failing, good = running.sims
        # After the chunk with the role, and before any content.
        failing.faults = Faults(error_after=1)
        good.desk.script = Script(text=SAID, counts=Counts(prompt=100, completion=5))
        record = await running.call("messages", stream=True)
    assert (record.attempts, record.provider, record.usage) == (2, "together", Usage(100, 5))
    assert record.cost_nanodollars == 100 * 150 + 5 * 600


class Silent(Together):
    """A provider that does not say what it used."""

    def whole_body(self, script: Script, options: Options) -> Json:
        """Return a whole answer without usage."""
        body = super().whole_body(script, options)
        del body["usage"]
        return body

    def chunk(self, script: Script, options: Options, index: int, step: Step) -> Json:
        """Return a chunk without usage."""
        chunk = super().chunk(script, options, index, step)
        chunk.pop("usage", None)
        return chunk


def request_of(size: int, client: str, model: str, *, stream: bool) -> str:
    """Return the text with which a request's body has just `size` bytes."""
    _, body = asked(client, model, "", stream=stream)
    return "x" * (size - len(json.dumps(body)))


async def test_missing_usage_of_a_stream_is_estimated_and_marked() -> None:
    model = "openai/gpt-oss-120b"
    place = ("together", Silent(), name_at(model, "together"), NO_OPTIONS)
    async with till(model, place) as running:
        running.sims[0].desk.script = Script(text=SAID)
        for client in CHAT_CLIENTS:
            text = request_of(401, client, model, stream=client != "generate")
            record = await running.call(client, stream=True, text=text)
            # Four bytes are about a token, rounded up, and every piece of the answer is one.
            assert (client, record.usage) == (client, Usage(101, 5))
            assert (record.usage_source, record.cost_source) == ("estimated", "table")
            assert record.cost_nanodollars == 101 * 150 + 5 * 600


async def test_missing_usage_of_a_whole_answer_is_estimated_and_marked() -> None:
    model = "openai/gpt-oss-120b"
    place = ("together", Silent(), name_at(model, "together"), NO_OPTIONS)
    async with till(model, place) as running:
        running.sims[0].desk.script = Script(text=SAID)
        text = request_of(400, "chat", model, stream=False)
        reply = await running.ask("chat", stream=False, text=text, headers=None)
        record = running.pop.records[-1]
    made = -(-len(reply.body) // 4)
    assert record.usage == Usage(100, made)
    assert record.usage_source == "estimated"
    assert record.cost_nanodollars == 100 * 150 + made * 600


async def test_missing_usage_of_embeddings_is_estimated_and_marked() -> None:
    model = "baai/bge-m3"
    place = ("workersai", FLAVOURS["workers-ai"], "@cf/baai/bge-m3", NO_OPTIONS)
    async with till(model, place) as running:
        text = request_of(1_000, "embeddings", model, stream=False)
        record = await running.call("embeddings", text=text)
    assert (record.usage, record.usage_source) == (Usage(250, 0), "estimated")
    assert (record.cost_nanodollars, record.cost_source) == (250 * 12, "table")


async def test_a_client_that_leaves_pays_for_what_it_saw() -> None:
    model = "openai/gpt-oss-120b"
    place = ("together", FLAVOURS["together"], name_at(model, "together"), NO_OPTIONS)
    async with till(model, place) as running:
        record = await left(running, "chat", 800)
    # The answer's usage comes with its end, which nobody waited for.
    assert (record.usage, record.usage_source) == (Usage(200, 2), "estimated")
    assert (record.cost_nanodollars, record.cost_source) == (200 * 150 + 2 * 600, "table")


@pytest.mark.parametrize("client", ["chat", "messages"])
async def test_a_client_that_leaves_pays_for_the_prompt_that_was_told(client: str) -> None:
    model = "anthropic/claude-sonnet-5-5"
    place = ("anthropic", FLAVOURS["anthropic"], "claude-sonnet-5-5", NO_OPTIONS)
    async with till(model, place) as running:
        record = await left(running, client, 800)
    # Anthropic counts the prompt first, here one token short, and the answer at its end.
    assert record.usage == Usage(
        9_999, 2, cache_read_tokens=5_000, cache_write_tokens=2_000, cache_write_1h_tokens=1_000
    )
    assert record.usage_source == "estimated"
    assert record.cost_nanodollars == (
        1_999 * 2_000 + 5_000 * 100 + 2_000 * 2_500 + 1_000 * 4_000 + 2 * 10_000
    )


async def left(running: Till, client: str, size: int) -> Record:
    """Leave in the middle of an answer of many pieces, after two of them."""
    [sim], [endpoint] = running.sims, running.pop.endpoints
    there = endpoint.models[running.model.name]
    sim.faults = Faults(stall_at=two_pieces_bytes(sim.flavour, there))
    sim.desk.script = LONG
    text = request_of(size, client, running.model.name, stream=True)
    call = await running.begin(client, stream=True, text=text)
    async with asyncio.timeout(ANSWER_WAIT_S):
        await call.until(b" two")
    call.leave()
    await until(lambda: running.pop.records)
    [record] = running.pop.records
    assert (record.outcome, record.streamed) == (Outcome.CANCELED, True)
    return record


def two_pieces_bytes(flavour: Flavour, model: str) -> int:
    """Return how many bytes of the stream have the answer's first two pieces, and no more."""
    frames = flavour.render(LONG, Options(model=model, stream=True)).frames
    last = next(nth for nth, frame in enumerate(frames) if b" two" in frame)
    return sum(map(len, frames[: last + 1]))
