"""A lock that one process of many holds, on connections that are not reset when they return to the pool."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from prometheus_client import REGISTRY

from chassis.database import OUTAGES, RELAY_LOCK, Pool, connected, hide_size, holding, show_size
from testing.waiting import within

pytestmark = pytest.mark.connected

_HELD = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND granted"


async def until_held_by(pool: Pool, many: int) -> None:
    async with asyncio.timeout(5):
        while await pool.fetchval(_HELD, RELAY_LOCK) != many:
            await asyncio.sleep(0.01)


async def test_lock_passes_to_the_next_waiter_however_its_holder_ends(pool: Pool) -> None:
    for error in (None, ValueError, asyncio.CancelledError):
        left = asyncio.Event()

        async def hold(error: type[BaseException] | None = error, left: asyncio.Event = left) -> None:
            async with holding(pool, RELAY_LOCK):
                await within(left.wait())
                if error:
                    raise error

        first = asyncio.create_task(hold())
        await until_held_by(pool, 1)
        second = asyncio.create_task(hold(None))
        left.set()
        async with asyncio.timeout(5):
            [ended] = await asyncio.gather(first, return_exceptions=True)
            await second
        assert isinstance(ended, error or type(None))
        await until_held_by(pool, 0)


async def test_a_connection_that_is_lost_hides_no_other_reason_to_leave(pool: Pool) -> None:
    with pytest.raises(ValueError, match="the reason"):  # noqa: PT012  (the reason comes last)
        async with holding(pool, RELAY_LOCK) as db:
            backend = await db.fetchval("SELECT pg_backend_pid()")
            await pool.fetchval("SELECT pg_terminate_backend($1)", backend)
            with contextlib.suppress(*OUTAGES):
                while True:
                    await db.fetchval("SELECT 1")
            raise ValueError("the reason")


async def test_unfinished_transaction_is_rolled_back_when_its_connection_is_returned(pool: Pool) -> None:
    await pool.execute("CREATE TABLE kept (n int)")
    async with pool.acquire() as db:
        await db.execute("BEGIN")
        await db.execute("INSERT INTO kept VALUES (1)")
        backend = await db.fetchval("SELECT pg_backend_pid()")
    async with pool.acquire() as db:
        assert (backend, 0) == (
            await db.fetchval("SELECT pg_backend_pid()"),
            await db.fetchval("SELECT count(*) FROM kept"),
        )


async def test_how_large_a_database_is_and_who_is_connected_is_shown_as_the_server_says(pool: Pool, dsn: str) -> None:
    def shown() -> list[float | None]:
        names = ("lapor_database_bytes", "lapor_database_connections", "lapor_database_connections_allowed")
        return [REGISTRY.get_sample_value(name, {"service": "sized"}) for name in names]

    async with pool.acquire() as db:
        await show_size(db, "sized")
        empty, _, allowed = shown()
        await db.execute("CREATE TABLE filled AS SELECT repeat('x', 900) FROM generate_series(1, 5000)")
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(3):
                await stack.enter_async_context(connected(dsn))
            await show_size(db, "sized")
        full, connections, _ = shown()

    assert empty is not None
    assert full is not None
    assert connections is not None
    assert full - empty > 5000 * 900
    assert connections >= 4  # these three, and the one of the query
    assert 197 == allowed  # `max_connections` in lapor.servers.postgres, less three that only a superuser gets
    hide_size()
    assert [None] * 3 == shown()
