"""One model at three kinds of provider: OpenAI dies, Anthropic dies likewise, an engine of one's
own answers, in one request and in the client's own dialect; and never after the first word.
"""

import pytest

from tests.e2e.sdk_mesh import CHAIN, IMPATIENT, mesh
from tests.e2e.talkers import TALKERS, Question
from weftline_bench.sims.exchange import Trouble
from weftline_bench.sims.faults import Faults
from weftline_core.attempts import Patience
from weftline_core.record import Outcome

# For asyncio Google's SDK takes aiohttp where that is installed, in a way that aiohttp warns of.
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning"),
]

# How both of the first two fail before they show any content.
DEATHS = {
    "refuses connections": None,
    "503": Faults(trouble=Trouble.OVERLOADED, status=503),
    "429": Faults(trouble=Trouble.RATE_LIMITED),
    "500": Faults(trouble=Trouble.SERVER_ERROR),
    "a key that is wrong": Faults(trouble=Trouble.AUTH),
    "silent": Faults(delay_s=30.0),
    "an error with status 200": Faults(trouble=Trouble.OVERLOADED, status=200),
    "reset before the first word": Faults(cut_at=0),
}

# And these only where there are events.
STREAM_DEATHS = {
    "silent after its head": Faults(stall_at=0),
    "an error as the first event": Faults(error_after=0),
    "an error after what opens a stream": Faults(error_after=1, pace_s=0.001),
    "an end before any content": Faults(frames_max=1),
}


@pytest.mark.parametrize(
    ("death", "stream"),
    [(death, stream) for death in DEATHS for stream in (False, True)]
    + [(death, True) for death in STREAM_DEATHS],
)
@pytest.mark.parametrize("client", TALKERS)
async def test_the_third_answers(client: str, death: str, *, stream: bool) -> None:
    talker, faults = TALKERS[client], (DEATHS | STREAM_DEATHS)[death]
    async with mesh(CHAIN) as running:
        if faults is not None:
            running.sims["openai"].faults = faults
            running.sims["anthropic"].faults = faults
        asked = Question(
            model="gone/any" if faults is None else "chain/any",
            text="say: one two three",
            stream=stream,
            headers=IMPATIENT if "silent" in death else {},
            heard=[],
        )
        headers = await talker.talk(running, asked)
        assert "".join(asked.heard) == "one two three"
        assert headers["x-weft-attempts"] == "3"
        assert headers["x-weft-endpoint"] == ("g2-vllm" if faults is None else "c2-vllm")
        record = await running.settled(headers["x-request-id"])
    if faults is not None:
        assert [len(running.sims[name].seen) for name in CHAIN] == [1, 1, 1]
    assert record.attempts == 3
    assert (record.outcome, record.status, record.streamed) == (Outcome.OK, 200, stream)
    assert (record.dialect, record.provider) == (talker.dialect, "selfhosted")
    assert record.model == asked.model
    assert record.upstream_model == "Qwen/Qwen3-8B"
    # Only what the one that answered has used is paid for.
    assert (record.usage.prompt_tokens, record.usage.completion_tokens) == (24, 3)
    assert record.usage_source == "reported"
    assert record.cost_nanodollars == (24 + 2 * 3) * 1000


@pytest.mark.parametrize("client", TALKERS)
async def test_the_second_answers_when_only_the_first_is_dead(client: str) -> None:
    async with mesh(CHAIN) as running:
        running.sims["openai"].faults = Faults(trouble=Trouble.OVERLOADED)
        asked = Question(model="chain/any", text="say: one two", stream=True, headers={}, heard=[])
        headers = await TALKERS[client].talk(running, asked)
        assert "".join(asked.heard) == "one two"
        assert headers["x-weft-attempts"] == "2"
        assert headers["x-weft-endpoint"] == "c1-anthropic"
        assert not running.sims["vllm"].seen


@pytest.mark.parametrize("client", TALKERS)
async def test_all_three_dead_is_an_error(client: str) -> None:
    async with mesh(CHAIN) as running:
        for name in CHAIN:
            running.sims[name].faults = Faults(trouble=Trouble.OVERLOADED)
        for stream in (False, True):
            asked = Question(model="chain/any", text="hi", stream=stream, headers={}, heard=[])
            with pytest.raises(TALKERS[client].raises):
                await TALKERS[client].talk(running, asked)
            assert asked.heard == []
        assert [len(running.sims[name].seen) for name in CHAIN] == [2, 2, 2]


# An endpoint that falls silent in mid-stream is given up long before the whole request is.
SOON = Patience(connect_s=2.0, first_content_s=5.0, stall_s=0.5, total_s=20.0)

# How the first one fails after its first words.
LATE_DEATHS = {
    "an error event": Faults(error_after=12, pace_s=0.001),
    "a reset": Faults(cut_at=2500, pace_s=0.001),
    "an end that looks clean": Faults(frames_max=12, pace_s=0.001),
    "broken JSON": Faults(garble_at=12, pace_s=0.001),
    "silence": Faults(stall_at=2500, pace_s=0.001),
}


@pytest.mark.parametrize("death", LATE_DEATHS)
@pytest.mark.parametrize("first", ["openai", "anthropic"])
@pytest.mark.parametrize("client", TALKERS)
async def test_after_the_first_word_there_is_an_error_and_no_other_endpoint(
    client: str, first: str, death: str
) -> None:
    async with mesh(CHAIN, SOON) as running:
        if first == "anthropic":
            running.sims["openai"].faults = Faults(trouble=Trouble.OVERLOADED)
        running.sims[first].faults = LATE_DEATHS[death]
        text = "say: " + "a " * 60 + "end"
        asked = Question(model="chain/any", text=text, stream=True, headers={}, heard=[])
        with pytest.raises(TALKERS[client].raises):
            await TALKERS[client].talk(running, asked)
        heard = "".join(asked.heard)
        assert heard.startswith("a a")
        assert "end" not in heard
        assert not running.sims["vllm"].seen
        assert len(running.sims[first].seen) == 1
        record = await running.last()
        assert record.outcome is Outcome.BROKEN
        assert record.endpoint.endswith(first)
        assert record.total_ms < SOON.total_s * 1000
