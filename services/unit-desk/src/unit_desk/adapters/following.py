"""Notifies by PostgreSQL that the work of units changed: pages that are open follow."""

from __future__ import annotations

from collections.abc import Iterable

from chassis.database import Connection, Pool

#: The channel that names units.
CHANGED = "desk_changed"
_NOTIFY = f"SELECT pg_notify('{CHANGED}', unit) FROM unnest($1::text[]) AS u (unit)"


async def tell(db: Connection | Pool, units: Iterable[str]) -> None:
    """Notify that lists of ``units`` changed; within a transaction, at its commit."""
    if named := sorted(set(units)):
        await db.execute(_NOTIFY, named)
