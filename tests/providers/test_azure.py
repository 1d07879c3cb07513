"""Azure OpenAI: two layouts of paths."""

from weftline_core.chat.features import Feature
from weftline_core.dialects.dialect import Target
from weftline_providers.azure import HOST

OLD = Target(model="my deployment", options={"api_version": "2024-10-21"})
NEW = Target(model="my deployment")


def test_the_newer_layout_names_the_deployment_in_the_body() -> None:
    assert [HOST.path(back, NEW, stream=False) for back in HOST.speaks] == [
        "/chat/completions",
        "/responses",
        "/embeddings",
    ]


def test_the_older_layout_names_it_in_the_path() -> None:
    assert [HOST.path(back, OLD, stream=False) for back in HOST.speaks] == [
        "/deployments/my%20deployment/chat/completions?api-version=2024-10-21",
        "/responses?api-version=2024-10-21",
        "/deployments/my%20deployment/embeddings?api-version=2024-10-21",
    ]


def test_the_key_has_a_header_of_its_own() -> None:
    assert HOST.headers(HOST.speaks[0], "k") == (("api-key", "k"),)


def test_it_takes_tools_of_free_text_as_openai_does() -> None:
    assert Feature.TOOL_FREE_TEXT not in HOST.speaks[0].losses
