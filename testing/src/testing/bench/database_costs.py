"""What a life costs the databases: commits, rows written, and the bytes of the write-ahead log."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import asyncpg

#: PostgreSQL's processes hand over their counts a second after their last transaction.
SETTLED_S = 2.0
_COUNTS = """
SELECT xact_commit AS commits, tup_inserted + tup_updated + tup_deleted AS rows,
    (SELECT coalesce(sum(n_tup_upd), 0)::bigint FROM pg_stat_user_tables) AS updated,
    (SELECT coalesce(sum(n_tup_hot_upd), 0)::bigint FROM pg_stat_user_tables) AS hot
FROM pg_stat_database WHERE datname = current_database()"""
_WAL = "SELECT wal_bytes::bigint FROM pg_stat_wal"

Counts = Mapping[str, Mapping[str, int]]


async def counted(databases: Mapping[str, str]) -> Counts:
    """Return the counts of each database so far, and under ``""`` the bytes that all of them have logged.

    ``databases`` are addresses by service; they are on one server.

    Raises:
        asyncpg.PostgresError, OSError: the server is away.
    """
    await asyncio.sleep(SETTLED_S)
    found: dict[str, dict[str, int]] = {}
    for service, dsn in databases.items():
        db = await asyncpg.connect(dsn)
        found[service] = dict(await db.fetchrow(_COUNTS))
        found[""] = {"wal": await db.fetchval(_WAL)}
        await db.close()
    return found


def per_life(before: Counts, after: Counts, lives: int) -> dict[str, Any]:
    """Return what one of ``lives`` cost each service, and the kilobytes logged for it; without lives nothing.

    ``commits`` and ``rows`` are means; ``hot`` is the share of updates that touched no index.
    """
    if not lives:
        return {}
    costs: dict[str, Any] = {"wal_kb": round((after[""]["wal"] - before[""]["wal"]) / lives / 1000, 1)}
    for service, now in after.items():
        if service:
            grown = {name: count - before[service][name] for name, count in now.items()}
            costs[service] = {
                **{name: round(grown[name] / lives, 1) for name in ("commits", "rows")},
                "hot": round(grown["hot"] / grown["updated"], 2) if grown["updated"] else None,
            }
    return costs
