"""The clocks in PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from datetime import datetime, timedelta

import msgspec

from chassis.database import Connection
from sla_monitor.state import ComplaintClock

_LOAD = "SELECT complaint_id, body FROM clocks WHERE complaint_id = ANY($1)"
_SAVE = """
INSERT INTO clocks
    (complaint_id, next_due_at, waiting_unit, waiting_since, word_unit, word_at, word_after_s, risk, body)
SELECT * FROM unnest(
    $1::text[], $2::timestamptz[], $3::text[], $4::timestamptz[], $5::text[], $6::timestamptz[], $7::float8[],
    $8::text[], $9::text[])
ON CONFLICT (complaint_id) DO UPDATE SET next_due_at = excluded.next_due_at, waiting_unit = excluded.waiting_unit,
    waiting_since = excluded.waiting_since, word_unit = excluded.word_unit, word_at = excluded.word_at,
    word_after_s = excluded.word_after_s, risk = excluded.risk, body = excluded.body, changed_at = now()"""
_DUE = """
SELECT complaint_id FROM clocks WHERE next_due_at <= $1 AND NOT complaint_id = ANY($2) ORDER BY next_due_at LIMIT 500"""
_RUNNING = "SELECT complaint_id FROM clocks WHERE next_due_at IS NOT NULL"
# One index lookup for each unit, however many complaints wait.
_SILENT = """
WITH RECURSIVE silent AS (
    (SELECT waiting_unit, waiting_since FROM clocks WHERE waiting_since IS NOT NULL
     ORDER BY waiting_unit, waiting_since LIMIT 1)
    UNION ALL
    SELECT next.* FROM silent, LATERAL (
        SELECT waiting_unit, waiting_since FROM clocks
        WHERE waiting_since IS NOT NULL AND waiting_unit > silent.waiting_unit
        ORDER BY waiting_unit, waiting_since LIMIT 1) next)
SELECT * FROM silent"""
#: A unit's rhythm is the median of its latest first words: of how many, and how many there must be.
LAST_WORDS, ENOUGH_WORDS = 20, 5
_RHYTHMS = """
WITH RECURSIVE units AS (
    (SELECT word_unit FROM clocks WHERE word_unit IS NOT NULL ORDER BY word_unit LIMIT 1)
    UNION ALL
    SELECT next.* FROM units, LATERAL (
        SELECT word_unit FROM clocks WHERE word_unit > units.word_unit ORDER BY word_unit LIMIT 1) next)
SELECT word_unit, percentile_cont(0.5) WITHIN GROUP (ORDER BY word_after_s) AS rhythm
FROM units, LATERAL (
    SELECT word_after_s FROM clocks WHERE clocks.word_unit = units.word_unit ORDER BY word_at DESC LIMIT $1) latest
GROUP BY word_unit HAVING count(*) >= $2"""
_RISKS = "SELECT risk, waiting_unit, count(*) AS n FROM clocks WHERE risk IS NOT NULL GROUP BY risk, waiting_unit"
_OLD = """
DELETE FROM clocks WHERE complaint_id = ANY(ARRAY(
    SELECT complaint_id FROM clocks WHERE next_due_at IS NULL AND changed_at < now() - $1::interval
    ORDER BY changed_at LIMIT 1000 FOR UPDATE SKIP LOCKED))"""
_decoder = msgspec.json.Decoder(ComplaintClock)


def encode(clock: ComplaintClock) -> str:
    """Encode ``clock`` as it is stored."""
    return msgspec.json.encode(clock).decode()


def decode(body: str) -> ComplaintClock:
    """Decode a clock that ``encode`` encoded."""
    return _decoder.decode(body)


async def load(db: Connection, complaint_ids: list[str]) -> dict[str, ComplaintClock]:
    """Load the existing clocks of ``complaint_ids``."""
    rows = await db.fetch(_LOAD, complaint_ids)
    return {row["complaint_id"]: decode(row["body"]) for row in rows}


async def save(db: Connection, clocks: dict[str, ComplaintClock]) -> None:
    """Write ``clocks``."""
    ids = sorted(clocks)
    each = [clocks[id_] for id_ in ids]
    await db.execute(
        _SAVE,
        ids,
        [clock.next_due_at for clock in each],
        [clock.unit or "" for clock in each],
        [clock.waiting_since for clock in each],
        [clock.word.unit if clock.word else None for clock in each],
        [clock.word.at if clock.word else None for clock in each],
        [clock.word.after_s if clock.word else None for clock in each],
        [clock.risk for clock in each],
        [encode(clock) for clock in each],
    )


async def due(db: Connection, at: datetime, but: Collection[str] = ()) -> list[str]:
    """List complaints with a timer set to ``at`` or earlier, except ``but``: at most 500, the earliest first."""
    return [row["complaint_id"] for row in await db.fetch(_DUE, at, list(but))]


async def running(db: Connection) -> AsyncIterator[list[str]]:
    """Yield all complaints that have a timer set, 500 at a time."""
    ids = sorted(row["complaint_id"] for row in await db.fetch(_RUNNING))
    for first in range(0, len(ids), 500):
        yield ids[first : first + 500]


async def silent(db: Connection) -> dict[str, datetime]:
    """Return, by unit, since when its oldest complaint has waited for a first word; '' is nobody."""
    return {row["waiting_unit"]: row["waiting_since"] for row in await db.fetch(_SILENT)}


async def rhythms(db: Connection) -> dict[str, float]:
    """Return, by unit, the usual working time to its first word in seconds, if enough first words are known."""
    rows = await db.fetch(_RHYTHMS, LAST_WORDS, ENOUGH_WORDS)
    return {row["word_unit"]: row["rhythm"] for row in rows}


async def risks(db: Connection) -> dict[str, dict[str, int]]:
    """Count the complaints that are ``at_risk`` and ``overdue``, by unit."""
    found: dict[str, dict[str, int]] = {}
    for row in await db.fetch(_RISKS):
        found.setdefault(row["risk"], {})[row["waiting_unit"]] = row["n"]
    return found


async def delete_old(db: Connection, kept: timedelta) -> dict[str, int]:
    """Delete up to 1,000 clocks without a timer that nothing has moved for ``kept``; return how many there were."""
    return {"clocks": int((await db.execute(_OLD, kept)).split()[-1])}
