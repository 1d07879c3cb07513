"""Reasons, tokens and citations of Cohere in the mesh's own terms."""

import pytest

from weftline_core.chat.answer import Citation, Stop
from weftline_core.dialects.cohere_chat.shapes import (
    Billed,
    CitationShape,
    Document,
    Source,
    UsageShape,
    citations_of,
    stop_of,
    usage_of,
)
from weftline_core.usage import Usage


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("COMPLETE", Stop.END),
        ("STOP_SEQUENCE", Stop.SEQUENCE),
        ("MAX_TOKENS", Stop.LENGTH),
        ("TOOL_CALL", Stop.TOOL_CALLS),
        ("SOMETHING_NEW", Stop.END),
        ("ERROR", None),
        ("TIMEOUT", None),
    ],
)
def test_finish_reasons(reason: str, stop: Stop | None) -> None:
    assert stop_of(reason) is stop


def test_what_is_billed_is_what_counts() -> None:
    told = UsageShape(Billed(2406.0, 2.0, 1.0), Billed(2935.0, 4.0))
    assert usage_of(told) == Usage(2406, 2, searches=1)
    assert usage_of(UsageShape(None, Billed(9.0, 4.0))) == Usage(9, 4)
    assert usage_of(UsageShape(Billed(-9.0))) == Usage(0, 0)
    assert usage_of(UsageShape()) is None
    assert usage_of(None) is None


def test_sources_with_an_address_are_cited_where_they_stand_in_the_whole_text() -> None:
    told = CitationShape(
        2,
        5,
        [
            Source(Document("https://x", "t")),
            Source(tool_output=Document("https://y")),
            Source(Document(None, "no address")),
            Source(),
        ],
        content_index=1,
    )
    assert citations_of(told, {0: 0, 1: 10}) == [
        Citation(url="https://x", title="t", start=12, end=15),
        Citation(url="https://y", start=12, end=15),
    ]


def test_what_thoughts_and_plans_cite_is_not_in_the_text() -> None:
    source = [Source(Document("https://x"))]
    assert citations_of(CitationShape(0, 1, source, kind="PLAN"), {}) == []
    assert citations_of(CitationShape(None, None, source, kind="TEXT_CONTENT"), {}) == [
        Citation(url="https://x")
    ]
