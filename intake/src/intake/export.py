"""Gives a person what an intake knows of them: UU 27/2022 pasal 7 and 13, in a form that programs read too."""

from __future__ import annotations

import json
from typing import Any

import asyncpg

from chassis.database import Connection
from contracts import ticket as tickets

_COMPLAINTS = """
SELECT c.ticket, c.channel, c.received_at, c.text, c.follow_ups, c.thread, c.erased_at, convert_from(
           CASE WHEN c.received_event = '' THEN '{}' ELSE c.received_event END, 'UTF8') AS event,
       r.address, r.name, r.phone, r.email, r.asked_back->>'text' AS asked_back, s.body AS story,
       (SELECT coalesce(json_agg(k.address), '[]') FROM contacts k WHERE k.reporter_ref = r.reporter_ref) AS contacts
FROM complaints c JOIN reporters r USING (reporter_ref) LEFT JOIN stories s USING (ticket)
WHERE c.ticket = $1 OR $2 IN (r.address, r.phone, r.email)
   OR EXISTS (SELECT FROM contacts k WHERE k.reporter_ref = r.reporter_ref AND k.address = $2) ORDER BY c.received_at"""
_FILES = """
SELECT c.ticket, u.name, u.folder, u.media_type, u.bytes, u.sha256, u.attached_at
FROM uploads u JOIN complaints c USING (complaint_id) WHERE c.ticket = ANY($1) ORDER BY u.attached_at, u.position"""
_OPENINGS = "SELECT ticket, name, unit, at FROM evidence_openings WHERE ticket = ANY($1) ORDER BY at"
_NOTICES = """
SELECT created_at, sent_at, address, subject, text, state FROM notices WHERE ticket = ANY($1) OR address = $2
ORDER BY id"""


async def export_from(dsn: str, wanted: str) -> dict[str, list[dict[str, Any]]]:
    """Do :func:`export` in the database ``dsn``.

    Raises:
        asyncpg.PostgresError, OSError, TimeoutError: it can't be used.
    """
    db = await asyncpg.connect(dsn, timeout=10)
    try:
        return await export(db, wanted)
    finally:
        await db.close()


async def export(db: Connection, wanted: str) -> dict[str, list[dict[str, Any]]]:
    """Read all there is about ``wanted``, a ticket or a contact as it was given: ``complaints`` and ``messages``.

    Of what was attached it says where the files are; they are handed out beside it.

    Values are what JSON has; times RFC 3339. Empty lists where nothing is known.
    """
    rows = await db.fetch(_COMPLAINTS, tickets.parse(wanted), wanted)
    numbers = [row["ticket"] for row in rows]
    files, openings = await db.fetch(_FILES, numbers), await db.fetch(_OPENINGS, numbers)
    notices = await db.fetch(_NOTICES, numbers, wanted)
    return {
        "complaints": [{**_complaint(row), **_files(row["ticket"], files, openings)} for row in rows],
        "messages": [_plain(row) for row in notices],
    }


def _files(ticket: str, files: list[Any], openings: list[Any]) -> dict[str, Any]:
    """What was attached, in which folder of the store it is (``EVIDENCE_URL``), and which unit opened it when."""
    return {
        "evidence": [_plain(row) for row in files if row["ticket"] == ticket],
        "opened": [_plain(row) for row in openings if row["ticket"] == ticket],
    }


def _complaint(row: Any) -> dict[str, Any]:
    sent = json.loads(row["event"]).get("data", {})
    known = {name: row[name] for name in ("ticket", "channel", "received_at", "text", "thread", "erased_at")}
    return {
        **_plain(known),
        **{name: sent.get(name) for name in ("place", "occurred", "anonim", "rahasia", "complaint_id")},
        "reporter": {name: row[name] for name in ("address", "name", "phone", "email", "asked_back")},
        "told_at": json.loads(row["contacts"]),
        "added": json.loads(row["follow_ups"]),
        "passed_on": sent.get("text"),  # what others got: identifiers are masked in it
        "story": json.loads(row["story"] or "{}").get("steps", []),
    }


def _plain(row: Any) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in dict(row).items()}
