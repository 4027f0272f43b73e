"""Stores in PostgreSQL what units are told; used by the projection alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from chassis.database import Connection
from chassis.retention import ages
from contracts.events import ComplaintSnapshot, Place, UnitRouted
from contracts.topics import unit_replied
from unit_desk import metrics
from unit_desk.adapters import arrivals, following, log, notices, webhooks
from unit_desk.projection import NEVER, Event, Kept, due_of, key_of, weight_of

_LOAD = """
SELECT c.unit, c.complaint_id, c.told, c.told_at, c.standing FROM complaints c
JOIN unnest($1::text[], $2::text[]) AS k (unit, complaint_id) USING (unit, complaint_id)"""
# A complaint that its unit no longer works on has no assignee.
_SAVE = """
INSERT INTO complaints (unit, complaint_id, ticket, seq, told_at, received_at, lead, role, lane, status, why, due,
    weight, kecamatan, standing, rahasia, erased, accuses, reopened, unheard, words, told)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
    to_tsvector('simple', $21) || to_tsvector('indonesian', $21), $22)
ON CONFLICT (unit, complaint_id) DO UPDATE SET seq = excluded.seq, told_at = excluded.told_at, lead = excluded.lead,
    role = excluded.role, lane = excluded.lane, status = excluded.status, why = excluded.why, due = excluded.due,
    weight = excluded.weight, kecamatan = excluded.kecamatan, standing = excluded.standing,
    rahasia = excluded.rahasia, erased = excluded.erased, accuses = excluded.accuses, reopened = excluded.reopened,
    unheard = excluded.unheard, words = excluded.words, told = excluded.told,
    assignee = CASE WHEN excluded.standing = 'work' THEN complaints.assignee END"""
_EVENT = """
INSERT INTO events (unit, complaint_id, event_id, at, seq, why, status, lead, stage, reason, reply_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (unit, event_id) DO NOTHING"""
_ANSWER = """
UPDATE replies SET answered_at = $3, accepted = $4, code = $5, reason = $6, masked = $7
WHERE unit = $1 AND id = $2 AND answered_at IS NULL"""
_ERASE_NOTES = "DELETE FROM notes WHERE unit = $1 AND complaint_id = $2"
_ERASE_REPLIES = "DELETE FROM replies WHERE unit = $1 AND complaint_id = $2"
_ERASE_DRAFTS = "DELETE FROM drafts WHERE unit = $1 AND complaint_id = $2"
_ERASE_PROOFS = """
WITH gone AS (DELETE FROM proofs WHERE unit = $1 AND complaint_id = $2 RETURNING name)
INSERT INTO discarded_proofs (name) SELECT name FROM gone ON CONFLICT DO NOTHING"""
_ERASE_REASONS = "UPDATE events SET reason = NULL WHERE unit = $1 AND complaint_id = $2"
_ERASE_LOG = "UPDATE log SET value = NULL WHERE unit = $1 AND complaint_id = $2 AND value IS NOT NULL"
_ERASE_OUTBOX = "DELETE FROM outbox WHERE topic = $1 AND key = convert_to($2, 'UTF8')"
_ERASE_PUBLISHED = "DELETE FROM published WHERE topic = $1 AND key = convert_to($2, 'UTF8')"
# A unit that replied to another unit's complaint may never have been told of it.
_KNOWN_BY = """
SELECT unit FROM complaints WHERE complaint_id = $1 UNION SELECT unit FROM replies WHERE complaint_id = $1"""
_SILENCE = """
UPDATE complaints SET erased = true, standing = 'rest', words = '', told = $3 WHERE unit = $1 AND complaint_id = $2"""
_OLD = """
DELETE FROM complaints WHERE (unit, complaint_id) IN (
    SELECT old.unit, old.complaint_id FROM unnest($1::text[], $2::interval[]) AS kept (status, age), LATERAL (
        SELECT unit, complaint_id FROM complaints WHERE status = kept.status AND told_at < now() - kept.age
        ORDER BY told_at LIMIT 500) AS old)
RETURNING unit, complaint_id"""
# A unit that gave its complaint to another one is not told how it ended, whether or not somebody looked.
_OLD_REST = """
DELETE FROM complaints WHERE (unit, complaint_id) IN (
    SELECT unit, complaint_id FROM complaints WHERE standing <> 'work' AND told_at < now() - $1::interval LIMIT 500)
RETURNING unit, complaint_id"""
_OLD_EVENTS = "DELETE FROM events USING unnest($1::text[], $2::text[]) AS k (u, c) WHERE unit = u AND complaint_id = c"
_OLD_REPLIES = """
DELETE FROM replies r USING unnest($1::text[], $2::text[]) AS k (u, c) WHERE complaint_id = c AND (unit = u
    OR NOT EXISTS (SELECT FROM complaints o WHERE o.unit = r.unit AND o.complaint_id = r.complaint_id))"""
_OLD_NOTICES = (
    "DELETE FROM notices USING unnest($1::text[], $2::text[]) AS k (u, c) WHERE unit = u AND complaint_id = c"
)
# The entry stays, so that no number is missing.
_OLD_LOG = """
UPDATE log SET value = NULL FROM unnest($1::text[], $2::text[]) AS k (u, c)
WHERE unit = u AND complaint_id = c AND value IS NOT NULL"""
_OLD_NOTES = "DELETE FROM notes USING unnest($1::text[], $2::text[]) AS k (u, c) WHERE unit = u AND complaint_id = c"
_OLD_DRAFTS = "DELETE FROM drafts USING unnest($1::text[], $2::text[]) AS k (u, c) WHERE unit = u AND complaint_id = c"
_OLD_PROOFS = """
WITH gone AS (DELETE FROM proofs USING unnest($1::text[], $2::text[]) AS k (u, c) WHERE unit = u AND complaint_id = c
    RETURNING name)
INSERT INTO discarded_proofs (name) SELECT name FROM gone ON CONFLICT DO NOTHING"""

_told = msgspec.json.Decoder(UnitRouted)


def read_told(value: bytes) -> UnitRouted:
    """Decode a stored word."""
    return _told.decode(value)


async def load(db: Connection, keys: list[str]) -> dict[str, Kept]:
    """Load the known states, by ``projection.key_of``."""
    parted = [key.partition("/") for key in keys]
    rows = await db.fetch(_LOAD, [unit for unit, _, _ in parted], [complaint for _, _, complaint in parted])
    return {
        key_of(row["unit"], row["complaint_id"]): Kept(
            unit=row["unit"],
            complaint_id=row["complaint_id"],
            told=read_told(row["told"]),
            told_at=row["told_at"],
            standing=row["standing"],
        )
        for row in rows
    }


async def save(db: Connection, changed: Mapping[str, Kept]) -> None:
    """Store ``changed``, in the caller's transaction; of an erased complaint nobody's text stays."""
    concerned = {kept.unit for kept in changed.values() if kept.unit}
    for kept in changed.values():
        if kept.unit and kept.told:
            await db.execute(_SAVE, *_row(kept))
        await _keep_events(db, kept)
        if kept.gone:
            units = [kept.unit] if kept.unit else [row["unit"] for row in await db.fetch(_KNOWN_BY, kept.complaint_id)]
            for unit in units:
                await erase(db, unit, kept.complaint_id)
            await arrivals.erase(db, kept.complaint_id)
            concerned.update(units)
        elif kept.said:
            await arrivals.keep(db, kept.said)
    await following.tell(db, concerned)
    await webhooks.announce(db, await log.write(db, changed))


async def _keep_events(db: Connection, kept: Kept) -> None:
    for event in kept.events:
        await db.execute(_EVENT, *_event(kept, event))
        if event.notice and (complaint := event.told.complaint):
            about = (kept.unit, complaint.complaint_id, complaint.ticket, event.notice)
            await notices.add(db, *about, event.event_id, event.at)
        answer = event.answer
        # Other programs of the unit choose any id for their replies; those of the desk have a UUID.
        if answer and (reply_id := _uuid(answer.event_id)):
            reason, code = answer.reason or None, answer.code or None
            values = kept.unit, reply_id, event.at, answer.accepted, code, reason, answer.masked
            # A batch that is rolled back and repeated counts again.
            if (await db.execute(_ANSWER, *values)).endswith(" 1"):
                metrics.REPLIES.labels("accepted" if answer.accepted else "refused").inc()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _event(kept: Kept, event: Event) -> tuple[object, ...]:
    told, complaint = event.told, event.told.complaint or kept.complaint
    answer = event.answer
    return (
        *(kept.unit, complaint.complaint_id if complaint else kept.complaint_id, event.event_id, event.at),
        *(complaint.seq if complaint else 0, told.why, complaint.status if complaint else ""),
        *(complaint.unit if complaint else "", told.stage or None, told.reason or None),
        answer.event_id if answer else None,
    )


def _row(kept: Kept) -> tuple[object, ...]:
    told, complaint = kept.told, kept.complaint
    assert told is not None  # noqa: S101 - the caller has checked it
    assert complaint is not None  # noqa: S101
    place = complaint.place or Place()
    return (
        *(kept.unit, kept.complaint_id, complaint.ticket, complaint.seq, kept.told_at, complaint.received_at),
        *(complaint.unit, complaint.role, complaint.lane, complaint.status, told.why, due_of(complaint) or NEVER),
        *(weight_of(complaint), place.kecamatan, kept.standing, complaint.rahasia, complaint.erased),
        *(complaint.accuses, complaint.reopened > 0, complaint.unheard, _words(complaint), msgspec.json.encode(told)),
    )


def _words(complaint: ComplaintSnapshot) -> str:
    """Collect the words that a complaint is found by; PostgreSQL accepts no NUL."""
    place = complaint.place or Place()
    said = [complaint.ticket, complaint.text, complaint.place_stated, place.desa, place.kecamatan, place.stated]
    said += [item.text for item in complaint.follow_ups]
    return " ".join(each for each in said if each).replace("\0", " ")[:100_000]


async def erase(db: Connection, unit: str, complaint_id: str) -> None:
    """Delete what ``unit`` was told about a complaint and what it wrote, also while that waits to be sent."""
    for row in await db.fetch(_LOAD, [unit], [complaint_id]):
        told = read_told(row["told"])
        await db.execute(_SILENCE, unit, complaint_id, msgspec.json.encode(silent(told)))
    for statement in (_ERASE_PROOFS, _ERASE_NOTES, _ERASE_REPLIES, _ERASE_DRAFTS, _ERASE_REASONS, _ERASE_LOG):
        await db.execute(statement, unit, complaint_id)
    for statement in (_ERASE_OUTBOX, _ERASE_PUBLISHED):
        await db.execute(statement, unit_replied(unit), complaint_id)


def silent(told: UnitRouted) -> UnitRouted:
    """Return ``told`` without any text that somebody wrote."""
    bare = told.complaint and replace(
        told.complaint,
        text="",
        place=UNSET,
        place_stated=UNSET,
        position=UNSET,
        occurred=UNSET,
        candidates=[],
        evidence=[],
        follow_ups=[],
        similar=[],
        support=[],
        erased=True,
    )
    return replace(told, complaint=bare or UNSET, reason=UNSET, reply=UNSET)


async def delete_old(db: Connection, kept: Mapping[str, timedelta]) -> dict[str, int]:
    """Delete a batch of complaints that ended longer ago than ``kept`` says; return how many rows, by table."""
    rows: list[Mapping[str, str]] = await db.fetch(_OLD, *ages(kept))
    rows += await db.fetch(_OLD_REST, max(kept.values()))
    units, ids = [row["unit"] for row in rows], [row["complaint_id"] for row in rows]
    for statement in (_OLD_PROOFS, _OLD_EVENTS, _OLD_REPLIES, _OLD_NOTES, _OLD_DRAFTS, _OLD_NOTICES, _OLD_LOG):
        await db.execute(statement, units, ids)
    return {
        "complaints": len(ids),
        "arrivals": await arrivals.delete_old(db, ids),
        "log": await log.delete_old(db),
        "deliveries": await webhooks.delete_old(db),
    }
