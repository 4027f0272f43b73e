"""What a service published goes out once more, for a broker that has lost it.

It goes back into the outbox as it was, with the ids, keys and headers that it had, and the running relay publishes it.
Whoever has read it already knows it by its id (the inbox, :mod:`chassis.batch`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import typer

from chassis.database import Connection, connected
from chassis.outbox import KEPT_DAYS
from contracts.topics import load_topics, unit_of

#: So long nothing goes out until it is said that it waits.
STILL_S = 30
# Until it is committed nobody adds to the outbox: what is newer must go out behind what is older.
_ALONE = "LOCK TABLE outbox IN SHARE ROW EXCLUSIVE MODE"
# What waits goes behind it, too; what was parked is tried again there.
_AGAIN = """
WITH again AS (
    DELETE FROM published WHERE at >= $1 AND ($2::text IS NULL OR topic = $2)
    RETURNING seq, topic, key, value, headers),
waiting AS (DELETE FROM outbox RETURNING seq, topic, key, value, headers, kept, created_at),
queued AS (
    INSERT INTO outbox (topic, key, value, headers, kept, created_at)
    SELECT topic, key, value, headers, kept, created_at FROM (
        SELECT 0 AS turn, seq, topic, key, value, headers, true AS kept, now() AS created_at FROM again
        UNION ALL SELECT 1, seq, topic, key, value, headers, kept, created_at FROM waiting) AS each
    ORDER BY turn, seq RETURNING seq)
SELECT (SELECT count(*) FROM again) AS again, (SELECT max(seq) FROM queued) AS last"""
_LEFT = "SELECT count(*) FROM outbox WHERE seq <= $1"


class Waits(Exception):
    """It is in the outbox, and nothing goes out of that: the service does not run, or Kafka takes nothing."""


def moment(text: str) -> datetime:
    """Read a time with an offset, as RFC 3339 writes it, that is over, and since which is kept what was published.

    Raises:
        typer.BadParameter: it is no such time; the text says why not.
    """
    now = datetime.now(UTC)
    try:
        time = datetime.fromisoformat(text.upper())
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise typer.BadParameter(f"{text!r} is not a time with an offset; write it as 2026-03-17T10:00:00+08:00")
    if time > now:
        raise typer.BadParameter(f"{text!r} is still to come")
    if time < (first := now - timedelta(days=KEPT_DAYS)):
        kept = first.astimezone(time.tzinfo).isoformat(timespec="seconds")
        raise typer.BadParameter(f"what was published is kept for {KEPT_DAYS} days, that is since {kept}")
    return time


def publishers(topic: str) -> tuple[str, ...]:
    """Give who writes ``topic``; nobody, if it is no topic of ours."""
    unit = unit_of(topic)
    units = [unit] if unit else []
    return next((each.producers for each in load_topics(units, desks=units) if each.name == topic), ())


async def republish(
    dsn: str, since: datetime, topic: str | None = None, progress: Callable[[int, int], None] = lambda out, all_: None
) -> int:
    """Put what was published since ``since``, on ``topic`` alone if given, back into the outbox; returns how many.

    All or nothing of it is put back, in the order in which it first went out. Returns when the relay has published it;
    ``progress`` is told how many of how many are out.

    Raises:
        Waits: it was put back and does not go out; it will by itself.
        asyncpg.PostgresError, OSError, TimeoutError: the database is away.
    """
    async with connected(dsn) as db:
        async with db.transaction():
            await db.execute(_ALONE)
            row = await db.fetchrow(_AGAIN, since, topic)
        if row["again"]:
            await _gone_out(db, row["last"], progress)
        return int(row["again"])


async def _gone_out(db: Connection, last: int, progress: Callable[[int, int], None]) -> None:
    all_ = left = await db.fetchval(_LEFT, last)
    clock = asyncio.get_running_loop().time
    until = clock() + STILL_S
    while left:
        if clock() > until:
            raise Waits(f"{left} of {all_} events wait in the outbox")
        await asyncio.sleep(0.2)
        before, left = left, await db.fetchval(_LEFT, last)
        if left < before:
            until = clock() + STILL_S
            progress(all_ - left, all_)
