"""A whole mesh as its clients and its operator live with it."""

import json
import os
import shlex
import signal
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import openai
import pytest

from tests.e2e.mesh import (
    HELLO,
    SOON_S,
    Ended,
    Pop,
    Ready,
    ask,
    client,
    is_ready,
    own_rows,
    running,
    weft,
    within,
)
from tests.e2e.processes import Weft
from weftline.cli.errors import ExitCode
from weftline.cli.local_mesh import CHAT, EMBEDDINGS, REGIONS

pytestmark = pytest.mark.e2e

ALIAS = """\
kind: Model
name: {chat}
aliases: [gpt-4o-mini]
"""

# The second of these is fine; together with the first it must not get in.
BAD = """\
kind: Endpoint
name: bad
base_url: http://127.0.0.1:1/v1
models: {no/such-model: x}
---
kind: Model
name: fine
"""

MISSPELT = """\
kind: Endpoint
name: bad
base_url: http://127.0.0.1:1/v1
modles: {weftline/ngram: x}
"""

# A model of which the near endpoint keeps its clients waiting, and the far one does not.
SLOW_AND_QUICK = """\
kind: Model
name: slow
policy: nearest
first_token_ms: 20000
---
kind: Endpoint
name: slow-ams
region: ams
base_url: {slow}
models: {{slow: ngram}}
---
kind: Endpoint
name: quick-iad
region: iad
base_url: {quick}
models: {{slow: ngram}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mesh")


@pytest.fixture(scope="module")
def extra() -> Generator[ExitStack]:
    """Processes beside the mesh that tests start, and that end with it."""
    with ExitStack() as extra:
        yield extra


@pytest.fixture(scope="module")
def mesh(folder: Path) -> Generator[tuple[Weft, Ready]]:
    with running(folder) as mesh:
        yield mesh


@pytest.fixture(scope="module")
def ready(mesh: tuple[Weft, Ready]) -> Ready:
    return mesh[1]


@pytest.fixture(scope="module")
def pops(ready: Ready) -> dict[str, Pop]:
    return {pop.id: pop for pop in ready.pops}


def apply(ready: Ready, tmp_path: Path, text: str) -> Ended:
    file = tmp_path / "resources.yaml"
    file.write_text(text)
    return weft(ready.control, "apply", "-o", "json", "-f", str(file))


def revision(ended: Ended) -> int:
    """Return the revision that a change made."""
    assert ended.code == 0, ended.err
    return int(json.loads(ended.out)["revision"])


@pytest.mark.parametrize("region", REGIONS)
def test_the_official_sdk_through_each_pop(ready: Ready, pops: dict[str, Pop], region: str) -> None:
    # On a machine that is busy with other tests, the near endpoint may be the slower for a moment.
    within(SOON_S, lambda: ask(pops[region], ready.key).endpoint == f"{region}-1")
    with client(pops[region], ready.key) as sdk:
        vectors = sdk.embeddings.create(model=EMBEDDINGS, input=["a", "b"]).data
        assert [one.index for one in vectors] == [0, 1]
        assert {model.id for model in sdk.models.list()} == {CHAT, EMBEDDINGS}


def test_a_new_alias_is_served_everywhere(
    ready: Ready, pops: dict[str, Pop], tmp_path: Path
) -> None:
    made = revision(apply(ready, tmp_path, ALIAS.format(chat=CHAT)))
    everywhere = pops.values()
    within(SOON_S, lambda: {ask(pop, ready.key).revision for pop in everywhere} == {made})
    assert {ask(pop, ready.key, "gpt-4o-mini").revision for pop in everywhere} == {made}


@pytest.mark.parametrize(
    ("text", "told"),
    [(MISSPELT, "did you mean 'models'?"), (BAD, "no/such-model")],
    ids=["misspelt", "unknown model"],
)
def test_a_bad_apply_changes_nothing(
    ready: Ready, pops: dict[str, Pop], tmp_path: Path, text: str, told: str
) -> None:
    before = weft(ready.control, "get", "-o", "json")
    was = ask(pops["ams"], ready.key).revision
    refused = apply(ready, tmp_path, text)
    assert refused.code == ExitCode.USAGE
    assert refused.err.startswith("error: ")
    assert told in refused.err
    assert "Traceback" not in refused.err
    assert weft(ready.control, "get", "-o", "json") == before
    assert ask(pops["ams"], ready.key).revision == was


def test_a_drained_endpoint_gets_nothing_new(ready: Ready, pops: dict[str, Pop]) -> None:
    revision(weft(ready.control, "drain", "Endpoint/iad-1", "-o", "json"))
    within(SOON_S, lambda: ask(pops["iad"], ready.key).endpoint != "iad-1")
    assert "iad-1" not in {ask(pops["iad"], ready.key).endpoint for _ in range(5)}
    revision(weft(ready.control, "drain", "Endpoint/iad-1", "--undo", "-o", "json"))
    within(SOON_S, lambda: ask(pops["iad"], ready.key).endpoint == "iad-1")


def test_a_drained_pop_takes_nothing_new(ready: Ready, pops: dict[str, Pop]) -> None:
    assert is_ready(pops["nrt"])
    revision(weft(ready.control, "drain", "Pop/nrt", "-o", "json"))
    within(SOON_S, lambda: not is_ready(pops["nrt"]))
    with pytest.raises(openai.InternalServerError, match="is being drained") as refused:
        ask(pops["nrt"], ready.key)
    assert refused.value.status_code == 503
    assert ask(pops["ams"], ready.key).pop == "ams"
    revision(weft(ready.control, "drain", "Pop/nrt", "--undo", "-o", "json"))
    within(SOON_S, lambda: is_ready(pops["nrt"]))
    assert ask(pops["nrt"], ready.key).pop == "nrt"


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_a_request_in_flight_goes_elsewhere_before_its_first_token(
    ready: Ready, pops: dict[str, Pop], tmp_path: Path, stream: bool
) -> None:
    slow = ("bench", "endpoint", "--name", "slow", "--listen", "127.0.0.1:0", "--ttft-ms", "15000")
    with Weft(*slow, log=tmp_path / "slow.log") as endpoint, ThreadPoolExecutor() as threads:
        quick = next(one.base_url for one in ready.endpoints if one.name == "iad-1")
        text = SLOW_AND_QUICK.format(slow=endpoint.ready["base_url"], quick=quick)
        revision(apply(ready, tmp_path, text))
        within(SOON_S, lambda: "slow-ams" in own_rows(pops["ams"]))

        def call() -> tuple[str, str]:
            with client(pops["ams"], ready.key) as sdk:
                create = sdk.chat.completions.with_raw_response.create
                raw = create(model="slow", messages=[HELLO], max_tokens=8, stream=stream)
                return raw.headers["x-weft-endpoint"], raw.headers["x-weft-attempts"]

        asked = threads.submit(call)
        within(SOON_S, lambda: own_rows(pops["ams"])["slow-ams"].in_flight == 1)
        endpoint.kill()
        assert asked.result(SOON_S) == ("quick-iad", "2")
    for ref in ("Endpoint/slow-ams", "Endpoint/quick-iad", "Model/slow"):
        revision(weft(ready.control, "delete", ref, "-o", "json"))


def test_a_killed_endpoint_is_gone_around_at_once_and_comes_back(
    mesh: tuple[Weft, Ready], pops: dict[str, Pop], folder: Path, extra: ExitStack
) -> None:
    up, ready = mesh
    # So that there is a warm connection to lose.
    within(SOON_S, lambda: ask(pops["ams"], ready.key).endpoint == "ams-1")
    os.kill(next(one.pid for one in ready.endpoints if one.name == "ams-1"), signal.SIGKILL)
    assert "ams-1" not in {ask(pops["ams"], ready.key).endpoint for _ in range(5)}
    within(SOON_S, lambda: {own_rows(pop)["ams-1"].state for pop in pops.values()} == {"down"})

    told = "ams-1 was killed by SIGKILL and stays down; to start it: weft "
    within(SOON_S, lambda: told in up.logs())
    command = up.logs().partition(told)[2].splitlines()[0]
    extra.enter_context(Weft(*shlex.split(command), log=folder / "again.log"))
    within(SOON_S, lambda: ask(pops["ams"], ready.key).endpoint == "ams-1")
    within(SOON_S, lambda: {own_rows(pop)["ams-1"].state for pop in pops.values()} == {"up"})
