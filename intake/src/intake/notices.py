"""Telling citizens: notices are stored with the change they tell of, and sent one at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from chassis import tracing
from chassis.database import MAIL_LOCK, SENDER_LOCK, Connection, Pool, holding
from chassis.faults import crash_point
from intake import metrics
from intake.contacts import Medium

log = logging.getLogger(__name__)
#: After so many tries that failed as nobody foresaw, some 20 minutes, a notice is given up: its ticket's others wait.
MOST_FAILURES = 11


class NoticeKind(StrEnum):
    """What a notice is about."""

    RECEIPT = "receipt"
    DANGER = "danger"  # whom to call, and that it was taken; no bound keeps it back, but that of a day
    STEP = "step"  # of the story; its key is the step's number
    DEADLINE = "deadline"  # it moved, and no step of the story goes with that
    APOLOGY = "apology"
    CORRECTION = "correction"
    ANSWER = "answer"  # its key is the message that is answered
    FORMAT = "format"  # how to write to us, once a day
    AGAIN = "again"  # the same was said before, once a day
    ADDED = "added"  # what had no ticket was added; its key is that of the addition
    COURTESY = "courtesy"  # thanks, a greeting, abuse, once a day


#: Those that a citizen's own messages bring about, and those that units do.
_ANSWERS = frozenset(
    {
        *(NoticeKind.ANSWER, NoticeKind.FORMAT, NoticeKind.AGAIN, NoticeKind.RECEIPT),
        *(NoticeKind.ADDED, NoticeKind.COURTESY),
    }
)
_STEPS = frozenset({NoticeKind.STEP, NoticeKind.DEADLINE})


@dataclass(frozen=True)
class NewNotice:
    """Something to tell, once for a ticket, kind and ``key``. Without ``address`` it goes to the ticket's reporter.

    With ``after_s`` it waits so many seconds; as long as it waits, :func:`revise_notices` may give it another text.
    With ``corrects`` it is told only to who was, or still will be, told the apology of that key.
    With ``forget`` its address and thread are deleted as soon as it is sent. ``asked``: it answers the reporter, and
    is told also to who wants no more news. ``in_receipt``: a revision makes the receipt tell it, if that still waits.
    ``act``: its reporter should do something, so every contact that was left is told, and not the best of them alone.
    ``subject`` says in a few words what it is about, for media that show such. ``trace`` is the traceparent of what
    brought it about.
    """

    ticket: str
    kind: NoticeKind
    key: str
    text: str
    address: str | None = None
    thread: str | None = None
    after_s: float = 0
    corrects: str | None = None
    forget: bool = False
    asked: bool = False
    in_receipt: bool = False
    act: bool = False
    subject: str = ""
    trace: str = ""


@dataclass(frozen=True)
class Revision:
    """Another ``text`` for a notice that waits; with ``tells_deadline`` it is the deadline that it waited for.

    It is sent at once, or with ``hold`` when it would have been.
    """

    ticket: str
    kind: NoticeKind
    key: str
    text: str
    tells_deadline: bool = True
    hold: bool = False


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A notice about to be sent. ``age_s``: seconds since there was this to tell."""

    id: int
    ticket: str
    kind: str
    key: str
    address: str
    thread: str | None
    text: str
    attempts: int
    revisable: bool = False
    forget: bool = False
    medium: str = ""
    subject: str = ""
    age_s: float = 0
    trace: str = ""


@dataclass
class Forgotten:
    """What this process sent in a day to addresses that are stored no more: they have bounds like all others."""

    sent: dict[str, list[tuple[float, Notice]]] = field(default_factory=dict)

    def add(self, notice: Notice) -> None:
        """Remember ``notice`` if its address is stored no more; leave out what was sent more than a day ago."""
        if not notice.forget:
            return
        now = time.monotonic()
        self.sent.setdefault(notice.address, []).append((now, notice))
        self.sent = {to: sent for to, sent in self.sent.items() if now - sent[-1][0] < 24 * 3600}

    def rows(self, address: str) -> list[dict[str, Any]]:
        """Give what was sent to ``address``, as ``_SENT`` gives it."""
        now = time.monotonic()
        return [
            {"ticket": n.ticket, "kind": n.kind, "text": n.text, "lately": now - at < 3600}
            for at, n in self.sent.get(address, [])
            if now - at < 24 * 3600
        ]


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How much a citizen is sent. ``later`` is said once an hour instead of more answers; ``last`` gives for a ticket
    what is added to the last notice, so that what is left out is not taken for silence.

    Answers are what a citizen's own messages bring about, receipts included; steps are what units do.
    """

    later: str
    last: Callable[[str], str]
    answers_an_hour: int = 10
    steps_a_day: int = 10
    all_a_day: int = 40


class Refused(Exception):
    """The vendor will never take this notice; the text says why."""


class Undeliverable(Refused):
    """Nothing arrives at this address, so nothing more is sent there; the text says why, and not where."""


class OutcomeUnknown(Exception):
    """It may have gone out; sending it again would perhaps repeat it, so nobody does."""


class TryLater(Exception):
    """The vendor can't take it now. ``after_s`` seconds, if the vendor said so."""

    def __init__(self, why: str, after_s: float | None = None) -> None:
        super().__init__(why)
        self.after_s = after_s


Send = Callable[[Notice], Awaitable[None]]

# Contacts are the website's: to e-mail goes all, to a phone beside it only what its reporter should act on.
_ADD = """
INSERT INTO notices (ticket, kind, key, medium, text, subject, address, thread, next_try_at, revisable, forget, trace)
SELECT n.ticket, n.kind, n.key, t.medium, n.text, n.subject, t.address, t.thread,
       now() + make_interval(secs => n.after_s), n.after_s > 0, n.forget, n.trace
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::float8[], $8::text[],
            $9::bool[], $10::bool[], $11::text[], $12::bool[], $13::text[])
       WITH ORDINALITY AS n (ticket, kind, key, text, address, thread, after_s, corrects, forget, asked, trace, act,
                             subject, nth)
LEFT JOIN complaints c USING (ticket) LEFT JOIN reporters r USING (reporter_ref) LEFT JOIN farewells f USING (ticket)
CROSS JOIN LATERAL (
    SELECT CASE WHEN coalesce(n.address, r.address) IS NULL THEN f.medium ELSE '' END AS medium,
           coalesce(n.address, r.address, f.address) AS address, coalesce(n.thread, c.thread, f.thread) AS thread
    WHERE coalesce(n.address, r.address, f.address) IS NOT NULL
    UNION ALL
    SELECT k.medium, k.address, NULL FROM contacts k
    WHERE k.reporter_ref = c.reporter_ref AND n.address IS NULL AND k.failed_at IS NULL
      AND NOT EXISTS (SELECT FROM silenced s WHERE s.mark = k.mark)
      AND (n.act OR k.medium = 'email' OR NOT EXISTS (
          SELECT FROM contacts e
          WHERE e.reporter_ref = k.reporter_ref AND e.medium = 'email' AND e.failed_at IS NULL))) AS t
WHERE (n.corrects IS NULL OR EXISTS (
    SELECT FROM notices o
    WHERE o.ticket = n.ticket AND o.kind = 'apology' AND o.key = n.corrects AND o.state <> 'dropped'))
  AND (r.stopped_at IS NULL OR n.asked OR n.kind NOT IN ('step', 'deadline', 'apology', 'correction'))
ORDER BY n.nth
ON CONFLICT (ticket, kind, key, medium) DO NOTHING"""
_WAITING_RECEIPTS = """
SELECT ticket FROM notices WHERE ticket = ANY($1) AND kind = 'receipt' AND revisable AND state = 'pending' FOR UPDATE"""
_REVISE = """
UPDATE notices n SET next_try_at = CASE WHEN r.hold THEN next_try_at ELSE now() END, text = r.text
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bool[]) AS r (ticket, kind, key, text, hold)
WHERE n.ticket = r.ticket AND n.kind = r.kind AND n.key = r.key AND n.revisable AND n.state = 'pending'
RETURNING n.ticket, n.kind, n.key"""
# The oldest of each ticket: a citizen hears of changes in their order. Asked for each that is due: as a join, all that
# wait would be read.
_NEXT = """
SELECT id, ticket, kind, key, medium, address, thread, text, attempts, revisable, forget, subject, trace,
       extract(epoch FROM now() - created_at)::float8 AS age_s FROM notices n
WHERE state = 'pending' AND medium = $1 AND next_try_at <= now() AND NOT (
    SELECT bool_or(o.id < n.id) FROM notices o
    WHERE o.ticket = n.ticket AND o.medium = n.medium AND o.state = 'pending')
ORDER BY next_try_at, id LIMIT 50"""
# Before the vendor has it: what may have gone out is neither changed nor dropped any more.
_FREEZE = "UPDATE notices SET revisable = false WHERE id = $1 AND state = 'pending' RETURNING text"
# What an address was sent in a day, or may have been.
_SENT = """
SELECT ticket, kind, text, sent_at > now() - interval '1 h' AS lately FROM notices
WHERE address = $1 AND sent_at > now() - interval '24 h' AND state IN ('sent', 'unknown')"""
_REWORD = "UPDATE notices SET text = $2 WHERE id = $1"
_DONE = """
UPDATE notices SET state = $2, detail = $3, attempts = attempts + 1, sent_at = now(),
                   address = CASE WHEN forget THEN '' ELSE address END, thread = CASE WHEN NOT forget THEN thread END
WHERE id = $1
RETURNING extract(epoch FROM now() - created_at)::float8"""
# Where one can't be delivered, those that wait can't be either; whatever is known of it.
_GIVE_UP = """
WITH given_up AS (UPDATE contacts SET failed_at = now() WHERE (address, medium) = ($1, $2) AND failed_at IS NULL)
UPDATE notices SET state = 'refused', detail = $3, attempts = attempts + 1
WHERE address = $1 AND medium = $2 AND state = 'pending'"""
# The last notice of an erased complaint, and the address kept for it, go when it was sent or can't be: looked for
# again and again, for a crash may come between the two. Other notices are answers to who asks about it meanwhile.
_OVER = """
WITH over AS (DELETE FROM farewells f WHERE (
    SELECT bool_or(n.state <> 'pending' AND n.kind = 'step') FROM notices n WHERE n.ticket = f.ticket)
    RETURNING f.ticket)
DELETE FROM notices WHERE ticket = ANY(ARRAY(SELECT ticket FROM over))"""
_LATER = """
UPDATE notices SET attempts = attempts + 1, detail = $2, next_try_at = now() + make_interval(secs => $3)
WHERE id = $1"""
_FAILED = """
UPDATE notices SET attempts = attempts + 1, detail = $2, next_try_at = now() + make_interval(secs => $3),
    failures = failures + 1, state = CASE WHEN failures + 1 < $4 THEN state ELSE 'unknown' END
WHERE id = $1 RETURNING state"""


async def add_notices(db: Connection, notices: Sequence[NewNotice]) -> None:
    """Add ``notices`` in the caller's transaction; one that was added before is left alone."""
    if told := [n.ticket for n in notices if n.in_receipt]:
        # Locked, so that none is sent before it is revised.
        waiting = {row["ticket"] for row in await db.fetch(_WAITING_RECEIPTS, told)}
        notices = [n for n in notices if not (n.in_receipt and n.ticket in waiting)]
    if notices:
        rows = (
            (
                *(n.ticket, n.kind, n.key, n.text, n.address, n.thread, n.after_s, n.corrects, n.forget, n.asked),
                *(n.trace, n.act, n.subject),
            )
            for n in notices
        )
        await db.execute(_ADD, *(list(column) for column in zip(*rows, strict=True)))


async def revise_notices(db: Connection, revisions: Sequence[Revision]) -> list[Revision]:
    """Give waiting notices another text, in their order, and have them sent.

    One that no longer waits, or may have gone out, is left alone; the revisions that came too late are returned.
    """
    if not revisions:
        return []
    last = {(r.ticket, r.kind, r.key): r for r in revisions}  # of one notice the last holds
    rows = ((r.ticket, r.kind, r.key, r.text, r.hold) for r in last.values())
    found = await db.fetch(_REVISE, *(list(column) for column in zip(*rows, strict=True)))
    in_time = {(row["ticket"], row["kind"], row["key"]) for row in found}
    return [r for r in revisions if (r.ticket, r.kind, r.key) not in in_time]


async def send_notices(pool: Pool, channel: str, send: Send, bounds: Bounds | None = None, medium: str = "") -> None:
    """For ever: send what is pending, one at a time, and mark each right after: a crash repeats at most one.

    With ``medium`` only what goes by that: each has a sender of its own, and none waits for another.

    What is too much by ``bounds`` is dropped here, where all that was sent is known and nothing else is being sent.

    Raises:
        asyncpg.PostgresError, OSError: the database is gone; start again.
    """
    forgotten = Forgotten()
    async with holding(pool, MAIL_LOCK if medium == Medium.EMAIL else SENDER_LOCK) as db:
        while True:
            rows = await db.fetch(_NEXT, medium)
            for row in rows:
                await _to_the_end(_send_one(db, channel, send, bounds, forgotten, Notice(**row)))
            await db.execute(_OVER)
            await asyncio.sleep(0 if rows else 0.2)


async def _to_the_end(sending: Coroutine[Any, Any, None]) -> None:
    """A service that is told to stop in the middle marks first what it has sent: the next start would repeat it."""
    task = asyncio.create_task(sending)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


async def _send_one(
    db: Connection, channel: str, send: Send, bounds: Bounds | None, forgotten: Forgotten, notice: Notice
) -> None:
    if not (ready := await _ready(db, channel, bounds, forgotten, notice)):
        return
    notice = ready
    try:
        with _traced(notice):
            await send(notice)
    except TryLater as error:
        after_s = error.after_s or _pause_s(notice)
        await db.execute(_LATER, notice.id, str(error), after_s)
        metrics.REPLIES.labels(channel, "later").inc()
    except Undeliverable as error:
        await db.execute(_GIVE_UP, notice.address, notice.medium, str(error))
        metrics.REPLIES.labels(channel, "undeliverable").inc()
        log.warning("contact_given_up", extra={"notice": notice.id, "why": str(error)})
    except (Refused, OutcomeUnknown) as error:
        state = "refused" if isinstance(error, Refused) else "unknown"
        await db.execute(_DONE, notice.id, state, str(error))
        metrics.REPLIES.labels(channel, state).inc()
        log.error("notice_not_delivered", extra={"notice": notice.id, "state": state, "why": str(error)})
    except Exception as error:  # not foreseen: this notice waits, the others go on, and in the end its ticket's too
        log.exception("notice_failed", extra={"notice": notice.id})
        state = await db.fetchval(_FAILED, notice.id, type(error).__name__, _pause_s(notice), MOST_FAILURES)
        metrics.REPLIES.labels(channel, "unknown" if state == "unknown" else "later").inc()
    else:
        crash_point("notify.after_send_before_mark")
        after_s = await db.fetchval(_DONE, notice.id, "sent", None)
        forgotten.add(notice)
        metrics.count_sent(channel, after_s)


async def _ready(
    db: Connection, channel: str, bounds: Bounds | None, forgotten: Forgotten, notice: Notice
) -> Notice | None:
    """Give ``notice`` as it is to be sent from now on; None: it is erased, or too much and dropped."""
    if notice.revisable:
        text = await db.fetchval(_FREEZE, notice.id)
        if text is None:  # erased since it was read
            return None
        notice = replace(notice, text=text)
    if bounds and not notice.attempts:  # from the first try on nothing is changed any more
        text = _bounded(bounds, notice, [*await db.fetch(_SENT, notice.address), *forgotten.rows(notice.address)])
        if text is None:
            await db.execute(_DONE, notice.id, "dropped", "limited")
            metrics.REPLIES.labels(channel, "limited").inc()
            return None
        if text != notice.text:
            await db.execute(_REWORD, notice.id, text)
            notice = replace(notice, text=text)
    return notice


@contextlib.contextmanager
def _traced(notice: Notice) -> Iterator[None]:
    """Sending it is a hop of what brought it about; what is tried again may be days later, and is linked to that."""
    span = tracing.OFF
    if notice.trace:
        what = {"lapor.notice.kind": notice.kind}
        span = tracing.begin("send notice", "CLIENT", what, cause=notice.trace, prompt=not notice.attempts)
    try:
        yield
    except Exception as error:
        span.fail(error)
        raise
    finally:
        span.end()


def _bounded(bounds: Bounds, notice: Notice, sent: Sequence[Any]) -> str | None:
    """What to send instead of ``notice`` after all that was ``sent``, mostly its own text; None if it is too much."""
    left = bounds.all_a_day - len(sent)
    if notice.kind in _STEPS:
        steps = sum(row["ticket"] == notice.ticket and row["kind"] in _STEPS for row in sent)
        left = min(left, bounds.steps_a_day - steps)
    if left <= 0:
        return None
    if notice.kind in _ANSWERS:
        said = [row["text"] for row in sent if row["lately"] and row["kind"] in _ANSWERS]
        if len(said) - said.count(bounds.later) >= bounds.answers_an_hour:
            return None if bounds.later in said else bounds.later
    last = bounds.last(notice.ticket) if left == 1 else ""
    # A crash may have left it there.
    return f"{notice.text.removesuffix(f' {last}')} {last}" if last else notice.text


def _pause_s(notice: Notice) -> float:
    """1, 2, 4, … 300 s."""
    return float(min(2 ** min(notice.attempts, 9), 300))
