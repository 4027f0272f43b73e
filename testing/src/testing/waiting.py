"""Waiting in tests for what happens elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")
#: Limits are for a quiet machine, and end only what would wait for ever: a busy one gets so many times as long.
PATIENCE = 5
#: For bounds of the product that a test is not about: the product gives up after 5 s so that a person hears of it soon,
#: and on a busy machine that is too soon.
BOUND_S = 60.0
#: Between two looks, at first and at most: what comes soon is seen soon, and what takes long is not asked all the time.
FIRST_S, LONGEST_S = 0.02, 0.5


def until(look: Callable[[], T | None], seconds: float = 60, what: str = "it") -> T:
    """Return what ``look`` gives as soon as it is true.

    Raises:
        AssertionError: it was not within some times ``seconds``; names ``what``.
    """
    end, pause_s = time.monotonic() + PATIENCE * seconds, FIRST_S
    while not (found := look()):
        assert time.monotonic() < end, f"not within {PATIENCE * seconds} s: {what}"  # noqa: S101
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_S)
    return found


async def soon(look: Callable[[], object], seconds: float = 10) -> None:
    """Let other tasks of this event loop run until ``look`` gives what is true.

    Raises:
        TimeoutError: it was not within some times ``seconds``.
    """
    async with asyncio.timeout(PATIENCE * seconds):
        while not look():
            await asyncio.sleep(0.02)


async def within(awaited: Awaitable[T], seconds: float = 60) -> T:
    """Await what another task or process may never do, and give its result.

    Raises:
        TimeoutError: it was not done within some times ``seconds``.
    """
    async with asyncio.timeout(PATIENCE * seconds):
        return await awaited


async def finish(*awaited: Awaitable[Any], seconds: float = 10) -> None:
    """Wait until all have ended, as what ran beside a test and was cancelled.

    What has not after ``seconds`` is cancelled once more, because a library may swallow a cancellation, and then with
    each of these seconds.

    Raises:
        AssertionError: something has not ended after ``PATIENCE`` times that, or had failed before; names it.
    """
    tasks = [asyncio.ensure_future(each) for each in awaited]
    failed = [each for each in tasks if each.done() and not each.cancelled() and each.exception()]
    for _ in range(PATIENCE):
        _, running = await asyncio.wait(tasks, timeout=seconds)
        if not running:
            break
        for each in running:
            each.cancel()
    else:
        raise AssertionError(f"still running after {PATIENCE} cancellations: {running}")
    await asyncio.gather(*tasks, return_exceptions=True)  # or each would be logged as never retrieved
    assert not failed, f"failed while the test ran: {failed}"  # noqa: S101
