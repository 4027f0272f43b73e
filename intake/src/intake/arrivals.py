"""Says what became of each message to a reporter (``complaint.told.v1``): whether it arrived, never what it says."""

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

#: Seconds until it is looked again for what there is to say.
LOOK_S = 1.0
AT_ONCE = 500
#: What goes out sooner is not said to wait.
PATIENCE_S = 10
# Of what is sent to the reporters of complaints that were taken here: others ask about a complaint, too, or follow it.
_OF = f"""
LEFT JOIN complaints c ON c.ticket = due.ticket AND c.erased_at IS NULL AND due.kind = ANY($2)
LEFT JOIN LATERAL (
    SELECT {SENT_WITH.format("anonim")} OR {SENT_WITH.format("rahasia")} OR coalesce({RESTRICTED} OR {HIDDEN}, false)
        AS reticent
) AS how ON true"""
# In the statement that says it: what changes meanwhile is said the next time. Times of one message grow, so that the
# last is known, also of a backup that was restored and says it again.
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
    """For ever: say what changed; ``wake`` is told when there is something to publish.

    Raises:
        asyncpg.PostgresError, OSError: the database is gone; start again.
    """
    while True:
        if many := await say(pool, service):
            wake()
        if many < AT_ONCE:  # what changes meanwhile is said together
            await asyncio.sleep(LOOK_S)


async def say(pool: Pool, service: str, patience_s: float = PATIENCE_S) -> int:
    """Put into the outbox what changed, and note that it is said, in one transaction; give how much that was.

    Who sends is not held up by it, and what changes often within a moment is said once.
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
