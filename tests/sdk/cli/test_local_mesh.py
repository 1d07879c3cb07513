"""The plan of a mesh on one machine."""

import pytest

from weftline.cli.errors import CliError, ExitCode
from weftline.cli.local_mesh import (
    BASE_PORT,
    BASE_PORT_MAX,
    BASE_PORT_MIN,
    REGIONS,
    plan_mesh,
    to_apply,
    wanted_resources,
)
from weftline_core.desired import Desired, Endpoint, Key, Model
from weftline_core.prices import Offer

DIGEST = "ab" * 32


def test_the_plan_that_the_documents_show() -> None:
    mesh = plan_mesh()
    assert mesh.control == "127.0.0.1:7700"
    assert mesh.is_default
    assert [pop.base_url for pop in mesh.pops][:2] == [
        "http://127.0.0.1:8081/v1",
        "http://127.0.0.1:8082/v1",
    ]
    assert mesh.pops[0].admin_url == "http://127.0.0.1:9081"
    assert [(e.name, e.port) for e in mesh.endpoints] == [
        ("ams-1", 9101),
        ("iad-1", 9102),
        ("nrt-1", 9103),
    ]
    assert mesh.endpoints[1].rtt_ms == {"ams": 80.0, "iad": 2.0, "nrt": 160.0}
    assert len({pop.source for pop in mesh.pops}) == 3


@pytest.mark.parametrize("base_port", [BASE_PORT_MIN, BASE_PORT, BASE_PORT_MAX])
def test_no_two_things_share_a_port_nor_do_two_meshes(base_port: int) -> None:
    mesh = plan_mesh(base_port=base_port, cog=True)
    ports = [*mesh.tcp_ports(), *mesh.udp_ports()]
    assert len(set(ports)) == len(ports) == 14
    assert all(1024 <= port < 65_536 for port in ports)
    beside = plan_mesh(base_port=base_port + 10, cog=True)
    assert not set(ports) & {*beside.tcp_ports(), *beside.udp_ports()}


def test_distances_scale() -> None:
    assert plan_mesh(delay_scale=0.5).endpoints[2].rtt_ms["ams"] == 120.0
    assert set(plan_mesh(delay_scale=0.0).endpoints[0].rtt_ms.values()) == {0.0}


@pytest.mark.parametrize(
    ("regions", "told"),
    [(["amss"], "did you mean 'ams'?"), (["ams", "ams"], "each region once"), ([], "each region")],
)
def test_regions_that_cannot_be(regions: list[str], told: str) -> None:
    with pytest.raises(CliError) as refused:
        plan_mesh(regions)
    assert told in refused.value.message
    assert refused.value.code is ExitCode.USAGE


@pytest.mark.parametrize("cog", [False, True])
def test_the_resources_make_a_valid_state(*, cog: bool) -> None:
    wanted = wanted_resources(plan_mesh(REGIONS, cog=cog), DIGEST)
    assert Desired.EMPTY.changed(wanted, [], 1).problems() == []


def test_a_second_start_changes_nothing() -> None:
    wanted = wanted_resources(plan_mesh(), DIGEST)
    assert to_apply(wanted, []) == wanted
    assert to_apply(wanted, wanted) == []


def test_what_an_operator_changed_stays() -> None:
    mesh = plan_mesh(["ams"])
    wanted = wanted_resources(mesh, DIGEST)
    slow = Model(name="weftline/ngram", policy="nearest")
    drained = Endpoint(
        name="ams-1",
        base_url=mesh.endpoints[0].base_url,
        models={"weftline/ngram": "ngram"},
        drain=True,
    )
    present = [slow, drained, *wanted[1:3]]
    assert to_apply(wanted, present) == []
    moved = wanted_resources(plan_mesh(["ams"], base_port=9000), "cd" * 32)
    put = to_apply(moved, present)
    assert [type(one) for one in put] == [Key, Endpoint]
    endpoint = put[1]
    assert isinstance(endpoint, Endpoint)
    assert (endpoint.drain, endpoint.base_url) == (True, "http://127.0.0.1:10021/v1")


def test_a_model_gets_the_offers_of_a_provider_that_came_later() -> None:
    def model(*providers: str, context_tokens: int | None = None) -> Model:
        offers = tuple(Offer(provider=provider, model="m") for provider in providers)
        return Model(name="acme/m", offers=offers, context_tokens=context_tokens)

    (put,) = to_apply([model("groq", "together")], [model("groq", context_tokens=9)])
    assert put == model("groq", "together", context_tokens=9)
    assert to_apply([model("groq")], [model("groq", "mine")]) == []


def test_a_new_model_takes_nobodys_names() -> None:
    new = Model(name="openai/m", aliases=("m", "groq/m"))
    old = Model(name="groq/m")
    other_task = Model(name="m", task="embeddings")
    assert to_apply([new], [old, other_task]) == [Model(name="openai/m", aliases=("m",))]
