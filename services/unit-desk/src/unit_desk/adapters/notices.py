"""Stores in PostgreSQL what people are to be told, the messages to them, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis.database import Connection
from unit_desk.notices import Staff

#: How long sent messages can be seen.
KEPT = timedelta(days=30)
_ADD = """
INSERT INTO notices (unit, complaint_id, ticket, kind, event_id, at, next_at, person)
VALUES ($1, $2, $3, $4, $5, $6, $6, $7) ON CONFLICT (unit, event_id) DO NOTHING"""
_TAKE_BACK = "UPDATE notices SET state = 'dropped' WHERE unit = $1 AND complaint_id = $2 AND kind = $3"
_DUE_UNITS = "SELECT DISTINCT unit FROM notices WHERE state = 'new' AND next_at <= $1"
_NEW = """
SELECT n.id, n.unit, n.ticket, n.kind, n.at, n.recorded_at, n.next_at, n.opened_at, n.level, n.person, c.standing,
    c.status, c.assignee, c.weight
FROM notices n LEFT JOIN complaints c USING (unit, complaint_id)
WHERE n.state = 'new' AND n.unit = $1 ORDER BY n.id LIMIT 1000 FOR UPDATE OF n"""
_CLIMBING = """
SELECT n.id, n.unit, n.ticket, n.kind, n.level, c.standing, c.status
FROM notices n LEFT JOIN complaints c USING (unit, complaint_id)
WHERE n.climb_at <= $1 ORDER BY n.climb_at LIMIT 200 FOR UPDATE OF n"""
_WAIT = "UPDATE notices SET next_at = $2 WHERE id = ANY($1)"
_TOLD = "UPDATE notices SET state = 'told', level = $2, climb_at = $3 WHERE id = ANY($1)"
_DROP = "UPDATE notices SET state = 'dropped', climb_at = NULL WHERE id = ANY($1)"
_UNSETTLED = """
SELECT n.id, n.event_id, n.kind, n.at, c.status FROM notices n LEFT JOIN complaints c USING (unit, complaint_id)
WHERE n.state = 'new' OR n.climb_at IS NOT NULL"""
_OPENED = """
UPDATE notices SET opened_at = $3, climb_at = NULL
WHERE ticket = $1 AND opened_at IS NULL AND (person = $5 OR person IS NULL AND (unit = $2 OR ($4 AND level >= 3)))"""
_UNOPENED = """
SELECT count(*) FROM notices n JOIN complaints c USING (unit, complaint_id)
WHERE n.climb_at IS NOT NULL AND n.level >= 3 AND c.standing <> 'rest'"""
_KNOW = """
SELECT DISTINCT m.person FROM message_notices l JOIN messages m ON m.id = l.message WHERE l.notice = $1"""
_PEOPLE = """
SELECT id, email, name, unit, role, phone, duty_days, duty_hours, by_mail, by_sms, unwanted FROM people
WHERE left_at IS NULL AND unit = ANY($1) ORDER BY name, id"""
_MINE = """
SELECT id, email, name, unit, role, phone, duty_days, duty_hours, by_mail, by_sms, unwanted FROM people
WHERE id = $1 AND left_at IS NULL"""
# A message that waits takes in later news: a person who was not reached for an hour gets all of it in one message.
_WAITING = """
SELECT id FROM messages WHERE person = $1 AND medium = $2 AND kind = $3 AND state = 'pending'
ORDER BY created_at DESC LIMIT 1 FOR UPDATE SKIP LOCKED"""
_MESSAGE = """
INSERT INTO messages (id, person, medium, kind, weight, once, state, detail, next_try_at, created_at, fresh_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $9) ON CONFLICT (once) DO NOTHING"""
_LINK = """
INSERT INTO message_notices (message, notice) SELECT $1, unnest($2::bigint[]) ON CONFLICT DO NOTHING"""
_RAISE = """
UPDATE messages SET weight = greatest(weight, $2), next_try_at = least(next_try_at, $3), fresh_at = $3
WHERE id = $1"""
_LATELY = """
SELECT count(*) FROM messages
WHERE person = $1 AND medium = $2 AND created_at > $3 AND weight = 0 AND state <> 'dropped'"""
_OPEN_UNITS = "SELECT DISTINCT unit FROM complaints WHERE standing <> 'rest' AND standing = 'work'"
_CLAIM = """
UPDATE messages SET state = 'sending', attempts = attempts + 1
WHERE id = (SELECT id FROM messages WHERE medium = $1 AND state = 'pending' AND next_try_at <= $2
    ORDER BY weight DESC, next_try_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, person, medium, kind, weight, attempts, created_at, fresh_at"""
# A process died while it sent these: they may have gone out. They are sent again with the same Message-ID, not forever.
_INTERRUPTED = """
UPDATE messages SET state = CASE WHEN attempts < $2 THEN 'pending' ELSE 'maybe_sent' END
WHERE medium = $1 AND state = 'sending'"""
_ABOUT = """
SELECT n.kind, n.unit, n.ticket, n.level, n.at, c.told, c.standing, c.erased,
    (SELECT mine.seq FROM complaints mine
     WHERE mine.complaint_id = n.complaint_id AND mine.unit = $2) IS NOT NULL AS shown
FROM message_notices l JOIN notices n ON n.id = l.notice JOIN complaints c USING (unit, complaint_id)
WHERE l.message = $1 AND n.state <> 'dropped' AND (n.kind <> 'assigned' OR n.person = c.assignee)
ORDER BY c.weight DESC, n.id"""
_OPEN = """
SELECT unit, ticket, weight, told FROM complaints WHERE unit = $1 AND standing <> 'rest' AND standing = 'work'
ORDER BY weight DESC, due, received_at, complaint_id LIMIT $2"""
_OPEN_COUNT = """
SELECT count(*) AS work, count(*) FILTER (WHERE due <= $2) AS late,
    count(*) FILTER (WHERE due > $2 AND due <= $3) AS today
FROM complaints WHERE unit = $1 AND standing <> 'rest' AND standing = 'work'"""
_INVITATION = """
INSERT INTO messages (id, person, medium, kind, weight, next_try_at, created_at, fresh_at)
SELECT $2, id, 'email', 'invitation', 1, $3, $3, $3 FROM people WHERE email = $1
ON CONFLICT (id) DO UPDATE SET state = 'pending', attempts = 0, next_try_at = $3, fresh_at = $3"""
_DONE = "UPDATE messages SET state = $2, detail = $3, sent_at = $4 WHERE id = $1"
_LATER = "UPDATE messages SET state = 'pending', detail = $2, next_try_at = $3 WHERE id = $1"
_PERHAPS_SENT = """
UPDATE messages SET state = 'maybe_sent', detail = 'restored'
WHERE state IN ('pending', 'sending') AND weight < 2 AND next_try_at <= $1"""
_OLDEST = """
SELECT medium, min(created_at) AS since FROM messages WHERE state IN ('pending', 'sending') GROUP BY medium"""
_LOG = """
SELECT m.id, m.medium, m.kind, m.state, m.detail, m.created_at, m.sent_at, p.name, p.unit,
    (SELECT array_agg(DISTINCT n.ticket) FROM message_notices l JOIN notices n ON n.id = l.notice
     WHERE l.message = m.id) AS tickets
FROM messages m JOIN people p ON p.id = m.person
WHERE (p.unit = ANY($1) OR $1 IS NULL) ORDER BY m.created_at DESC LIMIT $2"""
_FAILED = """
SELECT m.id, m.medium, m.kind, m.state, m.detail, m.created_at, m.sent_at, p.name, p.unit,
    (SELECT array_agg(DISTINCT n.ticket) FROM message_notices l JOIN notices n ON n.id = l.notice
     WHERE l.message = m.id) AS tickets
FROM messages m JOIN people p ON p.id = m.person
WHERE m.state IN ('refused', 'maybe_sent') AND (p.unit = ANY($1) OR $1 IS NULL) ORDER BY m.created_at DESC LIMIT $2"""
_AGAIN = """
UPDATE messages m SET state = 'pending', attempts = 0, detail = NULL, next_try_at = $2, fresh_at = $2 FROM people p
WHERE m.id = $1 AND p.id = m.person AND (p.unit = ANY($3) OR $3 IS NULL) AND p.left_at IS NULL
    AND m.state IN ('refused', 'maybe_sent') AND m.kind IN ('alarm', 'gathered', 'morning')
RETURNING p.unit"""
_WISHES = "UPDATE people SET phone = $2, by_mail = $3, by_sms = $4, unwanted = $5 WHERE id = $1"
_DUTY = "UPDATE people SET duty_days = $2, duty_hours = $3 WHERE id = $1"
_OLD_MESSAGES = "DELETE FROM messages WHERE created_at < now() - $1::interval"
_OLD_NOTICES = "DELETE FROM notices WHERE recorded_at < now() - $1::interval"


async def add(
    db: Connection,
    unit: str,
    complaint_id: str,
    ticket: str,
    kind: str,
    event_id: str,
    at: datetime,
    person: UUID | None = None,
) -> None:
    """Store that people of ``unit``, or one of them, must be told; in the transaction of the word that came ``at``."""
    await db.execute(_ADD, unit, complaint_id, ticket, kind, event_id, at, person)


async def take_back(db: Connection, unit: str, complaint_id: str, kind: str) -> None:
    """Stop telling people about ``kind``: it was settled. Messages that went out stay in the log."""
    await db.execute(_TAKE_BACK, unit, complaint_id, kind)


async def due_units(db: Connection, now: datetime) -> list[str]:
    """Name the units with notices that are due."""
    return sorted(row["unit"] for row in await db.fetch(_DUE_UNITS, now))


async def new(db: Connection, unit: str) -> list[Mapping[str, Any]]:
    """List the new notices of ``unit``, with the state of their complaints; locked."""
    rows: list[Mapping[str, Any]] = await db.fetch(_NEW, unit)
    return rows


async def climbing(db: Connection, now: datetime) -> list[Mapping[str, Any]]:
    """List the notices that nobody opened for too long; locked."""
    rows: list[Mapping[str, Any]] = await db.fetch(_CLIMBING, now)
    return rows


async def wait(db: Connection, ids: Sequence[int], until: datetime) -> None:
    """Make notices wait until ``until``."""
    await db.execute(_WAIT, list(ids), until)


async def told(db: Connection, ids: Sequence[int], level: int, climb_at: datetime | None) -> None:
    """Record that notices were given to the people at ``level``, and when they climb if nobody opens them."""
    await db.execute(_TOLD, list(ids), level, climb_at)


async def drop(db: Connection, ids: Sequence[int]) -> None:
    """Drop notices: nobody is told of them."""
    await db.execute(_DROP, list(ids))


async def unsettled(db: Connection) -> list[Mapping[str, Any]]:
    """List the notices that are still to be told or to climb, with the state of their complaints."""
    rows: list[Mapping[str, Any]] = await db.fetch(_UNSETTLED)
    return rows


async def opened(db: Connection, ticket: str, unit: str, now: datetime, *, operator: bool, person: UUID) -> None:
    """Record that ``person`` of ``unit`` looks at a complaint; an ``operator`` also ends notices that climbed to them.

    A notice for one person is opened by that person alone.
    """
    await db.execute(_OPENED, ticket, unit, now, operator, person)


async def unopened(db: Connection) -> int:
    """Count the notices that climbed all the way up, and that nobody opened."""
    count: int = await db.fetchval(_UNOPENED)
    return count


async def who_know(db: Connection, notice: int) -> set[UUID]:
    """Return the people who were told of a notice already."""
    return {row["person"] for row in await db.fetch(_KNOW, notice)}


async def people(db: Connection, units: Sequence[str]) -> list[Staff]:
    """List the people of ``units``."""
    return [_staff(row) for row in await db.fetch(_PEOPLE, list(units))]


async def person(db: Connection, who: UUID) -> Staff | None:
    """Find a person and how to tell them; None for a person who has left."""
    row = await db.fetchrow(_MINE, who)
    return _staff(row) if row else None


def _staff(row: Mapping[str, Any]) -> Staff:
    given = {**row, "duty_days": tuple(row["duty_days"]), "unwanted": frozenset(row["unwanted"])}
    return Staff(**given)


async def write(
    db: Connection,
    to: UUID,
    medium: str,
    kind: str,
    now: datetime,
    *,
    weight: int = 0,
    once: str | None = None,
    notices: Sequence[int] = (),
    dropped: str | None = None,
    message: UUID | None = None,
) -> UUID:
    """Queue a message to ``to``, and return its id; with ``dropped`` record only why it was not sent."""
    waiting = None if once or message or dropped else await db.fetchval(_WAITING, to, medium, kind)
    if waiting:
        await db.execute(_RAISE, waiting, weight, now)
    else:
        waiting = message or uuid4()
        state = "dropped" if dropped else "pending"
        await db.execute(_MESSAGE, waiting, to, medium, kind, weight, once, state, dropped, now)
    if notices:
        await db.execute(_LINK, waiting, list(notices))
    found: UUID = waiting
    return found


async def write_invitation(db: Connection, email: str, message: UUID, now: datetime) -> None:
    """Queue a mail to the invited person with the link that derives from ``message``."""
    await db.execute(_INVITATION, email, message, now)


async def sent_since(db: Connection, to: UUID, medium: str, since: datetime) -> int:
    """Count the messages to a person by ``medium``, except danger and codes."""
    count: int = await db.fetchval(_LATELY, to, medium, since)
    return count


async def units_with_work(db: Connection) -> list[str]:
    """Name the units that have work."""
    return sorted(row["unit"] for row in await db.fetch(_OPEN_UNITS))


async def take_up(db: Connection, medium: str, most: int) -> None:
    """Queue again the messages of a process that died; after ``most`` tries a message counts as perhaps sent."""
    await db.execute(_INTERRUPTED, medium, most)


async def claim(db: Connection, medium: str, now: datetime) -> Mapping[str, Any] | None:
    """Claim the next message to send by ``medium``, danger first."""
    row: Mapping[str, Any] | None = await db.fetchrow(_CLAIM, medium, now)
    return row


async def about(db: Connection, message: UUID, unit: str) -> list[Mapping[str, Any]]:
    """List the complaints that a message to somebody of ``unit`` is about, as they stand now."""
    rows: list[Mapping[str, Any]] = await db.fetch(_ABOUT, message, unit)
    return rows


async def open_work(
    db: Connection, unit: str, now: datetime, midnight: datetime, most: int
) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """Count the open work of ``unit``, and how much is late or due by ``midnight``; and return the first ``most``."""
    return await db.fetchrow(_OPEN_COUNT, unit, now, midnight), await db.fetch(_OPEN, unit, most)


async def done(db: Connection, message: UUID, state: str, detail: str | None, now: datetime) -> None:
    """Record what became of a message."""
    await db.execute(_DONE, message, state, detail, now)


async def perhaps_sent(db: Connection, until: datetime) -> None:
    """Mark messages that were due by ``until`` as perhaps sent, except danger."""
    await db.execute(_PERHAPS_SENT, until)


async def later(db: Connection, message: UUID, detail: str, at: datetime) -> None:
    """Try a message again at ``at``."""
    await db.execute(_LATER, message, detail, at)


async def oldest(db: Connection) -> dict[str, datetime]:
    """Return since when the oldest message waits, by medium."""
    return {row["medium"]: row["since"] for row in await db.fetch(_OLDEST)}


async def log(
    db: Connection, units: Sequence[str] | None, *, failed: bool = False, most: int = 100
) -> list[Mapping[str, Any]]:
    """List the messages to people of ``units``, or of all, newest first; with ``failed`` only those that failed."""
    wanted = list(units) if units is not None else None
    rows: list[Mapping[str, Any]] = await db.fetch(_FAILED if failed else _LOG, wanted, most)
    return rows


async def again(db: Connection, message: UUID, units: Sequence[str] | None, now: datetime) -> str | None:
    """Queue a failed message again, to somebody of ``units`` or of any; return their unit. None: no such message."""
    unit: str | None = await db.fetchval(_AGAIN, message, now, list(units) if units is not None else None)
    return unit


async def set_wishes(
    db: Connection, who: UUID, phone: str | None, *, by_mail: bool, by_sms: bool, unwanted: Sequence[str]
) -> None:
    """Store how somebody wants to be told."""
    await db.execute(_WISHES, who, phone, by_mail, by_sms, list(unwanted))


async def set_duty(db: Connection, who: UUID, days: Sequence[str], hours: str) -> None:
    """Store when somebody is on duty."""
    await db.execute(_DUTY, who, list(days), hours)


async def sweep(db: Connection) -> None:
    """Delete messages and notices whose retention is over."""
    await db.execute(_OLD_MESSAGES, KEPT)
    await db.execute(_OLD_NOTICES, KEPT)


def once_a_day(who: UUID, day: date) -> str:
    """Name the morning's list of one person and day."""
    return f"morning {who} {day}"
