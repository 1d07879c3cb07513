"""What a client reads of going on, at a host that does not know of it."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.kept_desk import HEAD, KeptDesk, host_events, unchunked
from tests.fakes.responses_wire import echo, response, sse
from weftline_core.ask import Ask
from weftline_core.dialects.chat.back import BACK as CHAT
from weftline_core.dialects.dialect import NO_ARGS
from weftline_core.dialects.responses.back import BACK
from weftline_core.dialects.responses.front import FRONT
from weftline_core.sse import data_of, events
from weftline_core.verdict import Words
from weftline_node.kept.continued import ContinuedAsk, ContinuedTap

REQUEST = FRONT.request({"model": "m", "input": "hi"}, NO_ARGS)
TEXT = 'say "previous_response_id":null and \\"previous_response_id\\": null'


def asked(name: str = "resp_before") -> ContinuedAsk:
    return ContinuedAsk(FRONT, REQUEST, b"", name)


def said(text: str = TEXT) -> list[dict[str, object]]:
    part = {"type": "output_text", "text": text}
    return [{"type": "message", "role": "assistant", "content": [part]}]


@given(st.text(), st.text(st.characters(codec="utf-8")))
def test_a_whole_answer_says_what_was_gone_on_from_and_is_else_the_same(
    text: str, name: str
) -> None:
    whole = response(said(TEXT + text), previous_response_id=None)
    out, _ = asked(name).judge(BACK, orjson.dumps(whole), echo)
    assert orjson.loads(out) == whole | {"previous_response_id": name}


@pytest.mark.parametrize(
    "field", [b'"previous_response_id":null', b'"previous_response_id" : null']
)
def test_however_a_host_writes_it(field: bytes) -> None:
    whole = orjson.dumps(response(said()))[:-1] + b"," + field + b"}"
    out, _ = asked().judge(BACK, whole, echo)
    assert orjson.loads(out)["previous_response_id"] == "resp_before"


def test_what_is_translated_says_it_already() -> None:
    answer = b'{"choices":[{"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}]}'
    told = echo({"input": "hi", "previous_response_id": "resp_told"})
    ask = asked()
    out, _ = ask.judge(CHAT, answer, lambda: told)
    assert orjson.loads(out)["previous_response_id"] == "resp_told"
    assert not isinstance(ask.tap(CHAT, lambda: told), ContinuedTap)


def test_a_stream_s_states_say_it_and_all_else_passes_untouched() -> None:
    begun = response([], status="in_progress", previous_response_id=None)
    done = response(said(), previous_response_id=None)
    delta = {"type": "response.output_text.delta", "output_index": 0, "delta": TEXT}
    whole = sse(
        {"type": "response.created", "response": begun},
        delta,
        {"type": "response.completed", "response": done},
    )
    plain, tap = Ask(FRONT, REQUEST).tap(BACK, echo), asked().tap(BACK, echo)
    expected = plain.read(whole).replace(
        b'"previous_response_id":null', b'"previous_response_id":"resp_before"'
    )
    assert expected.count(b"resp_before") == 2
    assert tap.read(whole) == expected
    for name in ("begun", "content_events", "done", "error", "usage"):
        assert getattr(tap, name) == getattr(plain, name)
    assert tap.end() == b""


def test_a_stream_that_breaks_says_it_too() -> None:
    tap = asked().tap(BACK, echo)
    begun = response([], status="in_progress", previous_response_id=None)
    tap.glance(sse({"type": "response.created", "response": begun}))
    assert isinstance(tap, ContinuedTap)
    assert b'"previous_response_id":"resp_before"' in tap.failed(502, Words(message="gone"))


async def test_on_the_way_to_the_client() -> None:
    desk = KeptDesk()
    name = await desk.made()
    client = await desk.create(stream=True, previous_response_id=name)
    begun = sse(
        {"type": "response.created", "response": response([], previous_response_id=None)},
    )
    await desk.streams(begun, *host_events(1)[1:], head=HEAD)
    assert client.finished == ["keep"]
    created = orjson.loads(data_of(events(unchunked(client.body))[0]))
    assert created["response"]["previous_response_id"] == name
