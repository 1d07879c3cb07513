"""Keeping responses, and going on from them."""

from typing import Any

import pytest
from openai.types.responses import ResponseInputParam
from openai.types.responses.response_item_list import ResponseItemList
from pydantic import TypeAdapter

from tests.fakes.responses_wire import TARGET, function_call, message
from weftline_core.dialects.responses.back import BACK
from weftline_core.dialects.responses.keeping import (
    PAGE_ITEMS_MAX,
    Keeping,
    continued,
    input_items,
    item_page,
    keeping,
)
from weftline_core.dialects.responses.request_read import read_request
from weftline_core.errors import CallerError

INPUT: TypeAdapter[Any] = TypeAdapter(ResponseInputParam)
Json = dict[str, Any]


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({}, Keeping()),
        ({"store": None, "background": None}, Keeping(store=True)),
        ({"store": False}, Keeping(store=False)),
        ({"background": True}, Keeping(background=True)),
        ({"previous_response_id": "resp_1"}, Keeping(previous_response_id="resp_1")),
        ({"conversation": "conv_1"}, Keeping(conversation_id="conv_1")),
        ({"conversation": {"id": "conv_1"}}, Keeping(conversation_id="conv_1")),
    ],
)
def test_what_a_request_says_of_keeping(body: Json, kept: Keeping) -> None:
    assert keeping(body) == kept


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"store": "yes"}, "store"),
        ({"background": 1}, "background"),
        ({"previous_response_id": 7}, "previous_response_id"),
        ({"conversation": {}}, "conversation"),
        ({"conversation": "c", "previous_response_id": "r"}, "previous_response_id"),
    ],
)
def test_mistakes_are_told_with_their_path(body: Json, param: str) -> None:
    with pytest.raises(CallerError) as caught:
        keeping(body)
    assert caught.value.param == param


EARLIER: list[Json] = [
    {
        "id": "msg_in0",
        "type": "message",
        "role": "user",
        "status": "completed",
        "content": [{"type": "input_text", "text": "add"}],
    },
    {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "gA"},
    {"id": "rs_2", "type": "reasoning", "summary": []},
    message("wait"),
    function_call(),
]


def test_a_kept_response_is_gone_on_from() -> None:
    result = {"type": "function_call_output", "call_id": "call_1", "output": "4"}
    body: Json = {
        "model": "m",
        "previous_response_id": "resp_1",
        "instructions": "x",
        "input": [result],
    }
    found = continued(body, EARLIER)
    assert found["input"] == [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "add"}]},
        {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "gA"},
        {"role": "assistant", "content": "wait"},
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": '{"a":1}'},
        result,
    ]
    INPUT.validate_python(found["input"])
    assert found["instructions"] == "x"
    assert "previous_response_id" not in found
    # The client's own stays as it was.
    assert body["previous_response_id"] == "resp_1"
    read = read_request(found)
    assert [turn.role for turn in read.turns] == ["user", "assistant", "tool"]
    assert read_request(BACK.write(read, TARGET)).turns == read.turns


def test_words_go_on_too() -> None:
    assert continued({"input": "and?"}, [])["input"] == [{"role": "user", "content": "and?"}]
    assert continued({"conversation": "c"}, EARLIER[:1]).keys() == {"input"}


def test_what_no_string_can_hold_keeps_its_parts() -> None:
    refusal: Json = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "refusal", "refusal": "no"}],
    }
    assert continued({}, [refusal])["input"] == [refusal]
    shown: Json = {
        "type": "reasoning",
        "summary": [],
        "content": [{"type": "reasoning_text", "text": "a"}],
    }
    assert continued({}, [shown])["input"] == [shown]
    phased: Json = {**message("hm"), "phase": "commentary"}
    assert continued({}, [phased])["input"] == [
        {"role": "assistant", "content": "hm", "phase": "commentary"}
    ]


BODY: Json = {
    "input": [
        {"role": "user", "content": "add"},
        {"role": "assistant", "content": "wait"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "4", "id": None},
        {"id": "msg_own", "role": "user", "content": [{"type": "input_text", "text": "so?"}]},
    ]
}


def test_input_is_listed_as_the_sdk_reads_it() -> None:
    items = input_items(BODY, "resp_00ab")
    listed = ResponseItemList.model_validate(item_page(items, ascending=True))
    assert [item.id for item in listed.data] == [
        "msg_00ab_in0",
        "msg_00ab_in1",
        "fc_00ab_in2",
        "fco_00ab_in3",
        "msg_own",
    ]
    assert items[1]["content"] == [{"type": "output_text", "text": "wait", "annotations": []}]
    assert input_items({"input": "hi"}, "resp_1") == [
        {
            "id": "msg_1_in0",
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_text", "text": "hi"}],
        }
    ]
    assert input_items({}, "resp_1") == []


def test_pages() -> None:
    items = input_items(BODY, "resp_00ab")
    newest = item_page(items, limit=2)
    assert [item["id"] for item in items[:-3:-1]] == [newest["first_id"], newest["last_id"]]
    assert newest["has_more"]
    rest = item_page(items, limit=20, after=str(newest["last_id"]))
    assert rest["data"] == items[2::-1]
    assert not rest["has_more"]
    last = item_page(items, after=str(rest["last_id"]))
    assert (last["data"], last["first_id"], last["has_more"]) == ([], "", False)


@pytest.mark.parametrize(
    "wrong", [{"after": "nobody"}, {"limit": 0}, {"limit": PAGE_ITEMS_MAX + 1}]
)
def test_a_wrong_page_is_refused(wrong: Json) -> None:
    with pytest.raises(CallerError):
        item_page(input_items(BODY, "resp_1"), **wrong)
