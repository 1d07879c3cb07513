"""What `weft up` tells."""

import sys
from pathlib import Path

import pytest

from weftline.cli.local_mesh import plan_mesh
from weftline.cli.supervise import Event, What
from weftline.cli.up_story import Ready, event_line, print_ready, ready_data

PIDS = {"control": 1, "ams": 2, "iad": 3, "ams-1": 4, "iad-1": 5}


def ready(base_port: int = 8080, **providers: str) -> Ready:
    return Ready(
        mesh=plan_mesh(["ams", "iad"], base_port=base_port),
        key="weft-k",
        store="sqlite",
        data=Path(".weft"),
        logs=Path(".weft/logs"),
        pids=PIDS,
        models=("weftline/embed", "weftline/ngram", "acme/small"),
        providers=providers,
        seconds=2.04,
    )


def test_for_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    print_ready(ready(acme="ACME_API_KEY"), restarts_endpoints=False)
    out = capsys.readouterr().out
    for told in (
        "ready (2.0 s)",
        "ams  http://127.0.0.1:8081/v1  2 ms      80 ms",
        "curl -N http://127.0.0.1:8081/v1/chat/completions -H 'authorization: Bearer weft-k'",
        "acme (ACME_API_KEY)",
        "and 1 of providers",
        "kill -9 4 ends ams-1",
        "stays down",
        "Ctrl-C",
        ".weft/logs",
    ):
        assert told in out
    assert "WEFT_CONTROL" not in out, "commands find the usual control plane by themselves"


def test_a_mesh_elsewhere_tells_how_to_reach_it(capsys: pytest.CaptureFixture[str]) -> None:
    print_ready(ready(8090), restarts_endpoints=True)
    out = capsys.readouterr().out
    assert "export WEFT_CONTROL=127.0.0.1:7710" in out
    assert "is started again" in out
    assert "none: no key such as OPENAI_API_KEY" in out


@pytest.mark.parametrize("found", [False, True])
def test_a_shell_that_does_not_find_weft_is_told_how(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    found: bool,
) -> None:
    if found:
        (tmp_path / "weft").touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    print_ready(ready(), restarts_endpoints=False)
    folder = Path(sys.executable).parent
    assert (f"export PATH={folder}:$PATH" in capsys.readouterr().out) is not found


def test_for_a_program() -> None:
    data = ready_data(ready())
    assert data["event"] == "ready"
    assert data["pops"] == [
        {
            "id": name,
            "base_url": f"http://127.0.0.1:{port}/v1",
            "admin_url": f"http://127.0.0.1:{port + 1000}",
            "pid": PIDS[name],
        }
        for name, port in (("ams", 8081), ("iad", 8082))
    ]
    assert data["key"] == "weft-k"


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Event("ams", What.READY, 7), None),
        (Event("ams", What.RESTARTED, 7), "ams runs again (process 7)"),
        (
            Event("ams", What.DIED, 7, "was killed by SIGKILL", 0.5),
            "ams was killed by SIGKILL; it is started again in 0.5 s",
        ),
        (
            Event("ams-1", What.LEFT_DOWN, 7, "was killed by SIGKILL"),
            "ams-1 was killed by SIGKILL and stays down; to start it: weft bench endpoint --name x",
        ),
    ],
)
def test_events(event: Event, line: str | None) -> None:
    commands = {"ams-1": ("python", "-m", "weftline", "bench", "endpoint", "--name", "x")}
    assert event_line(event, commands) == line
