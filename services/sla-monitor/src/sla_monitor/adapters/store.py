"""The clocks in PostgreSQL."""

from __future__ import annotations

from datetime import datetime

import msgspec

from chassis.database import Connection
from sla_monitor.clock import ComplaintClock

_LOAD = "SELECT complaint_id, body FROM clocks WHERE complaint_id = ANY($1)"
_SAVE = """
INSERT INTO clocks (complaint_id, next_due_at, body) VALUES ($1, $2, $3)
ON CONFLICT (complaint_id) DO UPDATE SET next_due_at = excluded.next_due_at, body = excluded.body"""
_DUE = "SELECT complaint_id FROM clocks WHERE next_due_at <= $1 ORDER BY next_due_at LIMIT 500"
_CONSUMED = "SELECT partition, next_offset FROM consumed WHERE topic = $1"


async def load(db: Connection, complaint_ids: list[str]) -> dict[str, ComplaintClock]:
    """The clocks of ``complaint_ids``, as far as there are any."""
    rows = await db.fetch(_LOAD, complaint_ids)
    return {row["complaint_id"]: msgspec.json.decode(row["body"], type=ComplaintClock) for row in rows}


async def save(db: Connection, clocks: dict[str, ComplaintClock]) -> None:
    """Write ``clocks``."""
    ids = sorted(clocks)
    rows = [(id_, clocks[id_].next_due_at, msgspec.json.encode(clocks[id_]).decode()) for id_ in ids]
    await db.executemany(_SAVE, rows)


async def due(db: Connection, at: datetime) -> list[str]:
    """Complaints with a timer set to ``at`` or earlier, the earliest first, at most 500."""
    return [row["complaint_id"] for row in await db.fetch(_DUE, at)]


async def consumed(db: Connection, topic: str) -> dict[int, int]:
    """Per partition, the offset up to which ``topic`` has been taken in."""
    return {row["partition"]: row["next_offset"] for row in await db.fetch(_CONSUMED, topic)}
