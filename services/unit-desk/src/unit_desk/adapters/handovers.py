"""Keeps in PostgreSQL what was handed over to offices that are written to, their letters and their answers."""

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

#: What was handed over longer ago is written about only when somebody asks for it: topics are read again after a loss.
FRESH = timedelta(days=2)
#: A word that comes late may be read again, and the office may have answered: that is read within this time.
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
# Who has answered has the letter; but another one that somebody asked for brings another link.
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
# So many an hour: a mail server that is asked for more holds them up. A link that is over gets another end, which
# derives from the day of the reminder: a desk that was restored makes the same.
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
# Of two processes one writes; what another one has in hand is passed over.
_NEXT = f"""SELECT {_WITH_COMPLAINT}
WHERE h.letter = 'waits' AND h.over_at IS NULL AND h.revoked_at IS NULL AND h.next_try_at <= now()
ORDER BY h.next_try_at LIMIT 1 FOR UPDATE OF h SKIP LOCKED"""
_WENT = "UPDATE handovers SET letter = 'sent', sent_at = now(), tries = tries + 1, problem = NULL WHERE id = $1"
_REFUSED = "UPDATE handovers SET letter = 'refused', tries = tries + 1, problem = $2 WHERE id = $1"
_LATER = "UPDATE handovers SET tries = tries + 1, problem = $2, next_try_at = now() + $3 WHERE id = $1"


async def follow(db: Connection, rules: Rules, changed: Mapping[str, Kept]) -> None:
    """Begin and end hand-overs as ``changed`` says, in the caller's transaction; what is erased goes altogether."""
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
    """Each step for itself: read in one batch or in many, what begins with it has the same id and end."""
    unit, party, answer = event.told.unit, handed_to(complaint), event.answer
    await db.execute(_OVER, unit, complaint.complaint_id, party)
    if party:
        await begin(db, rules, unit, complaint, party, event.at)
    if answer and answer.accepted and (answer_id := _uuid(answer.event_id)):
        handover = await db.fetchval(_OPEN, unit, complaint.complaint_id)
        if handover and is_answer_to(handover, answer_id):
            await db.execute(_RELAYED, handover, event.at)


def handed_to(complaint: ComplaintSnapshot) -> str | None:
    """Name the office that has it now."""
    return (complaint.target or None) if complaint.status == Status.HANDED_OVER and not complaint.erased else None


async def begin(
    db: Connection, rules: Rules, unit: str, complaint: ComplaintSnapshot, party: str, at: datetime
) -> None:
    """Have a letter written, once, to an office that has an address, about what it has since ``at``.

    A word that is read again makes the same id and end, so the link that the office holds is good again. Whether the
    letter went out can't be known then: up to ``FRESH`` it goes out again, with the same Message-ID and link, unless
    the answer to it is read meanwhile; after that it counts as sent, without a time.
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
    """Give the last hand-over of a complaint, and what its office said."""
    row = await db.fetchrow(_OF_COMPLAINT, unit, complaint_id)
    return (_handover(row), await answers(db, row["id"])) if row else None


async def one(db: Connection, handover: UUID) -> tuple[Handover, ComplaintSnapshot] | None:
    """Give a hand-over with its complaint as it stands."""
    row = await db.fetchrow(_ONE, handover)
    return (_handover(row), _complaint(row)) if row else None


async def answers(db: Connection, handover: UUID) -> Sequence[Answer]:
    """Give what an office said, the first first."""
    return [Answer(**row) for row in await db.fetch(_ANSWERS, handover)]


def _handover(row: Mapping[str, Any]) -> Handover:
    return Handover(**{name: value for name, value in row.items() if name != "told"})


def _complaint(row: Mapping[str, Any]) -> ComplaintSnapshot:
    told = read_told(row["told"])
    assert told.complaint  # noqa: S101 - what is kept has one
    return told.complaint


class Closed(Exception):
    """It was taken back, or revoked, since the form was opened; or enough was said."""


async def answer(db: Connection, handover: Handover, answer_id: UUID, text: str, now: datetime) -> None:
    """Keep an answer and put it on its way as the LAPOR admin's reply, in the caller's transaction.

    Sent twice, it is one.

    Raises:
        Closed: nothing is taken for it any more.
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
    """Let the link hold no more."""
    await db.execute(_REVOKE, handover)


async def write_again(db: Connection, handover: Handover, days: int) -> None:
    """Have another letter written, with another link than that of ``handover``, which holds no more; once."""
    await db.execute(_AGAIN, handover.id, timedelta(days=days), handover.link)


async def remind(db: Connection, office: Target, now: datetime, *, told: bool = False) -> None:
    """Have an office reminded of what it has and has not answered by ``now``; with ``told`` it was already.

    What two reminders are due for gets the later one.
    """
    letter, answers = SENT if told else WAITS, timedelta(days=office.answer_days)
    for n, days in reversed([*enumerate(office.reminders, 1)]):
        await db.execute(_REMIND, office.name, now, n, timedelta(days=days), answers, letter)


async def fell_silent(db: Connection, office: Target, now: datetime) -> list[Mapping[str, Any]]:
    """Give what an office has let all its days and reminders pass of by ``now``, each once."""
    answers = timedelta(days=office.answer_days)
    rows: list[Mapping[str, Any]] = await db.fetch(_FELL_SILENT, office.name, now, answers, len(office.reminders))
    return rows


async def next_letter(db: Connection) -> tuple[Handover, ComplaintSnapshot] | None:
    """Give a letter that is to be written; it is this process's until the transaction of the caller ends."""
    row = await db.fetchrow(_NEXT)
    return (_handover(row), _complaint(row)) if row else None


async def went(db: Connection, handover: UUID) -> None:
    """The mail server has it."""
    await db.execute(_WENT, handover)


async def refused(db: Connection, handover: UUID, why: str) -> None:
    """It will never be taken."""
    await db.execute(_REFUSED, handover, why)


async def later(db: Connection, handover: UUID, why: str, after: timedelta) -> None:
    """It is tried again."""
    await db.execute(_LATER, handover, why, after)
