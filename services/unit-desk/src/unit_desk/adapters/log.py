"""The log of each unit in PostgreSQL: the bytes of its topic, in their order, for its own programs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from chassis.database import Connection, Pool
from unit_desk.projection import Kept, Logged

#: The retention of the topic.
KEPT = timedelta(days=90)
#: The most bytes of events in an answer, which may exceed it by one event.
MOST_BYTES = 4_000_000
#: The cursor of a reader that has read nothing.
START = "0"

# Locks the row until the end of the transaction, so that numbers commit in their order.
_HEAD = """
INSERT INTO log_heads (unit, n) VALUES ($1, 0) ON CONFLICT (unit) DO UPDATE SET n = log_heads.n RETURNING n"""
_KNOWN = "SELECT event_id FROM log WHERE unit = $1 AND event_id = ANY($2)"
_ADD = """
INSERT INTO log (unit, n, event_id, complaint_id, value)
SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bytea[])"""
_MOVE = "UPDATE log_heads SET n = $2 WHERE unit = $1"
_READ = """
SELECT n, event_id, complaint_id, value FROM (
    SELECT *, sum(size) OVER (ORDER BY n) - size AS before FROM (
        SELECT n, event_id, complaint_id, value, coalesce(octet_length(value), 0) AS size FROM log
        WHERE unit = $1 AND n > $2 ORDER BY n LIMIT $3) AS first) AS sized
WHERE before < $4 ORDER BY n"""
_AT = "SELECT event_id FROM log WHERE unit = $1 AND n = $2"
_IS_THERE = "SELECT EXISTS (SELECT FROM log WHERE unit = $1 AND n = $2)"
_ANY_AFTER = "SELECT EXISTS (SELECT FROM log WHERE unit = $1 AND n > $2)"
_BEFORE = """
SELECT log.n, log.event_id FROM replies AS r JOIN log ON log.unit = r.unit AND log.at <= r.at
WHERE r.id = $1 ORDER BY log.n DESC LIMIT 1"""
# The last entry of a unit stays: it tells how far the unit's readers have come.
_OLD = """
DELETE FROM log USING log_heads AS h WHERE log.unit = h.unit AND log.n < h.n AND log.ctid = ANY(ARRAY(
    SELECT ctid FROM log WHERE at < now() - $1::interval ORDER BY at LIMIT 500))
RETURNING log.n"""


class CursorLost(Exception):
    """The events after this cursor are no longer known, or the cursor is of another log: read from the beginning."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry of a log: the bytes of an event, or None if copies of the complaint are to be deleted."""

    n: int
    event_id: str
    complaint_id: str
    value: bytes | None

    @property
    def cursor(self) -> str:
        """The place after the entry."""
        return _cursor(self.n, self.event_id)


def _cursor(n: int, event_id: str) -> str:
    """Make a cursor; its second part reveals a restored log that has another event at this place."""
    return f"{n}-{_mark(event_id)}"


def _mark(event_id: str) -> str:
    return hashlib.sha256(event_id.encode()).hexdigest()[:8]


async def write(db: Connection, changed: Mapping[str, Kept]) -> list[tuple[str, Logged]]:
    """Add what came, in the caller's transaction; return the new entries, by unit."""
    by_unit: dict[str, list[Logged]] = {}
    for kept in changed.values():
        for entry in kept.log:
            by_unit.setdefault(kept.unit, []).append(entry)
    new: list[tuple[str, Logged]] = []
    # Units in a fixed order, as each head is locked; the entries of a unit in the order of the topic.
    for unit, entries in sorted(by_unit.items()):
        new += [(unit, each) for each in await _add(db, unit, sorted(entries, key=lambda each: each.offset))]
    return new


async def _add(db: Connection, unit: str, entries: Sequence[Logged]) -> list[Logged]:
    head: int = await db.fetchval(_HEAD, unit)
    known = {row["event_id"] for row in await db.fetch(_KNOWN, unit, [each.event_id for each in entries])}
    new = [each for each in entries if each.event_id not in known]
    if new:
        columns = zip(*((each.event_id, each.complaint_id, each.value) for each in new), strict=True)
        await db.execute(_ADD, unit, list(range(head + 1, head + 1 + len(new))), *map(list, columns))
        await db.execute(_MOVE, unit, head + len(new))
    return new


async def read(db: Pool, unit: str, after: str, limit: int) -> list[Entry]:
    """Return at most ``limit`` entries after the cursor ``after``, the earliest first.

    Raises:
        CursorLost: the entries right after the cursor are unknown.
    """
    n, _, mark = after.partition("-")
    place = int(n) if n.isascii() and n.isdigit() and len(n) < 19 else -1
    if place < 0 or (place > 0) != bool(mark):
        raise CursorLost
    if place > 0:
        await _refuse_lost(db, unit, place, mark)
    return [Entry(**row) for row in await db.fetch(_READ, unit, place, limit, MOST_BYTES)]


async def _refuse_lost(db: Pool, unit: str, place: int, mark: str) -> None:
    event_id: str | None = await db.fetchval(_AT, unit, place)
    if event_id is not None and _mark(event_id) == mark:
        return
    # The entry is so old that it was deleted; the one right after it is still there, so nothing was missed.
    if event_id is None and await db.fetchval(_IS_THERE, unit, place + 1):
        return
    raise CursorLost


async def is_behind(db: Pool, unit: str, place: int) -> bool:
    """Whether something came after the number ``place``."""
    found: bool = await db.fetchval(_ANY_AFTER, unit, place)
    return found


async def before_reply(db: Pool, reply_id: UUID) -> str:
    """Return the cursor that the answer to a reply comes after."""
    row = await db.fetchrow(_BEFORE, reply_id)
    return _cursor(row["n"], row["event_id"]) if row else START


async def delete_old(db: Connection) -> int:
    """Delete a batch of entries whose retention is over; return how many."""
    return len(await db.fetch(_OLD, KEPT))
