"""Notes who saw a complaint's reporter, or tried to. A row has the ticket and no name, so it may outlive both."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from chassis.database import Connection
from contracts.events import FollowUp

_NOTE = "INSERT INTO reporter_accesses (ticket, who, what) SELECT unnest($1::text[]), $2, $3"
# A ticket that does not exist is not noted: somebody who makes tickets up must not fill the table.
_NOTE_AT_MOST = """
INSERT INTO reporter_accesses (ticket, who, what) SELECT $1, $2, $3
WHERE $4 > (SELECT count(*) FROM reporter_accesses WHERE ticket = $1 AND what = $3 AND at > now() - interval '1 day')
    AND (EXISTS (SELECT FROM complaints WHERE ticket = $1) OR EXISTS (SELECT FROM stories WHERE ticket = $1))"""
_OF_TICKETS = "SELECT ticket, who, what, at FROM reporter_accesses WHERE ticket = ANY($1) ORDER BY at"
_FORGET = """
DELETE FROM reporter_accesses WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM reporter_accesses WHERE at < now() - make_interval(days => $1) ORDER BY at LIMIT $2))"""


class Seen(StrEnum):
    """How somebody saw what only a reporter may see, or was refused."""

    CODE = "opened by code"
    LINK = "opened by link"
    BROWSER = "shown in a browser that has it"
    ACCOUNT = "shown to its account"
    WRONG_CODE = "code refused"
    WRONG_LINK = "link refused"


#: The most rows a day for one complaint. Programs send the code with every request, and pages are opened again and
#: again. Three rows tell as much as thirty of wrong guesses, which a stranger can cause.
_A_DAY = {Seen.CODE: 20, Seen.LINK: 20, Seen.BROWSER: 1, Seen.ACCOUNT: 1, Seen.WRONG_CODE: 3, Seen.WRONG_LINK: 3}
_REFUSED = (Seen.WRONG_CODE, Seen.WRONG_LINK)


async def note_seen(db: Connection, number: str, seen: Seen) -> None:
    """Note that ``number`` was opened as its reporter, or refused, unless that was noted often enough within a day."""
    who = "unknown" if seen in _REFUSED else "reporter"
    await db.execute(_NOTE_AT_MOST, number, who, seen, _A_DAY[seen])


async def note_exported(db: Connection, numbers: Sequence[str]) -> None:
    """Note, in the caller's transaction, that an operator was shown everything about the complaints ``numbers``."""
    await db.execute(_NOTE, numbers, "operator", "exported")


async def note_asked(db: Connection, number: str, item: FollowUp) -> None:
    """Note, in the caller's transaction, that the reporter of ``number`` asks for a right, if ``item`` does."""
    if item.right:
        await db.execute(_NOTE, [number], "reporter", f"{item.right} asked")


async def accesses_of(db: Connection, numbers: Sequence[str]) -> list[Any]:
    """List `ticket`, `who`, `what` and `at` of each access noted for ``numbers``, oldest first."""
    return list(await db.fetch(_OF_TICKETS, numbers))


async def forget_accesses(db: Connection, days: int, batch: int) -> int:
    """Delete up to ``batch`` notes older than ``days`` days; return how many were deleted."""
    return int((await db.execute(_FORGET, days, batch)).split()[-1])
