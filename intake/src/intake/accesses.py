"""Notes who saw who reported a complaint: a row has the ticket and nobody's name, so it may outlive the complaint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chassis.database import Connection
from contracts.events import FollowUp

_NOTE = "INSERT INTO reporter_accesses (ticket, who, what) SELECT unnest($1::text[]), $2, $3"
_OF_TICKETS = "SELECT ticket, who, what, at FROM reporter_accesses WHERE ticket = ANY($1) ORDER BY at"
_FORGET = """
DELETE FROM reporter_accesses WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM reporter_accesses WHERE at < now() - make_interval(days => $1) ORDER BY at LIMIT $2))"""


async def note_exported(db: Connection, numbers: Sequence[str]) -> None:
    """Note that an operator was shown all about the complaints ``numbers``, in the caller's transaction."""
    await db.execute(_NOTE, numbers, "operator", "exported")


async def note_asked(db: Connection, number: str, item: FollowUp) -> None:
    """Note that the reporter of ``number`` asks for a right, if ``item`` does, in the caller's transaction."""
    if item.right:
        await db.execute(_NOTE, [number], "reporter", f"{item.right} asked")


async def accesses_of(db: Connection, numbers: Sequence[str]) -> list[Any]:
    """Give `ticket`, `who`, `what` and `at` of what was noted of ``numbers``, the oldest first."""
    return list(await db.fetch(_OF_TICKETS, numbers))


async def forget_accesses(db: Connection, days: int, batch: int) -> int:
    """Delete ``batch`` of what was noted more than ``days`` days ago; returns how many there were."""
    return int((await db.execute(_FORGET, days, batch)).split()[-1])
