"""What runs beside a test, as it runs in a service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

from chassis.service import keep_running
from testing.waiting import finish


@asynccontextmanager
async def kept_running(works: Iterable[tuple[str, Callable[[], Awaitable[None]]]]) -> AsyncIterator[None]:
    """Run each of ``works`` until the end of the block, as a service does: what fails is logged and begins again."""
    running = [asyncio.create_task(keep_running(name, work), name=name) for name, work in works]
    try:
        yield
    finally:
        for each in running:
            each.cancel()
        await finish(*running)
