"""Complaints typed in at the counter, in PostgreSQL: stored before they are sent; the words until they are taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from chassis.database import Connection, Pool
from unit_desk import counter
from unit_desk.adapters import accounts
from unit_desk.adapters.intake import HeldUp, Taken, Wrong
from unit_desk.people import Person

#: How long a receipt can be printed again, and how long a refused form waits to be fixed.
PRINTED_FOR, MENDED_FOR = timedelta(days=1), timedelta(days=30)
_MOST = 50

# A refused form is overwritten, as nothing of it was taken. Any other form stays as it was first.
_KEEP = """
INSERT INTO counter (key, person, unit, way, digest, typed) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (key) DO UPDATE SET way = excluded.way, digest = excluded.digest, typed = excluded.typed, wrong = NULL
WHERE counter.wrong IS NOT NULL AND counter.person = excluded.person"""
_ROW = """
SELECT key, person, unit, way, digest, typed, begun_at, held_up, wrong, ticket, code, page, told_by, taken_at
FROM counter WHERE key = $1"""
_TAKEN = """
UPDATE counter SET typed = NULL, wrong = NULL, held_up = NULL, ticket = $2, code = $3, page = $4, told_by = $5,
    taken_at = now()
WHERE key = $1 AND ticket IS NULL RETURNING person, unit, way"""
_WRONG = "UPDATE counter SET wrong = $2, held_up = NULL WHERE key = $1 AND ticket IS NULL"
_HELD_UP = "UPDATE counter SET held_up = $2 WHERE key = $1 AND ticket IS NULL"
_WAITING = """
SELECT key FROM counter WHERE ticket IS NULL AND wrong IS NULL AND begun_at < now() - $1::interval
ORDER BY begun_at LIMIT $2"""
_MINE = """
SELECT key, way, begun_at, ticket, wrong IS NOT NULL AS wrong FROM counter WHERE person = $1
ORDER BY begun_at DESC LIMIT $2"""
_PRINTED = "DELETE FROM counter WHERE taken_at < now() - $1::interval"
_NOT_MENDED = "DELETE FROM counter WHERE ticket IS NULL AND wrong IS NOT NULL AND begun_at < now() - $1::interval"


@dataclass(frozen=True, kw_only=True)
class Brought:
    """A complaint typed in under ``key``. ``typed`` is there until the intake takes it, ``ticket`` from then on;
    ``wrong`` says what must be fixed, and ``held_up`` why it waits."""

    key: UUID
    person: UUID
    unit: str
    way: str
    digest: bytes
    typed: Mapping[str, str] | None
    begun_at: datetime
    held_up: str | None
    wrong: Mapping[str, str] | None
    ticket: str | None
    code: str | None
    page: str | None
    told_by: Sequence[str]
    taken_at: datetime | None


async def keep(db: Connection, key: UUID, person: Person, typed: Mapping[str, str]) -> None:
    """Store what ``person`` typed, unless the form was stored before."""
    kept = counter.packed(typed)
    await db.execute(_KEEP, key, person.id, person.unit, typed["way"], counter.digest(typed), kept)


async def one(db: Connection, key: UUID) -> Brought | None:
    """Find the complaint typed in under ``key``."""
    row = await db.fetchrow(_ROW, key)
    if row is None:
        return None
    typed = counter.unpacked(row["typed"]) if row["typed"] else None
    wrong = msgspec.json.decode(row["wrong"], type=dict[str, str]) if row["wrong"] else None
    return Brought(**{**dict(row), "typed": typed, "wrong": wrong})


async def settle(pool: Pool, key: UUID, answer: Taken | Wrong | HeldUp) -> None:
    """Store the intake's answer; the audit notes once who typed the complaint."""
    match answer:
        case Taken():
            async with pool.acquire() as db, db.transaction():
                told = answer.ticket, answer.access_code, answer.tracking_url, answer.told_by
                row = await db.fetchrow(_TAKEN, key, *told)
                if row is not None:
                    who, unit, way = row["person"], row["unit"], row["way"]
                    await accounts.note(db, who, "terima di loket", unit=unit, ticket=answer.ticket, about=way)
        case Wrong():
            await pool.execute(_WRONG, key, msgspec.json.encode(dict(answer.problems)))
        case _:
            await pool.execute(_HELD_UP, key, answer.value)


async def waiting(db: Connection, since: timedelta) -> list[UUID]:
    """List the keys of complaints that wait for longer than ``since``, the oldest first."""
    return [row["key"] for row in await db.fetch(_WAITING, since, _MOST)]


async def mine(db: Connection, person: Person) -> list[Mapping[str, Any]]:
    """List the complaints that ``person`` typed in lately, the latest first."""
    rows: list[Mapping[str, Any]] = await db.fetch(_MINE, person.id, _MOST)
    return rows


async def sweep(db: Connection) -> None:
    """Delete receipts that are old enough, and refused forms that nobody fixed."""
    await db.execute(_PRINTED, PRINTED_FOR)
    await db.execute(_NOT_MENDED, MENDED_FOR)
