"""Deletes what an intake knows of a person: when the router orders it, and when the retention period is over.

A trace of the complaint stays: its ids, its ticket, its time. Its id derives from the message that it came by
(contracts/ids.py), so a repeated message is still recognised and not taken again.
"""

from __future__ import annotations

import re
from dataclasses import replace

from chassis import outbox
from chassis.database import Connection
from chassis.wire import Tombstone, tombstone
from contracts.signature import sign
from contracts.topics import FOLLOWED_UP, RECEIVED
from intake.evidence import discard_of

#: The topics on which an intake wrote what a citizen said.
WRITTEN_TO = (RECEIVED, FOLLOWED_UP)

_FIND = """
SELECT c.reporter_ref, r.channel, r.address, c.thread FROM complaints c JOIN reporters r USING (reporter_ref)
WHERE c.complaint_id = $1 AND c.erased_at IS NULL FOR UPDATE OF c"""
_NOBODY = """
INSERT INTO reporters (reporter_ref, channel) VALUES ('erased ' || $1, $1) ON CONFLICT (reporter_ref) DO NOTHING"""
_COMPLAINT = """
UPDATE complaints SET reporter_ref = 'erased ' || channel, text = '', external_id = complaint_id, fingerprint = '',
    secret_hash = NULL, thread = NULL, follow_ups = '[]', received_event = '', erased_at = now(),
    registered_at = coalesce(registered_at, now())
WHERE complaint_id = $1"""
_REPORTER = """
DELETE FROM reporters r WHERE reporter_ref = $1
AND NOT EXISTS (SELECT FROM complaints c WHERE c.reporter_ref = r.reporter_ref)"""
# A question asked back may be about this complaint; a reporter who means another one can say so again.
_ASKED_BACK = "UPDATE reporters SET asked_back = NULL, asked_at = NULL WHERE reporter_ref = $1"
# Photos that are not attached yet are deleted with the row that says whose they are.
_AND_FILES = """ RETURNING upload_id),
     files AS (DELETE FROM uploads WHERE id IN (SELECT upload_id FROM gone) RETURNING folder),
     noted AS (INSERT INTO discarded_files (folder) SELECT folder FROM files)
SELECT upload_id FROM gone"""
_MEDIA = f"WITH gone AS (DELETE FROM media WHERE complaint_id = $1{_AND_FILES}"
_MEDIA_OF = f"""
WITH gone AS (DELETE FROM media WHERE channel = $1 AND address = $2 AND complaint_id IS NULL{_AND_FILES}"""
# An inbox not yet asked for consent is asked by the next message to it.
_UNASKED = """
DELETE FROM agreements a USING notices n
WHERE n.ticket = $1 AND n.state = 'pending' AND a.asked_by = n.id AND a.agreed_at IS NULL"""
_NOTICES = "DELETE FROM notices WHERE ticket = $1"
_NOTICES_TO = "DELETE FROM notices WHERE inbox = inbox_of($1) AND address = $1"
_PARTS_OF = "DELETE FROM sms_parts WHERE sender = $1"
# Unreadable requests that have the number in them, but not as part of a longer one.
_SET_ASIDE = "DELETE FROM set_aside WHERE convert_from(content, 'LATIN1') ~ ('(^|[^0-9])' || $1 || '($|[^0-9])')"
#: A telephone number, or an account's id; anything shorter would also match by chance.
_NUMBER = re.compile(r"[+]?([0-9]{8,})")
# Unpublished records: published later, they would follow the tombstone.
_OUTBOX = "DELETE FROM outbox WHERE key = convert_to($1, 'UTF8')"
# A reporter who asked for it is told once more, when all is erased; then this row is deleted, too.
_FAREWELL = "INSERT INTO farewells (ticket, address, thread) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
_FAREWELL_TO_CONTACT = """
INSERT INTO farewells (ticket, medium, address)
SELECT $1, k.medium, k.address FROM contacts k
WHERE k.reporter_ref = $2 AND k.failed_at IS NULL AND NOT EXISTS (SELECT FROM silenced s WHERE s.mark = k.mark)
ORDER BY k.medium LIMIT 1 ON CONFLICT DO NOTHING"""
_CONTACTS = """
DELETE FROM contacts k WHERE reporter_ref = $1
AND NOT EXISTS (SELECT FROM complaints c WHERE c.reporter_ref = k.reporter_ref)"""


async def erase(
    db: Connection, service: str, event_key: bytes, complaint_id: str, ticket: str, *, tell: bool
) -> dict[str, int]:
    """Delete what is known of the reporter of ``ticket``, and all that was said, in the caller's transaction.

    Tombstones for the topics, signed with ``event_key``, go into the outbox even if it was erased before: a restored
    backup may have published it again. With ``tell`` the address is kept for one last notice. Returns the number of
    deleted rows by table.
    """
    counts: dict[str, int] = {}

    async def run(table: str, statement: str, *values: object) -> int:
        rows = int((await db.execute(statement, *values)).split()[-1])
        if rows:
            counts[f"{service}.{table}"] = counts.get(f"{service}.{table}", 0) + rows
        return rows

    await run("outbox", _OUTBOX, complaint_id)
    if found := await db.fetchrow(_FIND, complaint_id):
        if files := await discard_of(db, complaint_id):
            counts[f"{service}.uploads"] = files
        await run("media", _MEDIA, complaint_id)
        await db.execute(_NOBODY, found["channel"])
        if tell:
            await db.execute(_FAREWELL_TO_CONTACT, ticket, found["reporter_ref"])
        await run("complaints", _COMPLAINT, complaint_id)
        await db.execute(_UNASKED, ticket)
        await run("notices", _NOTICES, ticket)
        await db.execute(_ASKED_BACK, found["reporter_ref"])
        if found["address"] is None:  # a website reporter has one complaint, and those taken apart from it
            await run("contacts", _CONTACTS, found["reporter_ref"])
        gone = await run("reporters", _REPORTER, found["reporter_ref"])
        if gone and found["address"]:  # answers that belong to no complaint, and what could not be taken
            await run("notices", _NOTICES_TO, found["address"])
            await run("media", _MEDIA_OF, found["channel"], found["address"])
            await run("sms_parts", _PARTS_OF, found["address"])
            if number := _NUMBER.fullmatch(found["address"]):
                await run("set_aside", _SET_ASIDE, number[1])
        if tell and found["address"]:
            await db.execute(_FAREWELL, ticket, found["address"], found["thread"])
    about = Tombstone(ticket=ticket, erased=counts)
    records = [tombstone(topic, complaint_id, about) for topic in WRITTEN_TO]
    await outbox.put(db, [replace(r, headers=[*r.headers, sign(event_key, r.key, None)]) for r in records])
    return counts
