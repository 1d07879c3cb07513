"""The command line of each process."""

from collections.abc import Generator
from pathlib import Path

import pytest

from weftline.cli.children import Household
from weftline.cli.data_dir import DataDir
from weftline.cli.local_mesh import plan_mesh

ENVIRONMENT = {"PATH": "/bin", "ACME_API_KEY": "sk-secret"}


@pytest.fixture
def data(tmp_path: Path) -> Generator[DataDir]:
    folder = DataDir(tmp_path)
    yield folder
    folder.close()


def household(data: DataDir, delay_scale: float = 1.0) -> Household:
    return Household(
        mesh=plan_mesh(cog=True, delay_scale=delay_scale),
        data=data,
        store="sqlite",
        environment=ENVIRONMENT,
        secret_names={"ACME_API_KEY"},
        restart_endpoints=False,
    )


def test_the_control_plane(data: DataDir) -> None:
    child = household(data).control()
    assert " ".join(child.command[1:]) == (
        f"-m weftline control --listen 127.0.0.1:7700 --store sqlite --data {data.path}/control"
    )
    assert child.restart


def test_an_endpoint_is_far_from_each_pop_by_its_address(data: DataDir) -> None:
    home = household(data)
    child = home.endpoint(home.mesh.endpoints[1])
    assert " ".join(child.command[1:]) == (
        "-m weftline bench endpoint --name iad-1 --listen 127.0.0.1:9102"
        " --delay 127.0.0.11=80 --delay 127.0.0.12=2 --delay 127.0.0.13=160"
    )
    assert not child.restart


def test_a_pop_dials_from_its_own_address_and_knows_the_others(data: DataDir) -> None:
    home = household(data)
    child = home.pop(home.mesh.pops[2])
    assert " ".join(child.command[1:]) == (
        "-m weftline node --id nrt --region nrt --listen 127.0.0.1:8083 --admin 127.0.0.1:9083"
        f" --gossip 127.0.0.1:7783 --control 127.0.0.1:7700 --data {data.path}/pop-nrt"
        f" --source-address 127.0.0.13 --pepper-file {data.path}/pepper"
        " --join 127.0.0.1:7781 --join 127.0.0.1:7782"
    )
    assert child.restart


def test_without_distances_nobody_needs_another_address(data: DataDir) -> None:
    home = household(data, delay_scale=0.0)
    assert "--source-address" not in home.pop(home.mesh.pops[0]).command
    assert "--delay" not in home.endpoint(home.mesh.endpoints[0]).command


def test_only_pops_see_the_providers_keys(data: DataDir) -> None:
    home = household(data)
    assert home.pop(home.mesh.pops[0]).environment == ENVIRONMENT
    for child in (home.control(), home.endpoint(home.mesh.endpoints[0]), home.cog()):
        assert child.environment == {"PATH": "/bin"}


def test_cog_may_take_its_time(data: DataDir) -> None:
    child = household(data).cog()
    assert child.command[2:] == ("weftline", "bench", "cog", "--listen", "127.0.0.1:9109")
    assert child.ready_wait_s > 60
