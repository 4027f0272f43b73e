"""Reads lists and complaints from PostgreSQL, and stores what people of the desk do with them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from chassis import outbox
from chassis.database import Connection, Pool
from chassis.wire import Emit, outgoing
from contracts import ticket as tickets
from contracts.events import ComplaintSnapshot, Place, UnitReplied, UnitRouted
from contracts.topics import unit_replied
from contracts.vocabulary import Action, Lane, Status, Urgency, Why
from unit_desk import metrics
from unit_desk.adapters import following
from unit_desk.adapters.told import read_told
from unit_desk.people import Person
from unit_desk.projection import ATTENTION, WORK
from unit_desk.rules import Rules

PAGE = 50
OF_THE_CLOCK = tuple(each.value for each in (Why.DEADLINE_SET, Why.WARNED, Why.BREACHED, Why.RETRACTED))
#: The filters of a list by due date.
DUE = {"lewat": "due < now()", "dekat": "due BETWEEN now() AND now() + interval '1 day'"}
#: The filters of a list by what its reporters did, and by urgency.
REPORTER = {"dibuka": "reopened", "balasan": "unheard"}
URGENCY = {Urgency.DARURAT.value: "weight = 2"}
_ESCALATIONS = (Why.ESCALATED.value, Why.RETRACTED.value)
#: The most words of a search. A word matches by its beginning or its stem: "lubang" finds "berlubang", "jembat" a
#: bridge, and "Q2MDN" the number that ends so.
MOST_WORDS = 8
_WORD = re.compile(r"[^\W_]+")
#: The last page that can be reached by leafing; beyond it one searches.
MOST_PAGES = 40
_said = msgspec.json.Decoder(UnitReplied)
# The parts of list queries; each order has its own place in an index.
_LIST = "SELECT unit, complaint_id, ticket, told_at, standing, assignee, told FROM complaints"
_ASKS_FOR_TIME = (
    """(unit, complaint_id) IN (SELECT unit, complaint_id FROM replies WHERE until IS NOT NULL AND accepted)"""
)
_WAITS_FOR_HEAD = """(unit, complaint_id) IN (SELECT unit, complaint_id FROM drafts WHERE agreed IS NULL)"""
# Silent offices outside: their letter was refused, they were reminded already, or their link has expired.
_SILENT = """
handovers WHERE unit = {} AND over_at IS NULL AND answered_at IS NULL AND revoked_at IS NULL
    AND (letter = 'refused' OR (reminder > 0 AND letter = 'sent') OR expires_at < now())"""
_URGENT_FIRST = "ORDER BY weight DESC, due, received_at, complaint_id"
_NEWEST_FIRST = "ORDER BY received_at DESC, complaint_id"
_COUNT = f"""
SELECT (SELECT count(*) FROM {_SILENT.format("$1")}) AS outside,
    count(*) FILTER (WHERE standing = 'work' AND status <> 'resolved') AS work,
    count(*) FILTER (WHERE standing = 'work' AND status = 'resolved') AS unconfirmed,
    count(*) FILTER (WHERE standing = 'work' AND status = 'appealed') AS appeals,
    count(*) FILTER (WHERE standing = 'attention') AS attention,
    count(*) FILTER (WHERE standing = 'work' AND lane = 'triage') AS triage,
    count(*) FILTER (WHERE standing = 'work' AND assignee = $2) AS mine,
    count(*) FILTER (WHERE standing = 'work' AND due < now()) AS late,
    count(*) FILTER (WHERE standing = 'work' AND EXISTS (
        SELECT FROM drafts d WHERE d.unit = $1 AND d.complaint_id = complaints.complaint_id AND d.agreed IS NULL
    )) AS approval
FROM complaints WHERE unit = $1 AND standing IN ('work', 'attention')"""
# Several units may have a row: takes the wanted unit's, else one's own if it is open, else the lead's, else the latest.
_ONE = """
SELECT unit, complaint_id, ticket, told_at, standing, assignee, told FROM complaints
WHERE ticket = $1 AND (unit = $2 OR ($3 AND NOT accuses && $5))
ORDER BY unit = $4 DESC, unit = $2 AND standing <> 'rest' DESC, unit = lead DESC, seq DESC LIMIT 1"""
# A unit that led before may know less.
_LED = """
WITH its AS MATERIALIZED (SELECT told, unit, lead, seq FROM complaints WHERE ticket = $1)
SELECT told FROM its WHERE unit = lead ORDER BY seq DESC LIMIT 1"""
# Danger is in the queue itself.
_STRAIGHT = """
SELECT count(*) FROM complaints
WHERE unit = $1 AND standing <> 'rest' AND standing = 'attention' AND why = $3 AND weight = 1 AND received_at >= $2"""
_EVENTS = """
SELECT n, at, seq, why, status, lead, stage, reason, reply_id FROM events
WHERE unit = $1 AND complaint_id = $2 ORDER BY n DESC LIMIT 200"""
_REPLIES = """
SELECT id, unit, person, at, said, shown, until, answered_at, accepted, code, reason, masked FROM replies
WHERE unit = ANY($1) AND complaint_id = $2 ORDER BY at DESC LIMIT 200"""
_HEARD = """
SELECT why, stage FROM events WHERE unit = $1 AND complaint_id = $2 AND why = ANY($3) ORDER BY n DESC LIMIT 200"""
_REPLY = "SELECT unit, complaint_id, answered_at, accepted, reason FROM replies WHERE id = $1"
_ACCEPTED = "SELECT person, said FROM replies WHERE complaint_id = $1 AND accepted ORDER BY at DESC LIMIT 50"
_SAID = "SELECT said FROM replies WHERE id = $1"
_WAITS = "SELECT key FROM outbox WHERE topic = $1 AND key = convert_to($2, 'UTF8') LIMIT 1"
_WAITING = """
SELECT count(*) FROM outbox WHERE topic = $1 AND created_at < now() - interval '5 seconds'"""
_UNTIL = """
SELECT unit, complaint_id, until FROM replies JOIN unnest($1::text[], $2::text[]) AS k (unit, complaint_id)
    USING (unit, complaint_id) WHERE until IS NOT NULL AND accepted ORDER BY at"""
_NOTES = """
SELECT id, person, at, instruction, text FROM notes WHERE unit = $1 AND complaint_id = $2 ORDER BY at LIMIT 200"""
# Uses the index of places; a complaint without a kecamatan is near no other.
_NEAR = """
SELECT unit, complaint_id, ticket, told_at, standing, assignee, told FROM complaints
WHERE unit = $1 AND kecamatan = $2 AND complaint_id <> $3 AND received_at BETWEEN $4 AND $5
    AND NOT rahasia AND NOT erased
ORDER BY received_at DESC LIMIT 100"""
_LOCK = "SELECT seq FROM complaints WHERE unit = $1 AND complaint_id = $2 FOR UPDATE"
# The clock's events are steps like any other, but they don't invalidate an answer.
_MOVED = """
SELECT EXISTS (SELECT FROM events WHERE unit = $1 AND complaint_id = $2 AND seq > $3 AND why <> ALL($4))"""
_REPLIED = """
INSERT INTO replies (id, unit, complaint_id, person, said, shown, until, key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO NOTHING RETURNING id"""
_NOTE = """
INSERT INTO notes (id, unit, complaint_id, person, instruction, text) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO NOTHING"""
_ASSIGN = "UPDATE complaints SET assignee = $3 WHERE unit = $1 AND complaint_id = $2 AND standing = 'work'"
_LOOKED = "UPDATE complaints SET standing = 'rest' WHERE unit = $1 AND complaint_id = $2 AND standing = 'attention'"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A complaint as its unit was last told of it."""

    unit: str
    complaint_id: str
    ticket: str
    told_at: datetime
    standing: str
    assignee: UUID | None
    told: UnitRouted

    @property
    def complaint(self) -> ComplaintSnapshot:
        """The complaint itself: each stored word has one."""
        assert self.told.complaint  # noqa: S101
        return self.told.complaint


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The choice of a list. ``which``: work, mine, approval, more_time, unconfirmed, appeals, attention, outside,
    triage or all.

    The other fields narrow it; ``due``, ``reporter`` and ``urgency`` are keys of the tables above, for open ones alone.
    """

    which: str = WORK
    search: str = ""
    status: str = ""
    kecamatan: str = ""
    since: date | None = None
    until: date | None = None
    due: str = ""
    reporter: str = ""
    urgency: str = ""
    page: int = 1


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A reply, with the text that the citizen is shown, and the day until when it asks for more time."""

    id: UUID
    said: UnitReplied
    shown: str
    until: date | None = None


class Moved(Exception):
    """The complaint moved on since it was opened, and nothing was sent."""


class OtherReply(Exception):
    """Another reply was sent before under the same id."""


async def listed(
    db: Connection, chosen: Chosen, person: Person, unit: str | None, rules: Rules
) -> tuple[list[Row], bool]:
    """List a page of the ``chosen`` complaints of ``unit``, or of all units; and whether more follow."""
    where, values = list[str](), list[object]()

    def narrow(condition: str, value: object) -> None:
        values.append(value)
        where.append(condition.format(f"${len(values)}"))

    if unit:
        narrow("unit = {}", unit)
    else:
        where.append("unit = lead")
    if unit != person.unit:
        # People who look over all must not read what accuses their own unit, or a unit accused with it.
        narrow("NOT accuses && {}", rules.not_for(person.unit))
    _narrow_standing(chosen, person, where, narrow)
    if chosen.status:
        narrow("status = {}", chosen.status)
    if chosen.kecamatan:
        narrow("kecamatan = {}", chosen.kecamatan)
    if chosen.since:
        narrow("received_at >= {}", datetime.combine(chosen.since, datetime.min.time(), rules.zone))
    if chosen.until:
        narrow("received_at < {}", datetime.combine(chosen.until + timedelta(days=1), datetime.min.time(), rules.zone))
    for name, conditions in ((chosen.due, DUE), (chosen.reporter, REPORTER), (chosen.urgency, URGENCY)):
        if name in conditions:
            where.append(f"standing = '{WORK}' AND {conditions[name]}")
    _narrow_words(chosen, person, unit, where, narrow)
    order = _NEWEST_FIRST if chosen.which == "all" else _URGENT_FIRST
    skip = (min(max(chosen.page, 1), MOST_PAGES) - 1) * PAGE
    sql = f"{_LIST} WHERE {' AND '.join(where)} {order} LIMIT {PAGE + 1} OFFSET {skip}"
    rows = [_row(row) for row in await db.fetch(sql, *values)]
    return rows[:PAGE], len(rows) > PAGE


def _narrow_standing(chosen: Chosen, person: Person, where: list[str], narrow: Any) -> None:
    match chosen.which:
        case "all":
            return
        case "outside":
            narrow(f"(unit, complaint_id) IN (SELECT unit, complaint_id FROM {_SILENT})", person.unit)
            return
        case "attention":
            where.append("standing <> 'rest'")
            narrow("standing = {}", ATTENTION)
            return
        case _:
            # Written so that every filter uses the index of open complaints.
            where.append("standing <> 'rest' AND standing = 'work'")
    # A resolved complaint is worked on no longer: it waits for a second pair of eyes.
    where.append("status = 'resolved'" if chosen.which == "unconfirmed" else "status <> 'resolved'")
    if chosen.which == "appeals":
        narrow("status = {}", Status.APPEALED.value)
    if chosen.which == "mine":
        narrow("assignee = {}", person.id)
    if chosen.which == "approval":
        where.append(_WAITS_FOR_HEAD)
    if chosen.which == "more_time":
        where.append(_ASKS_FOR_TIME)
    if chosen.which == "triage":
        narrow("lane = {}", Lane.TRIAGE.value)


def _narrow_words(chosen: Chosen, person: Person, unit: str | None, where: list[str], narrow: Any) -> None:
    if not (search := chosen.search.strip()):
        return
    if number := tickets.parse(search):
        narrow("ticket = {}", number)
        return
    for word in _WORD.findall(search)[:MOST_WORDS]:
        narrow("words @@ (to_tsquery('simple', {0}::text || ':*') || plainto_tsquery('indonesian', {0}))", word)
    if unit != person.unit:
        # A search must not tell the words of a confidential complaint to people who may not read it.
        where.append("NOT rahasia")


def _row(row: Mapping[str, Any]) -> Row:
    return Row(
        unit=row["unit"],
        complaint_id=row["complaint_id"],
        ticket=row["ticket"],
        told_at=row["told_at"],
        standing=row["standing"],
        assignee=row["assignee"],
        told=read_told(row["told"]),
    )


async def counted(db: Connection, unit: str, person: Person) -> Mapping[str, int]:
    """Count a unit's open complaints: work, attention, triage, mine, late, and those that wait for its head (approval),
    for another pair of eyes (unconfirmed), for a decision (appeals), and for a silent office (outside)."""
    row: Mapping[str, int] = await db.fetchrow(_COUNT, unit, person.id)
    return row


async def one(db: Connection, ticket: str, person: Person, rules: Rules, unit: str | None = None) -> Row | None:
    """Find a complaint as the person's unit was told of it; if they see all, as ``unit`` or else its lead was told."""
    row = await db.fetchrow(_ONE, ticket, person.unit, person.sees_all, unit, rules.not_for(person.unit))
    return _row(row) if row else None


async def of_unit(db: Connection | Pool, ticket: str, unit: str) -> Row | None:
    """Find a complaint that ``unit`` was told of."""
    row = await db.fetchrow(_ONE, ticket, unit, False, None, [])
    return _row(row) if row else None


async def led(db: Connection | Pool, ticket: str) -> ComplaintSnapshot | None:
    """Return a complaint as its leading unit was last told of it; None: that unit has no desk, or it does not exist."""
    told = await db.fetchval(_LED, ticket)
    return (read_told(told).complaint or None) if told else None


async def straight(db: Connection, unit: str, since: datetime) -> int:
    """Count urgent complaints that went straight to a unit after ``since``, and that ``unit`` has not looked at."""
    count: int = await db.fetchval(_STRAIGHT, unit, since, Why.URGENT.value)
    return count


async def story(
    db: Connection, row: Row, unit: str
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]], list[Any]]:
    """List events, and replies of its unit and of ``unit``, the latest first; and notes, the earliest first."""
    place, units = (row.unit, row.complaint_id), list({row.unit, unit})
    replies = await db.fetch(_REPLIES, units, row.complaint_id)
    return await db.fetch(_EVENTS, *place), replies, await db.fetch(_NOTES, *place)


async def heard(db: Connection, row: Row, unit: str) -> list[Mapping[str, Any]]:
    """List the escalations that ``unit`` was told of, and those that were retracted, the latest first."""
    rows: list[Mapping[str, Any]] = await db.fetch(_HEARD, unit, row.complaint_id, list(_ESCALATIONS))
    return rows


async def waits(db: Connection, row: Row, unit: str) -> bool:
    """Whether a reply of ``unit`` to this complaint still waits to be sent."""
    return await db.fetchval(_WAITS, unit_replied(unit), row.complaint_id) is not None


async def near(db: Connection, row: Row, within: timedelta) -> list[Row]:
    """List the unit's complaints in the same kecamatan, received ``within`` that time before or after, latest first."""
    place, at = row.complaint.place or Place(), row.complaint.received_at
    if not place.kecamatan:
        return []
    given = row.unit, place.kecamatan, row.complaint_id, at - within, at + within
    return [_row(each) for each in await db.fetch(_NEAR, *given)]


async def waiting(db: Connection, unit: str) -> int:
    """Count the replies of ``unit`` that can't be sent, as Kafka is away."""
    count: int = await db.fetchval(_WAITING, unit_replied(unit))
    return count


async def moved(db: Connection, row: Row, seen: int) -> bool:
    """Whether something happened after the step ``seen``, apart from the clock's events."""
    found: bool = await db.fetchval(_MOVED, row.unit, row.complaint_id, seen, list(OF_THE_CLOCK))
    return found


async def reply(db: Connection, row: Row, person: Person, replies: Sequence[Sent], seen: int, now: datetime) -> bool:
    """Store ``replies`` of the person's unit and queue them, in the caller's transaction; return False if they were
    sent before.

    Raises:
        Moved: the complaint moved on since ``seen``, the step at which it was opened.
    """
    await db.execute(_LOCK, row.unit, row.complaint_id)
    for each in (_by(person, reply) for reply in replies):
        said = msgspec.json.encode(each.said)
        kept = await db.fetchval(
            _REPLIED, each.id, person.unit, row.complaint_id, person.id, said, each.shown, each.until, None
        )  # fmt: skip
        if kept is None:
            return False
        if await moved(db, row, seen):
            raise Moved
        emit = Emit(topic=unit_replied(person.unit), subject=row.complaint_id, data=each.said, event_id=str(each.id))
        await outbox.put(db, outgoing([emit], service="unit-desk", cause=str(each.id), now=now))
        metrics.REPLIES.labels("sent").inc()
    await following.tell(db, list({row.unit, person.unit}))
    return True


def _by(person: Person, sent: Sent) -> Sent:
    """Add the ``actor``, so that the router can tell two people apart: an id of the desk's own, not a name."""
    if sent.said.action not in (Action.RESOLVE, Action.CONFIRM):
        return sent
    return replace(sent, said=msgspec.structs.replace(sent.said, actor=str(person.id)))


async def resolver(db: Connection, row: Row) -> UUID | None:
    """Return the person of the desk who resolved it last, in any unit; None: nobody of the desk did."""
    rows = await db.fetch(_ACCEPTED, row.complaint_id)
    done = (each["person"] for each in rows if _said.decode(each["said"]).action == Action.RESOLVE)
    found: UUID | None = next(done, None)
    return found


async def reply_of_program(
    db: Connection, row: Row, key: str, reply_id: UUID, said: UnitReplied, now: datetime
) -> bool:
    """Store a program's reply and queue it, in the caller's transaction; return False if it was sent before.

    Raises:
        OtherReply: another reply was sent under this id.
    """
    value = msgspec.json.encode(said)
    if await db.fetchval(_REPLIED, reply_id, row.unit, row.complaint_id, None, value, None, None, key) is None:
        if await db.fetchval(_SAID, reply_id) != value:
            raise OtherReply
        return False
    emit = Emit(topic=unit_replied(row.unit), subject=row.complaint_id, data=said, event_id=str(reply_id))
    await outbox.put(db, outgoing([emit], service="unit-desk", cause=str(reply_id), now=now))
    return True


async def answer_of(db: Connection, reply_id: UUID) -> Mapping[str, Any] | None:
    """Return what became of a reply."""
    row: Mapping[str, Any] | None = await db.fetchrow(_REPLY, reply_id)
    return row


async def until(db: Connection, rows: Sequence[Row]) -> dict[tuple[str, str], date]:
    """Return the last day until when more time was asked for, by unit and complaint."""
    found = await db.fetch(_UNTIL, [row.unit for row in rows], [row.complaint_id for row in rows])
    return {(each["unit"], each["complaint_id"]): each["until"] for each in found}


async def add_note(db: Connection, row: Row, person: Person, note_id: UUID, text: str, *, instruction: bool) -> None:
    """Store a note, which stays at the desk; sent twice, it is stored once."""
    await db.execute(_NOTE, note_id, row.unit, row.complaint_id, person.id, instruction, text)


async def assign(db: Connection, row: Row, to: UUID | None) -> None:
    """Assign a complaint to somebody; None: to nobody in particular."""
    await db.execute(_ASSIGN, row.unit, row.complaint_id, to)
    await following.tell(db, [row.unit])


async def looked_at(db: Connection, row: Row) -> None:
    """Take a complaint that was only to be seen off the list, until something else comes."""
    await db.execute(_LOOKED, row.unit, row.complaint_id)
    await following.tell(db, [row.unit])
