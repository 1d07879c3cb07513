"""One resource in its surroundings."""

import json

import pytest

from tests.fakes.operator import CannedOperator
from tests.sdk.cli.conftest import Weft
from weftline.cli.describe import Mesh, description
from weftline.cli.errors import CliError, ExitCode
from weftline_core.desired import Credential, Endpoint
from weftline_core.sealed_form import written


@pytest.fixture
def mesh(operator: CannedOperator) -> Mesh:
    return Mesh(tuple(operator.desired.resources.values()), operator.nodes, operator.rows)


def test_a_model_is_served_by_endpoints_and_measured_there(mesh: Mesh) -> None:
    found = description("Model/weftline/ngram", mesh)
    assert (found.relation, found.related) == ("served by", ("Endpoint/ams-1", "Endpoint/iad-1"))
    assert len(found.rows) == 3


def test_an_endpoint_serves_models_and_is_measured_by_every_pop(mesh: Mesh) -> None:
    found = description("Endpoint/ams-1", mesh)
    assert (found.relation, found.related) == ("serves", ("Model/weftline/ngram",))
    assert [row.pop for row in found.rows] == ["ams", "iad"]


def test_a_pop_is_its_node_and_what_it_measures(mesh: Mesh) -> None:
    found = description("Pop/ams", mesh)
    assert found.node is not None
    assert found.node.id == "ams"
    assert [row.endpoint for row in found.rows] == ["ams-1", "iad-1"]


def test_a_node_of_which_nothing_is_wished_is_described_too(mesh: Mesh) -> None:
    found = description("Pop/iad", mesh)
    assert found.resource is None
    assert found.node is not None


@pytest.mark.parametrize(
    ("ref", "told"),
    [
        ("Pop/iad2", "did you mean 'Pop/iad'?"),
        ("Endpoint/iad", "did you mean 'Endpoint/iad-1'?"),
        ("Key/zzz", "known here: Key/app"),
    ],
)
def test_what_does_not_exist_is_suggested(mesh: Mesh, ref: str, told: str) -> None:
    with pytest.raises(CliError) as missing:
        description(ref, mesh)
    assert told in missing.value.message
    assert missing.value.code is ExitCode.NOT_FOUND


def test_in_words_and_as_data(control: str, weft: Weft) -> None:
    lines = weft("describe", "endpoint/ams-1", "--control", control).out.splitlines()
    assert lines[0] == "Endpoint/ams-1"
    assert ["models", "weftline/ngram", "->", "n"] in [line.split() for line in lines]
    assert ["credentials", "-"] in [line.split() for line in lines]
    assert lines[lines.index("serves") + 1] == "  Model/weftline/ngram"
    assert lines[lines.index("measured") + 1].startswith("POP  ENDPOINT")
    data = json.loads(weft("describe", "Pop/ams", "--control", control, "-o", "json").out)
    assert data["node"]["revision"] == 7
    assert data["resource"] == {"kind": "Pop", "name": "ams", "drain": False}
    assert [row["state"] for row in data["table"]] == ["up", "down"]


def test_a_key_has_nothing_to_measure(control: str, weft: Weft) -> None:
    assert "measured" not in weft("describe", "Key/app", "--control", control).out


def test_a_credential_is_used_by_endpoints_and_never_shown(
    operator: CannedOperator, control: str, weft: Weft
) -> None:
    sealed = written("0123456789ab", bytes(40))
    operator.desired = operator.desired.changed(
        [
            Credential(name="main", provider="openai", sealed=sealed),
            Endpoint(name="e", base_url="http://h", models={}, credentials=("main",)),
        ],
        [],
        8,
    )
    for form in ("table", "json", "yaml"):
        told = weft("describe", "Credential/main", "--control", control, "-o", form).out
        assert sealed not in told
        assert "sealed (key id 0123456789ab)" in told
        assert "Endpoint/e" in told
    told = weft("describe", "Credential/main", "--control", control).out
    assert "used by" in told
    assert "measured" not in told
    assert sealed not in weft("get", "credentials", "--control", control).out
