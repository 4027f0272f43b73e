"""Notices to citizens, stored with the change they tell of. :mod:`intake.sending` sends them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from chassis.database import Connection
from contracts.ids import derived_id
from contracts.topics import TOLD
from contracts.vocabulary import MessageKind, NoArrival


class NoticeKind(StrEnum):
    """The kinds of notices."""

    RECEIPT = MessageKind.RECEIPT
    DANGER = MessageKind.DANGER  # a receipt with contacts to call; bounded only by the day
    STEP = MessageKind.STEP  # a step of the story; its key is the step's number
    DEADLINE = MessageKind.DEADLINE  # the deadline moved without a step of the story
    APOLOGY = MessageKind.APOLOGY
    CORRECTION = MessageKind.CORRECTION
    ANSWER = "answer"  # its key is the message that it answers
    FORMAT = "format"  # how to write to us, once a day
    AGAIN = "again"  # the same was said before, once a day
    ADDED = MessageKind.ADDED  # a message without a ticket was added; its key is that of the addition
    COURTESY = "courtesy"  # thanks, a greeting, abuse, once a day
    FOLLOWED = "followed"  # to a supporter at the website; its key is the step and the contact's owner


@dataclass(frozen=True)
class NewNotice:
    """A message to send once for a ticket, kind and ``key``. Without ``address`` it goes to the ticket's reporter.

    With ``after_s`` it waits that many seconds; until then :func:`revise_notices` may give it another text.
    With ``corrects`` it goes only to recipients who got, or still will get, the apology with that key.
    With ``forget`` its address and thread are deleted as soon as it is sent.
    ``asked``: it answers the reporter, and is sent even to one who wants no news.
    ``in_receipt``: if the receipt still waits, the receipt is revised to tell it instead.
    ``act``: the reporter should do something, so it goes to every contact left, not only to the best one.
    ``ends``: it tells the outcome of a complaint, and is sent whatever the bounds.
    ``urgent``: it is about danger.
    ``untold``, of :class:`contracts.vocabulary.NoArrival`: it is not sent, the desk only hears why.
    ``undoes`` is the key of the step that it takes back: if that one still waits, neither is sent.
    ``subject`` is a short summary, for media that show one. ``trace`` is the traceparent of its cause.
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
    ends: bool = False
    urgent: bool = False
    subject: str = ""
    trace: str = ""
    untold: str = ""
    undoes: str = ""


@dataclass(frozen=True)
class Revision:
    """Another ``text`` for a waiting notice; with ``tells_deadline`` it has the deadline that the notice waited for.

    The notice is then sent immediately, or with ``hold`` at its original time.
    """

    ticket: str
    kind: NoticeKind
    key: str
    text: str
    tells_deadline: bool = True
    hold: bool = False


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A notice about to be sent to ``address``; ``inbox`` is the common form of all addresses of that inbox.

    ``age_s``: seconds since the change it tells of. ``round``: how often an operator sent it again. ``perhaps``: the
    vendor may have it already. ``asks``: it is the first to its inbox, and asks the owner for consent to more.
    """

    id: int
    ticket: str
    kind: str
    key: str
    address: str
    thread: str | None
    text: str
    attempts: int
    inbox: str = ""
    revisable: bool = False
    forget: bool = False
    ends: bool = False
    urgent: bool = False
    round: int = 0
    medium: str = ""
    subject: str = ""
    age_s: float = 0
    trace: str = ""
    perhaps: bool = False
    asks: bool = False


class Refused(Exception):
    """The vendor will never take this notice; the text says why."""


class Undeliverable(Refused):
    """Nothing arrives at this address, so nothing more is sent there; the text says why, but not the address."""


class Unasked(Exception):
    """The vendor allows messages only to people who addressed us: the notice stays unsent, which is not a fault."""


class OutcomeUnknown(Exception):
    """It may have gone out. Sending it again might repeat it, so it is not sent again."""


class TryLater(Exception):
    """The vendor can't take it now. ``after_s``: seconds to wait, if the vendor said so. ``perhaps`` it has it already.

    ``everything``: until then the vendor takes nothing else either.
    """

    def __init__(
        self, why: str, after_s: float | None = None, *, perhaps: bool = False, everything: bool = False
    ) -> None:
        super().__init__(why)
        self.after_s, self.perhaps, self.everything = after_s, perhaps, everything


#: Hands a notice to its vendor; returns the vendor's id of it, if it gives one.
Send = Callable[[Notice], Awaitable[str | None]]

# Contacts are left at the website only: e-mail gets everything, a phone beside it only notices to act on.
# A notice without any recipient is noted in `untold`, with the reason, for :mod:`intake.arrivals`.
_ADD = """
WITH wanted AS MATERIALIZED (
    SELECT n.*, t.medium, t.address AS to_address, t.thread AS in_thread, c.reporter_ref,
           n.address IS NULL AND c.erased_at IS NULL AND c.ticket IS NOT NULL AS is_own,
           r.stopped_at IS NOT NULL AND NOT n.asked
               AND n.kind IN ('step', 'deadline', 'apology', 'correction') AS stopped
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::float8[], $8::text[],
                $9::bool[], $10::bool[], $11::text[], $12::bool[], $13::text[], $14::bool[], $15::bool[], $16::text[])
           WITH ORDINALITY AS n (ticket, kind, key, text, address, thread, after_s, corrects, forget, asked, trace, act,
                                 subject, ends, urgent, untold, nth)
    LEFT JOIN complaints c USING (ticket) LEFT JOIN reporters r USING (reporter_ref)
    LEFT JOIN farewells f USING (ticket)
    LEFT JOIN LATERAL (
        SELECT CASE WHEN coalesce(n.address, r.address) IS NULL THEN f.medium ELSE '' END AS medium,
               coalesce(n.address, r.address, f.address) AS address, coalesce(n.thread, c.thread, f.thread) AS thread
        WHERE coalesce(n.address, r.address, f.address) IS NOT NULL
        UNION ALL
        SELECT k.medium, k.address, NULL FROM contacts k
        WHERE k.reporter_ref = c.reporter_ref AND n.address IS NULL AND k.failed_at IS NULL
          AND NOT EXISTS (SELECT FROM silenced s WHERE s.mark = k.mark)
          AND (n.act OR k.medium = 'email' OR NOT EXISTS (
              SELECT FROM contacts e
              WHERE e.reporter_ref = k.reporter_ref AND e.medium = 'email' AND e.failed_at IS NULL))) AS t ON true
    WHERE n.corrects IS NULL OR EXISTS (
        SELECT FROM notices o
        WHERE o.ticket = n.ticket AND o.kind = 'apology' AND o.key = n.corrects AND o.state <> 'dropped')),
nobody AS (
    INSERT INTO untold (ticket, kind, key, why)
    SELECT w.ticket, w.kind, w.key, CASE
        WHEN w.stopped THEN 'stopped'
        WHEN w.to_address IS NOT NULL THEN w.untold
        WHEN EXISTS (SELECT FROM contacts k JOIN silenced s USING (mark)
                     WHERE k.reporter_ref = w.reporter_ref) THEN 'stopped'
        WHEN EXISTS (SELECT FROM contacts k WHERE k.reporter_ref = w.reporter_ref) THEN 'unreachable'
        ELSE 'no_contact' END
    FROM wanted w WHERE w.is_own AND (w.stopped OR w.to_address IS NULL OR w.untold <> '')
    ON CONFLICT DO NOTHING)
INSERT INTO notices (ticket, kind, key, medium, text, subject, address, thread, next_try_at, revisable, forget, trace,
                     ends, urgent)
SELECT ticket, kind, key, medium, text, subject, to_address, in_thread, now() + make_interval(secs => after_s),
       after_s > 0, forget, trace, ends, urgent
FROM wanted WHERE to_address IS NOT NULL AND NOT stopped AND untold = ''
ORDER BY nth
ON CONFLICT (ticket, kind, key, medium) DO NOTHING"""
# Once a notice has begun to go out, or is out by one of several media, it is sent, and so is the one that takes it
# back.
_UNDO = """
UPDATE notices SET state = 'dropped', detail = 'undone'
WHERE (ticket, kind, key) = ($1, 'step', $2) AND state = 'pending' AND NOT EXISTS (
    SELECT FROM notices WHERE (ticket, kind, key) = ($1, 'step', $2) AND (state <> 'pending' OR began_at IS NOT NULL))
RETURNING id"""
_LOCK_STEP = "SELECT id FROM notices WHERE (ticket, kind, key) = ($1, 'step', $2) ORDER BY id FOR UPDATE"
_WAITING_RECEIPTS = """
SELECT ticket FROM notices WHERE ticket = ANY($1) AND kind = 'receipt' AND revisable AND state = 'pending' FOR UPDATE"""
_REVISE = """
UPDATE notices n SET next_try_at = CASE WHEN r.hold THEN next_try_at ELSE now() END, text = r.text
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bool[]) AS r (ticket, kind, key, text, hold)
WHERE n.ticket = r.ticket AND n.kind = r.kind AND n.key = r.key AND n.revisable AND n.state = 'pending'
RETURNING n.ticket, n.kind, n.key"""


def message_id(service: str, row: Mapping[str, Any]) -> str:
    """Return the public id of the notice of ``service`` in ``row`` (ticket, kind, key, medium)."""
    return derived_id("\x1f".join((service, row["ticket"], row["kind"], row["key"], row["medium"])), TOLD)


async def add_notices(db: Connection, notices: Sequence[NewNotice]) -> None:
    """Add ``notices`` in the caller's transaction; notices added before stay as they are."""
    if told := [n.ticket for n in notices if n.in_receipt]:
        # Locked, so that no receipt is sent before it is revised.
        waiting = {row["ticket"] for row in await db.fetch(_WAITING_RECEIPTS, told)}
        notices = [n for n in notices if not (n.in_receipt and n.ticket in waiting)]
    notices = [replace(n, untold=NoArrival.UNDONE) if n.undoes and await _undone(db, n) else n for n in notices]
    if notices:
        rows = (
            (
                *(n.ticket, n.kind, n.key, n.text, n.address, n.thread, n.after_s, n.corrects, n.forget, n.asked),
                *(n.trace, n.act, n.subject, n.ends, n.urgent, n.untold),
            )
            for n in notices
        )
        await db.execute(_ADD, *(list(column) for column in zip(*rows, strict=True)))


async def _undone(db: Connection, notice: NewNotice) -> bool:
    """Drop the notice that ``notice`` takes back, if nobody got it yet; return whether it was dropped."""
    await db.fetch(_LOCK_STEP, notice.ticket, notice.undoes)  # so that none begins to go out now
    return bool(await db.fetch(_UNDO, notice.ticket, notice.undoes))


async def revise_notices(db: Connection, revisions: Sequence[Revision]) -> list[Revision]:
    """Replace the text of waiting notices, in order, and have them sent.

    A notice that no longer waits, or may have gone out, stays as it is; return the revisions that came too late.
    """
    if not revisions:
        return []
    last = {(r.ticket, r.kind, r.key): r for r in revisions}  # the last one for each notice wins
    rows = ((r.ticket, r.kind, r.key, r.text, r.hold) for r in last.values())
    found = await db.fetch(_REVISE, *(list(column) for column in zip(*rows, strict=True)))
    in_time = {(row["ticket"], row["kind"], row["key"]) for row in found}
    return [r for r in revisions if (r.ticket, r.kind, r.key) not in in_time]
