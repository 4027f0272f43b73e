"""Stores drafts that wait for a head's decision, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from chassis.database import Connection
from contracts.events import UnitReplied
from unit_desk.adapters import notices
from unit_desk.adapters.complaints import Row
from unit_desk.approvals import Draft
from unit_desk.notices import Kind
from unit_desk.people import Person, Role

_KEEP = """
INSERT INTO drafts (id, unit, complaint_id, person, seen, said) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING RETURNING id"""
_LAST = """
SELECT id, person, at, seen, said, decided_by, decided_at, agreed, note FROM drafts
WHERE complaint_id = $1 AND unit = $2 ORDER BY at DESC LIMIT 1"""
_DECIDE = """
UPDATE drafts SET agreed = $2, decided_by = $3, decided_at = now(), note = $4 WHERE id = $1 AND agreed IS NULL
RETURNING unit, complaint_id"""
_AMONG = "SELECT complaint_id FROM drafts WHERE unit = $1 AND complaint_id = ANY($2) AND agreed IS NULL"
_HEADS = "SELECT EXISTS (SELECT FROM people WHERE unit = $1 AND role = $2 AND left_at IS NULL AND password IS NOT NULL)"

_said = msgspec.json.Decoder(UnitReplied)


async def has_head(db: Connection, unit: str) -> bool:
    """Whether the unit has a head here who could agree."""
    found: bool = await db.fetchval(_HEADS, unit, Role.PIMPINAN.value)
    return found


async def keep(db: Connection, row: Row, person: Person, draft_id: UUID, said: UnitReplied, seen: int) -> bool:
    """Store a draft, and tell the heads of the unit; return False if a draft waits already, even this one."""
    given = draft_id, row.unit, row.complaint_id, person.id, seen, msgspec.json.encode(said)
    if await db.fetchval(_KEEP, *given) is None:
        return False
    about = row.unit, row.complaint_id, row.ticket, Kind.DRAFT
    await notices.take_back(db, row.unit, row.complaint_id, Kind.GIVEN_BACK)
    for each in await notices.people(db, [row.unit]):
        if each.role == Role.PIMPINAN:
            await notices.add(db, *about, f"draft {draft_id} {each.id}", datetime.now(UTC), each.id)
    return True


async def last(db: Connection, row: Row) -> Draft | None:
    """Return the latest draft for the head of the unit, decided or not."""
    found = await db.fetchrow(_LAST, row.complaint_id, row.unit)
    return Draft(**{**found, "said": _said.decode(found["said"]), "note": found["note"] or ""}) if found else None


async def among(db: Connection, unit: str, complaints: Sequence[str]) -> frozenset[str]:
    """Return those of ``complaints`` with a draft that waits for the head of ``unit``."""
    return frozenset(row["complaint_id"] for row in await db.fetch(_AMONG, unit, list(complaints)))


async def decide(db: Connection, draft: Draft, person: Person, note: str = "", *, agreed: bool) -> bool:
    """Store the decision; return False if there was one before. Heads are no longer told that the draft waits."""
    found = await db.fetchrow(_DECIDE, draft.id, agreed, person.id, note or None)
    if found is None:
        return False
    await notices.take_back(db, found["unit"], found["complaint_id"], Kind.DRAFT)
    return True


async def tell_writer(db: Connection, row: Row, draft: Draft) -> None:
    """Tell the writer that the draft came back."""
    about = row.unit, row.complaint_id, row.ticket, Kind.GIVEN_BACK
    await notices.add(db, *about, f"given back {draft.id}", datetime.now(UTC), draft.person)
