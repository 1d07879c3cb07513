"""Some of the matrix again on a node as users run it: its own process, on uvloop."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.e2e.processes import Weft
from tests.e2e.rig import CHAT
from tests.fakes.answers import ask
from tests.fakes.bad_upstream import FAULTS, BadUpstream
from tests.fakes.exchange import Expect
from tests.fakes.judge import Verdict, allowed, outcome
from tests.fakes.raw_client import dial_tcp, fetch, request_bytes

pytestmark = pytest.mark.e2e

KEY = "weft-process-test"

# Those that end without the stall wait, which is 30 s in a node as it comes.
CHOSEN = (
    "healthy",
    "byte_by_byte",
    "second_answer_at_once",
    "close_after_answer",
    "refuse",
    "reset_on_accept",
    "reset_after_request",
    "hang_after_head",
    "status_400",
    "status_503",
    "error_first",
    "role_then_cut",
    "cut_mid_event",
    "cut_by_reset",
    "no_done_chunked",
    "no_done_close",
    "bad_chunk_size",
    "bad_event",
    "garbage_status",
    "html_200",
    "huge_head",
)


def config(upstreams: dict[str, BadUpstream], good: BadUpstream) -> str:
    """Return a file with two models a fault: one served by it alone, one with a healthy twin."""
    models: list[str] = []
    endpoints: list[str] = []
    for name, upstream in upstreams.items():
        models += [
            f"  - {{name: {name}/{twin}, policy: nearest, first_token_ms: 200}}"
            for twin in ("alone", "twin")
        ]
        serves = f"{{{name}/alone: theirs, {name}/twin: theirs}}"
        endpoints.append(
            f"  - {{name: {name.replace('_', '-')}, base_url: '{upstream.base_url}', region: ams, "
            f"models: {serves}}}"
        )
    serves = ", ".join(f"{name}/twin: theirs" for name in upstreams)
    endpoints.append(
        f"  - {{name: good, base_url: '{good.base_url}', region: nrt, models: {{{serves}}}}}"
    )
    listen = "listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nregion: ams"
    keys = f"keys:\n  - {{name: test, key: {KEY}}}"
    return "\n".join((listen, keys, "models:", *models, "endpoints:", *endpoints, ""))


async def _judge(port: int, name: str, twin: str, streamed: bool) -> str | None:
    nonce = f"n{name.replace('_', '')}{twin}x"
    body = ask(nonce, model=f"{name}/{twin}", streamed=streamed)
    request = request_bytes(CHAT, body, {"authorization": f"Bearer {KEY}"})
    seen = outcome(await fetch(dial_tcp(port), request), nonce, streamed=streamed)
    expect = FAULTS[name].stream if streamed else FAULTS[name].whole
    right = allowed(expect, twin=twin == "twin")
    if expect is Expect.BROKEN_OFF:
        # On a busy machine the process may read the first content and the cut at once, while
        # nothing has gone out yet and another answer is still possible.
        right |= allowed(Expect.FAILS, twin=twin == "twin")
    if seen.verdict in right:
        return None
    if seen.verdict is Verdict.RIGHT and seen.who == ("good",):
        # The node has measured by now that the twin is as near, and asked it first.
        return None
    return f"{name} {twin} streamed={streamed}: {seen.verdict.name} {seen.why}"


async def test_a_node_process_stands_them(tmp_path: Path) -> None:
    upstreams = {name: BadUpstream(name) for name in CHOSEN}
    good = BadUpstream("healthy", who="good")
    async with AsyncExitStack() as stack:
        for upstream in (*upstreams.values(), good):
            await stack.enter_async_context(upstream)
        path = tmp_path / "weft.yaml"
        path.write_text(config(upstreams, good))
        node = await asyncio.to_thread(
            lambda: Weft("node", "--config", str(path), log=tmp_path / "node.log")
        )
        try:
            port = int(node.ready["base_url"].removesuffix("/v1").rpartition(":")[2])
            for streamed in (True, False):
                problems = await asyncio.gather(
                    *(_judge(port, name, t, streamed) for name in CHOSEN for t in ("alone", "twin"))
                )
                assert [p for p in problems if p is not None] == []
        finally:
            code = await asyncio.to_thread(node.stop)
        assert code == 0
        logs = node.logs()
        assert "Traceback" not in logs
        assert KEY not in logs
