"""The work in hand is finished before a cancelled task ends."""

from __future__ import annotations

import asyncio

import pytest

from chassis.service import finished
from testing.waiting import within


async def test_cancelled_task_ends_after_its_work_even_if_the_work_swallows_the_cancel() -> None:
    answer, done = asyncio.get_running_loop().create_future(), []

    async def work() -> None:
        await asyncio.wait_for(answer, 60)
        done.append(1)

    async def for_ever() -> None:
        while True:
            await finished(work())
            await asyncio.sleep(0)

    task = asyncio.create_task(for_ever())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    answer.set_result(None)
    task.cancel()
    ended, _ = await asyncio.wait([task], timeout=5)

    assert ({task}, [1]) == (ended, done)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_task_that_is_cancelled_ends_also_where_what_is_in_hand_fails() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        await asyncio.sleep(0.01)
        raise OSError

    task = asyncio.create_task(finished(work()))
    await within(begun.wait())
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_finished_returns_the_result_or_raises_the_error_of_its_work() -> None:
    async def work(fails: bool) -> int:
        if fails:
            raise KeyError
        return 1

    assert 1 == await finished(work(fails=False))
    with pytest.raises(KeyError):
        await finished(work(fails=True))
