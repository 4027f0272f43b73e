"""The router's cases in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import msgspec

from chassis.database import Connection
from router.case import Case

# A complaint brings with it those merged into it: they follow its story.
_LOAD = "SELECT ticket, body FROM cases WHERE ticket = ANY($1) OR parent = ANY($1) ORDER BY ticket FOR UPDATE"
# unrouted_since starts with the commit that registers a complaint, and ends with the first routing.
_SAVE = """
INSERT INTO cases (ticket, complaint_id, status, unit, parent, body, unrouted_since)
VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $3 = 'registered' THEN clock_timestamp() END)
ON CONFLICT (ticket) DO UPDATE SET
    complaint_id = excluded.complaint_id, status = excluded.status, unit = excluded.unit, parent = excluded.parent,
    body = excluded.body, updated_at = now(),
    unrouted_since = CASE WHEN excluded.status = 'registered'
                          THEN coalesce(cases.unrouted_since, clock_timestamp()) END"""
_DUE = """
SELECT ticket FROM cases WHERE unrouted_since < clock_timestamp() - $1::interval
ORDER BY unrouted_since LIMIT 100"""

_WITH = """
SELECT ticket, unit, body->>'seq' AS seq FROM cases
WHERE unit = ANY($1) AND status = ANY($2) ORDER BY ticket LIMIT 100"""


async def load(db: Connection, tickets: list[str]) -> dict[str, Case]:
    """The cases of ``tickets`` and of all that were merged into them, locked."""
    rows = await db.fetch(_LOAD, tickets)
    return {row["ticket"]: msgspec.json.decode(row["body"], type=Case) for row in rows}


async def save(db: Connection, cases: dict[str, Case]) -> None:
    """Write ``cases``."""
    rows = []
    for ticket in sorted(cases):
        case = cases[ticket]
        complaint_id = case.received.complaint_id if case.received else ""
        body = msgspec.json.encode(case).decode()
        rows.append((ticket, complaint_id, case.status, case.unit, case.parent, body))
    await db.executemany(_SAVE, rows)


async def unrouted(db: Connection, after_s: float) -> list[str]:
    """Tickets that have been with nobody for ``after_s`` seconds, the oldest first."""
    rows = await db.fetch(_DUE, timedelta(seconds=after_s))
    return [row["ticket"] for row in rows]


async def with_units(db: Connection, units: Collection[str], statuses: Collection[str]) -> dict[str, str]:
    """Tickets that any of ``units`` has in one of ``statuses``, a hundred at most, each with what names that moment."""
    rows = await db.fetch(_WITH, list(units), list(statuses))
    return {row["ticket"]: f"{row['unit']}:{row['seq']}" for row in rows}
