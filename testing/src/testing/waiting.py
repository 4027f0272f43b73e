"""Waiting in tests for things that happen elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")
#: Limits suit a quiet machine, and end only a test that would hang: they are multiplied by this for a busy machine.
PATIENCE = 5
#: For timeouts of the product that a test is not about: the product gives up after 5 s so that a person soon hears of
#: it, which is too soon on a busy machine.
BOUND_S = 60.0
#: Pauses between two looks, at first and at most: a quick event is seen soon, a slow one is not polled all the time.
FIRST_S, LONGEST_S = 0.02, 0.5


def until(look: Callable[[], T | None], seconds: float = 60, what: str = "it") -> T:
    """Return the value of ``look`` as soon as it is true.

    Raises:
        AssertionError: it was not true within ``PATIENCE`` times ``seconds``; names ``what``.
    """
    end, pause_s = time.monotonic() + PATIENCE * seconds, FIRST_S
    while not (found := look()):
        assert time.monotonic() < end, f"not within {PATIENCE * seconds} s: {what}"  # noqa: S101
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_S)
    return found


async def soon(look: Callable[[], object], seconds: float = 10) -> None:
    """Let other tasks of this event loop run until ``look`` returns something true.

    Raises:
        TimeoutError: it did not within ``PATIENCE`` times ``seconds``.
    """
    async with asyncio.timeout(PATIENCE * seconds):
        while not look():
            await asyncio.sleep(0.02)


async def within(awaited: Awaitable[T], seconds: float = 60) -> T:
    """Await something that another task or process may never do, and return its result.

    Raises:
        TimeoutError: it was not done within ``PATIENCE`` times ``seconds``.
    """
    async with asyncio.timeout(PATIENCE * seconds):
        return await awaited


async def finish(*awaited: Awaitable[Any], seconds: float = 10) -> None:
    """Wait until all have ended, such as cancelled tasks that ran beside a test.

    Each that still runs after ``seconds`` is cancelled again, as often as ``PATIENCE`` says, because a library may
    swallow a cancellation.

    Raises:
        AssertionError: a task still runs after ``PATIENCE`` such waits, or had failed before; names it.
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
