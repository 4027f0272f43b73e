"""Shows an operator which notices were sent, or not and why, and sends them again, also when asked from the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.database import Connection
from intake.contacts import shown
from intake.notices import message_id

_SHOWN = """id, ticket, medium, kind, state, detail, attempts, report, reported_at, gateway_id, created_at, sent_at,
address"""
_OF_TICKET = f"SELECT {_SHOWN} FROM notices WHERE ticket = $1 ORDER BY id"
_UNTOLD = f"SELECT {_SHOWN} FROM notices WHERE state IN ('refused', 'unknown', 'dropped') ORDER BY id"
# Without what was never meant to go out, and without reporters who stopped the news: the desk can't know of those.
_OF_TICKETS = """
SELECT n.id, n.ticket, n.kind, n.key, n.medium FROM notices n
LEFT JOIN complaints c USING (ticket) LEFT JOIN reporters r USING (reporter_ref)
WHERE n.ticket = ANY($1) AND n.state IN ('refused', 'unknown') AND r.stopped_at IS NULL AND NOT EXISTS (
    SELECT FROM contacts k JOIN silenced s USING (mark)
    WHERE (k.reporter_ref, k.medium, k.address) = (c.reporter_ref, n.medium, n.address))"""
# It is a new round, so bounds don't apply, and for the gateway another message, so no old report is mistaken for its
# own. A contact that was given up is tried once more.
_AGAIN = """
WITH again AS (
    UPDATE notices
    SET state = 'pending', next_try_at = now(), attempts = greatest(attempts, 1), failures = 0, detail = NULL,
        round = round + 1, began_at = NULL, report = NULL, reported_at = NULL, sent_at = NULL, quiet = false,
        given_up = false
    WHERE id = ANY($1) AND state IN ('refused', 'unknown', 'dropped') AND address <> ''
    RETURNING id, medium, address),
tried AS (UPDATE contacts k SET failed_at = NULL FROM again a WHERE (k.address, k.medium) = (a.address, a.medium))
SELECT id FROM again ORDER BY id"""


async def sent(db: Connection, ticket: str | None = None) -> list[dict[str, Any]]:
    """List the notices of ``ticket``, sent or waiting; without it all that did not go out. Mask addresses."""
    rows = await (db.fetch(_OF_TICKET, ticket) if ticket else db.fetch(_UNTOLD))
    return [{**row, "address": shown(row["medium"], row["address"])} for row in rows]


async def send_again(db: Connection, numbers: Sequence[int]) -> list[int]:
    """Have the notices ``numbers`` sent once more; return those that will be: others were sent, or wait already."""
    return [row["id"] for row in await db.fetch(_AGAIN, list(numbers))]


async def send_asked_again(db: Connection, service: str, wanted: Mapping[str, str]) -> list[int]:
    """Call :func:`send_again` for ``wanted``: ids of messages as others know them, each with its ticket."""
    rows = await db.fetch(_OF_TICKETS, list(wanted.values()))
    numbers = [row["id"] for row in rows if message_id(service, row) in wanted]
    return await send_again(db, numbers) if numbers else []
