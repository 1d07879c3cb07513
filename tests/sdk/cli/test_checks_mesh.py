"""What others' answers tell of the mesh."""

from datetime import UTC, datetime

import pytest

from tests.fakes.operator import AT_UNIX_MS, CannedOperator
from tests.fakes.pages import answering
from weftline.cli import checks_mesh
from weftline.cli.checks import State
from weftline.cli.checks_mesh import Heard
from weftline.cli.errors import CliError
from weftline_proto.control.v1 import types_pb2

HERE = datetime(2026, 11, 24, tzinfo=UTC)


def node(
    name: str, revision: int = 7, refusal: str = "", *, connected: bool = True
) -> types_pb2.Node:
    return types_pb2.Node(id=name, revision=revision, refusal=refusal, connected=connected)


@pytest.mark.parametrize(
    ("nodes", "state", "words"),
    [
        ([], State.WARNING, "none has come yet"),
        ([node("ams"), node("iad")], State.OK, "2 connected, all at revision 7"),
        ([node("ams"), node("iad", 6)], State.FAILED, "not at one revision: ams at 7, iad at 6"),
        ([node("ams"), node("iad", connected=False)], State.WARNING, "not connected: iad"),
        ([node("ams", refusal="odd")], State.FAILED, "refuse the state: ams: odd"),
    ],
)
def test_nodes(nodes: list[types_pb2.Node], state: State, words: str) -> None:
    found = checks_mesh.nodes(nodes)
    assert (found.state, found.words) == (state, words)
    assert bool(found.next_step) is (state is not State.OK)


@pytest.mark.parametrize(
    ("off_s", "state"),
    [(0.0, State.OK), (1.9, State.OK), (5.0, State.WARNING), (3600.0, State.FAILED)],
)
def test_clock(off_s: float, state: State) -> None:
    assert checks_mesh.clock(HERE, off_s).state is state


def test_a_clock_that_was_never_set() -> None:
    assert checks_mesh.clock(datetime(1970, 1, 1, tzinfo=UTC), 0.0).state is State.FAILED


def test_a_slow_answer_is_no_wrong_clock() -> None:
    heard = Heard([node("ams")], at_unix_ms=0, here_unix_ms=3_000, took_s=2.9)
    assert checks_mesh.mesh(heard, "c:1", asked_for=False)[-1].state is State.OK


@pytest.mark.parametrize(("asked_for", "state"), [(True, State.FAILED), (False, State.WARNING)])
def test_no_control_plane(state: State, *, asked_for: bool) -> None:
    gone, clock = checks_mesh.mesh(CliError("nobody"), "c:1", asked_for=asked_for)
    assert (gone.check, gone.state, clock.check) == ("control plane", state, "clock")


def test_a_real_control_plane_is_asked(operator: CannedOperator, control: str) -> None:
    heard = checks_mesh.ask(control)
    assert isinstance(heard, Heard)
    assert heard.at_unix_ms == AT_UNIX_MS
    assert [one.id for one in heard.nodes] == ["ams", "iad"]
    assert len(operator.asked) == 2


@pytest.mark.parametrize(
    ("version", "state"), [("3.5.1", State.WARNING), ("3.5.3", State.OK), ("3.6.14", State.OK)]
)
def test_etcd(version: str, state: State) -> None:
    with answering({"/version": {"etcdserver": version, "etcdcluster": "3.5.0"}}) as pages:
        found = checks_mesh.etcd(pages.url.removeprefix("http://"))
    assert found is not None
    assert (found.state, version in found.words) == (state, True)


def test_no_etcd_is_no_finding() -> None:
    assert checks_mesh.etcd("127.0.0.1:1") is None
