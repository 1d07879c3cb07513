"""Responses answers: the object, and the events that lead to it."""

from typing import Any

import orjson

from weftline_bench.sims.responses_answer import Echo, frames, items, response, usage
from weftline_bench.sims.script import Call, Counts, Script, Stop


def bodies(script: Script, echo: Echo | None = None) -> list[Any]:
    return [orjson.loads(f.partition(b"data: ")[2]) for f in frames(script, echo or Echo())]


def test_events_are_named_numbered_and_in_order() -> None:
    script = Script("Hi", "Hm", (Call("f"),), stop=Stop.CALLS)
    told = bodies(script)
    assert [b["sequence_number"] for b in told] == list(range(len(told)))
    assert [b["type"].removeprefix("response.") for b in told] == [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]
    assert told[-1]["response"] == orjson.loads(orjson.dumps(response(script, Echo())))
    done = [b["item"] for b in told if b["type"] == "response.output_item.done"]
    assert done == orjson.loads(orjson.dumps(items(script)))


def test_background_begins_queued_and_a_cut_is_incomplete() -> None:
    told = bodies(Script("Hi", stop=Stop.LENGTH), Echo(background=True))
    assert told[1]["type"] == "response.queued"
    assert told[-1]["type"] == "response.incomplete"
    assert told[-1]["response"]["incomplete_details"] == {"reason": "max_output_tokens"}


def test_a_refusal_is_a_part_and_an_ordinary_end() -> None:
    told = bodies(Script(refusal="No.", stop=Stop.FILTERED))
    assert "response.refusal.delta" in [b["type"] for b in told]
    assert told[-1]["type"] == "response.completed"
    assert bodies(Script("a", stop=Stop.FILTERED))[-1]["type"] == "response.incomplete"


def test_usage_has_its_parts_inside() -> None:
    told = usage(Script().counted(30))
    assert told["input_tokens"] == 30
    assert told["input_tokens_details"] == {"cached_tokens": 4, "cache_write_tokens": 2}


def test_searches_are_told_beside_the_usage() -> None:
    script = Script("Hi", counts=Counts(searches=2))
    assert response(script, Echo())["tool_usage"] == {"web_search": {"num_requests": 2}}
    assert "tool_usage" not in response(script, Echo(), "in_progress")
    assert "tool_usage" not in response(Script("Hi"), Echo())


def test_the_tier_that_served_is_told() -> None:
    assert response(Script("a", tier="flex"), Echo())["service_tier"] == "flex"
    assert response(Script("a"), Echo())["service_tier"] == "default"
