"""Says in PostgreSQL that what units have to do is not what it was: pages that are open follow."""

from __future__ import annotations

from collections.abc import Iterable

from chassis.database import Connection, Pool

#: The channel on which units are named.
CHANGED = "desk_changed"
_NOTIFY = f"SELECT pg_notify('{CHANGED}', unit) FROM unnest($1::text[]) AS u (unit)"


async def tell(db: Connection | Pool, units: Iterable[str]) -> None:
    """Say that lists of ``units`` changed; in a transaction it is heard with its commit."""
    if named := sorted(set(units)):
        await db.execute(_NOTIFY, named)
