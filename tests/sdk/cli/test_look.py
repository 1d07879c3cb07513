"""What there is, for people and for programs."""

import io
import json
import sys

import pytest
import yaml

from tests.fakes.operator import CannedOperator
from tests.sdk.cli.conftest import Weft
from weftline.cli.errors import ExitCode
from weftline.cli.sources import read_sources
from weftline_core.desired import Desired


def test_get_shows_all_kinds(control: str, weft: Weft) -> None:
    out = weft("get", "--control", control).out
    assert [block.split()[0] for block in out.split("\n\n")] == ["MODEL", "ENDPOINT", "KEY", "POP"]


def test_get_one_kind_and_one_resource(control: str, weft: Weft) -> None:
    assert len(weft("get", "endpoints", "--control", control).out.splitlines()) == 3
    one = weft("get", "model/weftline/ngram", "--control", control, "-o", "yaml").out
    assert yaml.safe_load(one)["aliases"] == ["ngram"]
    assert json.loads(weft("get", "pops", "-o", "json", "--control", control).out) == [
        {"kind": "Pop", "name": "ams", "drain": False}
    ]


def test_what_get_prints_apply_reads_back(
    operator: CannedOperator, control: str, weft: Weft, monkeypatch: pytest.MonkeyPatch
) -> None:
    for form in ("yaml", "json"):
        printed = weft("get", "-o", form, "--control", control).out
        monkeypatch.setattr(sys, "stdin", io.StringIO(printed))
        read = read_sources(["-"])
        assert sorted(map(str, read)) == sorted(map(str, operator.desired.resources.values()))


def test_get_of_nothing(operator: CannedOperator, control: str, weft: Weft) -> None:
    ended = weft("get", "Model/none", "--control", control)
    assert (ended.code, ended.out) == (ExitCode.NOT_FOUND, "")
    assert ended.err == "error: Model/none does not exist\n"
    operator.desired = Desired.EMPTY
    assert "weft apply -f" in weft("get", "--control", control).out
    assert weft("get", "-o", "json", "--control", control).out == "[]\n"


def test_nodes(control: str, weft: Weft) -> None:
    lines = weft("nodes", "--control", control).out.splitlines()
    assert lines[0].split()[:4] == ["NODE", "REGION", "STATE", "REVISION"]
    assert lines[1].split()[:4] == ["ams", "ams", "connected", "7"]
    data = json.loads(weft("nodes", "--control", control, "-o", "json").out)
    assert [node["connected"] for node in data] == [True, False]
