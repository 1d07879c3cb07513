"""The shim lets the published etcd3 be imported."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from weftline_control.etcd import shim


def test_etcd3_is_importable_and_stays_so() -> None:
    etcd3 = shim.import_etcd3()
    assert shim.import_etcd3() is etcd3
    assert sys.modules["etcd3"] is etcd3
    rpc = etcd3.etcdrpc
    assert rpc.KVStub
    assert rpc.LeaseStub
    question = rpc.RangeRequest(key=b"k", sort_order=rpc.RangeRequest.DESCEND)
    assert rpc.RangeRequest.FromString(question.SerializeToString()) == question
    assert (rpc.NONE, rpc.NOSPACE) == (0, 1)


def test_without_the_shim_etcd3_cannot_be_imported() -> None:
    # Once this fails, the shim has had its day.
    done = subprocess.run(
        [sys.executable, "-c", "import etcd3"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "Descriptors cannot be created directly" in done.stderr


def test_a_missing_package_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_name: str) -> None:
        return None

    monkeypatch.delitem(sys.modules, shim.PACKAGE, raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", nothing)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'weftline\[etcd3\]'"):
        shim.import_etcd3()


def test_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "etcdrpc").mkdir()
    (tmp_path / "etcdrpc" / "kv_pb2.py").write_text("DESCRIPTOR = None\n")
    spec = importlib.util.spec_from_loader("etcd3", None, origin=str(tmp_path / "__init__.py"))

    def elsewhere(_name: str) -> object:
        return spec

    before = {k: v for k, v in sys.modules.items() if k.startswith(shim.PACKAGE)}
    monkeypatch.delitem(sys.modules, shim.PACKAGE, raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", elsewhere)
    with pytest.raises(ImportError, match=r"not of etcd3 0\.12\.0"):
        shim.import_etcd3()
    # Nothing half-made is left behind.
    left = {k: v for k, v in sys.modules.items() if k.startswith(shim.PACKAGE)}
    assert {k: v for k, v in left.items() if not isinstance(before.get(k), ModuleType)} == {}
