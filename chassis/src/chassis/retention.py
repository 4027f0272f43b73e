"""How long what a complaint says is kept, by the region's ``retention.yaml``, and the timer that deletes the rest.

UU 27/2022 pasal 42 and 44: processing ends, and personal data is destroyed, when the time for it is over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path

from prometheus_client import Counter

from chassis.database import Connection, Pool
from chassis.region import RegionError, Source, has_region_file

log = logging.getLogger(__name__)

DELETED = Counter("lapor_retention_deleted", "Rows deleted because they were kept long enough", ["service", "table"])
#: The states in which a complaint ends, and how many days it is kept where the region does not say.
ENDS = ("closed", "handed_over", "rejected", "cancelled")
USUAL = timedelta(days=730)
#: Topics keep so long what was written to them; nothing is deleted sooner than there.
LEAST_DAYS = 90
_EVERY_S = 3_600

#: Deletes a batch; gives how many rows of which table went.
Once = Callable[[Connection], Awaitable[Mapping[str, int]]]


def read_retention(region: Path) -> dict[str, timedelta]:
    """Read how long a complaint is kept after it ended, by the state in which it did.

    Raises:
        RegionError: the file is not YAML, or says something that can't be meant; the text names it.
    """
    kept = dict.fromkeys(ENDS, USUAL)
    if not has_region_file(region, "retention.yaml"):
        return kept
    source = Source.read(region, "retention.yaml")
    given = source.content.get("days") if isinstance(source.content, dict) else None
    wrong = [] if isinstance(given, dict) else [source.wrong((), "it has no `days`", "write days: {closed: 730}")]
    for state, days in (given or {}).items() if isinstance(given, dict) else ():
        if state not in ENDS:
            wrong.append(source.wrong(("days", state), f"{state} is no end", f"write one of {', '.join(ENDS)}"))
        elif not isinstance(days, int) or isinstance(days, bool) or not LEAST_DAYS <= days <= 36_500:
            remedy = f"write whole days, from {LEAST_DAYS} on: so long the topics keep it all the same"
            wrong.append(source.wrong(("days", state), f"{days} can't be meant", remedy))
        else:
            kept[state] = timedelta(days=days)
    if wrong:
        raise RegionError.of(wrong)
    return kept


async def keep_deleting(service: str, pool: Pool, once: Once) -> None:
    """For ever, once an hour: delete all there is to delete, a batch in each transaction; count and log it.

    Raises:
        asyncpg.PostgresError, OSError: the database is gone; start again.
    """
    while True:
        await delete_all(service, pool, once)
        await asyncio.sleep(_EVERY_S)


async def delete_all(service: str, pool: Pool, once: Once) -> None:
    """Delete until nothing is left to delete."""
    while True:
        async with pool.acquire() as db, db.transaction():
            counts = await once(db)
        for table, rows in counts.items():
            DELETED.labels(service, table).inc(rows)
        if not any(counts.values()):
            return
        log.info("deleted", extra={"rows": {table: rows for table, rows in counts.items() if rows}})


def ages(kept: Mapping[str, timedelta]) -> tuple[list[str], list[timedelta]]:
    """Give ``kept`` as two columns for a statement: states, and how long each is kept."""
    return list(kept), list(kept.values())
