"""The mesh's facts as rows and as data."""

import pytest

from tests.fakes.operator import AT_UNIX_MS, CannedOperator
from weftline.cli.output import plain
from weftline.cli.views import (
    age,
    node_data,
    node_state,
    nodes_grid,
    resource_data,
    resource_facts,
    resource_grids,
    row_data,
    table_grid,
)
from weftline_core.desired import Credential, Endpoint, Model, decode
from weftline_core.documents import read_resources
from weftline_core.sealed_form import written
from weftline_proto.control.v1 import types_pb2


def test_table_has_units_and_leaves_out_what_is_unknown(operator: CannedOperator) -> None:
    assert plain(table_grid(operator.rows)).splitlines() == [
        "POP  ENDPOINT  STATE      RTT MS  TTFT MS  IN FLIGHT  ERRORS %",
        "ams  ams-1     up            2.0     11.5          3      25.0",
        "ams  iad-1     down            -        -          0       0.0",
        "iad  ams-1     probation    80.0        -          0       0.0",
    ]


def test_row_data_is_exact(operator: CannedOperator) -> None:
    assert row_data(operator.rows[0]) == {
        "pop": "ams",
        "endpoint": "ams-1",
        "state": "up",
        "rtt_ms": 2.04,
        "ttft_ms": 11.5,
        "in_flight": 3,
        "error_rate": 0.25,
    }
    assert row_data(operator.rows[1])["rtt_ms"] is None


def test_one_grid_a_kind(operator: CannedOperator) -> None:
    grids = resource_grids(operator.desired.resources.values())
    assert [grid.columns[0] for grid in grids] == ["MODEL", "ENDPOINT", "KEY", "POP"]
    assert "abababababab..." in plain(grids[2])


def test_a_sealed_secret_is_named_by_its_key_only() -> None:
    sealed = written("0123456789ab", bytes(40))
    one = Credential(name="main", provider="openai", sealed=sealed, requests_per_minute=60)
    two = Credential(name="vip", provider="openai", env="A_KEY", alias="team-1")
    [grid] = resource_grids([one, two])
    assert plain(grid).splitlines() == [
        "CREDENTIAL  PROVIDER  ALIAS    SECRET                        REQUESTS/MIN  TOKENS/MIN",
        "main        openai    default  sealed (key id 0123456789ab)            60           -",
        "vip         openai    team-1   env:A_KEY                                -           -",
    ]
    assert resource_facts(one)["sealed"] == "sealed (key id 0123456789ab)"
    assert resource_data(one)["sealed"] == sealed, "what `apply` reads back"
    assert resource_facts(two) == resource_data(two)


def test_resource_data_is_what_apply_reads_back(operator: CannedOperator) -> None:
    for resource in operator.desired.resources.values():
        data = resource_data(resource)
        assert None not in data.values()
        assert read_resources(str(data), "here") == [resource]
    assert decode(b'{"kind":"Model","name":"m"}') == Model(name="m")
    far = Endpoint(name="e", base_url="http://h", models={"m": "m"}, secret="env:KEY")
    assert resource_data(far)["secret"] == "env:KEY", "a reference is no secret"


def test_nodes_show_a_refusal_only_if_there_is_one(operator: CannedOperator) -> None:
    assert "REFUSES BECAUSE" not in nodes_grid(operator.nodes, AT_UNIX_MS).columns
    operator.nodes[0].refusal = "no such thing"
    grid = nodes_grid(operator.nodes, AT_UNIX_MS)
    assert grid.columns[-1] == "REFUSES BECAUSE"
    assert grid.rows[0][-1] == "no such thing"


def test_node_data_and_state(operator: CannedOperator) -> None:
    ams, iad = operator.nodes
    assert (node_state(ams), node_state(iad)) == ("connected", "lost")
    ams.draining = True
    assert node_state(ams) == "draining"
    data = node_data(ams)
    assert data["admin_url"] == "http://127.0.0.1:9081"
    assert set(data) == {field.name for field in types_pb2.Node.DESCRIPTOR.fields}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5.0, "now"), (1.9, "now"), (59.0, "59 s ago"), (120.0, "2 min ago"), (7200.0, "2 h ago")],
)
def test_age(seconds: float, words: str) -> None:
    assert age(seconds) == words
