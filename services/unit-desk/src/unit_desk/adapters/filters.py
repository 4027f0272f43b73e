"""What somebody looks at again and again, under a name of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis.database import Connection, Pool

#: Tabs of one person, and letters of a name.
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
    """Keep ``query`` as ``name``, in place of what had that name; False where there are too many."""
    return await db.fetchval(_KEEP, person, name, query, MOST) is not None


async def drop(db: Connection | Pool, person: UUID, name: str) -> None:
    """Take a tab away."""
    await db.execute(_DROP, person, name)
