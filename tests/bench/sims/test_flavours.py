"""All simulated providers at once."""

import ast
from pathlib import Path

import pytest

from weftline_bench.sims import flavours
from weftline_bench.sims.exchange import Refused, Request, Trouble
from weftline_bench.sims.faults import Faults
from weftline_bench.sims.flavour import Desk, Options
from weftline_bench.sims.flavours import FLAVOURS, render
from weftline_bench.sims.script import Call, Script, Stop
from weftline_bench.sims.server import SimServer

SHARED = ("weftline_core.dialects", "weftline_core.chat")
SCRIPT = Script("Hello you", "Thinking", (Call("call_f", '{"a":1}'),), stop=Stop.CALLS)


@pytest.mark.parametrize("name", FLAVOURS)
@pytest.mark.parametrize("stream", [True, False])
def test_rendering_is_the_same_each_time(name: str, stream: bool) -> None:
    first = render(name, SCRIPT, stream=stream)
    assert first == render(name, SCRIPT, stream=stream)
    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    assert (b"transfer-encoding: chunked" in first) is stream


@pytest.mark.parametrize("name", FLAVOURS)
@pytest.mark.parametrize("trouble", Trouble)
def test_every_trouble_has_a_status_and_an_event(name: str, trouble: Trouble) -> None:
    flavour = FLAVOURS[name]
    refused = Refused(trouble, "Some words.")
    answer = flavour.refusal(refused)
    assert b"Some words." in answer.body()
    assert 200 <= answer.status < 600
    for task in flavour.tasks:
        assert isinstance(flavour.error_frame(refused, task), bytes)


@pytest.mark.parametrize("name", FLAVOURS)
def test_unknown_paths_and_wrong_keys_are_refused(name: str) -> None:
    server = SimServer(FLAVOURS[name])
    nowhere = server.answer(
        Request("POST", "/nowhere", {"authorization": "Bearer sim-key"}, body={})
    )
    assert nowhere.status >= 400 or b"base_resp" in nowhere.body()
    assert server.desk == Desk()


def test_options_and_faults_reach_the_bytes() -> None:
    told = render("openai", Script("x"), options=Options(model="abc", task="responses"))
    assert b'"model":"abc"' in told
    assert told.count(b"event: response.") > 5
    twice = render("openai", Script("x"), faults=Faults(twice=True))
    assert len(twice) > len(render("openai", Script("x")))


def test_they_share_no_code_with_the_dialects() -> None:
    folder = Path(flavours.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            assert not [n for n in names if n.startswith(SHARED)], path.name
