"""The filters that people saved as tabs, each under a name of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis.database import Connection, Pool

#: The most tabs of one person, and letters of a name.
MOST, MOST_LETTERS = 8, 30

_OF = "SELECT name, query FROM filters WHERE person = $1 ORDER BY at, name LIMIT 20"
_KEEP = """
INSERT INTO filters (person, name, query)
SELECT $1, $2, $3 WHERE (SELECT count(*) FROM filters WHERE person = $1 AND name <> $2) < $4
ON CONFLICT (person, name) DO UPDATE SET query = excluded.query RETURNING name"""
_DROP = "DELETE FROM filters WHERE person = $1 AND name = $2"


async def of(db: Connection | Pool, person: UUID) -> list[Mapping[str, Any]]:
    """List the tabs of ``person``, the oldest first: name and query."""
    rows: list[Mapping[str, Any]] = await db.fetch(_OF, person)
    return rows


async def keep(db: Connection | Pool, person: UUID, name: str, query: str) -> bool:
    """Store ``query`` as ``name``, in place of an older one; return False if the person has too many."""
    return await db.fetchval(_KEEP, person, name, query, MOST) is not None


async def drop(db: Connection | Pool, person: UUID, name: str) -> None:
    """Delete a tab."""
    await db.execute(_DROP, person, name)
