"""Background work of a service, run beside a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

from chassis.service import keep_running
from testing.waiting import finish


@asynccontextmanager
async def kept_running(works: Iterable[tuple[str, Callable[[], Awaitable[None]]]]) -> AsyncIterator[None]:
    """Run each of ``works`` until the end of the block, as a service does: one that fails is logged and restarted."""
    running = [asyncio.create_task(keep_running(name, work), name=name) for name, work in works]
    try:
        yield
    finally:
        for each in running:
            each.cancel()
        await finish(*running)
