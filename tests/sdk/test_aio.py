"""Supervised tasks."""

import asyncio

from weftline.aio import Tasks


async def test_a_failure_is_reported_once_and_forgotten() -> None:
    said: list[str] = []
    tasks = Tasks(lambda name, failure: said.append(f"{name}: {failure}"))

    async def fail() -> None:
        raise ValueError("no")

    await asyncio.wait([tasks.spawn(fail(), "probe")])
    await asyncio.sleep(0)
    assert said == ["probe: no"]
    assert len(tasks) == 0


async def test_closing_cancels_and_waits() -> None:
    ended: list[str] = []
    tasks = Tasks(lambda name, _failure: ended.append(name))

    async def run() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cleaned")

    tasks.spawn(run(), "forever")
    await asyncio.sleep(0)
    await tasks.close()
    assert ended == ["cleaned"], "a cancelled task is no failure"
