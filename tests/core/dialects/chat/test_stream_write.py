"""Events, written as chunks."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletionChunk

from weftline_core.chat.answer import Citation, Stop, TokenLogprob
from weftline_core.chat.conversation import Conversation
from weftline_core.chat.events import (
    Begin,
    CallBegin,
    CallDelta,
    CallEnd,
    Cited,
    Done,
    Event,
    Finish,
    Logprobs,
    MediaDelta,
    ReasoningDelta,
    ReasoningProof,
    RefusalDelta,
    TextDelta,
    Used,
)
from weftline_core.dialects.chat.stream_read import ChatReader
from weftline_core.dialects.chat.stream_write import ChatWriter
from weftline_core.dialects.chat.usage import standard
from weftline_core.dialects.dialect import Echo
from weftline_core.usage import Usage

ROLE = {"role": "assistant", "content": "", "refusal": None}


def writer(*, usage: bool = False, choices: int = 1) -> ChatWriter:
    asked = Conversation(usage_in_stream=usage, choices=choices)
    return ChatWriter(Echo(request_id="01J", model="mine", created_unix_s=5, body={}, asked=asked))


def chunks(data: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for event in data.split(b"\n\n"):
        if event and event != b"data: [DONE]":
            data = event.removeprefix(b"data: ")
            if b'"custom"' not in data:
                # Its types know no free-text calls in streams, which OpenAI sends all the same.
                ChatCompletionChunk.model_validate_json(data)
            found.append(orjson.loads(data))
    return found


def deltas(*events: Event) -> list[dict[str, Any]]:
    told = chunks(writer().write([Begin("x", "y"), *events]))
    assert told[0]["choices"][0]["delta"] == ROLE
    return [chunk["choices"][0]["delta"] for chunk in told[1:]]


def test_a_plain_stream_is_openais() -> None:
    made = writer()
    batches: list[list[Event]] = [
        [Begin("theirs", "theirs")],
        [TextDelta("hi")],
        [],
        [Finish(Stop.END), Used(Usage(3, 4)), Done()],
    ]
    data = b"".join(map(made.write, batches))
    told = chunks(data)
    assert data.endswith(b"\n\ndata: [DONE]\n\n")
    assert [c["choices"][0]["delta"] for c in told] == [ROLE, {"content": "hi"}, {}]
    assert [c["choices"][0]["finish_reason"] for c in told] == [None, None, "stop"]
    for chunk in told:
        assert (chunk["id"], chunk["model"], chunk["created"]) == ("chatcmpl-01J", "mine", 5)
        assert chunk["object"] == "chat.completion.chunk"
        assert "usage" not in chunk


def test_usage_comes_last_if_it_was_asked_for() -> None:
    made = writer(usage=True)
    events: list[Event] = [Begin("", "", Usage(3, 0)), TextDelta("a"), Finish(Stop.END)]
    told = chunks(made.write([*events, Used(Usage(3, 4)), Done()]))
    assert [chunk["usage"] for chunk in told[:-1]] == [None, None, None]
    assert told[-1]["choices"] == []
    assert told[-1]["usage"]["total_tokens"] == 7


def test_usage_nobody_reported_is_not_written() -> None:
    assert writer(usage=True).write([Begin("", ""), Done()]).endswith(b"\n\ndata: [DONE]\n\n")
    assert len(chunks(writer(usage=True).write([Begin("", ""), Done()]))) == 1


def called(index: int, call_id: str, name: str, arguments: str) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"index": index, "id": call_id, "type": "function", "function": function}


def run(index: int, call_id: str, text: str) -> dict[str, Any]:
    custom = {"name": "run", "input": text}
    return {"index": index, "id": call_id, "type": "custom", "custom": custom}


def calls_of(*batches: list[Event]) -> list[dict[str, Any]]:
    made = writer()
    made.write([Begin("x", "y")])
    told = [
        chunk["choices"][0]["delta"] for batch in batches for chunk in chunks(made.write(batch))
    ]
    return [call for delta in told for call in delta["tool_calls"]]


def test_calls_are_numbered_and_never_without_arguments() -> None:
    batches: list[list[Event]] = [
        [CallBegin(0, "c1", "f", signature="SIG")],
        [CallDelta(0, '{"a"'), CallDelta(0, ":1}")],
        [CallBegin(1, "c2", "g"), CallEnd(0)],
        [CallEnd(1)],
        [CallBegin(2, "c3", "run", free_text=True)],
        [CallDelta(2, "ls"), CallEnd(2)],
        [CallBegin(3, "c4", "run", free_text=True), CallEnd(3)],
    ]
    assert calls_of(*batches) == [
        called(0, "c1__thought__SIG", "f", ""),
        {"index": 0, "function": {"arguments": '{"a"'}},
        {"index": 0, "function": {"arguments": ":1}"}},
        called(1, "c2", "g", ""),
        {"index": 1, "function": {"arguments": "{}"}},
        run(2, "c3", ""),
        {"index": 2, "custom": {"input": "ls"}},
        run(3, "c4", ""),
    ]


def test_a_call_that_comes_whole_goes_out_whole() -> None:
    assert calls_of(
        [
            CallBegin(0, "c1", "f"),
            CallDelta(0, '{"a"'),
            CallDelta(0, ":1}"),
            CallEnd(0),
            CallBegin(1, "c2", "g"),
            CallEnd(1),
            CallBegin(2, "c3", "run", free_text=True),
            CallDelta(2, "ls"),
            CallBegin(3, "c4", "h"),
            CallDelta(2, " -l"),
            CallDelta(3, "{}"),
        ]
    ) == [
        called(0, "c1", "f", '{"a":1}'),
        called(1, "c2", "g", "{}"),
        run(2, "c3", "ls"),
        called(3, "c4", "h", ""),
        {"index": 2, "custom": {"input": " -l"}},
        {"index": 3, "function": {"arguments": "{}"}},
    ]


def test_rare_events_have_their_places() -> None:
    told = deltas(
        ReasoningDelta("hm"),
        ReasoningProof("messages", "sig"),
        MediaDelta("image/png", "AA"),
        MediaDelta("audio/wav", "BB"),
        Cited(Citation(url="https://x", title="t", start=1, end=2)),
        Logprobs([TokenLogprob(token="a", logprob=-1.0)]),
    )
    assert told[0] == {"reasoning_content": "hm"}
    assert told[1]["images"][0]["image_url"]["url"] == "data:image/png;base64,AA"
    assert told[2] == {"audio": {"data": "BB"}}
    assert told[3]["annotations"][0]["url_citation"]["start_index"] == 1
    assert told[4] == {}
    assert len(told) == 5


@pytest.mark.parametrize(
    ("before", "reason"), [([RefusalDelta("no")], "stop"), ([TextDelta("no")], "content_filter")]
)
def test_a_refusal_in_words_is_an_ordinary_end(before: list[Event], reason: str) -> None:
    told = chunks(writer().write([Begin("", ""), *before, Finish(Stop.REFUSED)]))
    assert told[-1]["choices"][0]["finish_reason"] == reason


def test_every_choice_has_a_role_and_its_number() -> None:
    made = writer(choices=2)
    told = chunks(made.write([Begin("", ""), TextDelta("a", 1), Finish(Stop.LENGTH, None, 1)]))
    assert [c["choices"][0]["index"] for c in told] == [0, 1, 1, 1]
    assert [c["choices"][0]["delta"] for c in told[:2]] == [ROLE, ROLE]


def test_a_writer_whose_request_is_unknown_writes_all_the_same() -> None:
    made = ChatWriter(Echo(request_id="1", model="m", created_unix_s=5, body={}))
    assert len(chunks(made.write([TextDelta("a")]))) == 2


@given(
    st.lists(
        st.builds(TextDelta, st.text(min_size=1), st.integers(0, 1))
        | st.builds(ReasoningDelta, st.text(min_size=1), st.integers(0, 1)),
        min_size=2,
        max_size=8,
    )
)
def test_what_is_written_reads_the_same(deltas: list[Event]) -> None:
    finishes: list[Event] = [Finish(Stop.END, None, i) for i in (0, 1)]
    made, reader = writer(usage=True, choices=2), ChatReader(standard)
    found: list[Event] = []
    batches: list[list[Event]] = [
        [Begin("x", "y")],
        deltas,
        [Used(Usage(3, 4))],
        finishes,
        [Done()],
    ]
    for batch in batches:
        found += reader.read(made.write(batch))
    begin = Begin("chatcmpl-01J", "mine")
    assert found == [begin, *deltas, Used(Usage(3, 4)), *finishes, Done()]
