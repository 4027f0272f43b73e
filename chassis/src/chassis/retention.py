"""The timer that deletes data when its retention is over.

UU 27/2022 pasal 42 and 44: processing ends, and personal data is destroyed, when the time for it is over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from chassis import metrics
from chassis.database import Connection, Pool

log = logging.getLogger(__name__)

_EVERY_S = 3_600

#: Deletes a batch; returns how many rows it deleted, by table.
Once = Callable[[Connection], Awaitable[Mapping[str, int]]]


async def keep_deleting(service: str, pool: Pool, once: Once) -> None:
    """Delete all expired data once an hour until cancelled, a batch in each transaction; count and log it.

    Raises:
        asyncpg.PostgresError, OSError: the database is gone; start again.
    """
    while True:
        await delete_all(service, pool, once)
        await asyncio.sleep(_EVERY_S)


async def delete_all(service: str, pool: Pool, once: Once) -> None:
    """Delete until nothing is left to delete."""
    while True:
        async with pool.acquire() as db, db.transaction():
            counts = await once(db)
        for table, rows in counts.items():
            metrics.DELETED.labels(service, table).inc(rows)
        if not any(counts.values()):
            return
        log.info("deleted", extra={"rows": {table: rows for table, rows in counts.items() if rows}})


def ages(kept: Mapping[str, timedelta]) -> tuple[list[str], list[timedelta]]:
    """Return ``kept`` as two columns for a statement: states, and how long each is kept."""
    return list(kept), list(kept.values())
