"""What hosts answer, in the types they send it."""

import pytest

from weftline_core.chat.answer import Citation, TokenLogprob
from weftline_core.chat.events import MediaDelta
from weftline_core.dialects.chat.host_shapes import (
    ANSWER,
    HostMessage,
    arguments_of,
    citations_of,
    images_of,
    listed,
    logprobs_of,
    thoughts_of,
)
from weftline_core.dialects.typed import typed


@pytest.mark.parametrize(
    "data", [b"", b"no", b"[]", b'{"choices":7}', b'{"choices":[7]}', b"[" * 9999, b'{"id":5}']
)
def test_what_has_another_shape_is_none(data: bytes) -> None:
    assert typed(data, ANSWER) is None


def test_half_a_character_is_tolerated() -> None:
    found = typed(b'{"choices":[{"delta":{"content":"\\ud83d"}}]}', ANSWER)
    assert found is not None
    assert found.choices is not None
    assert found.choices[0].delta == HostMessage(content="\ufffd")


def test_thoughts_have_two_names() -> None:
    assert thoughts_of(HostMessage(reasoning="a")) == "a"
    assert thoughts_of(HostMessage(reasoning_content="b", reasoning="a")) == "b"
    assert thoughts_of(HostMessage(reasoning_content="", reasoning={"x": 1})) == ""


def test_mistrals_lists_are_thoughts_and_words() -> None:
    content: list[object] = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "h"}, {"type": "x"}, 7]},
        {"type": "thinking", "thinking": "m"},
        {"type": "text", "text": "a"},
        {"type": "reference", "reference_ids": [1]},
        {"type": "text", "text": "b"},
        7,
    ]
    assert listed(content) == ("hm", "ab")


def test_arguments_may_be_an_object() -> None:
    assert arguments_of('{"a":') == '{"a":'
    assert arguments_of({"a": 1}) == '{"a":1}'
    assert arguments_of(None) == ""


def test_citations_need_a_url() -> None:
    cited = {"url": "https://x", "title": "t", "start_index": 1, "end_index": 2}
    value = [{"type": "url_citation", "url_citation": cited}, {"url_citation": {"url": 7}}, 7]
    assert citations_of(value) == [Citation(url="https://x", title="t", start=1, end=2)]
    assert citations_of("x") == []


def test_images_are_data_urls() -> None:
    value = [{"image_url": {"url": "data:image/png;base64,AA"}}, {"image_url": {"url": "http"}}, 7]
    assert images_of(value, 1) == [MediaDelta("image/png", "AA", 1)]
    assert images_of(None, 0) == []


def test_logprobs_of_odd_shape_are_left_out() -> None:
    token = {"token": "a", "logprob": -1, "top_logprobs": [{"token": "b", "logprob": -2.5}, 7]}
    found = logprobs_of({"content": [token, {"token": 7}, None]})
    top = TokenLogprob(token="b", logprob=-2.5)
    assert found == [TokenLogprob(token="a", logprob=-1.0, top=[top])]
    assert logprobs_of({"content": None}) == logprobs_of(7) == []
