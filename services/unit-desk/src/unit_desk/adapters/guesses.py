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
_KNOWN = """
SELECT key, count, extract(epoch FROM now() - at)::float8 AS since_s,
    extract(epoch FROM full_at - now())::float8 AS full_in_s
FROM guesses WHERE key = ANY($1::bytea[])"""
# Sorted, so that two processes that count the same keys do not wait for each other.
_WRONG = """
INSERT INTO guesses AS g (key, count, at, full_at)
SELECT key, 1, now(), now() + $2::interval FROM unnest($1::bytea[]) AS t (key) ORDER BY key
ON CONFLICT (key) DO UPDATE SET at = now(), full_at = greatest(g.full_at, now()) + $2::interval,
    count = 1 + CASE WHEN g.at < now() - $3::interval THEN 0 ELSE g.count END"""
_RIGHT = "DELETE FROM guesses WHERE key = ANY($1::bytea[])"
_OLD = """
DELETE FROM guesses WHERE at <= greatest(now() - $1::interval,
    (SELECT at FROM guesses ORDER BY at DESC LIMIT 1 OFFSET $2))"""


@dataclass(frozen=True, kw_only=True)
class Delays:
    """Counts wrong guesses. ``secret`` hides in the database whom they concern."""

    pool: Pool
    secret: bytes

    async def wait_s(self, email: str, place: str) -> float:
        """Return the seconds until somebody from ``place`` may try again to log in as ``email``."""
        keys = self._keys(email, place)
        known = {
            key: Guesses(count=count, since_s=since_s, full_in_s=full_in_s)
            for key, count, since_s, full_in_s in await self.pool.fetch(_KNOWN, keys)
        }
        here, person, there = (known.get(key, Guesses()) for key in keys)
        return wait_s(here, person, there)

    async def wrong(self, email: str, place: str) -> None:
        """Count a wrong guess."""
        await self.pool.execute(_WRONG, self._keys(email, place), _EACH, _OLDEST)

    async def right(self, email: str, place: str) -> None:
        """Forget the wrong guesses of a person who has logged in."""
        await self.pool.execute(_RIGHT, self._keys(email, place)[:2])

    def _keys(self, email: str, place: str) -> list[bytes]:
        """Return the keys of this person here, of the person from all places, and of this place for all persons."""
        told = (f"here\x1f{email}\x1f{place}", f"person\x1f{email}", f"place\x1f{place}")
        return [hmac.digest(self.secret, f"guesses\x1f{each}".encode(errors="replace"), "sha256")[:16] for each in told]


async def sweep(db: Connection | Pool) -> None:
    """Forget old guesses, and the oldest of too many."""
    await db.execute(_OLD, _OLDEST, MOST)
