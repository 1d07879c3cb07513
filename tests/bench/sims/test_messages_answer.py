"""Messages answers: whole and streamed say the same."""

import orjson

from weftline_bench.sims.messages_answer import blocks, event, frames, message, usage
from weftline_bench.sims.script import Call, Counts, Script, Stop

SCRIPT = Script(
    "Hi you",
    "Hm",
    (Call("f", '{"a":1}'), Call("g")),
    stop=Stop.CALLS,
    counts=Counts(prompt=30, cached=4, cache_write=2, completion=9, reasoning=1),
)


def test_a_whole_answer() -> None:
    told = message(SCRIPT, "m")
    assert (told["id"], told["stop_reason"], told["stop_sequence"]) == (
        "msg_0001",
        "tool_use",
        None,
    )
    assert [b["type"] for b in blocks(SCRIPT)] == ["thinking", "text", "tool_use", "tool_use"]
    assert blocks(SCRIPT)[3] == {"type": "tool_use", "id": "toolu_000101", "name": "g", "input": {}}


def test_input_is_without_the_cache() -> None:
    told = usage(SCRIPT)
    assert told["input_tokens"] == 24
    assert told["cache_read_input_tokens"] == 4
    assert told["cache_creation_input_tokens"] == 2
    assert told["output_tokens"] == 9


def test_what_is_kept_for_an_hour_and_searched_is_told() -> None:
    counts = Counts(prompt=30, cached=4, cache_write=2, cache_write_1h=3, searches=2)
    told = usage(Script("Hi", counts=counts))
    assert (told["input_tokens"], told["cache_creation_input_tokens"]) == (21, 5)
    assert told["cache_creation"] == {
        "ephemeral_5m_input_tokens": 2,
        "ephemeral_1h_input_tokens": 3,
    }
    assert told["server_tool_use"] == {"web_search_requests": 2, "web_fetch_requests": 0}
    last = frames(Script("Hi", counts=counts), "m")[-2]
    assert b'"web_search_requests":2' in last
    assert b"server_tool_use" not in frames(SCRIPT, "m")[-2]


def test_events_are_padded_json() -> None:
    frame = event({"type": "ping"})
    line = frame.split(b"\n")[1]
    assert len(line.removeprefix(b"data: ")) % 16 == 0
    assert orjson.loads(line.removeprefix(b"data: ")) == {"type": "ping"}


def test_a_call_without_arguments_has_no_deltas() -> None:
    bodies = [orjson.loads(f.partition(b"data: ")[2]) for f in frames(SCRIPT, "m")]
    deltas = [b["delta"] for b in bodies if b["type"] == "content_block_delta" and b["index"] == 2]
    assert [d["partial_json"] for d in deltas] == ["", '{"a', '":1}']
    assert not [b for b in bodies if b["type"] == "content_block_delta" and b["index"] == 3]
    assert bodies[-1] == {"type": "message_stop"}


def test_the_sequence_that_was_met_is_told() -> None:
    told = message(Script("a", stop=Stop.SEQUENCE, stop_sequence="b"), "m")
    assert (told["stop_reason"], told["stop_sequence"]) == ("stop_sequence", "b")


def test_speed_is_beside_the_tier() -> None:
    for tier, told, speed in (("", "standard", None), ("fast", "standard", "fast")):
        found = usage(Script("a", tier=tier))
        assert (found["service_tier"], found.get("speed")) == (told, speed)
    assert usage(Script("a", tier="batch"))["service_tier"] == "batch"
