"""A mesh whose desired state lives in a real etcd, which dies and comes back."""

import json
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.e2e.mesh import SOON_S, Ready, ask, call, free_base_port, running, weft, within
from tests.fakes.etcd import Etcd, free_ports
from weftline.cli.errors import ExitCode

pytestmark = pytest.mark.e2e

ALIAS = """\
kind: Model
name: weftline/ngram
aliases: [after]
"""

# An operator's call gives up after 5 s, and the control plane before it.
GIVES_UP_S = 15.0


@pytest.fixture
def etcd(tmp_path: Path) -> Generator[Etcd]:
    etcd = Etcd.of(tmp_path / "etcd").start()
    yield etcd
    etcd.stop()


@pytest.fixture
def ready(etcd: Etcd, tmp_path: Path) -> Generator[Ready]:
    with running(tmp_path, "--pops", "ams,iad", "--store", etcd.url) as (_, ready):
        yield ready


def test_etcd_dies_and_comes_back(etcd: Etcd, ready: Ready, tmp_path: Path) -> None:
    ams, iad = ready.pops
    assert "weftline" in etcd.ctl("get", "", "--from-key", "--keys-only")
    file = tmp_path / "alias.yaml"
    file.write_text(ALIAS)
    apply = ("apply", "-o", "json", "-f", str(file))
    before = ask(ams, ready.key).revision

    (member,) = etcd.members
    member.kill()
    for _ in range(10):
        assert ask(ams, ready.key).revision == before
        assert ask(iad, ready.key).revision == before
    refused = weft(ready.control, *apply)
    assert refused.code == ExitCode.UNAVAILABLE
    assert "store" in refused.err
    seen = weft(ready.control, "get", "models")
    assert seen.code == 0
    assert "weftline/ngram" in seen.out
    assert "this may be old" in seen.err

    member.start()
    within(GIVES_UP_S, lambda: weft(ready.control, *apply).code == 0)
    after = json.loads(weft(ready.control, *apply).out)["revision"]
    assert after > before
    within(SOON_S, lambda: {ask(pop, ready.key).revision for pop in (ams, iad)} == {after})
    assert ask(iad, ready.key, "after").revision == after


def test_an_etcd_that_is_not_there_is_told(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    own = ("--base-port", str(free_base_port()), "--data", str(tmp_path))
    ended = call("up", *own, "--store", f"etcd://127.0.0.1:{port}")
    assert ended.code == ExitCode.FAILED
    assert f"etcd at 127.0.0.1:{port} does not answer: start it" in ended.err
    assert "Traceback" not in ended.err
