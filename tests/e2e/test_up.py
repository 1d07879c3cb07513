"""`weft up` as a person lives with it: start, ask, break, mend, stop, start again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import msgspec
import openai
import pytest
from openai.types.chat import ChatCompletionUserMessageParam
from tests.e2e.processes import ROOT, Weft
from tests.fakes.children import alive

pytestmark = pytest.mark.e2e

BASE_PORT = 19_080
HELLO: ChatCompletionUserMessageParam = {"role": "user", "content": "Tell me."}

# The promise of `weft up`: Ctrl-C ends all of it within this.
STOP_S = 5.0


class Pop(msgspec.Struct):
    id: str
    base_url: str
    pid: int


class Endpoint(msgspec.Struct):
    name: str
    pid: int


class Ready(msgspec.Struct):
    control: str
    control_pid: int
    key: str
    models: list[str]
    pops: list[Pop]
    endpoints: list[Endpoint]

    def pids(self) -> list[int]:
        return [self.control_pid, *(one.pid for one in [*self.pops, *self.endpoints])]


def start(folder: Path, base_port: int = BASE_PORT) -> tuple[Weft, Ready]:
    arguments = ("up", "-o", "json", "--base-port", str(base_port), "--data", str(folder / "data"))
    weft = Weft(*arguments, log=folder / "up.log")
    return weft, msgspec.convert(weft.ready, Ready)


def within(seconds: float, holds: Callable[[], bool]) -> None:
    until = time.perf_counter() + seconds
    while not holds():
        assert time.perf_counter() < until, f"not within {seconds:g} s"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up")


@pytest.fixture(scope="module")
def mesh(folder: Path) -> Iterator[tuple[Weft, Ready]]:
    weft, ready = start(folder)
    with weft:
        yield weft, ready


def weft_json(ready: Ready, *arguments: str) -> object:
    command = [
        sys.executable,
        "-m",
        "weftline",
        *arguments,
        "-o",
        "json",
        "--control",
        ready.control,
    ]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=30, check=True)
    return json.loads(ended.stdout)


def ask(ready: Ready, pop: Pop) -> str:
    """Stream a short answer through a PoP and return the endpoint that gave it."""
    with openai.OpenAI(base_url=pop.base_url, api_key=ready.key, max_retries=0) as client:
        answer = client.chat.completions.with_raw_response.create(
            model="weftline/ngram", messages=[HELLO], max_tokens=8, stream=True
        )
        text = "".join(
            chunk.choices[0].delta.content or "" for chunk in answer.parse() if chunk.choices
        )
        assert text
        return answer.headers["x-weft-endpoint"]


def test_each_pop_serves_from_its_near_endpoint(mesh: tuple[Weft, Ready]) -> None:
    _, ready = mesh
    assert [ask(ready, pop) for pop in ready.pops] == ["ams-1", "iad-1", "nrt-1"]
    with openai.OpenAI(base_url=ready.pops[0].base_url, api_key=ready.key) as client:
        vector = client.embeddings.create(model="weftline/embed", input="a").data[0].embedding
    assert len(vector) > 1


def test_an_operator_sees_all_of_it(mesh: tuple[Weft, Ready]) -> None:
    _, ready = mesh
    nodes = cast("list[dict[str, object]]", weft_json(ready, "nodes"))
    assert [(node["id"], node["connected"]) for node in nodes] == [
        ("ams", True),
        ("iad", True),
        ("nrt", True),
    ]
    models = cast("list[dict[str, object]]", weft_json(ready, "models"))
    assert {model["model"] for model in models} == set(ready.models)
    top = cast("dict[str, list[dict[str, object]]]", weft_json(ready, "top"))
    seen = {(row["pop"], row["endpoint"]) for row in top["table"]}
    assert ("ams", "ams-1") in seen
    plan = cast("dict[str, list[dict[str, object]]]", weft_json(ready, "explain", "weftline/ngram"))
    assert plan["steps"][0]["endpoint"] == "ams-1"


def test_a_killed_endpoint_is_gone_around_and_stays_down(mesh: tuple[Weft, Ready]) -> None:
    weft, ready = mesh
    iad = ready.endpoints[1]
    os.kill(iad.pid, signal.SIGKILL)
    assert [ask(ready, ready.pops[1]) for _ in range(3)] == ["ams-1"] * 3
    within(5.0, lambda: "iad-1 was killed by SIGKILL and stays down" in weft.logs())


def test_a_killed_control_plane_and_pop_come_back(mesh: tuple[Weft, Ready]) -> None:
    weft, ready = mesh
    os.kill(ready.control_pid, signal.SIGKILL)
    assert ask(ready, ready.pops[0]) == "ams-1", "PoPs go on without it"
    os.kill(ready.pops[2].pid, signal.SIGKILL)
    within(15.0, lambda: weft.logs().count("runs again") == 2)
    assert ask(ready, ready.pops[2]) == "nrt-1"

    def all_back() -> bool:
        found = cast("list[dict[str, object]]", weft_json(ready, "nodes"))
        return [node["connected"] for node in found] == [True] * 3

    within(15.0, all_back)


def test_a_second_mesh_on_the_same_data_is_refused(mesh: tuple[Weft, Ready], folder: Path) -> None:
    weft, _ = mesh
    command = [sys.executable, "-m", "weftline", "up", "--data", str(folder / "data")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert f"(process {weft.pid})" in ended.stderr


def test_it_stops_in_time_begins_again_and_dies_whole(tmp_path: Path) -> None:
    weft, first = start(tmp_path, BASE_PORT + 10)
    began = time.perf_counter()
    assert weft.stop() == 0
    assert time.perf_counter() - began < STOP_S
    assert not any(alive(pid) for pid in first.pids())

    weft, second = start(tmp_path, BASE_PORT + 10)
    assert second.key == first.key
    weft.kill()
    weft.stop()
    within(STOP_S, lambda: not any(alive(pid) for pid in second.pids()))
