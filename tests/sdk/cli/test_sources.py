"""Resources from files, folders and standard input."""

import io
import sys
from pathlib import Path

import pytest

from weftline.cli.errors import CliError, ExitCode
from weftline.cli.sources import read_sources
from weftline_core.desired import Model, Pop
from weftline_core.errors import OperatorError

MODEL = "kind: Model\nname: m\n"


def test_a_folder_is_read_in_order_and_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text("kind: Pop\nname: ams\n")
    (tmp_path / "a.yaml").write_text(MODEL)
    (tmp_path / "c.json").write_text('{"kind": "Pop", "name": "nrt"}')
    (tmp_path / "notes.txt").write_text("not: a resource")
    assert read_sources([str(tmp_path)]) == [Model(name="m"), Pop(name="ams"), Pop(name="nrt")]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{MODEL}---\nkind: Pop\nname: ams\n"))
    assert read_sources(["-"]) == [Model(name="m"), Pop(name="ams")]


def test_errors_name_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(f"{MODEL}polcy: nearest\n")
    with pytest.raises(OperatorError, match=r"a\.yaml:3: polcy: unknown field, .*'policy'"):
        read_sources([str(file)])


@pytest.mark.parametrize("twin", ["a.yaml", "b.yaml"])
def test_a_resource_has_one_definition(tmp_path: Path, twin: str) -> None:
    (tmp_path / "a.yaml").write_text(MODEL)
    with (tmp_path / twin).open("a") as f:
        f.write(f"---\n{MODEL}")
    with pytest.raises(CliError, match="Model/m is defined twice"):
        read_sources([str(tmp_path)])


def test_a_file_that_holds_nothing_or_is_not_there_is_said(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    with pytest.raises(OperatorError, match=r"a\.yaml: No such file"):
        read_sources([str(file)])
    file.write_text("")
    with pytest.raises(CliError, match="no resources in") as refused:
        read_sources([str(file)])
    assert refused.value.code is ExitCode.USAGE


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(CliError, match=r"no \.yaml, \.yml, \.json file"):
        read_sources([str(tmp_path)])
