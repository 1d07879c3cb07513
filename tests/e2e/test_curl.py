"""curl, unmodified: the README's own line, streams as they come, errors as they are."""

import os
import re
import shutil
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import cast

import orjson
import pytest

from tests.e2e.processes import ROOT
from tests.e2e.sdk_mesh import THREE, Mesh, mesh_in_thread
from tests.fakes.pop import KEY
from weftline_bench.sims.exchange import Trouble
from weftline_bench.sims.faults import Faults

CURL = shutil.which("curl")

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(CURL is None, reason="curl is not installed here"),
]

WAIT_S = 10.0


@pytest.fixture(scope="module")
def running() -> Generator[Mesh]:
    with mesh_in_thread(THREE) as mesh:
        yield mesh


@pytest.fixture
def mesh(running: Mesh) -> Mesh:
    running.calm()
    return running


def curl(*arguments: str) -> tuple[int, str]:
    """Return the status and the body of what curl gets."""
    ended = subprocess.run(
        [str(CURL), "-s", "-w", "\n%{http_code}", *arguments],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=True,
    )
    body, _, status = ended.stdout.rpartition("\n")
    return int(status), body


def posted(mesh: Mesh, path: str, body: object, *headers: str) -> tuple[int, str]:
    lines = [part for header in headers for part in ("-H", header)]
    return curl(f"{mesh.url}{path}", *lines, "-d", orjson.dumps(body).decode())


def parsed(body: str) -> dict[str, object]:
    return cast("dict[str, object]", orjson.loads(body))


def data_of(stream: str) -> list[str]:
    return [line.removeprefix("data: ") for line in stream.splitlines() if line.startswith("data")]


@pytest.mark.parametrize("name", THREE)
def test_the_readmes_line(mesh: Mesh, name: str) -> None:
    readme = Path(ROOT / "README.md").read_text()
    found = re.search(r"^curl (?:.*\\\n)*.*$", readme, re.MULTILINE)
    assert found, "the README shows a line for curl"
    line = found[0].replace("weftline/ngram", f"on/{name}")
    line = re.sub(r"http://127\.0\.0\.1:\d+", mesh.url, line).replace("curl ", f"{CURL} -sN ", 1)
    ended = subprocess.run(
        ["sh", "-c", line],
        env={**os.environ, "WEFT_KEY": KEY},
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=True,
    )
    *chunks, last = data_of(ended.stdout)
    assert last == "[DONE]"
    deltas = [cast("list[dict[str, dict[str, str]]]", parsed(c)["choices"]) for c in chunks]
    text = "".join(choices[0]["delta"].get("content") or "" for choices in deltas if choices)
    assert text == "You said: Tell me about the mesh."


@pytest.mark.parametrize("name", THREE)
def test_the_first_word_is_shown_while_the_rest_is_awaited(mesh: Mesh, name: str) -> None:
    # This much of each stream holds the first words; then nothing comes for a long time.
    mesh.sims[name].faults = Faults(stall_at=1500)
    body = {
        "model": f"on/{name}",
        "stream": True,
        "messages": [{"role": "user", "content": "say: " + "first " * 100}],
    }
    command = [str(CURL), "-sN", f"{mesh.url}/v1/chat/completions", "-H", f"x-api-key: {KEY}"]
    with subprocess.Popen(
        [*command, "-d", orjson.dumps(body).decode()], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        shown = next(line for line in process.stdout if "first" in line)
        assert shown.startswith("data: ")
        assert mesh.sims[name].seen[-1].status == 200
        assert not mesh.sims[name].seen[-1].over.is_set(), "the rest has not come yet"
        process.kill()


@pytest.mark.parametrize("name", THREE)
def test_an_error_has_a_status_and_a_body(mesh: Mesh, name: str) -> None:
    mesh.sims[name].queued.append(Faults(trouble=Trouble.RATE_LIMITED))
    hi = [{"role": "user", "content": "hi"}]
    bearer = f"authorization: Bearer {KEY}"
    status, body = posted(
        mesh, "/v1/chat/completions", {"model": f"on/{name}", "messages": hi}, bearer
    )
    error = cast("dict[str, str]", parsed(body)["error"])
    assert status == 429
    assert error["type"]
    assert error["message"]
    for model, key, wanted in (("no/such", bearer, 404), (f"on/{name}", "x: y", 401)):
        asked = {"model": model, "messages": hi}
        assert posted(mesh, "/v1/chat/completions", asked, key)[0] == wanted
    assert curl(f"{mesh.url}/v1/chat/completions", "-H", bearer)[0] == 405
    assert curl(f"{mesh.url}/v1/chat/completions", "-H", bearer, "-d", "{no json")[0] == 400


@pytest.mark.parametrize("name", THREE)
def test_anthropics_path(mesh: Mesh, name: str) -> None:
    body = {
        "model": f"on/{name}",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "say: aye"}],
    }
    heads = (f"x-api-key: {KEY}", "anthropic-version: 2023-06-01")
    status, whole = posted(mesh, "/v1/messages", body, *heads)
    assert status == 200
    assert parsed(whole)["content"] == [{"type": "text", "text": "aye"}]
    status, stream = posted(mesh, "/v1/messages", {**body, "stream": True}, *heads)
    kinds = [parsed(event)["type"] for event in data_of(stream)]
    assert (status, kinds[0], kinds[-1]) == (200, "message_start", "message_stop")
    mesh.sims[name].queued.append(Faults(trouble=Trouble.OVERLOADED))
    status, failed = posted(mesh, "/v1/messages", body, *heads)
    assert status == 529
    assert cast("dict[str, str]", parsed(failed)["error"])["type"] == "overloaded_error"


@pytest.mark.parametrize("name", THREE)
def test_geminis_path(mesh: Mesh, name: str) -> None:
    body = {"contents": [{"parts": [{"text": "say: one two three four"}]}]}
    path, key = f"/v1beta/models/on/{name}", f"x-goog-api-key: {KEY}"
    status, whole = posted(mesh, f"{path}:generateContent", body, key)
    assert status == 200
    assert '"one two three four"' in whole
    status, stream = posted(mesh, f"{path}:streamGenerateContent?alt=sse", body, key)
    assert status == 200
    assert '"finishReason":"STOP"' in data_of(stream)[-1].replace(" ", "")
    mesh.sims[name].queued.append(Faults(trouble=Trouble.OVERLOADED))
    status, failed = posted(mesh, f"{path}:generateContent", body, key)
    assert status == 503
    assert cast("dict[str, str]", parsed(failed)["error"])["status"] == "UNAVAILABLE"
    for alt in ("", "?alt=json"):
        status, array = posted(mesh, f"{path}:streamGenerateContent{alt}", body, key)
        (only,) = cast("list[dict[str, object]]", orjson.loads(array))
        assert (status, '"one two three four"' in array) == (200, True)
        assert only.keys() >= {"candidates", "usageMetadata"}
    mesh.sims[name].queued.append(Faults(trouble=Trouble.OVERLOADED))
    status, failed = posted(mesh, f"{path}:streamGenerateContent", body, key)
    (told,) = cast("list[dict[str, dict[str, object]]]", orjson.loads(failed))
    assert (status, told["error"]["status"]) == (503, "UNAVAILABLE")
    status, failed = posted(mesh, f"{path}:streamGenerateContent", body, "x-goog-api-key: wrong")
    assert (status, failed[:10]) == (401, '[{"error":')
    # Google's own examples have the key in the address, which nobody behind the PoP may see.
    status, whole = posted(mesh, f"{path}:generateContent?key={KEY}", body)
    assert status == 200
    status, stream = posted(mesh, f"{path}:streamGenerateContent?alt=sse&key={KEY}", body)
    assert (status, '"one' in stream) == (200, True)
    status, failed = posted(mesh, f"{path}:generateContent?key=wrong", body)
    assert cast("dict[str, str]", parsed(failed)["error"])["status"] == "UNAUTHENTICATED"
    assert all(KEY not in repr(seen) for seen in mesh.sims[name].seen)
