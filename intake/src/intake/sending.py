"""Sends pending notices: many tickets concurrently, each ticket and each citizen in order, and marks the outcome."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, TypeAlias

from chassis import tracing
from chassis.database import MAIL_LOCK, SENDER_LOCK, Connection, Pool, holding
from chassis.faults import crash_point
from chassis.limits import Buckets, Rate
from intake import metrics
from intake.bounds import ANSWERS, Bounds, Forgotten, QuietUntil, bounded, is_automatic
from intake.contacts import Medium
from intake.notices import Notice, NoticeKind, OutcomeUnknown, Refused, Send, TryLater, Unasked, Undeliverable

log = logging.getLogger(__name__)
#: After this many unforeseen failures, some 20 minutes, a notice is given up: the others of its ticket wait for it.
MOST_FAILURES = 11
#: Seconds between two looks for due notices, and for leftovers of an erasure.
LOOK_S, LOOK_OVER_S = 0.5, 5.0
#: Notices that do not wait behind those postponed to the morning.
_PASS = sorted(ANSWERS | {NoticeKind.DANGER})


#: Returns the mark of a notice's inbox (:func:`intake.contacts.mark_of`).
Mark: TypeAlias = Callable[[Notice], bytes]


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast a vendor is given notices: up to ``at_once`` under way, ``per_s`` a second, a second's worth at once.

    After a crash each notice that the vendor may have waits ``patience_s`` seconds for a report, and is then sent
    again; a vendor without reports is not waited for. Without ``repeats`` it is not sent again automatically: the
    vendor would deliver it twice, and is not asked what it has.

    With ``a_day`` at most that many are sent on a day of ``zone``; further ones wait for the next day, except those
    that say whom to call in danger.
    """

    at_once: int = 8
    per_s: float = 50
    patience_s: float = 0
    repeats: bool = True
    a_day: int = 0
    zone: tzinfo = UTC


# The oldest of each ticket: a citizen hears of changes in their order. It is a subquery for each due notice; a join
# would read all that wait. $2 and $3 are under way: an inbox gets one at a time, because what it was sent is counted.
_NEXT = """
SELECT id, ticket, kind, key, medium, address, inbox, thread, text, attempts, revisable, forget, ends, urgent, round,
       subject, trace, began_at IS NOT NULL AS perhaps, extract(epoch FROM now() - created_at)::float8 AS age_s
FROM notices n
WHERE state = 'pending' AND medium = $1 AND next_try_at <= now() AND id <> ALL($2) AND inbox <> ALL($3)
  AND starts_with(coalesce(thread, ''), $6) AND NOT (
    SELECT bool_or(o.id < n.id AND NOT (o.quiet AND n.kind = ANY($4))) FROM notices o
    WHERE o.ticket = n.ticket AND o.medium = n.medium AND o.state = 'pending')
ORDER BY next_try_at, id LIMIT $5"""
# Runs before the vendor has it: what may have gone out is no longer changed or dropped.
_BEGIN = """
UPDATE notices SET revisable = false, began_at = now() WHERE id = $1 AND state = 'pending' RETURNING text"""
# The first notice to an inbox asks for consent, also when it is retried.
_ASK = """
INSERT INTO agreements AS a (mark, asked_by) VALUES ($2, $1) ON CONFLICT (mark) DO UPDATE SET
    asked_by = CASE WHEN a.agreed_at IS NULL AND EXISTS (
        SELECT FROM notices n WHERE n.id = a.asked_by AND n.state IN ('dropped', 'refused'))
    THEN excluded.asked_by ELSE a.asked_by END
RETURNING agreed_at IS NOT NULL AS agreed, asked_by = $1 AS asks"""
# The last notice about an erased complaint can't wait for consent, and is dropped: its address is kept for nothing
# else.
_HOLD = """
UPDATE notices n SET next_try_at = 'infinity', quiet = true, (state, detail) = (
    SELECT CASE WHEN over THEN 'dropped' ELSE n.state END, CASE WHEN over THEN 'awaits_yes' ELSE n.detail END
    FROM (SELECT EXISTS (SELECT FROM farewells f WHERE f.ticket = n.ticket) AS over) AS asked)
WHERE id = $1 AND state = 'pending'"""
_POSTPONE = "UPDATE notices SET next_try_at = $2, quiet = true WHERE id = $1 AND state = 'pending'"
# The notices that an inbox got within a day, or may have got.
_SENT = """
SELECT kind, text, sent_at > now() - interval '1 h' AS lately FROM notices
WHERE inbox = $1 AND sent_at > now() - interval '24 h' AND state IN ('sent', 'unknown')"""
_SENT_SINCE = "SELECT count(*) FROM notices WHERE medium = $1 AND sent_at >= $2 AND state IN ('sent', 'unknown')"
_REWORD = "UPDATE notices SET text = $2 WHERE id = $1"
# The report may have arrived before the answer.
_DONE = """
UPDATE notices SET state = CASE WHEN $2 = 'unknown' AND report IN ('queued', 'accepted', 'delivered') THEN 'sent'
                                WHEN $2 = 'sent' AND report IN ('failed', 'rejected') THEN 'refused' ELSE $2 END,
                   detail = CASE WHEN report IN ('failed', 'rejected') THEN detail ELSE $3 END,
                   gateway_id = coalesce($4, gateway_id), attempts = attempts + 1, sent_at = coalesce(sent_at, now()),
                   address = CASE WHEN forget THEN '' ELSE address END, thread = CASE WHEN NOT forget THEN thread END
WHERE id = $1
RETURNING CASE WHEN NOT quiet THEN extract(epoch FROM now() - created_at)::float8 END"""
# If one can't be delivered, those waiting for the same address can't be either, whatever they are about.
_GIVE_UP = """
WITH given_up AS (UPDATE contacts SET failed_at = now() WHERE (address, medium) = ($1, $2) AND failed_at IS NULL)
UPDATE notices SET state = 'refused', detail = $3, attempts = attempts + 1, given_up = true
WHERE inbox = inbox_of($1) AND address = $1 AND medium = $2 AND state = 'pending'"""
# The last notice of an erased complaint, and the address kept for it, are deleted once it was sent or can't be. This is
# looked for repeatedly, because a crash may come between the two. Other notices answer people who ask before that.
_OVER = """
WITH over AS (DELETE FROM farewells f WHERE (
    SELECT bool_or(n.state <> 'pending' AND n.kind = 'step') FROM notices n WHERE n.ticket = f.ticket)
    RETURNING f.ticket)
DELETE FROM notices WHERE ticket = ANY(ARRAY(SELECT ticket FROM over))"""
_LATER = """
UPDATE notices SET attempts = attempts + 1, detail = $2, next_try_at = now() + make_interval(secs => $3),
    began_at = CASE WHEN $4 THEN began_at END
WHERE id = $1"""
_FAILED = """
UPDATE notices SET attempts = attempts + 1, detail = $2, next_try_at = now() + make_interval(secs => $3),
    failures = failures + 1, state = CASE WHEN failures + 1 < $4 THEN state ELSE 'unknown' END
WHERE id = $1 RETURNING state"""
# A process died while sending these: perhaps the vendor has them, and reports so in a while.
_DIED_WITH = """
UPDATE notices SET next_try_at = greatest(next_try_at, now() + make_interval(secs => $2)), detail = 'died with it',
    state = CASE WHEN $4 THEN state ELSE 'unknown' END, sent_at = CASE WHEN $4 THEN sent_at ELSE began_at END,
    address = CASE WHEN forget AND NOT $4 THEN '' ELSE address END, thread = CASE WHEN NOT forget OR $4 THEN thread END
WHERE state = 'pending' AND medium = $1 AND began_at IS NOT NULL AND starts_with(coalesce(thread, ''), $3)
RETURNING id"""


async def send_notices(
    pool: Pool,
    channel: str,
    send: Send,
    bounds: Bounds | None = None,
    medium: str = "",
    pace: Pace = Pace(),
    quiet_until: QuietUntil | None = None,
    networks: Mapping[str, Pace] = {},
    mark: Mark | None = None,
) -> None:
    """Send pending notices until cancelled, as fast as ``pace`` allows, and mark each right after: a crash repeats at
    most those under way.

    With ``medium`` it sends only notices of that medium: each has its own sender, and none waits for another. With
    ``networks`` each network has its own pace, in place of ``channel`` and ``pace``; a notice's thread begins with its
    network. Notices beyond ``bounds`` are dropped here, where all that was sent is known; automatic ones wait out the
    quiet time. With ``mark``, which returns the mark of an inbox, the first message to an inbox asks for consent and
    the others wait for it.

    Raises:
        ExceptionGroup: of asyncpg.PostgresError, OSError: the database is gone; start again.
    """
    async with holding(pool, MAIL_LOCK if medium == Medium.EMAIL else SENDER_LOCK) as db, asyncio.TaskGroup() as lines:
        turn = _InTurn(db)
        for name, its_pace in (networks or {channel: pace}).items():
            threads = f"{name}:" if networks else ""
            line = _Line(turn, name, send, bounds, medium, its_pace, quiet_until, threads, mark)
            lines.create_task(line.run())


class _InTurn:
    """A connection shared by several tasks, one query at a time: this connection alone holds the lock of the sender."""

    def __init__(self, db: Connection) -> None:
        self._db, self._turn = db, asyncio.Lock()

    async def fetch(self, query: str, *values: Any) -> list[Any]:
        async with self._turn:
            rows: list[Any] = await self._db.fetch(query, *values)
            return rows

    async def fetchval(self, query: str, *values: Any) -> Any:
        async with self._turn:
            return await self._db.fetchval(query, *values)

    async def execute(self, query: str, *values: Any) -> None:
        async with self._turn:
            await self._db.execute(query, *values)


@dataclass
class _Line:
    """The line to one vendor, with the notices ``underway``. ``threads`` is the prefix of threads answered there.

    Until ``paused_until``, in seconds of the loop's clock, the vendor wants nothing at all. ``sent_of_day`` notices
    were sent since ``day`` began. At ``looked_over`` it last looked for leftovers of an erasure.
    """

    db: _InTurn
    channel: str
    send: Send
    bounds: Bounds | None
    medium: str
    pace: Pace
    quiet_until: QuietUntil | None
    threads: str
    mark: Mark | None = None
    paused_until: float = 0
    looked_over: float = 0
    day: datetime | None = None
    sent_of_day: int = 0
    forgotten: Forgotten = field(default_factory=Forgotten)
    underway: dict[asyncio.Task[None], Notice] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rate = Rate(burst=max(1, round(self.pace.per_s)), per_hour=self.pace.per_s * 3600)
        self.tokens = Buckets(rate)

    async def run(self) -> None:
        """Send what is due until cancelled.

        Raises:
            asyncpg.PostgresError, OSError: the database is gone.
        """
        await self.resume()
        try:
            while True:
                started = await self.start_due()
                if not (started or self.underway):
                    await asyncio.sleep(LOOK_S)
                await self.settle()
        finally:
            # When cancelled, first mark what was sent, or the next start would repeat it.
            await self.end()

    async def resume(self) -> None:
        """Give the vendor time to report what the previous process died with."""
        metrics.PAUSED.labels(self.channel).set(0)
        if died_with := await self.db.fetch(
            _DIED_WITH, self.medium, self.pace.patience_s, self.threads, self.pace.repeats
        ):
            metrics.REPLIES.labels(self.channel, "died_with").inc(len(died_with))
            log.warning("notices_perhaps_sent", extra={"count": len(died_with), "wait_s": self.pace.patience_s})

    async def start_due(self) -> int:
        """Begin to send as many due notices as there is room for; return how many."""
        free = self.pace.at_once - len(self.underway)
        if free <= 0 or asyncio.get_running_loop().time() < self.paused_until:
            return 0
        ids, busy = [n.id for n in self.underway.values()], {n.inbox for n in self.underway.values()}
        started = 0
        for row in await self.db.fetch(_NEXT, self.medium, ids, sorted(busy), _PASS, free, self.threads):
            notice = Notice(**row)
            if notice.inbox in busy:
                continue
            await asyncio.sleep(self.tokens.wait_s(""))
            self.tokens.take("")
            busy.add(notice.inbox)
            self.underway[asyncio.create_task(self._send_one(notice))] = notice
            started += 1
        now = asyncio.get_running_loop().time()
        if not started and now - self.looked_over > LOOK_OVER_S:
            self.looked_over = now
            await self.db.execute(_OVER)
        return started

    async def settle(self) -> None:
        """Wait, for a short time at most, until some notice under way is done.

        Raises:
            asyncpg.PostgresError, OSError: the database is gone.
        """
        if self.underway:
            done, _ = await asyncio.wait(self.underway, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                del self.underway[task]
                self.looked_over = 0
            for task in done:
                task.result()

    async def end(self) -> None:
        """Wait for all that is under way, and start nothing more."""
        if self.underway:
            await asyncio.wait(self.underway)

    async def _send_one(self, notice: Notice) -> None:
        if not (ready := await self._ready(notice)):
            return
        notice = ready
        try:
            with _traced(notice):
                gateway_id = await self.send(notice)
        except TryLater as error:
            after_s = error.after_s or _pause_s(notice)
            if error.everything:
                self._pause(after_s)
            await self.db.execute(_LATER, notice.id, str(error), after_s, error.perhaps)
            metrics.REPLIES.labels(self.channel, "later").inc()
        except Unasked as error:
            await self.db.execute(_DONE, notice.id, "dropped", str(error), None)
            metrics.REPLIES.labels(self.channel, "unasked").inc()
        except Undeliverable as error:
            await self.db.execute(_GIVE_UP, notice.address, notice.medium, str(error))
            metrics.REPLIES.labels(self.channel, "undeliverable").inc()
            log.warning("contact_given_up", extra={"notice": notice.id, "why": str(error)})
        except (Refused, OutcomeUnknown) as error:
            state = "refused" if isinstance(error, Refused) else "unknown"
            await self.db.execute(_DONE, notice.id, state, str(error), None)
            metrics.REPLIES.labels(self.channel, state).inc()
            log.error("notice_not_delivered", extra={"notice": notice.id, "state": state, "why": str(error)})
        except Exception as error:  # unforeseen: this notice waits, others go on, in the end its ticket's, too
            log.exception("notice_failed", extra={"notice": notice.id})
            why, after_s = type(error).__name__, _pause_s(notice)
            state = await self.db.fetchval(_FAILED, notice.id, why, after_s, MOST_FAILURES)
            metrics.REPLIES.labels(self.channel, "unknown" if state == "unknown" else "later").inc()
        else:
            crash_point("notify.after_send_before_mark")
            after_s = await self.db.fetchval(_DONE, notice.id, "sent", None, gateway_id)
            self.forgotten.add(notice)
            self.sent_of_day += 1
            metrics.count_sent(self.channel, after_s)

    def _pause(self, seconds: float) -> None:
        self.paused_until = max(self.paused_until, asyncio.get_running_loop().time() + seconds)
        metrics.PAUSED.labels(self.channel).set(time.time() + seconds)
        log.warning("sending_paused", extra={"channel": self.channel, "seconds": round(seconds)})

    async def _spent_until(self) -> datetime | None:
        """Return when the next day begins, if today's quota is used up."""
        day = datetime.now(self.pace.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        if day != self.day:  # also in a process that has just started
            self.day, self.sent_of_day = day, await self.db.fetchval(_SENT_SINCE, self.medium, day)
            metrics.PAUSED.labels(self.channel).set(0)
        return day + timedelta(days=1) if self.sent_of_day >= self.pace.a_day else None

    async def _ready(self, notice: Notice) -> Notice | None:
        """Return ``notice`` as it is to be sent; None if it is erased, has to wait, or was dropped as too much."""
        if self.quiet_until and is_automatic(notice) and (until := self.quiet_until(datetime.now(UTC))):
            await self.db.execute(_POSTPONE, notice.id, until)
            return None
        if self.pace.a_day and notice.kind != NoticeKind.DANGER and (until := await self._spent_until()):
            metrics.PAUSED.labels(self.channel).set(until.timestamp())
            await self.db.execute(_POSTPONE, notice.id, until)
            return None
        if self.mark and not notice.round:
            (answer,) = await self.db.fetch(_ASK, notice.id, self.mark(notice))
            if not (answer["agreed"] or answer["asks"] or notice.kind == NoticeKind.DANGER):
                await self.db.execute(_HOLD, notice.id)
                return None
            notice = replace(notice, asks=answer["asks"] and not answer["agreed"])
        text = await self.db.fetchval(_BEGIN, notice.id)
        if text is None:  # erased since it was read
            return None
        notice = replace(notice, text=text)
        # A notice that the vendor may have is no longer changed, and a resend by an operator has no bound.
        if self.bounds and not (notice.perhaps or notice.round):
            sent = [*await self.db.fetch(_SENT, notice.inbox), *self.forgotten.rows(notice.inbox)]
            text = bounded(self.bounds, notice, sent)
            if text is None:
                await self.db.execute(_DONE, notice.id, "dropped", "limited", None)
                metrics.REPLIES.labels(self.channel, "limited").inc()
                return None
            if text != notice.text:
                await self.db.execute(_REWORD, notice.id, text)
                notice = replace(notice, text=text)
        return notice


@contextlib.contextmanager
def _traced(notice: Notice) -> Iterator[None]:
    """Trace the sending as a hop of the notice's cause; a retry may come days later, and is only linked to it."""
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


def _pause_s(notice: Notice) -> float:
    """Return the seconds until the next try: 1, 2, 4, … 300."""
    return float(min(2 ** min(notice.attempts, 9), 300))
