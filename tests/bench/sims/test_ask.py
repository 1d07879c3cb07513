"""The answer that follows from what was asked."""

from typing import Any

import pytest

from weftline_bench.sims.ask import Ask, Media, Tool, fitting, prompt_tokens, script_for
from weftline_bench.sims.script import Stop

CALL = Tool("call_a", {"type": "object", "properties": {"x": {"type": "integer"}}})
TOLD = "image/png 5 bytes; f u"
IDLE = Tool("idle")


@pytest.mark.parametrize(
    ("ask", "text", "stop"),
    [
        (Ask("hi"), "You said: hi", Stop.END),
        (Ask("please say: a: b"), "a: b", Stop.END),
        (Ask("x", results=["1", "2"], tools=[CALL]), "result: 1, 2", Stop.END),
        (Ask("x", schema={}), '{"ok":true}', Stop.END),
        (
            Ask("x", media=[Media("image/png", 5), Media("f", url="u")]),
            "image/png 5 bytes; f u",
            Stop.END,
        ),
        (Ask("say: a b c", tokens_max=2), "a b", Stop.LENGTH),
        (Ask("say: a b c", tokens_max=3), "a b c", Stop.END),
        (Ask("say: a b c", stops=["z", " c"]), "a b", Stop.SEQUENCE),
        (Ask("x", tools=[IDLE]), "You said: x", Stop.END),
        (Ask("x", tools=[CALL], may_call=False), "You said: x", Stop.END),
    ],
)
def test_texts(ask: Ask, text: str, stop: Stop) -> None:
    script = script_for(ask)
    assert (script.text, script.stop, script.calls) == (text, stop, ())


def test_stop_sequences_and_refusals_are_told() -> None:
    assert script_for(Ask("say: a b", stops=["b"])).stop_sequence == "b"
    refused = script_for(Ask("refuse: Not that.", tools=[CALL]))
    assert (refused.refusal, refused.text, refused.stop) == ("Not that.", "", Stop.FILTERED)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, ["call_a", "call_b"]),
        ({"parallel": False}, ["call_a"]),
        ({"must_call": "idle"}, ["idle"]),
        ({"must_call": True, "tools": [IDLE]}, ["idle"]),
        ({"must_call": True, "results": ["1"]}, ["call_a", "call_b"]),
        ({"text": "say: first"}, ["call_a", "call_b"]),
    ],
)
def test_calls(changes: dict[str, Any], names: list[str]) -> None:
    plain: dict[str, Any] = {"text": "x", "tools": [IDLE, CALL, Tool("call_b")]}
    script = script_for(Ask(**{**plain, **changes}))
    assert [c.name for c in script.calls] == names
    assert script.stop is Stop.CALLS


def test_reasoning_is_counted_with_the_answer() -> None:
    script = script_for(Ask("hi", reasoning=True), "0042")
    assert (script.reasoning, script.id) == ("Thinking about: hi", "0042")
    assert script.counts.reasoning == 3
    assert script.counts.completion == 6
    assert script.counts.prompt == prompt_tokens(Ask("hi")) == 21


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({}, "text"),
        ({"const": 3}, 3),
        ({"enum": ["a", "b"]}, "a"),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, True),
        ({"type": ["integer", "null"]}, 1),
        ({"type": "NUMBER"}, 1.5),
        ({"type": "array", "items": {"type": "null"}, "minItems": 2}, [None, None]),
        ({"type": "array", "minItems": 10**9}, ["text"] * 8),
        ({"properties": {"a": {}, "b": {}}, "required": ["b"]}, {"b": "text"}),
    ],
)
def test_a_fitting_value(schema: dict[str, Any], value: object) -> None:
    assert fitting(schema) == value
