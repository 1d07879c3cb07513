"""YAML to resources: what a person sees when a file is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weftline_core.desired import Endpoint, Model
from weftline_core.documents import TEXT_BYTES_MAX, read_documents, read_resources
from weftline_core.errors import OperatorError

GOOD = """
kind: Model
name: weftline/ngram
aliases: [ngram]
---
- kind: Endpoint
  name: iad-1
  base_url: http://127.0.0.1:9102/v1
  models: {weftline/ngram: ngram}
"""


def refusal(text: str) -> str:
    with pytest.raises(OperatorError) as caught:
        read_resources(text, "mesh.yaml")
    return caught.value.message


def test_documents_and_lists_of_resources_are_read() -> None:
    model, endpoint = read_resources(GOOD, "mesh.yaml")
    assert model == Model(name="weftline/ngram", aliases=("ngram",))
    assert endpoint == Endpoint(
        name="iad-1", base_url="http://127.0.0.1:9102/v1", models={"weftline/ngram": "ngram"}
    )


def test_all_unknown_fields_are_told_at_once_with_line_and_suggestion() -> None:
    said = refusal("kind: Model\nname: a/b\nalliases: [x]\nfirst_tokn_ms: 5\n")
    assert "mesh.yaml:3: alliases: unknown field, did you mean 'aliases'?" in said
    assert "mesh.yaml:4: first_tokn_ms: unknown field, did you mean 'first_token_ms'?" in said


def test_the_line_is_right_inside_a_list() -> None:
    assert refusal(GOOD.replace("models:", "modls:")).startswith("mesh.yaml:9: modls: unknown")


def test_a_wrong_type_names_path_and_line() -> None:
    said = refusal("kind: Model\nname: a/b\naliases: [x, 5]\n")
    assert said == "mesh.yaml:3: aliases[1]: Expected `str`, got `int`"


def test_an_unknown_kind_suggests_one() -> None:
    assert "did you mean 'Endpoint'?" in refusal("kind: Endpont\nname: x\n")
    assert "no kind; known here: Credential, Endpoint, Key, Model, Pop" in refusal("name: x\n")


def test_a_key_given_twice_is_an_error_not_the_last_one_wins() -> None:
    assert refusal("kind: Model\nname: a\nname: b\n") == (
        "mesh.yaml:3: not valid YAML: the key 'name' is given twice"
    )


def test_a_resource_that_is_wrong_by_itself_is_refused() -> None:
    said = refusal("kind: Endpoint\nname: E 1\nbase_url: ftp://x\nmodels: {}\nsecret: sk-123\n")
    assert "'E 1' is not a valid name" in said
    assert "must begin with http" in said
    assert "never the secret itself" in said
    assert "sk-123" not in said


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "&a [*a]",
        "? {x: 1}\n: 2",
        "just words",
        "kind: [Model]",
        "2024-13-45: x",
        "\x00",
        "a: !!python/x 1",
        "[" * 5_000,
        "[" * 2_000 + "]" * 2_000,
        "{a: " * 2_000 + "1" + "}" * 2_000,
        "\n".join("  " * depth + "a:" for depth in range(1_000)),
    ],
)
def test_bad_yaml_is_an_error_of_the_operator(text: str) -> None:
    assert "mesh.yaml" in refusal(text)


def test_what_is_wrong_is_told_of_every_document() -> None:
    said = refusal("kind: Model\nname: a b\n---\nkind: Modle\n---\n- kind: Pop\n  nmae: x\n")
    assert [line.split(":")[1] for line in said.split("\n")] == ["1", "4", "7"]


def test_a_name_cannot_write_on_the_terminal_or_lines_of_its_own() -> None:
    said = refusal('kind: Pop\nname: "x\\e[31m\\nerror: all is lost"\n"k\\e\\n": 1\n')
    said += refusal('kind: Pop\nname: "x\\e[31m\\nerror: all is lost"\n')
    assert "\x1b" not in said
    assert "\n" not in said


def test_nothing_is_no_resource() -> None:
    assert read_resources("", "mesh.yaml") == []
    assert read_resources("---\n---\n# only a comment\n", "mesh.yaml") == []


def test_a_huge_file_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(OperatorError, match="TEXT_BYTES_MAX"):
        read_documents("#" * (TEXT_BYTES_MAX + 1), "mesh.yaml")


@given(st.text(max_size=200))
def test_any_text_is_resources_or_an_operator_error(text: str) -> None:
    said = "mesh.yaml"
    try:
        read_resources(text, "mesh.yaml")
    except OperatorError as e:
        said = e.message
    assert said.startswith("mesh.yaml")
