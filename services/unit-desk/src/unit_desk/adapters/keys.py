"""Keys of the programs of units, in PostgreSQL: looked up with each request, created and revoked by people."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from chassis.database import Connection, Pool
from chassis.keys import Key, hash_of, new_key
from unit_desk.adapters import accounts
from unit_desk.people import Person

_FIND = """
SELECT id, unit, system, rights, expires_at, revoked_at IS NOT NULL AS revoked,
    coalesce(used_at < now() - interval '1 minute', true) AS stale
FROM keys WHERE key_hash = $1"""
_USED = "UPDATE keys SET used_at = now() WHERE id = $1"
_CREATE = """
INSERT INTO keys (id, unit, system, contact, rights, key_hash, created_by, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, now() + $8) ON CONFLICT (key_hash) DO NOTHING
RETURNING id, unit, system, expires_at"""
# A person who pressed twice did not see the first answer; after these minutes nothing shows a key.
_MADE = """
SELECT id, unit, system, expires_at FROM keys
WHERE key_hash = $1 AND revoked_at IS NULL AND used_at IS NULL AND created_at > now() - interval '10 minutes'"""
_LIST = """
SELECT id, unit, system, contact, rights, created_at, expires_at, revoked_at, used_at FROM keys
WHERE unit = ANY($1) ORDER BY unit, revoked_at NULLS FIRST, system, created_at"""
_REVOKE = """
UPDATE keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 AND unit = ANY($2) RETURNING id, unit, system"""


class Right(StrEnum):
    """The rights of a key."""

    READ = "read"  # the unit's events
    REPLY = "reply"  # to its complaints


@dataclass(frozen=True, kw_only=True)
class UnitKey(Key):
    """A key of a program of ``unit``."""

    unit: str


async def find(db: Pool, shown: str) -> UnitKey | None:
    """Find the key that was ``shown``, and record its use; nothing is cached, so a revoked key ends immediately."""
    row = await db.fetchrow(_FIND, hash_of(shown))
    if row is None:
        return None
    if row["stale"]:
        await db.execute(_USED, row["id"])
    return UnitKey(**{name: value for name, value in row.items() if name != "stale"})


async def create(
    db: Connection,
    unit: str,
    system: str,
    contact: str,
    rights: Sequence[str],
    days: int,
    by: Person | None,
    bits: bytes = b"",
) -> tuple[str, Mapping[str, Any]]:
    """Create a key, and return it with its record: it is stored nowhere and can't be shown again.

    The same ``bits`` create a key once; for some minutes they return it again, then an empty one.
    """
    key, number = new_key(bits), secrets.token_hex(4)
    async with db.transaction():
        author = by.id if by else None
        values = unit, system, contact, list(rights), hash_of(key), author, timedelta(days=days)
        made: Mapping[str, Any] | None = await db.fetchrow(_CREATE, number, *values)
        if made is None:
            made = await db.fetchrow(_MADE, hash_of(key))
            return (key, made) if made else ("", {})
        await accounts.note(db, by, "buat kunci", unit=unit, about=f"kunci {number}")
    return key, made


async def listed(db: Connection | Pool, units: Sequence[str]) -> list[Mapping[str, Any]]:
    """List all keys of ``units``, also old ones, without the keys themselves."""
    rows: list[Mapping[str, Any]] = await db.fetch(_LIST, list(units))
    return rows


async def revoke(db: Connection, key_id: str, units: Sequence[str], by: Person | None) -> Mapping[str, Any] | None:
    """Revoke a key of ``units``, for good and immediately; None if there is no such key."""
    async with db.transaction():
        row: Mapping[str, Any] | None = await db.fetchrow(_REVOKE, key_id, list(units))
        if row:
            await accounts.note(db, by, "cabut kunci", unit=row["unit"], about=f"kunci {key_id}")
    return row
