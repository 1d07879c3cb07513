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
