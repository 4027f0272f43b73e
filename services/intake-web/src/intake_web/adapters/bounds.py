"""Shares the limits of clients among all processes of the service, and keeps them over a restart.

Each process counts for itself and decides without waiting; once a second it hands over its counts and reads those of
the others. While the database is unreachable, each goes on with the counts it has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from chassis.database import Pool
from intake_web.limits import Guard

#: Seconds between two exchanges, and how far back to read: far enough for rows whose commit was slow.
EVERY_S, BACK_S = 1.0, 10.0
_FORGET_S, _AT_ONCE = 600.0, 10_000
_ADD = """
INSERT INTO bounds AS b (what, client, full_at)
SELECT t.what, t.client, now() + make_interval(secs => t.taken_s)
FROM unnest($1::text[], $2::bytea[], $3::float8[]) AS t (what, client, taken_s) ORDER BY t.what, t.client
ON CONFLICT (what, client) DO UPDATE SET at = clock_timestamp(),
    full_at = greatest(b.full_at, now()) + (excluded.full_at - now())"""
_NEWS = """
SELECT what, client, extract(epoch FROM full_at - now())::float8 AS full_in_s FROM bounds
WHERE at > now() - make_interval(secs => $1) AND full_at > now()"""
_ALL = "SELECT what, client, extract(epoch FROM full_at - now())::float8 AS full_in_s FROM bounds WHERE full_at > now()"
_FORGET = f"""
DELETE FROM bounds WHERE (what, client) IN (SELECT what, client FROM bounds WHERE full_at < now() LIMIT {_AT_ONCE})"""


async def share(pool: Pool, guard: Guard) -> None:
    """Exchange the counts of ``guard`` with the other processes, until cancelled.

    Raises:
        asyncpg.PostgresError, OSError, TimeoutError: the database is unreachable; restart.
    """
    guard.heard(await _read(pool, _ALL))
    forgotten = asyncio.get_running_loop().time()
    while True:
        await exchange(pool, guard)
        if (now := asyncio.get_running_loop().time()) - forgotten > _FORGET_S:
            while int((await pool.execute(_FORGET)).split()[-1]) == _AT_ONCE:
                pass
            forgotten = now
        await asyncio.sleep(EVERY_S)


async def exchange(pool: Pool, guard: Guard) -> None:
    """Hand over the counts since the last exchange, and read the recent ones of the other processes."""
    taken = guard.taken()
    rows = [(what, bytes.fromhex(client), seconds) for (what, client), seconds in taken.items()]
    try:
        if rows:
            await pool.execute(_ADD, *(list(column) for column in zip(*rows, strict=True)))
    except BaseException:
        guard.take_back(taken)
        raise
    guard.heard(await _read(pool, _NEWS, BACK_S))


async def _read(pool: Pool, query: str, *values: object) -> Mapping[tuple[str, str], float]:
    return {(row["what"], row["client"].hex()): row["full_in_s"] for row in await pool.fetch(query, *values)}
