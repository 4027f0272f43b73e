"""The clocks in PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import msgspec

from chassis.database import Connection
from sla_monitor.state import ComplaintClock

_LOAD = "SELECT complaint_id, body FROM clocks WHERE complaint_id = ANY($1)"
_SAVE = """
INSERT INTO clocks (complaint_id, next_due_at, waiting_unit, waiting_since, body)
SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::timestamptz[], $5::text[])
ON CONFLICT (complaint_id) DO UPDATE SET next_due_at = excluded.next_due_at, waiting_unit = excluded.waiting_unit,
    waiting_since = excluded.waiting_since, body = excluded.body"""
_DUE = "SELECT complaint_id FROM clocks WHERE next_due_at <= $1 ORDER BY next_due_at LIMIT 500"
_CONSUMED = "SELECT partition, next_offset FROM consumed WHERE topic = $1"
_RUNNING = """
SELECT complaint_id FROM clocks WHERE next_due_at IS NOT NULL AND complaint_id > $1 ORDER BY complaint_id LIMIT 500"""
# One look into the index for each unit, however many complaints wait.
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
_decoder = msgspec.json.Decoder(ComplaintClock)


def encode(clock: ComplaintClock) -> str:
    """``clock`` as it is stored."""
    return msgspec.json.encode(clock).decode()


def decode(body: str) -> ComplaintClock:
    """What ``encode`` stored."""
    return _decoder.decode(body)


async def load(db: Connection, complaint_ids: list[str]) -> dict[str, ComplaintClock]:
    """The clocks of ``complaint_ids``, as far as there are any."""
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
        [encode(clock) for clock in each],
    )


async def due(db: Connection, at: datetime) -> list[str]:
    """Complaints with a timer set to ``at`` or earlier, the earliest first, at most 500."""
    return [row["complaint_id"] for row in await db.fetch(_DUE, at)]


async def running(db: Connection) -> AsyncIterator[list[str]]:
    """All complaints that have a timer set, 500 at a time."""
    last = ""
    while ids := [row["complaint_id"] for row in await db.fetch(_RUNNING, last)]:
        yield ids
        last = ids[-1]


async def silent(db: Connection) -> dict[str, datetime]:
    """By unit, since when its oldest complaint waits for a first word; '' is nobody."""
    return {row["waiting_unit"]: row["waiting_since"] for row in await db.fetch(_SILENT)}


async def consumed(db: Connection, topic: str) -> dict[int, int]:
    """Per partition, the offset up to which ``topic`` has been taken in."""
    return {row["partition"]: row["next_offset"] for row in await db.fetch(_CONSUMED, topic)}
