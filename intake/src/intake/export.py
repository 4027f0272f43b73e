"""Hands a person what an intake knows of them: UU 27/2022 pasal 7 and 13, in a form that programs can read, too."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from chassis.database import Connection, connected
from contracts import ticket as tickets
from intake.accesses import accesses_of, note_exported

_KNOWN = """c.ticket, c.channel, c.received_at, c.text, c.follow_ups, c.thread, c.erased_at, convert_from(
           CASE WHEN c.received_event = '' THEN '{}' ELSE c.received_event END, 'UTF8') AS event,
       r.address, r.name, r.phone, r.email, r.asked_back->>'text' AS asked_back, s.body AS story,
       (SELECT coalesce(json_agg(k.address), '[]') FROM contacts k WHERE k.reporter_ref = r.reporter_ref) AS contacts
FROM complaints c JOIN reporters r USING (reporter_ref) LEFT JOIN stories s USING (ticket)"""
_COMPLAINTS = f"""SELECT {_KNOWN}
WHERE c.ticket = $1 OR $2 IN (r.address, r.phone, r.email)
   OR EXISTS (SELECT FROM contacts k WHERE k.reporter_ref = r.reporter_ref AND k.address = $2) ORDER BY c.received_at"""
_OF_TICKETS = f"SELECT {_KNOWN} WHERE c.ticket = ANY($1) ORDER BY c.received_at"
_FILES = """
SELECT c.ticket, u.name, u.folder, u.media_type, u.bytes, u.sha256, u.attached_at
FROM uploads u JOIN complaints c USING (complaint_id) WHERE c.ticket = ANY($1) ORDER BY u.attached_at, u.position"""
_OPENINGS = "SELECT ticket, name, unit, at FROM evidence_openings WHERE ticket = ANY($1) ORDER BY at"
_NOTICES = """
SELECT created_at, sent_at, address, subject, text, state FROM notices
WHERE ticket = ANY($1)
   OR inbox = ANY(ARRAY(SELECT inbox_of(a) FROM unnest($2::text[]) AS a)) AND address = ANY($2)
ORDER BY id"""
# Contacts left to follow somebody else's complaint; they have no complaint of their own.
_FOLLOWING = """
SELECT k.medium, k.address, k.created_at FROM contacts k
WHERE k.address = ANY($1) AND NOT EXISTS (SELECT FROM complaints c WHERE c.reporter_ref = k.reporter_ref)
ORDER BY k.created_at"""

#: Reads what only one intake knows of a person, given the contact or ticket asked for and the tickets found, and notes
#: whose data it was.
Also: TypeAlias = Callable[[Connection, str, Sequence[str]], Awaitable[dict[str, Any]]]


async def export_from(dsn: str, wanted: str) -> dict[str, list[dict[str, Any]]]:
    """Call :func:`export_with` on the database ``dsn``.

    Raises:
        asyncpg.PostgresError, OSError, TimeoutError: it can't be used.
    """
    async with connected(dsn) as db:
        return await export_with(db, wanted)


async def export_with(db: Connection, wanted: str, also: Also | None = None) -> dict[str, list[dict[str, Any]]]:
    """Call :func:`export` for an operator, note that, and add the result of ``also``, all in one transaction."""
    async with db.transaction():
        known = await export(db, wanted)
        numbers = [each["ticket"] for each in known["complaints"]]
        await note_exported(db, numbers)
        more = await also(db, wanted, numbers) if also else {}
        return {**known, **more}


async def export(db: Connection, wanted: str) -> dict[str, list[dict[str, Any]]]:
    """Read everything about ``wanted``, a ticket or a contact as it was given: ``complaints``, ``messages``, and
    ``following``, the contacts left to follow other people's complaints.

    For attachments it says where the files are; they are handed out separately.

    Values are those of JSON, times in RFC 3339. Lists are empty where nothing is known.
    """
    return await _export(db, await db.fetch(_COMPLAINTS, tickets.parse(wanted), wanted), [wanted])


async def export_of(
    db: Connection, numbers: Sequence[str], addresses: Sequence[str]
) -> dict[str, list[dict[str, Any]]]:
    """Read everything about the complaints ``numbers`` and the person at ``addresses``, as :func:`export` does."""
    return await _export(db, await db.fetch(_OF_TICKETS, numbers), addresses)


async def _export(db: Connection, rows: Sequence[Any], addresses: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    numbers = [row["ticket"] for row in rows]
    files, openings = await db.fetch(_FILES, numbers), await db.fetch(_OPENINGS, numbers)
    accesses = await accesses_of(db, numbers)
    notices = await db.fetch(_NOTICES, numbers, addresses)
    return {
        "complaints": [{**_complaint(row), **_files(row["ticket"], files, openings, accesses)} for row in rows],
        "messages": [_plain(row) for row in notices],
        "following": [_plain(row) for row in await db.fetch(_FOLLOWING, addresses)],
    }


def _files(ticket: str, files: list[Any], openings: list[Any], accesses: list[Any]) -> dict[str, Any]:
    """Return the attachments, each with its folder in the store (``EVIDENCE_URL``), which unit opened them when, and
    who saw the identity of the reporter."""
    return {
        "evidence": [_plain(row) for row in files if row["ticket"] == ticket],
        "opened": [_plain(row) for row in openings if row["ticket"] == ticket],
        "accesses": [_plain(row) for row in accesses if row["ticket"] == ticket],
    }


def _complaint(row: Any) -> dict[str, Any]:
    sent = json.loads(row["event"]).get("data", {})
    known = {name: row[name] for name in ("ticket", "channel", "received_at", "text", "thread", "erased_at")}
    return {
        **_plain(known),
        **{name: sent.get(name) for name in ("place", "position", "occurred", "anonim", "rahasia", "complaint_id")},
        "reporter": {name: row[name] for name in ("address", "name", "phone", "email", "asked_back")},
        "told_at": json.loads(row["contacts"]),
        "added": json.loads(row["follow_ups"]),
        "passed_on": sent.get("text"),  # as others got it, with identifiers masked
        "story": json.loads(row["story"] or "{}").get("steps", []),
    }


def _plain(row: Any) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in dict(row).items()}
