"""Children live, die and come back; and nothing of them is left behind."""

import asyncio
import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.children import FOREVER, READY, alive, child
from weftline.cli import supervise
from weftline.cli.supervise import ChildFailed, Event, ProcessTree, What

WAIT_S = 10.0


class Heard:
    """The events of a tree, to be waited for."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Event] = asyncio.Queue()

    async def next(self, what: What) -> Event:
        async with asyncio.timeout(WAIT_S):
            while (event := await self.queue.get()).what is not what:
                pass
        return event


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def tree(heard: Heard) -> AsyncIterator[ProcessTree]:
    async with ProcessTree(heard.queue.put_nowait) as tree:
        yield tree


async def gone(pid: int) -> None:
    async with asyncio.timeout(WAIT_S):
        while alive(pid):
            await asyncio.sleep(0.01)


async def test_start_returns_the_ready_line(tree: ProcessTree, tmp_path: Path) -> None:
    ready = await tree.start(child(tmp_path, "print('hello')", "print('[1]')", READY, FOREVER))
    assert ready == {"event": "ready", "pid": tree.pid("one")}


async def test_what_it_writes_to_stderr_is_in_its_log(tree: ProcessTree, tmp_path: Path) -> None:
    one = child(tmp_path, "print('to the log', file=sys.stderr, flush=True)", READY, FOREVER)
    await tree.start(one)
    assert one.log.read_text() == "to the log\n"


async def test_a_child_that_ends_before_it_is_ready_is_quoted(
    tree: ProcessTree, tmp_path: Path
) -> None:
    one = child(
        tmp_path, "print('error: port 1 is in use\\n  use 2\\n{}', file=sys.stderr)", "sys.exit(3)"
    )
    one.log.parent.mkdir()
    one.log.write_text("error: of an earlier day\n")
    with pytest.raises(ChildFailed) as failed:
        await tree.start(one)
    assert str(failed.value).splitlines() == [
        "one ended with exit code 3",
        "  error: port 1 is in use",
        "    use 2",
        f"  its log: {one.log}",
    ]
    assert await tree.start(child(tmp_path, READY, FOREVER)), "the name is free again"


async def test_a_child_that_stays_silent_is_given_up(tree: ProcessTree, tmp_path: Path) -> None:
    silent = dataclasses.replace(child(tmp_path, FOREVER), ready_wait_s=0.2)
    with pytest.raises(ChildFailed, match="was not ready after 0 s"):
        await tree.start(silent)


async def test_a_child_that_cannot_be_started(tree: ProcessTree, tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("not a folder")
    with pytest.raises(ChildFailed, match="one cannot be started: "):
        await tree.start(child(tmp_path, READY))


async def test_a_child_that_talks_on_is_not_stopped_by_a_full_pipe(
    tree: ProcessTree, tmp_path: Path
) -> None:
    done = tmp_path / "done"
    flood = f"sys.stdout.write('x' * 1_000_000); sys.stdout.flush(); open({str(done)!r}, 'w')"
    await tree.start(child(tmp_path, READY, flood, FOREVER))
    async with asyncio.timeout(WAIT_S):
        while not done.exists():
            await asyncio.sleep(0.01)


async def test_a_dead_child_is_started_again(
    tree: ProcessTree, heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "RESTART_WAIT_S", 0.01)
    await tree.start(child(tmp_path, READY, FOREVER))
    first = tree.pid("one")
    for wait_s in (0.01, 0.02):
        os.kill(tree.pid("one"), signal.SIGKILL)
        died = await heard.next(What.DIED)
        assert (died.why, died.again_in_s) == ("was killed by SIGKILL", wait_s)
        assert (await heard.next(What.RESTARTED)).pid == tree.pid("one") != first


async def test_a_child_that_fails_to_come_back_is_tried_again(
    tree: ProcessTree, heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "RESTART_WAIT_S", 0.01)
    broken = tmp_path / "broken"
    refuse = f"os.path.exists({str(broken)!r}) and sys.exit(1)"
    await tree.start(child(tmp_path, refuse, READY, FOREVER))
    broken.touch()
    os.kill(tree.pid("one"), signal.SIGKILL)
    assert (await heard.next(What.DIED)).why == "was killed by SIGKILL"
    assert (await heard.next(What.DIED)).why.startswith("one ended with exit code 1")
    broken.unlink()
    assert (await heard.next(What.RESTARTED)).pid == tree.pid("one")


async def test_a_child_that_may_die_stays_down(
    tree: ProcessTree, heard: Heard, tmp_path: Path
) -> None:
    await tree.start(child(tmp_path, READY, FOREVER, restart=False))
    os.kill(tree.pid("one"), signal.SIGTERM)
    assert (await heard.next(What.LEFT_DOWN)).why == "was killed by SIGTERM"


@pytest.mark.parametrize("stdout", ["None", "subprocess.DEVNULL"])
async def test_a_death_is_seen_and_leaves_no_orphan(
    tree: ProcessTree, heard: Heard, tmp_path: Path, stdout: str
) -> None:
    """Whether or not a grandchild holds the pipe, whose end tells nothing of the child's death."""
    command = f"[{sys.executable!r}, '-c', 'import time; {FOREVER}']"
    grandchild = f"p = subprocess.Popen({command}, stdout={stdout})"
    ready = 'print(\'{"event":"ready","grandchild":%d}\' % p.pid, flush=True)'
    said = await tree.start(child(tmp_path, grandchild, ready, FOREVER, restart=False))
    os.kill(tree.pid("one"), signal.SIGKILL)
    await heard.next(What.LEFT_DOWN)
    pid = said["grandchild"]
    assert isinstance(pid, int)
    await gone(pid)


async def test_stop_kills_who_does_not_listen(
    heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "STOP_WAIT_S", 0.2)
    tree = ProcessTree(heard.queue.put_nowait)
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    await asyncio.gather(
        tree.start(child(tmp_path, deaf, READY, FOREVER, name="deaf")),
        tree.start(child(tmp_path, READY, FOREVER, name="good")),
    )
    pids = [tree.pid("deaf"), tree.pid("good")]
    async with asyncio.timeout(2.0):
        await tree.stop()
    assert [alive(pid) for pid in pids] == [False, False]


async def test_stop_reaches_a_child_that_closed_its_stdout(heard: Heard, tmp_path: Path) -> None:
    tree = ProcessTree(heard.queue.put_nowait)
    mark = tmp_path / "closed"
    close = f"sys.stdout.close(); os.close(1); open({str(mark)!r}, 'w')"
    await tree.start(child(tmp_path, READY, close, FOREVER))
    async with asyncio.timeout(WAIT_S):
        while not mark.exists():
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)  # until the end of the pipe has been read
    pid = tree.pid("one")
    await tree.stop()
    assert not alive(pid)


async def test_stop_in_the_middle_of_a_start_leaves_nothing(heard: Heard, tmp_path: Path) -> None:
    tree = ProcessTree(heard.queue.put_nowait)
    mark = tmp_path / "pid"
    tell = f"open({str(mark)!r}, 'w').write(str(os.getpid()))"
    starting = asyncio.ensure_future(tree.start(child(tmp_path, tell, FOREVER)))
    async with asyncio.timeout(WAIT_S):
        while not (mark.exists() and mark.read_text()):
            await asyncio.sleep(0.01)
    starting.cancel()
    await tree.stop()
    assert not alive(int(mark.read_text()))


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a child of its parent's death"
)
async def test_children_die_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = f"""
import asyncio
from pathlib import Path
from tests.fakes.children import FOREVER, READY, child
from weftline.cli.supervise import ProcessTree

async def main():
    tree = ProcessTree(print)
    await tree.start(child(Path({str(tmp_path)!r}), READY, FOREVER))
    print("child", tree.pid("one"), flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", parent, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": "."}
    )
    assert process.stdout is not None
    while not (line := await process.stdout.readline()).startswith(b"child"):
        assert line, "the parent ended early"
    pid = int(line.split()[1])
    assert alive(pid)
    process.kill()
    await process.wait()
    await gone(pid)
