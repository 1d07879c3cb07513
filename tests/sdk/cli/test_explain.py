"""Which PoP is asked, and what it answers."""

import json

import pytest

from tests.fakes.operator import CannedOperator
from tests.fakes.pages import answering
from tests.sdk.cli.conftest import Weft
from weftline.cli.errors import CliError, ExitCode
from weftline.cli.explain import admin_url


def test_the_pop_asked_is_the_one_named_or_the_first(operator: CannedOperator) -> None:
    operator.nodes[1].admin_url = "http://127.0.0.1:9082"
    assert admin_url(operator.nodes, "") == "http://127.0.0.1:9081"
    assert admin_url(operator.nodes, "iad") == "http://127.0.0.1:9082"


@pytest.mark.parametrize(
    ("pop", "told", "code"),
    [
        ("amss", "no PoP is called 'amss', did you mean 'ams'?", ExitCode.NOT_FOUND),
        ("iad", "iad does not say where its admin listener is", ExitCode.FAILED),
    ],
)
def test_no_such_pop(operator: CannedOperator, pop: str, told: str, code: ExitCode) -> None:
    with pytest.raises(CliError) as missing:
        admin_url(operator.nodes, pop)
    assert (missing.value.message, missing.value.code) == (told, code)


def test_no_pop_at_all() -> None:
    with pytest.raises(CliError, match="no PoP has come yet"):
        admin_url([], "")


def test_the_admin_listener_is_asked(operator: CannedOperator, control: str, weft: Weft) -> None:
    plan = {"model": "a/b", "policy": "latency"}
    with answering({"/explain": plan}) as node:
        operator.nodes[0].admin_url = node.url
        ended = weft("explain", "a/b", "--control", control, "-o", "json")
        assert json.loads(ended.out) == plan
        weft("explain", "a/b", "--admin", f"{node.url}/")
    assert node.queries == [{"model": ["a/b"]}] * 2


def test_an_unknown_model_is_said_as_the_node_says_it(weft: Weft) -> None:
    with answering({"/explain": {"error": "no model 'a/c'"}}, 404) as node:
        ended = weft("explain", "a/c", "--admin", node.url)
    assert (ended.code, ended.err) == (ExitCode.NOT_FOUND, "error: no model 'a/c'\n")


def test_a_plan_in_words_and_numbers(weft: Weft) -> None:
    step = {
        "endpoint": "ams-1",
        "state": "UP",
        "predicted_ms": 14.25,
        "connect_ms": 0.0,
        "rtt_ms": 2.0,
        "source": "own",
        "queue_ms": 0.0,
        "service_ms": 12.0,
        "risk_ms": 0.25,
        "uncertain_ms": 0.0,
        "load": 0.0,
        "more": "of a newer node",
    }
    plan = {
        "model": "a/b",
        "policy": "latency",
        "revision": 7,
        "panic": False,
        "steps": [step, step | {"endpoint": "iad-1", "recalled": "looks dead"}],
        "left_out": [{"endpoint": "nrt-1", "reason": "is draining"}],
    }
    with answering({"/explain": plan}) as node:
        lines = weft("explain", "a/b", "--admin", node.url).out.splitlines()
    assert lines[0] == (
        "this node would try these for a/b, in this order (policy latency, revision 7):"
    )
    assert lines[1].split()[:4] == ["ENDPOINT", "STATE", "PREDICTED", "MS"]
    assert lines[2].split()[:4] == ["ams-1", "up", "14.2", "0.0"]
    assert lines[4:] == ["tried only in need: iad-1 looks dead", "left out: nrt-1 is draining"]


def test_a_node_of_another_version_is_shown_as_it_is(weft: Weft) -> None:
    with answering({"/explain": {"plan": "of the future"}}) as node:
        assert weft("explain", "a/b", "--admin", node.url).out == "plan: of the future\n"
