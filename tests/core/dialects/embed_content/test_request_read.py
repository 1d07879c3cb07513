"""What clients want embedded."""

import pytest

from weftline_core.chat.features import Feature
from weftline_core.dialects.embed_content.request_read import read_request
from weftline_core.embeddings import EmbeddingRequest
from weftline_core.errors import CallerError

Json = dict[str, object]


def one(*texts: str, **more: object) -> Json:
    return {"content": {"parts": [{"text": text} for text in texts]}} | more


def batch(*ones: object) -> Json:
    return {"requests": list(ones)}


WISHES: Json = {"taskType": "RETRIEVAL_DOCUMENT", "title": "t", "outputDimensionality": 8}


def test_a_single_text() -> None:
    assert read_request(one("a", "b", **WISHES), single=True) == EmbeddingRequest(
        texts=["a\nb"],
        purpose="document",
        title="t",
        dimensions=8,
        paths={
            Feature.TITLE: "title",
            Feature.DIMENSIONS: "outputDimensionality",
            Feature.PURPOSE: "taskType",
        },
    )


def test_wishes_may_stand_in_a_config() -> None:
    found = read_request(one("a", embedContentConfig=WISHES | {"autoTruncate": True}), single=True)
    assert (found.purpose, found.title, found.dimensions) == ("document", "t", 8)
    assert found.unknown == ("embedContentConfig.autoTruncate",)
    assert found.paths[Feature.PURPOSE] == "embedContentConfig.taskType"


def test_a_batch() -> None:
    found = read_request(batch(one("a", model="models/m"), one("b")), single=False)
    assert found == EmbeddingRequest(texts=["a", "b"])


@pytest.mark.parametrize(
    ("titles", "title", "path"),
    [
        (("t", "t"), "t", "requests[0].title"),
        (("t", "u"), None, "requests[0].title"),
        ((None, "u"), None, "requests[1].title"),
    ],
)
def test_titles_of_different_documents_are_no_title_of_all(
    titles: tuple[str | None, ...], title: str | None, path: str
) -> None:
    documents = [one("a", title=title, taskType="RETRIEVAL_DOCUMENT") for title in titles]
    found = read_request(batch(*documents), single=False)
    assert (found.title, found.paths[Feature.TITLE], found.unknown) == (title, path, ())


def test_nothing_is_lost_silently() -> None:
    image: Json = {"content": {"parts": [{"inlineData": {}}], "x": 1}, "taskType": "NEW", "y": 2}
    found = read_request(batch(image) | {"z": 3}, single=False)
    assert found.paths == {
        Feature.FOREIGN_PART: "requests[0].content.parts[0]",
        Feature.UNKNOWN: "z",
    }
    assert set(found.unknown) == {
        "z",
        "requests[0].y",
        "requests[0].taskType",
        "requests[0].content.x",
    }


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (batch(), "requests"),
        ({}, None),
        (batch(3), "requests[0]"),
        (
            batch(one("a"), {"content": {"parts": [{"text": 3}]}}),
            "requests[1].content.parts[0].text",
        ),
        (batch(one()), "requests[0].content.parts"),
        (batch(one("a", outputDimensionality=0)), "requests[0].outputDimensionality"),
        (batch(one("a"), one("b", taskType="CLUSTERING")), "requests[1].taskType"),
        (
            batch(one("a"), one("b", outputDimensionality=3)),
            "requests[1].outputDimensionality",
        ),
    ],
)
def test_a_mistake_is_told_with_its_path(body: Json, param: str | None) -> None:
    with pytest.raises(CallerError) as caught:
        read_request(body, single=False)
    assert caught.value.param == param
