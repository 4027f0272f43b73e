"""Supporters of listed complaints in PostgreSQL: all are counted, and those who leave a contact are notified."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias
from uuid import UUID

from chassis import outbox
from chassis.database import Connection, Pool
from chassis.wire import Emit, outgoing
from contracts.events import ComplaintSupported
from contracts.topics import SUPPORTED
from contracts.vocabulary import FINAL, MOVES, Status
from intake.complaint_view import ComplaintView
from intake.contacts import find_marked, keep_contacts, mark_of, token_of
from intake.notices import NoticeKind

#: Days that a supporter's contact is kept after the complaint ended, so that *Berhenti* still finds it.
KEPT_DAYS = 30
#: Supporters are not told of moves between offices, or of questions to the reporter.
_TOLD = MOVES - {
    *(Status.REGISTERED, Status.ROUTED, Status.RETURNED, Status.UNMERGED, Status.WAITING_FOR_REPORTER),
}
_ENDED = FINAL | {Status.MERGED}
_LISTED = "SELECT status FROM public_complaints WHERE listed AND ticket = $1 FOR UPDATE"
_ADD = "INSERT INTO supporters (ticket, who_hash) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true"
_COUNT = "UPDATE public_complaints SET supporters = supporters + 1 WHERE ticket = $1 RETURNING supporters"
_SUPPORTERS = "SELECT ticket, supporters FROM public_complaints WHERE ticket = ANY($1) AND supporters > 0"
_SUPPORTS = "SELECT EXISTS (SELECT FROM supporters WHERE ticket = $1 AND who_hash = $2)"
_FOLLOWS = """
SELECT EXISTS (SELECT FROM followers f JOIN contacts k USING (reporter_ref) WHERE f.ticket = $1 AND k.mark = $2)"""
_REPORTER = "INSERT INTO reporters (reporter_ref, channel) VALUES ($1, 'web')"
_FOLLOW = "INSERT INTO followers (reporter_ref, ticket, told) VALUES ($1, $2, $3)"
# Contacts that stopped our messages, or can't be reached, are left out.
_TO_TELL = """
SELECT f.ticket, k.medium, k.address, k.mark FROM followers f
JOIN unnest($1::text[], $2::text[]) AS now (ticket, status) USING (ticket) JOIN contacts k USING (reporter_ref)
WHERE f.told <> now.status AND k.failed_at IS NULL AND NOT EXISTS (SELECT FROM silenced s WHERE s.mark = k.mark)
ORDER BY f.reporter_ref"""
_NOTICES = """
INSERT INTO notices (ticket, kind, key, medium, text, subject, address)
SELECT n.ticket, $1, n.key, n.medium, n.text, n.subject, n.address
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
     AS n (ticket, key, medium, text, subject, address)
ON CONFLICT (ticket, kind, key, medium) DO NOTHING"""
_NOTE = """
UPDATE followers f SET told = now.status, ended_at = CASE WHEN now.ended THEN coalesce(f.ended_at, now()) END
FROM unnest($1::text[], $2::text[], $3::bool[]) AS now (ticket, status, ended)
WHERE f.ticket = now.ticket AND f.told <> now.status"""
_ERASE = "DELETE FROM reporters r USING followers f WHERE r.reporter_ref = f.reporter_ref AND f.ticket = ANY($1)"
_FORGET = """
DELETE FROM reporters WHERE reporter_ref = ANY(ARRAY(
    SELECT reporter_ref FROM followers WHERE ended_at < now() - make_interval(days => $1)
    ORDER BY ended_at LIMIT $2))"""


#: Words a supporter's message from ticket and status: the text, and its subject.
Word: TypeAlias = Callable[[str, str], tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Told:
    """One message to one contact of a supporter."""

    ticket: str
    key: str
    medium: str
    text: str
    subject: str
    address: str


async def support(pool: Pool, service: str, ticket: str, who_hash: bytes) -> bool | None:
    """Count a supporter, once for each ``who_hash``, and publish the count in the same transaction.

    Return True for a new supporter, False for a known one, None if no listed complaint has that ticket.
    """
    async with pool.acquire() as db, db.transaction():
        if await db.fetchval(_LISTED, ticket) is None:
            return None
        if not await db.fetchval(_ADD, ticket, who_hash):
            return False
        data = ComplaintSupported(ticket=ticket, supporters=await db.fetchval(_COUNT, ticket))
        emit, cause = Emit(topic=SUPPORTED, subject=ticket, data=data), f"{ticket}:supported:{data.supporters}"
        await outbox.put(db, outgoing([emit], service=service, cause=cause, now=datetime.now(UTC)))
    return True


async def supporters(pool: Pool, tickets: Sequence[str]) -> dict[str, int]:
    """Return the number of supporters of each of ``tickets``; those without supporters are missing."""
    return {ticket: n for ticket, n in await pool.fetch(_SUPPORTERS, list(tickets))}


async def supports(pool: Pool, ticket: str, who_hash: bytes) -> bool:
    """Check whether ``who_hash`` is among the supporters of ``ticket``."""
    return bool(await pool.fetchval(_SUPPORTS, ticket, who_hash))


async def follow(pool: Pool, installation: UUID, ticket: str, contacts: Mapping[str, str], word: Word) -> bool:
    """Notify ``contacts``, medium to address, of each change of ``ticket``, beginning with a message by ``word``.

    A contact that follows it already stays so, without a message. Return False if no listed complaint has that ticket.
    """
    async with pool.acquire() as db, db.transaction():
        if (status := await db.fetchval(_LISTED, ticket)) is None:
            return False
        for medium, address in contacts.items():
            mark = mark_of(installation, medium, address)
            if await db.fetchval(_FOLLOWS, ticket, mark):
                continue
            ref = secrets.token_urlsafe(16)
            await db.execute(_REPORTER, ref)
            await keep_contacts(db, installation, ref, {medium: address})
            await db.execute(_FOLLOW, ref, ticket, status)
            known = await find_marked(db, mark)
            if known and not known.stopped:
                to = {"medium": medium, "address": address, "mark": mark, "ticket": ticket}
                await _tell(db, [_told(word, "begun", status, to)])
    return True


async def tell(word: Word, db: Connection, views: Mapping[str, ComplaintView]) -> None:
    """Notify the followers of ``views``, by ``word``, of a new status, in the caller's transaction.

    Complaints that are no longer listed send no messages; an erasure deletes the contacts of the followers, too.
    """
    if gone := [ticket for ticket, view in views.items() if view.erased]:
        await db.execute(_ERASE, gone)
    now = {
        ticket: view.status
        for ticket, view in views.items()
        if view.status in _TOLD and view.listed and not view.rahasia and not view.erased
    }
    if now:
        rows = await db.fetch(_TO_TELL, list(now), list(now.values()))
        await _tell(db, [_told(word, str(views[row["ticket"]].seq), now[row["ticket"]], row) for row in rows])
    after = {ticket: view.status for ticket, view in views.items() if view.status in _TOLD or view.status in _ENDED}
    if after:
        await db.execute(_NOTE, list(after), list(after.values()), [status in _ENDED for status in after.values()])


async def forget(db: Connection, batch: int = 1_000) -> dict[str, int]:
    """Delete up to ``batch`` contacts of supporters whose complaint ended long ago; return their number."""
    return {"followers": int((await db.execute(_FORGET, KEPT_DAYS, batch)).split()[-1])}


async def _tell(db: Connection, told: Collection[Told]) -> None:
    if told:
        rows = [(each.ticket, each.key, each.medium, each.text, each.subject, each.address) for each in told]
        await db.execute(_NOTICES, NoticeKind.FOLLOWED, *(list(column) for column in zip(*rows, strict=True)))


def _told(word: Word, step: str, status: str, to: Mapping[str, Any]) -> Told:
    text, subject = word(to["ticket"], status)
    return Told(
        ticket=to["ticket"],
        key=f"{step}-{token_of(to['mark'])}",
        medium=to["medium"],
        text=text,
        subject=subject,
        address=to["address"],
    )
