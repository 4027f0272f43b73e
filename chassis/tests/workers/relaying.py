"""Events for an outbox in tests, and a relay that publishes them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from bench import Bench, encoded

from chassis import outbox
from chassis.database import Pool
from chassis.outbox import Relay
from chassis.wire import Outgoing
from testing.waiting import finish


def outgoing(bench: Bench, n: int, key: str = "c0", topic: str = "") -> Outgoing:
    return Outgoing(topic or bench.out, key.encode(), encoded(key, f"e{n}"), ())


async def put(pool: Pool, *records: Outgoing) -> None:
    async with pool.acquire() as db, db.transaction():
        await outbox.put(db, records)


async def until(what: Callable[[], object], timeout_s: float = 30) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            while not await asyncio.to_thread(what):
                await asyncio.sleep(0.05)
            return True
    return False


def ids(bench: Bench) -> list[str]:
    return [event.id for event in bench.events(bench.out)]


def waiting(bench: Bench) -> int:
    return int(bench.sql("SELECT count(*) FROM outbox WHERE parked_reason IS NULL")[0][0])


@contextlib.asynccontextmanager
async def running(relay: Relay, pool: Pool) -> AsyncIterator[None]:
    task = asyncio.create_task(relay.run(pool))
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        await finish(task)
