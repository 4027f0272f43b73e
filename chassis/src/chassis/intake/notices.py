"""Telling citizens: notices are stored with the change they tell of, and sent one at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chassis import metrics
from chassis.crash import crash_point
from chassis.database import SENDER_LOCK, Connection, Pool

log = logging.getLogger(__name__)
#: The reason of the first notice of a complaint.
RECEIPT = "receipt"


@dataclass(frozen=True)
class NewNotice:
    """Something to tell. Without ``address`` it goes to the reporter of the ticket, if there is one.

    With ``after_s`` it waits so many seconds; as long as it waits, :func:`revise_notices` may change or drop it.
    With ``corrects`` it is told only to who was, or still will be, told the notice of that reason.
    With ``forget`` its address and thread are deleted as soon as it is sent.
    """

    ticket: str
    reason: str
    text: str
    address: str | None = None
    thread: str | None = None
    after_s: float = 0
    corrects: str | None = None
    forget: bool = False


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A notice about to be sent."""

    id: int
    ticket: str
    reason: str
    address: str
    thread: str | None
    text: str
    attempts: int
    revisable: bool = False


class Refused(Exception):
    """The vendor will never take this notice; the text says why."""


class OutcomeUnknown(Exception):
    """It may have gone out; sending it again would perhaps repeat it, so nobody does."""


class TryLater(Exception):
    """The vendor can't take it now. ``after_s`` seconds, if the vendor said so."""

    def __init__(self, why: str, after_s: float | None = None) -> None:
        super().__init__(why)
        self.after_s = after_s


Send = Callable[[Notice], Awaitable[None]]

_ADD = """
INSERT INTO notices (ticket, reason, text, address, thread, next_try_at, revisable, forget)
SELECT n.ticket, n.reason, n.text, coalesce(n.address, r.address), coalesce(n.thread, c.thread),
       now() + make_interval(secs => n.after_s), n.after_s > 0, n.forget
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::text[], $8::bool[])
       WITH ORDINALITY AS n (ticket, reason, text, address, thread, after_s, corrects, forget, nth)
LEFT JOIN complaints c USING (ticket) LEFT JOIN reporters r USING (reporter_ref)
WHERE coalesce(n.address, r.address) IS NOT NULL AND (n.corrects IS NULL OR EXISTS (
    SELECT FROM notices o WHERE o.ticket = n.ticket AND o.reason = n.corrects AND o.state <> 'dropped'))
ORDER BY n.nth
ON CONFLICT (ticket, reason) DO NOTHING"""
_REVISE = """
UPDATE notices n SET next_try_at = now(), text = coalesce(r.text, n.text), revisable = r.text IS NOT NULL,
                     state = CASE WHEN r.text IS NULL THEN 'dropped' ELSE n.state END
FROM unnest($1::text[], $2::text[], $3::text[]) AS r (ticket, reason, text)
WHERE n.ticket = r.ticket AND n.reason = r.reason AND n.revisable AND n.state = 'pending'
RETURNING n.ticket, n.reason"""
# The oldest of each ticket: a citizen hears of changes in their order.
_NEXT = """
SELECT id, ticket, reason, address, thread, text, attempts, revisable FROM notices n
WHERE state = 'pending' AND next_try_at <= now()
  AND NOT EXISTS (SELECT FROM notices o WHERE o.ticket = n.ticket AND o.state = 'pending' AND o.id < n.id)
ORDER BY id LIMIT 50"""
# Before the vendor has it: what may have gone out is neither changed nor dropped any more.
_FREEZE = "UPDATE notices SET revisable = false WHERE id = $1 AND state = 'pending' RETURNING text"
_DONE = """
UPDATE notices SET state = $2, detail = $3, attempts = attempts + 1, sent_at = now(),
                   address = CASE WHEN forget THEN '' ELSE address END, thread = CASE WHEN NOT forget THEN thread END
WHERE id = $1"""
_LATER = """
UPDATE notices SET attempts = attempts + 1, detail = $2, next_try_at = now() + make_interval(secs => $3)
WHERE id = $1"""


async def add_notices(db: Connection, notices: Sequence[NewNotice]) -> None:
    """Add ``notices`` in the caller's transaction; one that was added before is left alone."""
    if notices:
        rows = ((n.ticket, n.reason, n.text, n.address, n.thread, n.after_s, n.corrects, n.forget) for n in notices)
        await db.execute(_ADD, *(list(column) for column in zip(*rows, strict=True)))


async def revise_notices(db: Connection, revised: Sequence[tuple[str, str, str | None]]) -> set[tuple[str, str]]:
    """Give waiting notices (ticket, reason) another text and send them now, or drop them if it is None.

    One that no longer waits, or may have gone out, is left alone; which were in time is returned.
    """
    if not revised:
        return set()
    rows = await db.fetch(_REVISE, *(list(column) for column in zip(*revised, strict=True)))
    return {(row["ticket"], row["reason"]) for row in rows}


async def send_notices(pool: Pool, channel: str, send: Send) -> None:
    """For ever: send what is pending, one at a time, and mark each right after: a crash repeats at most one.

    Raises:
        asyncpg.PostgresError, OSError: the database is gone; start again.
    """
    async with pool.acquire() as db:
        while not await db.fetchval("SELECT pg_try_advisory_lock($1)", SENDER_LOCK):
            await asyncio.sleep(0.5)
        while True:
            rows = await db.fetch(_NEXT)
            for row in rows:
                await _to_the_end(_send_one(db, channel, send, Notice(**row)))
            await asyncio.sleep(0 if rows else 0.2)


async def _to_the_end(sending: Coroutine[Any, Any, None]) -> None:
    """A service that is told to stop in the middle marks first what it has sent: the next start would repeat it."""
    task = asyncio.create_task(sending)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


async def _send_one(db: Connection, channel: str, send: Send, notice: Notice) -> None:
    if notice.revisable:
        text = await db.fetchval(_FREEZE, notice.id)
        if text is None:  # dropped since it was read
            return
        notice = replace(notice, text=text)
    try:
        await send(notice)
    except TryLater as error:
        after_s = error.after_s or _pause_s(notice)
        await db.execute(_LATER, notice.id, str(error), after_s)
        metrics.REPLIES.labels(channel, "later").inc()
    except (Refused, OutcomeUnknown) as error:
        state = "refused" if isinstance(error, Refused) else "unknown"
        await db.execute(_DONE, notice.id, state, str(error))
        metrics.REPLIES.labels(channel, state).inc()
        log.error("notice_not_delivered", extra={"notice": notice.id, "state": state, "why": str(error)})
    except Exception as error:  # not foreseen: this notice waits, the others go on
        log.exception("notice_failed", extra={"notice": notice.id})
        await db.execute(_LATER, notice.id, type(error).__name__, _pause_s(notice))
        metrics.REPLIES.labels(channel, "later").inc()
    else:
        crash_point("notify.after_send_before_mark")
        await db.execute(_DONE, notice.id, "sent", None)
        metrics.REPLIES.labels(channel, "sent").inc()


def _pause_s(notice: Notice) -> float:
    """1, 2, 4, … 300 s."""
    return float(min(2 ** min(notice.attempts, 9), 300))
