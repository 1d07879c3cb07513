"""OpenAI's SDK, unmodified, against every kind of provider: embeddings, and lists of models."""

import base64
import struct
from collections.abc import Generator
from typing import cast

import openai
import pytest

from tests.e2e.sdk_mesh import (
    ALL,
    EMBEDDING,
    Mesh,
    embedder,
    mesh_in_thread,
    openai_client,
)
from weftline_bench.sims.embeddings import DIMENSIONS, vector

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def running() -> Generator[tuple[Mesh, openai.OpenAI]]:
    with mesh_in_thread() as mesh, openai_client(mesh) as client:
        yield mesh, client


@pytest.fixture
def client(running: tuple[Mesh, openai.OpenAI]) -> openai.OpenAI:
    running[0].calm()
    return running[1]


@pytest.mark.parametrize("name", EMBEDDING)
def test_embeddings(client: openai.OpenAI, name: str) -> None:
    texts = ["near the sea", "by the sea"]
    answer = client.embeddings.create(model=embedder(name), input=texts, encoding_format="float")
    assert [item.index for item in answer.data] == [0, 1]
    assert [item.embedding for item in answer.data] == [vector(text) for text in texts]
    assert answer.usage.prompt_tokens == 6
    # Without a word the SDK asks for base64 and decodes it.
    silent = client.embeddings.create(model=embedder(name), input="near the sea")
    assert silent.data[0].embedding == vector("near the sea")
    asked = client.embeddings.create(
        model=embedder(name), input="near the sea", encoding_format="base64"
    )
    data = base64.b64decode(cast("str", cast("object", asked.data[0].embedding)))
    assert list(struct.unpack(f"<{DIMENSIONS}f", data)) == vector("near the sea")


@pytest.mark.parametrize("name", EMBEDDING)
def test_embeddings_of_fewer_dimensions(client: openai.OpenAI, name: str) -> None:
    few = 256
    answer = client.embeddings.create(model=embedder(name), input="sea", dimensions=few)
    assert answer.data[0].embedding == vector("sea", few)


def test_models(client: openai.OpenAI) -> None:
    found = {model.id: model for model in client.models.list()}
    assert {f"on/{name}" for name in ALL} <= set(found)
    assert found["on/openai"].object == "model"
    assert client.models.retrieve("on/openai").id == "on/openai"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("no/such-model")


@pytest.mark.parametrize(
    ("query", "some", "others"),
    [
        ({"task": "embeddings"}, {embedder("openai")}, {"on/openai"}),
        ({"provider": "anthropic"}, {"on/anthropic", "chain/any"}, {"on/openai"}),
        ({"input": "image"}, {"on/openai"}, {"thinks/openai"}),
        ({"q": "gemini"}, {"on/gemini", "thinks/gemini"}, {"on/openai"}),
    ],
)
def test_models_of_a_kind(
    client: openai.OpenAI, query: dict[str, str], some: set[str], others: set[str]
) -> None:
    found = {model.id for model in client.models.list(extra_query=query)}
    assert some <= found
    assert not others & found


def test_a_filter_that_there_is_not_is_named(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.models.list(extra_query={"colour": "red"})
    assert caught.value.param == "colour"
