"""`weft node` and `weft validate`, as typed."""

import os
from pathlib import Path

import msgspec
import pytest

from weftline.cli.main import run
from weftline_node.launch import Launch

YAML = """
listen: 127.0.0.1:8099
keys: [{name: dev, key: env:WEFT_TEST_KEY}]
models: [{name: m}]
endpoints: [{name: e, base_url: "http://h/v1", models: {m: m}}]
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WEFT_TEST_KEY", "k")
    path = tmp_path / "weft.yaml"
    path.write_text(YAML)
    return path


def test_a_good_file_is_ok(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "-f", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: ok, models 1, endpoints 1, keys 1\n"


def test_a_bad_file_is_told_and_is_a_usage_error(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_text(YAML.replace("base_url", "base_ulr"))
    assert run(["validate", "-f", str(path)]) == 2
    assert "did you mean 'base_url'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("provider: opnai", "endpoint 'e': no provider is called 'opnai'"),
        ("secret: env:NO_SUCH", "endpoint 'e': the environment variable NO_SUCH is not set"),
    ],
)
def test_an_endpoint_that_could_not_be_used_from_here_is_told(
    path: Path, capsys: pytest.CaptureFixture[str], more: str, said: str
) -> None:
    path.write_text(YAML.replace("{m: m}}", f"{{m: m}}, {more}}}"))
    assert run(["validate", "-f", str(path)]) == 2
    assert f"error: {path}: {said}" in capsys.readouterr().err


def test_a_path_that_is_no_text_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / os.fsdecode(b"weft\xff.yaml")
    path.write_text(YAML.replace("env:WEFT_TEST_KEY", "k"))
    assert run(["node", "--config", str(path)]) == 2
    assert "rename it" in capsys.readouterr().err


def test_a_database_that_cannot_be_read_is_told(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_text(f"{YAML}geoip: /no/such.mmdb\n")
    assert run(["validate", "-f", str(path)]) == 2
    assert "cannot read /no/such.mmdb: No such file" in capsys.readouterr().err


def test_a_node_becomes_a_clean_process(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[list[str]] = []

    def execv(_program: str, arguments: list[str]) -> None:
        became.append(arguments)

    monkeypatch.setattr(os, "execv", execv)
    assert run(["node", "--config", str(path)]) == 0
    assert became[0][1:3] == ["-m", "weftline_node"]
    launch = msgspec.json.decode(became[0][3], type=Launch)
    assert launch.config == str(path)


def test_a_node_does_not_start_on_a_file_that_it_cannot_serve_by(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("WEFT_TEST_KEY")
    monkeypatch.delattr(os, "execv")
    assert run(["node", "--config", str(path)]) == 2
    assert "WEFT_TEST_KEY, which is not set" in capsys.readouterr().err


def test_wrong_options_are_told_before_anything_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["node", "--id", "ams"]) == 2
    assert "give --config FILE, or --id, --control and --pepper-file" in capsys.readouterr().err
