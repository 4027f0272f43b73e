"""Stores in PostgreSQL what became of each message to a reporter; used by the projection and the complaint's page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from chassis import outbox
from chassis.database import Connection, Pool
from chassis.wire import Emit, outgoing
from contracts.events import ResendAsked
from contracts.topics import RESEND_ASKED
from unit_desk.projection import Said

#: A complaint that no unit here was told of for so long never comes: its topic keeps words no longer.
EARLY = timedelta(days=90)
# Whether somebody has asked for it again and no answer came yet: an intake that may not send it does not answer.
_ASKED = "(again_at > greatest(said_at, now() - interval '15 min'))"
# A message may come before its complaint, so it is stored whether that is known or not; unless the complaint is erased.
_KEEP = """
INSERT INTO arrivals (message_id, complaint_id, kind, seq, channel, state, why, at, until, said_at, early)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NOT EXISTS (SELECT FROM complaints WHERE complaint_id = $2)
WHERE NOT EXISTS (SELECT FROM complaints WHERE complaint_id = $2 AND erased)
ON CONFLICT (message_id) DO UPDATE SET channel = excluded.channel, state = excluded.state, why = excluded.why,
    at = excluded.at, until = excluded.until, said_at = excluded.said_at
WHERE arrivals.said_at < excluded.said_at"""
_ERASE = "DELETE FROM arrivals WHERE complaint_id = $1"
_OF = f"""
SELECT message_id, kind, seq, channel, state, why, at, until, {_ASKED} AS again FROM arrivals
WHERE complaint_id = $1
ORDER BY at, message_id LIMIT 200"""
# Only of complaints that somebody here may see, and without those that accuse a unit of $1.
_MISSING = f"""
SELECT message_id, a.kind, a.seq, a.channel, a.state, a.why, a.at, a.until, {_ASKED} AS again,
    c.ticket, c.lead
FROM arrivals a, LATERAL (
    SELECT ticket, lead, accuses FROM complaints c WHERE c.complaint_id = a.complaint_id
    ORDER BY unit = lead DESC, seq DESC LIMIT 1) AS c
WHERE state IN ('not_delivered', 'perhaps_sent') AND NOT accuses && $1
ORDER BY a.at DESC LIMIT 100"""
# At most 200: this asks for somebody's eyes, and is not a statistic.
_HOW_MANY_MISSING = """
SELECT count(*) FROM (
    SELECT FROM arrivals a WHERE state IN ('not_delivered', 'perhaps_sent')
        AND EXISTS (SELECT FROM complaints c WHERE c.complaint_id = a.complaint_id)
    ORDER BY at DESC LIMIT 200) AS first"""
# A message is asked for once, until its new outcome is known.
_AGAIN = f"""
UPDATE arrivals a SET again_at = greatest($2, said_at + interval '1 ms')
WHERE message_id = $1 AND state IN ('not_delivered', 'perhaps_sent') AND {_ASKED} IS NOT TRUE
    AND NOT EXISTS (SELECT FROM complaints c WHERE c.complaint_id = a.complaint_id AND accuses && $3)
RETURNING complaint_id, (SELECT min(ticket) FROM complaints c WHERE c.complaint_id = a.complaint_id) AS ticket"""
_OLD = """
DELETE FROM arrivals USING unnest($1::text[]) AS k (c)
WHERE complaint_id = c AND NOT EXISTS (SELECT FROM complaints o WHERE o.complaint_id = c)"""
_EARLY = """
WITH old AS (
    SELECT message_id, EXISTS (SELECT FROM complaints c WHERE c.complaint_id = a.complaint_id) AS known
    FROM arrivals a WHERE early AND said_at < now() - $1::interval ORDER BY said_at LIMIT 500),
on_time AS (UPDATE arrivals SET early = false WHERE message_id IN (SELECT message_id FROM old WHERE known))
DELETE FROM arrivals WHERE message_id IN (SELECT message_id FROM old WHERE NOT known) RETURNING message_id"""


async def keep(db: Connection, said: Sequence[Said]) -> None:
    """Store the words ``said``, in the caller's transaction; a later word that was read before stays."""
    rows = [
        (
            *(each.told.message_id, each.told.complaint_id, each.told.kind, _or_none(each.told.step)),
            *(each.told.channel or None, each.told.state, each.told.because or None, each.told.at),
            *(each.told.until or None, each.at),
        )
        for each in said
    ]
    await db.executemany(_KEEP, rows)


def _or_none(step: Any) -> int | None:
    return step if isinstance(step, int) else None


async def erase(db: Connection, complaint_id: str) -> None:
    """Delete what became of the messages about a complaint, in the caller's transaction."""
    await db.execute(_ERASE, complaint_id)


async def of_complaint(db: Connection | Pool, complaint_id: str) -> Sequence[Mapping[str, Any]]:
    """List what became of each message about a complaint, the earliest first."""
    rows: Sequence[Mapping[str, Any]] = await db.fetch(_OF, complaint_id)
    return rows


async def missing(db: Connection | Pool, not_for: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    """List messages that may not have arrived, on complaints that accuse none of ``not_for``; the latest first."""
    rows: Sequence[Mapping[str, Any]] = await db.fetch(_MISSING, list(not_for))
    return rows


async def how_many_missing(db: Connection) -> int:
    """Count the messages that :func:`missing` lists, whomever the complaint accuses; at most 200."""
    count: int = await db.fetchval(_HOW_MANY_MISSING)
    return count


async def send_again(db: Connection, message_id: str, not_for: Sequence[str], now: datetime) -> str | None:
    """Ask the intake of a message to send it again, in the caller's transaction; return the ticket. None if it can't be
    asked: it arrived, it waits, somebody asked already, or its complaint accuses one of ``not_for``.
    """
    row = await db.fetchrow(_AGAIN, message_id, now, list(not_for))
    if row is None or row["ticket"] is None:
        return None
    data = ResendAsked(complaint_id=row["complaint_id"], ticket=row["ticket"], message_id=message_id)
    emit = Emit(topic=RESEND_ASKED, subject=row["complaint_id"], data=data)
    await outbox.put(db, outgoing([emit], service="unit-desk", cause=str(uuid4()), now=now))
    ticket: str = row["ticket"]
    return ticket


async def delete_old(db: Connection, complaint_ids: Sequence[str]) -> int:
    """Delete messages about complaints that no unit here has any longer or ever had; return how many."""
    deleted = await db.execute(_OLD, list(complaint_ids))
    return int(deleted.split()[-1]) + len(await db.fetch(_EARLY, EARLY))
