"""Waiting in tests for what happens elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], T | None], seconds: float = 60, what: str = "it") -> T:
    """Return what ``look`` gives as soon as it is true.

    Raises:
        AssertionError: it was not within ``seconds``; names ``what``.
    """
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"  # noqa: S101
        time.sleep(0.05)
    return found


async def soon(look: Callable[[], object], seconds: float = 10) -> None:
    """Let other tasks of this event loop run until ``look`` gives what is true.

    Raises:
        TimeoutError: it was not within ``seconds``.
    """
    async with asyncio.timeout(seconds):
        while not look():
            await asyncio.sleep(0.02)
