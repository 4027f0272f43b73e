"""Stores hand-overs to offices that we write to, with their letters and answers, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from chassis import outbox
from chassis.database import Connection
from chassis.wire import Emit, outgoing
from contracts.events import ComplaintSnapshot, UnitReplied
from contracts.ids import derived_id
from contracts.topics import unit_replied
from contracts.vocabulary import Action, Status
from kabupaten.routing import Target
from unit_desk.adapters import notices
from unit_desk.adapters.told import read_told
from unit_desk.notices import LATE, Kind
from unit_desk.parties import MOST_ANSWERS, SENT, WAITS, Answer, Handover, is_answer_to
from unit_desk.projection import Event, Kept
from unit_desk.rules import Rules

#: About an older hand-over a letter is written only when somebody asks for it: topics are read again after a loss.
FRESH = timedelta(days=2)
#: A word that comes late may be a replay, and the office may have answered: that answer is read within this time.
_CATCH_UP = timedelta(minutes=15)
_WITH_COMPLAINT = """
h.id, h.unit, h.complaint_id, h.ticket, h.party, h.at, h.link, h.expires_at, h.revoked_at, h.over_at, h.letter, h.tries,
h.sent_at, h.problem, h.reminder, h.answered_at, c.told FROM handovers h JOIN complaints c USING (unit, complaint_id)"""
_BEGIN = """
INSERT INTO handovers (id, unit, complaint_id, ticket, party, at, since, expires_at, letter, next_try_at)
VALUES ($1, $2, $3, $4, $5, $6, $6, $6::timestamptz + $7::interval, $8, now() + $9::interval) ON CONFLICT DO NOTHING"""
_OVER = """
UPDATE handovers SET over_at = now()
WHERE unit = $1 AND complaint_id = $2 AND over_at IS NULL AND party IS DISTINCT FROM $3"""
_OPEN = "SELECT id FROM handovers WHERE unit = $1 AND complaint_id = $2 AND over_at IS NULL"
# An office that has answered has the letter; but another letter that somebody asked for brings another link.
_RELAYED = """
UPDATE handovers SET answered_at = coalesce(answered_at, $2),
    letter = CASE WHEN letter = 'waits' AND link = 1 THEN 'sent' ELSE letter END WHERE id = $1"""
_ERASE = "DELETE FROM handovers WHERE complaint_id = $1"
_ANSWERED = """
UPDATE party_answers SET answered_at = $2, accepted = $3, reason = $4 WHERE id = $1 AND answered_at IS NULL"""
_OF_COMPLAINT = f"SELECT {_WITH_COMPLAINT} WHERE unit = $1 AND complaint_id = $2 ORDER BY h.at DESC LIMIT 1"
_ONE = f"SELECT {_WITH_COMPLAINT} WHERE h.id = $1"
_ANSWERS = """
SELECT a.id, a.at, a.text, a.accepted, a.reason FROM party_answers a
WHERE handover = $1 ORDER BY a.at LIMIT 20"""
_LOCK = "SELECT id FROM handovers WHERE id = $1 AND over_at IS NULL AND revoked_at IS NULL FOR UPDATE"
_COUNT = "SELECT count(*) FROM party_answers WHERE handover = $1 AND id <> $2"
_ANSWER = """
INSERT INTO party_answers (id, handover, text) SELECT $1, id, $3 FROM handovers WHERE id = $2
ON CONFLICT (id) DO NOTHING RETURNING id"""
_REVOKE = "UPDATE handovers SET revoked_at = now() WHERE id = $1 AND over_at IS NULL AND revoked_at IS NULL"
_AGAIN = """
UPDATE handovers SET link = link + 1, expires_at = now() + $2, revoked_at = NULL, letter = 'waits', tries = 0,
    next_try_at = now(), problem = NULL, reminder = 0, since = now(), silent_at = NULL
WHERE id = $1 AND over_at IS NULL AND link = $3"""
_SAYS_NOTHING = """
answered_at IS NULL AND over_at IS NULL AND revoked_at IS NULL AND silent_at IS NULL
    AND since > $2::timestamptz - interval '200 days'"""
# At most 100 an hour: a mail server delays a larger number. A link that has expired gets another end, derived from
# the day of the reminder, so that a restored desk makes the same one.
_REMIND = f"""
UPDATE handovers SET letter = $6, reminder = $3, tries = 0, next_try_at = now(),
    link = link + (expires_at <= $2::timestamptz)::int,
    expires_at = CASE WHEN expires_at > $2::timestamptz THEN expires_at
        WHEN since + $4::interval + $5::interval > $2::timestamptz THEN since + $4::interval + $5::interval
        ELSE $2::timestamptz + $5::interval END
WHERE reminder < $3 AND letter = 'sent' AND id IN (
    SELECT id FROM handovers
    WHERE party = $1 AND {_SAYS_NOTHING} AND letter = 'sent' AND reminder < $3
        AND since <= $2::timestamptz - $4::interval AND sent_at <= $2::timestamptz - interval '1 day'
    ORDER BY since LIMIT 100)"""
_FELL_SILENT = f"""
UPDATE handovers SET silent_at = $2::timestamptz WHERE silent_at IS NULL AND id IN (
    SELECT id FROM handovers
    WHERE party = $1 AND {_SAYS_NOTHING} AND since <= $2::timestamptz - $3::interval
        AND (letter = 'refused' OR letter = 'sent' AND reminder >= $4 AND sent_at IS NOT NULL)
    ORDER BY since LIMIT 100)
RETURNING id, unit, complaint_id, ticket, since"""
_HEARD = "UPDATE handovers SET answered_at = now() WHERE id = $1 AND answered_at IS NULL"
# One process locks a letter and writes it; others pass over it.
_NEXT = f"""SELECT {_WITH_COMPLAINT}
WHERE h.letter = 'waits' AND h.over_at IS NULL AND h.revoked_at IS NULL AND h.next_try_at <= now()
ORDER BY h.next_try_at LIMIT 1 FOR UPDATE OF h SKIP LOCKED"""
_WENT = "UPDATE handovers SET letter = 'sent', sent_at = now(), tries = tries + 1, problem = NULL WHERE id = $1"
_REFUSED = "UPDATE handovers SET letter = 'refused', tries = tries + 1, problem = $2 WHERE id = $1"
_LATER = "UPDATE handovers SET tries = tries + 1, problem = $2, next_try_at = now() + $3 WHERE id = $1"


async def follow(db: Connection, rules: Rules, changed: Mapping[str, Kept]) -> None:
    """Begin and end hand-overs as ``changed`` says, in the caller's transaction; erased complaints lose theirs."""
    for kept in changed.values():
        if kept.gone:
            await db.execute(_ERASE, kept.complaint_id)
        elif kept.unit == rules.sorting:
            for event in kept.events:
                if event.newest and event.told.complaint:
                    await _take_in(db, rules, event, event.told.complaint)
        for event in kept.events:
            if (answer := event.answer) and (answer_id := _uuid(answer.event_id)):
                await db.execute(_ANSWERED, answer_id, event.at, answer.accepted, answer.reason or None)


async def _take_in(db: Connection, rules: Rules, event: Event, complaint: ComplaintSnapshot) -> None:
    """Take in one step at a time: in one batch or in many, a hand-over gets the same id and end."""
    unit, party, answer = event.told.unit, handed_to(complaint), event.answer
    await db.execute(_OVER, unit, complaint.complaint_id, party)
    if party:
        await begin(db, rules, unit, complaint, party, event.at)
    if answer and answer.accepted and (answer_id := _uuid(answer.event_id)):
        handover = await db.fetchval(_OPEN, unit, complaint.complaint_id)
        if handover and is_answer_to(handover, answer_id):
            await db.execute(_RELAYED, handover, event.at)


def handed_to(complaint: ComplaintSnapshot) -> str | None:
    """Name the office that has the complaint now, if any."""
    return (complaint.target or None) if complaint.status == Status.HANDED_OVER and not complaint.erased else None


async def begin(
    db: Connection, rules: Rules, unit: str, complaint: ComplaintSnapshot, party: str, at: datetime
) -> None:
    """Queue a letter, once, to an office that has an address, about the complaint that it has since ``at``.

    A word that is read again makes the same id and end, so the link that the office holds is valid again. Nobody knows
    then whether the letter was sent: up to ``FRESH`` it is sent again, with the same Message-ID and link, unless its
    answer is read first; after that it counts as sent, without a time.
    """
    office = rules.party(party)
    if not office or not office.email:
        return
    handover = UUID(derived_id(f"{unit}/{complaint.complaint_id}", "handover", complaint.seq))
    late = datetime.now(UTC) - at
    letter, wait = WAITS if late < FRESH else SENT, _CATCH_UP if late > LATE else timedelta()
    days = timedelta(days=office.answer_days)
    named = complaint.complaint_id, complaint.ticket, party
    await db.execute(_BEGIN, handover, unit, *named, at, days, letter, wait)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def of_complaint(db: Connection, unit: str, complaint_id: str) -> tuple[Handover, Sequence[Answer]] | None:
    """Find the latest hand-over of a complaint, and the answers of its office."""
    row = await db.fetchrow(_OF_COMPLAINT, unit, complaint_id)
    return (_handover(row), await answers(db, row["id"])) if row else None


async def one(db: Connection, handover: UUID) -> tuple[Handover, ComplaintSnapshot] | None:
    """Find a hand-over, with its complaint as it stands."""
    row = await db.fetchrow(_ONE, handover)
    return (_handover(row), _complaint(row)) if row else None


async def answers(db: Connection, handover: UUID) -> Sequence[Answer]:
    """List the answers of an office, the earliest first."""
    return [Answer(**row) for row in await db.fetch(_ANSWERS, handover)]


def _handover(row: Mapping[str, Any]) -> Handover:
    return Handover(**{name: value for name, value in row.items() if name != "told"})


def _complaint(row: Mapping[str, Any]) -> ComplaintSnapshot:
    told = read_told(row["told"])
    assert told.complaint  # noqa: S101 - each stored word has one
    return told.complaint


class Closed(Exception):
    """The hand-over was undone, or its link revoked, since the form was opened; or the office has answered enough."""


async def answer(db: Connection, handover: Handover, answer_id: UUID, text: str, now: datetime) -> None:
    """Store an answer and queue it as the LAPOR admin's reply, in the caller's transaction.

    Sent twice, it is stored once.

    Raises:
        Closed: no answer to it is accepted any longer.
    """
    if await db.fetchval(_LOCK, handover.id) is None:
        raise Closed
    if await db.fetchval(_COUNT, handover.id, answer_id) >= MOST_ANSWERS:
        raise Closed
    if await db.fetchval(_ANSWER, answer_id, handover.id, text) is None:
        return
    await db.execute(_HEARD, handover.id)
    await notices.take_back(db, handover.unit, handover.complaint_id, Kind.SILENT)
    said = UnitReplied(ticket=handover.ticket, action=Action.RELAY.value, to=handover.party, message=text)
    emit = Emit(
        topic=unit_replied(handover.unit), subject=handover.complaint_id, data=said, event_id=str(answer_id)
    )  # fmt: skip
    await outbox.put(db, outgoing([emit], service="unit-desk", cause=str(answer_id), now=now))


async def revoke(db: Connection, handover: UUID) -> None:
    """Revoke the link."""
    await db.execute(_REVOKE, handover)


async def write_again(db: Connection, handover: Handover, days: int) -> None:
    """Queue another letter, once, with a new link; the link of ``handover`` is no longer valid."""
    await db.execute(_AGAIN, handover.id, timedelta(days=days), handover.link)


async def remind(db: Connection, office: Target, now: datetime, *, told: bool = False) -> None:
    """Queue reminders to an office about complaints it has not answered by ``now``; with ``told`` they count as sent.

    If two reminders are due for a complaint, it gets the later one.
    """
    letter, answers = SENT if told else WAITS, timedelta(days=office.answer_days)
    for n, days in reversed([*enumerate(office.reminders, 1)]):
        await db.execute(_REMIND, office.name, now, n, timedelta(days=days), answers, letter)


async def fell_silent(db: Connection, office: Target, now: datetime) -> list[Mapping[str, Any]]:
    """List complaints for which an office let all days and reminders pass by ``now``, each once."""
    answers = timedelta(days=office.answer_days)
    rows: list[Mapping[str, Any]] = await db.fetch(_FELL_SILENT, office.name, now, answers, len(office.reminders))
    return rows


async def next_letter(db: Connection) -> tuple[Handover, ComplaintSnapshot] | None:
    """Return a letter to be written, locked until the caller's transaction ends."""
    row = await db.fetchrow(_NEXT)
    return (_handover(row), _complaint(row)) if row else None


async def went(db: Connection, handover: UUID) -> None:
    """Record that the mail server took a letter."""
    await db.execute(_WENT, handover)


async def refused(db: Connection, handover: UUID, why: str) -> None:
    """Record that a letter will never be taken."""
    await db.execute(_REFUSED, handover, why)


async def later(db: Connection, handover: UUID, why: str, after: timedelta) -> None:
    """Record that a letter is tried again."""
    await db.execute(_LATER, handover, why, after)
