"""The events of one item at a time."""

import orjson

from tests.fakes.responses_wire import parsed
from weftline_core.chat.answer import Citation
from weftline_core.dialects.responses.stream_items import (
    Numbered,
    OpenCall,
    OpenMessage,
    OpenThoughts,
    delta_head,
)


def test_events_are_numbered_whichever_way_they_are_written() -> None:
    numbered = Numbered()
    head = delta_head(
        "response.refusal.delta", {"item_id": "m", "output_index": 1, "content_index": 0}
    )
    whole = numbered.delta(head, 'a "b"\n\u2028') + numbered.event(
        "response.output_item.done",
        {
            "output_index": 1,
            "item": {
                "id": "m",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [],
            },
        },
    )
    first, second = parsed(whole)
    assert (first["sequence_number"], second["sequence_number"]) == (0, 1)
    assert first["delta"] == 'a "b"\n\u2028'
    assert numbered.sequence == 2


def test_a_message_counts_its_parts_and_sources() -> None:
    message = OpenMessage(Numbered(), 4, "msg_1")
    source = Citation(url="https://a")
    whole = message.begin() + message.text("a") + message.cite(source) + message.cite(source)
    whole += message.refusal("no") + message.text("b")
    closed, item = message.end("incomplete")
    found = parsed(whole + closed)
    assert [e["annotation_index"] for e in found if "annotation_index" in e] == [0, 1]
    parts = [
        (e["content_index"], e["part"]["type"]) for e in found if e["type"].endswith("part.done")
    ]
    assert parts == [(0, "output_text"), (1, "refusal"), (2, "output_text")]
    assert {e["output_index"] for e in found} == {4}
    assert item["status"] == "incomplete"
    assert found[-1]["item"] == item


def test_a_source_may_come_before_any_word() -> None:
    message = OpenMessage(Numbered(), 0, "msg_1")
    kinds = [e["type"] for e in parsed(message.begin() + message.cite(Citation(url="https://a")))]
    assert kinds[1:] == ["response.content_part.added", "response.output_text.annotation.added"]


def test_thoughts_without_words_have_no_summary() -> None:
    thoughts = OpenThoughts(Numbered(), 0, "rs_1")
    begun = thoughts.begin()
    closed, item = thoughts.end("gA")
    assert [e["type"] for e in parsed(begun + closed)] == [
        "response.output_item.added",
        "response.output_item.done",
    ]
    assert item == {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "gA"}


def test_a_free_text_call_may_be_empty() -> None:
    call = OpenCall(Numbered(), 0, "x", "c", "sh", free_text=True)
    begun = call.begin()
    closed, item = call.end()
    parsed(begun + closed)
    assert item["input"] == ""
    assert orjson.dumps(item)
