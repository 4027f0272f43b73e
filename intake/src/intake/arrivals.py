"""Publishes what became of each message to a reporter (``complaint.told.v1``): whether it arrived, never its text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import UNSET

from chassis import outbox
from chassis.database import Pool
from chassis.wire import Emit, Outgoing, outgoing
from contracts.events import ComplaintTold
from contracts.topics import TOLD
from contracts.vocabulary import Arrival, MessageKind, NoArrival
from intake.complaint_view import HIDDEN, RESTRICTED, SENT_WITH
from intake.notices import message_id

#: Seconds between two looks for something to publish.
LOOK_S = 1.0
AT_ONCE = 500
#: Seconds; a message sent sooner is not reported as waiting.
PATIENCE_S = 10
# Only messages to reporters of complaints taken here: others may ask about a complaint, too, or follow it.
_OF = f"""
LEFT JOIN complaints c ON c.ticket = due.ticket AND c.erased_at IS NULL AND due.kind = ANY($2)
LEFT JOIN LATERAL (
    SELECT {SENT_WITH.format("anonim")} OR {SENT_WITH.format("rahasia")} OR coalesce({RESTRICTED} OR {HIDDEN}, false)
        AS reticent
) AS how ON true"""
# Updated in the statement that publishes: a change made during it is published by the next. The times of one message
# only grow, so that the last one is known even after a restored backup publishes it again.
_CHANGED = f"""
WITH due AS (
    SELECT id, ticket, CASE WHEN kind = 'danger' AND key <> '' THEN '' ELSE kind END AS kind FROM notices
    WHERE says IS DISTINCT FROM said AND (state <> 'pending' OR created_at < now() - make_interval(secs => $3))
    ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)
UPDATE notices n SET said = says, said_at = greatest(now(), said_at + interval '1 ms')
FROM due {_OF}
WHERE n.id = due.id
RETURNING c.complaint_id, n.ticket, n.kind, n.key, n.medium, n.says, n.said_at,
    CASE WHEN state = 'pending' THEN now() WHEN report IN ('delivered', 'failed', 'rejected')
        THEN reported_at ELSE coalesce(sent_at, now()) END AS at,
    CASE WHEN state = 'pending' AND quiet AND next_try_at < 'infinity' THEN next_try_at END AS until,
    CASE WHEN medium = '' THEN c.channel WHEN NOT how.reticent THEN medium END AS channel"""
_UNTOLD = f"""
WITH due AS (DELETE FROM untold WHERE (ticket, kind, key) IN (
    SELECT ticket, kind, key FROM untold LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING *)
SELECT c.complaint_id, due.ticket, due.kind, due.key, '' AS medium, '{Arrival.NOT_SENT} ' || due.why AS says,
    due.at AS said_at, due.at, NULL::timestamptz AS until, NULL AS channel
FROM due {_OF}"""


async def keep_saying(pool: Pool, service: str, wake: Callable[[], None]) -> None:
    """Publish changes until cancelled; call ``wake`` when there is something to publish.

    Raises:
        asyncpg.PostgresError, OSError: the database is gone; start again.
    """
    while True:
        if many := await say(pool, service):
            wake()
        if many < AT_ONCE:  # changes made during the pause are published together
            await asyncio.sleep(LOOK_S)


async def say(pool: Pool, service: str, patience_s: float = PATIENCE_S) -> int:
    """Put changes into the outbox and note that they were published, in one transaction; return how many there were.

    This does not hold up sending, and a message that changes several times within a moment is published once.
    """
    kinds = list(MessageKind)
    async with pool.acquire() as db, db.transaction():
        rows = await db.fetch(_CHANGED, AT_ONCE, kinds, patience_s)
        rows += await db.fetch(_UNTOLD, AT_ONCE, kinds)
        await outbox.put(db, [each for row in rows if row["complaint_id"] for each in _said(row, service)])
    return len(rows)


def _said(row: Mapping[str, Any], service: str) -> list[Outgoing]:
    state, _, why = row["says"].partition(" ")
    named = message_id(service, row)
    data = ComplaintTold(
        complaint_id=row["complaint_id"],
        ticket=row["ticket"],
        message_id=named,
        kind=row["kind"],
        state=state,
        at=row["at"],
        step=int(row["key"]) if row["kind"] == MessageKind.STEP else UNSET,
        channel=row["channel"] or UNSET,
        because=NoArrival(why) if why else UNSET,
        until=row["until"] or UNSET,
    )
    emit = Emit(topic=TOLD, subject=row["complaint_id"], data=data)
    cause = f"{named}:{row['said_at'].isoformat()}"
    return outgoing([emit], service=service, cause=cause, now=row["said_at"])
