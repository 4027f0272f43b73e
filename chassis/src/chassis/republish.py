"""Publishes the events of a service again, for a broker that has lost them.

They go back into the outbox as they were, with their ids, keys and headers, and the running relay publishes them.
Services that have read one already know it by its id (the inbox, :mod:`chassis.batch`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import typer

from chassis.database import Connection, connected
from chassis.outbox import KEPT_DAYS
from contracts.topics import load_topics, unit_of

#: Seconds without progress until the caller is told that events wait.
STILL_S = 30
# Until this commits nobody adds to the outbox: newer rows must go out behind older ones.
_ALONE = "LOCK TABLE outbox IN SHARE ROW EXCLUSIVE MODE"
# Waiting rows go behind them, too; parked ones are tried again there.
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
    """The events are in the outbox but do not go out: the service does not run, or Kafka takes nothing."""


def moment(text: str) -> datetime:
    """Read a past time with an offset, as RFC 3339 writes it, no older than the published rows that are kept.

    Raises:
        typer.BadParameter: it is not such a time; the text says why not.
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
    """Return the principals that write ``topic``; empty if it is not a topic of ours."""
    unit = unit_of(topic)
    units = [unit] if unit else []
    return next((each.producers for each in load_topics(units, desks=units) if each.name == topic), ())


async def republish(
    dsn: str, since: datetime, topic: str | None = None, progress: Callable[[int, int], None] = lambda out, all_: None
) -> int:
    """Put events published since ``since``, on ``topic`` alone if given, back into the outbox; return how many.

    It puts back all or nothing, in the order in which the events first went out. Return when the relay has published
    them; ``progress`` is told how many of how many are out.

    Raises:
        Waits: they were put back and do not go out; they will by themselves.
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
