"""Messages requests: what was asked."""

from typing import Any

from weftline_bench.sims.ask import Media, Tool
from weftline_bench.sims.exchange import read
from weftline_bench.sims.messages_request import MessagesRequest, ask_of, merged


def asked(messages: Any, **more: Any) -> MessagesRequest:
    return read({"model": "m", "max_tokens": 9, "messages": messages, **more}, MessagesRequest)


def test_messages_of_one_role_are_one_turn() -> None:
    request = asked(
        [
            {"role": "user", "content": "a"},
            {"role": "user", "content": [{"type": "text", "text": "b"}]},
            {"role": "assistant", "content": ""},
        ]
    )
    assert [(role, len(blocks)) for role, blocks in merged(request.messages)] == [
        ("user", 2),
        ("assistant", 0),
    ]
    assert ask_of(asked([{"role": "user", "content": "a"}] * 2)).text == "aa"


def test_what_was_asked() -> None:
    source = {"type": "base64", "media_type": "image/png", "data": "aGk="}
    text = {"type": "text", "media_type": "text/plain", "data": "abc"}
    blocks = [
        {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "1"}]},
        {"type": "image", "source": source},
        {"type": "document", "source": text},
        {"type": "document", "source": {"type": "url", "url": "u"}},
    ]
    ask = ask_of(
        asked(
            [{"role": "user", "content": blocks}],
            system=[{"type": "text", "text": "Brief."}],
            tools=[{"name": "f", "input_schema": {"type": "object"}}],
            tool_choice={"type": "tool", "name": "f", "disable_parallel_tool_use": True},
            output_config={"format": {"type": "json_schema", "schema": {"type": "null"}}},
            thinking={"type": "adaptive"},
            stop_sequences=["x"],
        )
    )
    assert ask.media == [Media("image/png", 2), Media("text/plain", 3), Media("file", url="u")]
    assert (ask.system, ask.results, ask.schema) == ("Brief.", ["1"], {"type": "null"})
    assert (ask.tools, ask.must_call) == ([Tool("f", {"type": "object"})], "f")
    assert (ask.parallel, ask.reasoning, ask.stops) == (False, True, ["x"])


def test_any_and_none() -> None:
    user = [{"role": "user", "content": "a"}]
    assert ask_of(asked(user, tool_choice={"type": "any"})).must_call is True
    assert ask_of(asked(user, tool_choice={"type": "none"})).may_call is False
    assert ask_of(asked(user)).may_call is True
