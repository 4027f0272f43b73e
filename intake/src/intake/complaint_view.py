"""The story of every complaint as an intake keeps it; :mod:`intake.projection` makes it from events."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from chassis.database import Connection, Pool
from contracts.events import DerivationDay, Evidence
from intake.erasure import erase
from intake.notices import NewNotice, add_notices, revise_notices

log = logging.getLogger(__name__)

#: Nothing follows these.
FINAL = frozenset({"closed", "handed_over", "rejected", "cancelled"})
#: In these nothing more is promised.
DONE = FINAL | {"resolved", "archived"}
#: What the reason of an apology begins with.
APOLOGY = "breach-"
#: What the reason of a notice begins with that waits for its due date, as the receipt does.
HELD = "due-"
#: And that of a question that waits until the clock says by when to answer.
ASKED = "ask-"


class Step(Struct, frozen=True, kw_only=True):
    """One step of a story. ``text`` is the sentence that citizens are told of it, as of then."""

    seq: int
    kind: str
    at: datetime
    unit: str | None = None
    text: str = ""


class ClockLine(Struct, frozen=True, kw_only=True):
    """What the clock said, for the page: breached, escalated, retracted, paused, resumed, rescheduled."""

    kind: str
    at: datetime
    text: str


class Story(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is public about one complaint. ``steps`` and ``evidence`` are kept only by the intake it came through."""

    ticket: str
    seq: int = -1
    status: str = "received"
    unit: str | None = None
    support: list[str] = []
    steps: list[Step] = []
    evidence: list[Evidence] = []
    parent: str | None = None
    round: int = 1
    deadline_at: datetime | None = None
    derivation: list[DerivationDay] = []
    promise: str = ""  # how long the deadline gives, in Indonesian, as the clock says it
    paused: bool = False
    paused_seq: int = -1  # the last question for which the clock stood
    paused_until: datetime | None = None
    moved: bool = False  # the deadline is another than the citizen was told
    held: tuple[str, str] = ("", "")  # (reason, text) of the notice that waits for the due date
    breached: bool = False
    reopen_until: datetime | None = None
    lines: list[ClockLine] = []
    kept: list[str] = []  # promises that were kept after all, whose breach may still be on its way
    retracted: dict[str, int] = {}  # promises whose breach was taken back, and as of which seq
    apology: str = ""  # the reason of the notice that could still be dropped
    registered: bool = False
    erased: bool = False
    erase: tuple[str, bool] | None = None  # (complaint's id, whether it is to be told) to erase with this; not stored
    rahasia: bool = False  # who is not its reporter is told status and due date alone; also once use is restricted
    anonim: bool = False  # known of those that this intake took
    notices: list[tuple[str, str]] = []  # (reason, text) to add with this change; not stored
    corrections: list[tuple[str, str]] = []  # (reason of what was wrong, text) to add with this change; not stored
    revised: list[tuple[str, str | None]] = []  # (reason, text) of waiting notices, None to drop one; not stored


#: Whether its reporter asked that ``c`` be kept and not used (UU 27/2022, pasal 11).
RESTRICTED = """c.follow_ups @> '[{"right": "restriction"}]'"""
#: What a complaint of this intake was sent with; ``c`` is its row, of which nothing is left when it was erased.
SENT_WITH = "coalesce((convert_from(nullif(c.received_event, ''), 'UTF8')::json #>> '{{data,{}}}')::bool, false)"
_LOAD = f"""
SELECT ticket, s.body, c.registered_at IS NOT NULL AS registered,
       {SENT_WITH.format("rahasia")} OR coalesce({RESTRICTED}, false) AS rahasia, {SENT_WITH.format("anonim")} AS anonim
FROM unnest($1::text[]) AS t (ticket) LEFT JOIN stories s USING (ticket) LEFT JOIN complaints c USING (ticket)
WHERE s.ticket IS NOT NULL OR c.ticket IS NOT NULL"""
_SAVE = """
INSERT INTO stories (ticket, body, parent, final_at) VALUES ($1, $2, $3, CASE WHEN $4 THEN now() END)
ON CONFLICT (ticket) DO UPDATE SET body = excluded.body, parent = excluded.parent,
    final_at = CASE WHEN $4 THEN coalesce(stories.final_at, now()) END"""
_ENDED = """
UPDATE complaints c SET ended_as = e.status, ended_at = now() FROM unnest($1::text[], $2::text[]) AS e (ticket, status)
WHERE c.ticket = e.ticket AND c.ended_as IS DISTINCT FROM e.status"""
_REGISTERED = "UPDATE complaints SET registered_at = now() WHERE ticket = ANY($1) AND registered_at IS NULL"


async def load_stories(db: Connection | Pool, tickets: list[str]) -> dict[str, Story]:
    """The stories of ``tickets``, as far as they are known; also of those taken here that have none yet, or no more."""
    return {row["ticket"]: _story(row) for row in await db.fetch(_LOAD, tickets)}


def _story(row: Mapping[str, Any]) -> Story:
    """A row of ``_LOAD``. How a complaint was sent is known here before the first event of its story comes."""
    if row["body"] is None:
        story = Story(ticket=row["ticket"], status="archived" if row["registered"] else "received")
    else:
        story = msgspec.json.decode(row["body"], type=Story)
    return msgspec.structs.replace(story, rahasia=story.rahasia or row["rahasia"], anonim=row["anonim"])


async def find_story(db: Connection | Pool, ticket: str) -> Story | None:
    """The story of ``ticket``, as :func:`load_stories`."""
    return (await load_stories(db, [ticket])).get(ticket)


async def count_reporters(db: Connection | Pool, ticket: str) -> int:
    """How many reported the same: this one, and those merged into it."""
    merged: int = await db.fetchval("SELECT count(*) FROM stories WHERE parent = $1", ticket)
    return 1 + merged


async def save_stories(
    db: Connection,
    stories: dict[str, Story],
    *,
    service: str = "",
    event_key: bytes = b"",
    receipt_wait_s: float = 0,
    apology_after_s: float = 0,
) -> None:
    """Keep ``stories``, erase what is ordered, add their notices and revise those that wait."""
    for ticket, story in stories.items():
        if story.erase:
            complaint_id, tell = story.erase
            counts = await erase(db, service, event_key, complaint_id, ticket, tell=tell)
            log.info("erased", extra={"ticket": ticket, "rows": counts})
    waits = {APOLOGY: apology_after_s, HELD: receipt_wait_s, ASKED: receipt_wait_s}
    await add_notices(
        db,
        [
            NewNotice(t, reason, text, after_s=next((s for start, s in waits.items() if reason.startswith(start)), 0))
            for t, story in stories.items()
            for reason, text in story.notices
        ],
    )
    revised = [(t, reason, text) for t, s in stories.items() for reason, text in s.revised]
    in_time = await revise_notices(db, revised)
    corrections = [(t, wrong, text) for t, s in stories.items() for wrong, text in s.corrections]
    await add_notices(db, [NewNotice(t, f"not-{wrong}", text, corrects=wrong) for t, wrong, text in corrections])
    dated = [(t, reason) for t, reason, text in revised if text is not None and not reason.startswith(ASKED)]
    untold = {t for t, reason in dated if (t, reason) not in in_time}
    for ticket, story in stories.items():
        moved = story.moved or (ticket in untold and story.status not in DONE)
        bare = msgspec.structs.replace(story, erase=None, notices=[], corrections=[], revised=[], moved=moved)
        await db.execute(_SAVE, ticket, msgspec.json.encode(bare).decode(), story.parent, story.status in FINAL)
    await db.execute(_REGISTERED, [t for t, story in stories.items() if story.registered])
    if ended := {t: story.status for t, story in stories.items() if story.status in FINAL}:  # from then on it is kept
        await db.execute(_ENDED, list(ended), list(ended.values()))
