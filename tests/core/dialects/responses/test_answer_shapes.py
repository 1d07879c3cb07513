"""The small rules by which a response is read."""

import msgspec
import pytest

from weftline_core.chat.answer import Stop
from weftline_core.dialects.responses.answer_shapes import (
    AnnotationShape,
    ItemShape,
    PieceShape,
    ResponseShape,
    arguments_of,
    citation_of,
    item_of,
    mime_of,
    stop_of,
    thoughts_of,
)
from weftline_core.dialects.typed import Misshapen
from weftline_core.usage import Usage


def test_items_of_unknown_kinds_may_look_like_anything() -> None:
    assert item_of(msgspec.Raw(b'{"type":"x","content":7}')) is None
    assert item_of(msgspec.Raw(b'{"type":7}')) is None
    assert item_of(msgspec.Raw(b'{"type":[[]]}')) is None
    assert item_of(msgspec.Raw(b'{"type":"message"}')) == ItemShape(type="message")
    with pytest.raises(Misshapen):
        item_of(msgspec.Raw(b'{"type":"message","content":7}'))


def test_calls_beat_words_and_words_beat_refusals() -> None:
    whole = ResponseShape(status="completed")
    assert stop_of(whole, calls=True, spoken=True, refused=True) is Stop.TOOL_CALLS
    assert stop_of(whole, calls=False, spoken=True, refused=True) is Stop.END
    assert stop_of(whole, calls=False, spoken=False, refused=True) is Stop.REFUSED


def test_thoughts_in_full_beat_their_summary() -> None:
    full, short = [PieceShape(text="full")], [PieceShape(text="short")]
    assert thoughts_of(ItemShape(content=full, summary=short)) == "full"
    assert thoughts_of(ItemShape(content=[], summary=short)) == "short"
    assert thoughts_of(ItemShape()) == ""


def test_a_source_needs_an_address() -> None:
    assert citation_of(AnnotationShape(type="url_citation", url="")) is None
    assert citation_of(AnnotationShape(type="file_citation", url="https://a")) is None


def test_details() -> None:
    assert arguments_of(ItemShape(type="custom_tool_call")) == ""
    assert mime_of(ItemShape()) == "image/png"
    assert mime_of(ItemShape(output_format="svg")) == "image/svg+xml"
    assert ResponseShape(usage={"input_tokens": 1}).used is not None


def test_the_tier_that_served_is_read_with_the_usage() -> None:
    counts = {"input_tokens": 1, "output_tokens": 2}
    told = ResponseShape(usage=counts, service_tier="flex")
    assert told.used == Usage(1, 2, service_tier="flex")
    assert ResponseShape(usage=counts, service_tier="default").used == Usage(1, 2)
    assert ResponseShape(service_tier="flex").used is None
