"""The search for models, as at Cloudflare."""

from typing import Any

import orjson
import pytest

from weftline_core.cloudflare.search import author_of, search_page
from weftline_core.desired import Model
from weftline_core.errors import CallerError

LLAMA = Model(name="llama", aliases=("@cf/meta/llama-3",), context_tokens=8192)
GPT = Model(name="openai/gpt", retires="2027-01-01")
BGE = Model(name="bge", task="embeddings", owned_by="BAAI")
MODELS = (BGE, LLAMA, GPT)


def search(**query: str) -> Any:
    return orjson.loads(search_page(MODELS, query))


def names(**query: str) -> list[str]:
    return [model["name"] for model in search(**query)["result"]]


def test_all_of_them_by_the_name_that_cloudflares_clients_know() -> None:
    assert names() == ["bge", "@cf/meta/llama-3", "openai/gpt"]


def test_filters() -> None:
    assert names(author="meta") == ["@cf/meta/llama-3"]
    assert names(author="baai") == ["bge"]
    assert names(task="Text Embeddings") == ["bge"]
    assert names(task="text generation", search="GPT") == ["openai/gpt"]
    assert names(search="llama-3") == names(search="llama")


def test_pages() -> None:
    page = search(page="2", per_page="2")
    assert [model["name"] for model in page["result"]] == ["openai/gpt"]
    assert page["result_info"] == {"count": 1, "page": 2, "per_page": 2, "total_count": 3}
    assert names(page="3", per_page="2") == []


def test_one_model() -> None:
    llama = search(search="llama")["result"][0]
    assert llama["source"] == 1
    assert llama["task"]["name"] == "Text Generation"
    assert llama["properties"] == [{"property_id": "context_window", "value": "8192"}]
    assert len(llama["id"]) == 36
    assert llama == search(author="meta")["result"][0]
    assert search(search="gpt")["result"][0]["properties"][0]["value"] == "2027-01-01"


def test_authors() -> None:
    assert [author_of(model) for model in MODELS] == ["baai", "meta", "openai"]


@pytest.mark.parametrize("query", [{"page": "0"}, {"per_page": "x"}, {"per_page": "1001"}])
def test_wrong_numbers(query: dict[str, str]) -> None:
    with pytest.raises(CallerError) as caught:
        search_page(MODELS, query)
    assert caught.value.param in query
