"""Wrong guesses in PostgreSQL: all processes of the desk count together, and a restart forgets nothing."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta

from chassis.database import Connection, Pool
from unit_desk.throttle import FORGOTTEN_S, Guesses, each_s, wait_s

#: Rows kept by a sweep: somebody who invents addresses must not fill the disk.
MOST = 50_000
_OLDEST, _EACH = timedelta(seconds=FORGOTTEN_S), timedelta(seconds=each_s())
# What was known before this guess; the rows are locked until it is counted, so guesses sent at once count one after
# another. Sorted, so that two processes that count the same keys do not wait for each other.
_KNOWN = """
INSERT INTO guesses AS g (key, count, at, full_at)
SELECT key, 0, clock_timestamp(), clock_timestamp() FROM unnest($1::bytea[]) AS t (key) ORDER BY key
ON CONFLICT (key) DO UPDATE SET count = g.count
RETURNING key, count, extract(epoch FROM clock_timestamp() - at)::float8 AS since_s,
    extract(epoch FROM full_at - clock_timestamp())::float8 AS full_in_s"""
_COUNT = """
UPDATE guesses SET at = clock_timestamp(), full_at = greatest(full_at, clock_timestamp()) + $2::interval,
    count = 1 + CASE WHEN at < clock_timestamp() - $3::interval THEN 0 ELSE count END WHERE key = ANY($1::bytea[])"""
_RIGHT = "DELETE FROM guesses WHERE key = ANY($1::bytea[])"
# The place has only the guess back that was right: the others may have been for other persons.
_BACK = "UPDATE guesses SET count = greatest(count - 1, 0), full_at = full_at - $2::interval WHERE key = $1"
_OLD = """
DELETE FROM guesses WHERE at <= greatest(now() - $1::interval,
    (SELECT at FROM guesses ORDER BY at DESC LIMIT 1 OFFSET $2))"""


@dataclass(frozen=True, kw_only=True)
class Delays:
    """Counts guesses. ``secret`` hides in the database whom they concern."""

    pool: Pool
    secret: bytes

    async def guess(self, email: str, place: str) -> float:
        """Count a guess of somebody from ``place`` for ``email``, and return 0.

        The guess counts as wrong before it is looked at, or twenty sent at once would all pass. If they must wait,
        nothing is counted, and the seconds are returned.
        """
        keys = self._keys(email, place)
        async with self.pool.acquire() as db, db.transaction():
            known = {
                key: Guesses(count=count, since_s=since_s, full_in_s=full_in_s)
                for key, count, since_s, full_in_s in await db.fetch(_KNOWN, keys)
            }
            wait = wait_s(*(known[key] for key in keys))
            if not wait:
                await db.execute(_COUNT, keys, _EACH, _OLDEST)
            return wait

    async def right(self, email: str, place: str) -> None:
        """Forget the guesses of a person who has logged in; the last one was right."""
        *theirs, everybodys = self._keys(email, place)
        async with self.pool.acquire() as db, db.transaction():
            await db.execute(_RIGHT, theirs)
            await db.execute(_BACK, everybodys, _EACH)

    def _keys(self, email: str, place: str) -> list[bytes]:
        """Return the keys of this person here, of the person from all places, and of this place for all persons."""
        told = (f"here\x1f{email}\x1f{place}", f"person\x1f{email}", f"place\x1f{place}")
        return [hmac.digest(self.secret, f"guesses\x1f{each}".encode(errors="replace"), "sha256")[:16] for each in told]


async def sweep(db: Connection | Pool) -> None:
    """Forget old guesses, and the oldest of too many."""
    await db.execute(_OLD, _OLDEST, MOST)
