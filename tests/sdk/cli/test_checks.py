"""Each check of this machine finds fault when there is one, and says what to do."""

import socket
from pathlib import Path

import pytest

from weftline.cli import checks
from weftline.cli.checks import State
from weftline.cli.local_mesh import plan_mesh
from weftline_core.hosts import Host


def test_this_machine_has_what_it_needs() -> None:
    assert checks.python_version().state is State.OK
    assert checks.libraries().state is State.OK
    assert checks.compiled_parts().state is State.OK
    assert checks.datagrams().state is State.OK


def test_an_old_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "PYTHON_MIN", (9, 9))
    assert checks.python_version().state is State.FAILED


def test_a_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "LIBRARIES", ("typer", "surely-not-installed-anywhere"))
    found = checks.libraries()
    assert found.state is State.FAILED
    assert "surely-not-installed-anywhere missing" in found.words


def test_a_compiled_part_that_does_not_load() -> None:
    found = checks.compiled_parts({"fast": "no_such_module_here", "json": "json"})
    assert (found.state, found.words) == (State.FAILED, "not there: fast")
    assert found.next_step.endswith(" fast")


@pytest.mark.parametrize(
    ("soft", "state"),
    [(64, State.FAILED), (1024, State.WARNING), (4096, State.OK), (-1, State.OK)],
)
def test_open_files(soft: int, state: State) -> None:
    assert checks.open_files(soft).state is state


def test_ports_in_use_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        mesh = plan_mesh(["ams"], base_port=port - 1)
        monkeypatch.setattr(checks, "plan_mesh", lambda: mesh)
        found = checks.ports_free(mesh_runs=False)
        assert found.state is State.FAILED
        assert str(port) in found.words
        assert checks.ports_free(mesh_runs=True).state is State.OK


def test_sysctls(tmp_path: Path) -> None:
    (tmp_path / "ipv4").mkdir()
    (tmp_path / "core").mkdir()
    assert checks.slow_start(tmp_path).state is State.OK, "not every system has it"
    (tmp_path / "ipv4/tcp_slow_start_after_idle").write_text("1\n")
    (tmp_path / "core/somaxconn").write_text("128\n")
    assert checks.slow_start(tmp_path).state is State.WARNING
    assert checks.accept_queue(tmp_path).next_step == "sysctl -w net.core.somaxconn=4096"
    (tmp_path / "ipv4/tcp_slow_start_after_idle").write_text("0\n")
    (tmp_path / "core/somaxconn").write_text("4096\n")
    assert checks.slow_start(tmp_path).state is State.OK
    assert checks.accept_queue(tmp_path).state is State.OK


def test_what_deploy_sets_is_what_is_checked(tmp_path: Path) -> None:
    file = Path(__file__).parents[3] / "deploy/90-weftline.conf"
    for line in file.read_text().splitlines():
        if line and not line.startswith("#"):
            name, value = line.split(" = ")
            setting = tmp_path / name.removeprefix("net.").replace(".", "/")
            setting.parent.mkdir(exist_ok=True)
            setting.write_text(value)
    for check in (checks.slow_start, checks.accept_queue):
        found = check(tmp_path)
        assert (found.state, found.words) != (State.OK, "not a setting of this system")
        assert found.state is State.OK


def test_keys_are_told_by_name_and_never_by_value() -> None:
    acme = Host(name="acme", speaks=(), base_url="https://acme.invalid/v1", key_env="ACME_API_KEY")
    found = checks.provider_keys({"ACME_API_KEY": "sk-secret"}, [acme])
    assert found.words == "found for acme (ACME_API_KEY)"
    assert "sk-secret" not in repr(found)
    assert "ACME_API_KEY" in checks.provider_keys({}, [acme]).words


def test_everything_is_looked_at() -> None:
    names = [finding.check for finding in checks.this_machine(mesh_runs=True)]
    assert len(names) == len(set(names)) == 9
