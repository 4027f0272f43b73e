"""An intake's projection of every complaint; :mod:`intake.projection` makes it from the steps of their stories."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import Struct

from chassis.database import Connection, Pool
from contracts.events import DerivationDay, Evidence
from contracts.vocabulary import FINAL, UNPROMISED, Status


class Step(Struct, frozen=True, kw_only=True):
    """One step of a story. ``text`` is the sentence that citizens read, as worded then; ``message`` is the part of it
    that a unit wrote. ``own``: only the reporter may read it."""

    seq: int
    kind: str
    at: datetime
    unit: str | None = None
    text: str = ""
    message: str = ""
    own: bool = False


class Pending(Struct, frozen=True, kw_only=True):
    """The notice of step ``seq`` that waits for the clock to add a date: the time limit of a question, a deadline, or
    the last day for reopening."""

    seq: int
    text: str
    waits_for: Literal["bound", "deadline", "last_day"]


class SentWith(Struct, frozen=True, kw_only=True):
    """What a complaint was sent with besides RAHASIA, known only of complaints taken here. ``part_of``: it was added to
    this complaint, whose unit it may accuse."""

    anonim: bool = False
    danger: list[str] = []
    place_asked: bool = False
    part_of: str | None = None


class ComplaintView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The public view of one complaint.

    ``steps`` are the steps that its page shows: for a complaint taken by this intake all of them, for others those of
    the clock; the website's intake has the pages of all complaints. ``set_by`` has for each group of fields the step
    that set it last, so that a replayed dead letter overwrites no later step. ``apologies`` has for each
    broken promise the step that reported it, until the breach is taken back.
    """

    ticket: str
    seq: int = -1
    status: str = Status.RECEIVED
    unit: str | None = None
    lane: str | None = None
    support: list[str] = []
    steps: list[Step] = []
    evidence: list[Evidence] = []
    parent: str | None = None
    target: str | None = None  # the agency it was handed over to; `contact` says how to reach it
    contact: str | None = None
    deadline_at: datetime | None = None
    derivation: list[DerivationDay] = []
    promise: str = ""  # how much time the deadline gives, in Indonesian, as worded by the clock
    paused: bool = False
    missed: datetime | None = None  # the deadline that was reported missed last
    to_confirm: bool = False  # resolved, but closed only once somebody else has confirmed that
    reopen_until: datetime | None = None
    received_at: datetime | None = None  # unset while its story has not begun
    answered_at: datetime | None = None  # when it was resolved, or handed over, rejected, cancelled
    category: str | None = None
    listed: bool = False  # may stand in a public list; only for these is the place known
    kecamatan: str | None = None
    desa: str | None = None
    rating: int | None = None  # the last mark
    supporters: int = 0  # how many others reported the same problem at the website
    apologies: dict[str, int] = {}
    set_by: dict[str, int] = {}
    pending: Pending | None = None
    deadline_untold: bool = False  # the reporter was told another deadline
    registered: bool = False
    erased: bool = False
    emergency: bool = False  # somebody is in danger, whichever intake heard it: no date is promised
    calm: bool = False  # a person looked at it, and found less danger than its words suggest
    rahasia: bool = False  # others than its reporter see status and due date alone; also once use is restricted
    sent: SentWith = SentWith()  # not stored: the complaint's own row has it

    @property
    def breached(self) -> bool:
        """Whether the current deadline was missed."""
        return self.missed is not None and self.missed == self.deadline_at

    @property
    def undated(self) -> bool:
        """Whether no date is told: a reporter in danger is told whom to call, not to wait for hours."""
        return self.emergency or (bool(self.sent.danger) and not self.calm)

    @property
    def is_promised(self) -> bool:
        """Whether its reporter is told the deadline. After a breach the apology is enough."""
        return self.status not in UNPROMISED and not self.breached and not self.undated


#: Stores more about the views that a batch changed, in its transaction.
Also: TypeAlias = Callable[[Connection, Mapping[str, ComplaintView]], Awaitable[None]]

#: Whether the reporter of ``c`` asked that it be kept but not used (UU 27/2022, pasal 11).
RESTRICTED = """c.follow_ups @> '[{"right": "restriction"}]'"""
#: Whether its reporter asked later for the confidentiality that RAHASIA at the beginning gives.
HIDDEN = """c.follow_ups @> '[{"kind": "confidential"}]'"""
#: A field that a complaint of this intake was sent with. ``c`` is its row, whose event is empty once it is erased.
SENT_WITH = "coalesce((convert_from(nullif(c.received_event, ''), 'UTF8')::json #>> '{{data,{}}}')::bool, false)"
#: Whether ``c`` was taken apart from another complaint: a reply in that conversation is about the other one.
APART = "(convert_from(nullif(c.received_event, ''), 'UTF8')::json #>> '{data,part_of}') IS NOT NULL"
#: Reads what is known of tickets, as rows for :func:`view_of`.
LOAD = f"""
SELECT ticket, s.body, c.registered_at IS NOT NULL AS registered,
       {SENT_WITH.format("rahasia")} OR coalesce({RESTRICTED} OR {HIDDEN}, false) AS rahasia,
       {SENT_WITH.format("anonim")} AS anonim,
       convert_from(nullif(c.received_event, ''), 'UTF8')::json #>> '{{data,danger}}' AS danger,
       {SENT_WITH.format("place_asked")} AS place_asked,
       convert_from(nullif(c.received_event, ''), 'UTF8')::json #>> '{{data,part_of}}' AS part_of
FROM unnest($1::text[]) AS t (ticket) LEFT JOIN stories s USING (ticket) LEFT JOIN complaints c USING (ticket)
WHERE s.ticket IS NOT NULL OR c.ticket IS NOT NULL"""
_SAVE = """
INSERT INTO stories (ticket, body, parent, final_at)
SELECT ticket, body::jsonb, parent, CASE WHEN is_final THEN now() END
FROM unnest($1::text[], $2::text[], $3::text[], $4::bool[]) AS v (ticket, body, parent, is_final)
ON CONFLICT (ticket) DO UPDATE SET body = excluded.body, parent = excluded.parent,
    final_at = CASE WHEN excluded.final_at IS NOT NULL THEN coalesce(stories.final_at, excluded.final_at) END"""
# Retention counts from the end, unless that end was a mistake and is taken back.
_TAKEN_HERE = """
UPDATE complaints c SET registered_at = coalesce(c.registered_at, CASE WHEN v.registered THEN now() END),
    ended_as = v.ended_as,
    ended_at = CASE WHEN c.ended_as IS NOT DISTINCT FROM v.ended_as THEN c.ended_at
                    WHEN v.ended_as IS NOT NULL THEN now() END
FROM unnest($1::text[], $2::bool[], $3::text[]) AS v (ticket, registered, ended_as)
WHERE c.ticket = v.ticket
    AND (c.ended_as IS DISTINCT FROM v.ended_as OR (v.registered AND c.registered_at IS NULL))"""
#: The channel on which PostgreSQL announces which complaint changed.
CHANGED = "complaint_changed"
_NOTIFY = f"SELECT pg_notify('{CHANGED}', ticket) FROM unnest($1::text[]) AS t (ticket)"


async def load_views(db: Connection | Pool, tickets: list[str]) -> dict[str, ComplaintView]:
    """Return what is known of ``tickets``; those taken here need not have a story yet, or any longer."""
    return {row["ticket"]: view_of(row) for row in await db.fetch(LOAD, tickets)}


def view_of(row: Mapping[str, Any]) -> ComplaintView:
    """Make a view from a row of ``LOAD``. The marks it was sent with are known before the first event of its story."""
    if row["body"] is None:
        view = ComplaintView(ticket=row["ticket"], status=Status.ARCHIVED if row["registered"] else Status.RECEIVED)
    else:
        view = msgspec.json.decode(row["body"], type=ComplaintView)
    danger = json.loads(row["danger"] or "[]")
    sent = SentWith(anonim=row["anonim"], danger=danger, place_asked=row["place_asked"], part_of=row["part_of"])
    return msgspec.structs.replace(view, rahasia=view.rahasia or row["rahasia"], sent=sent)


async def find_view(db: Connection | Pool, ticket: str) -> ComplaintView | None:
    """Return what is known of ``ticket``, as :func:`load_views` does."""
    return (await load_views(db, [ticket])).get(ticket)


async def save_views(db: Connection, views: Mapping[str, ComplaintView], *, also: Also | None = None) -> None:
    """Store ``views``; ``also`` stores the rest."""
    if not views:
        return
    tickets, each = list(views), list(views.values())
    bodies = [msgspec.json.encode(msgspec.structs.replace(view, sent=SentWith())).decode() for view in each]
    ended = [view.status if view.status in FINAL else None for view in each]
    await db.execute(_SAVE, tickets, bodies, [view.parent for view in each], [end is not None for end in ended])
    await db.execute(_TAKEN_HERE, tickets, [view.registered for view in each], ended)
    if also:
        await also(db, views)


async def announce(db: Connection, views: Mapping[str, ComplaintView]) -> None:
    """Tell those who listen on ``CHANGED`` which complaints changed, once the transaction is committed."""
    await db.execute(_NOTIFY, list(views))
