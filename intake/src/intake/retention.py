"""Deletes what an intake has kept long enough, a batch at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from chassis.database import Connection, Pool
from chassis.retention import Once, ages, delete_all, keep_deleting
from intake.accesses import forget_accesses
from intake.complaint_view import RESTRICTED
from intake.erasure import erase
from intake.evidence import discard_expired, forget_openings

#: As for the inbox: longer than any replay, because topics keep 90 days and dead letters 30 more.
KEPT_DAYS = 130
#: How long news wait for the consent that the first message asks for.
HELD_DAYS = 30
#: How long openings of attachments and accesses to the reporter's identity are on record.
OPENINGS_DAYS = 5 * 365
BATCH = 1_000
#: Complaints in a batch; each takes some ten statements.
COMPLAINTS = 100
_NOTICES = """
DELETE FROM notices WHERE id = ANY(ARRAY(
    SELECT id FROM notices WHERE state <> 'pending' AND created_at < now() - make_interval(days => $1)
    ORDER BY created_at LIMIT $2))"""
_STORIES = """
DELETE FROM stories WHERE ticket = ANY(ARRAY(
    SELECT ticket FROM stories WHERE final_at < now() - make_interval(days => $1)
    ORDER BY final_at LIMIT $2 FOR UPDATE))"""
# A farewell that could not be sent for three days is dropped.
_FAREWELLS = "DELETE FROM farewells WHERE at < now() - interval '3 days'"
# No owner consents so late: what waited is dropped, and the next message asks again.
_HELD = """
UPDATE notices SET state = 'dropped', detail = 'awaits_yes'
WHERE state = 'pending' AND next_try_at = 'infinity' AND created_at < now() - make_interval(days => $1)"""
_AGREEMENTS = """
DELETE FROM agreements WHERE agreed_at IS NULL AND asked_at < now() - make_interval(days => $1)"""
# A reporter who did not answer within a day has to write again.
_ASKED_BACK = "UPDATE reporters SET asked_back = NULL, asked_at = NULL WHERE asked_at < now() - interval '1 day'"
_COMPLAINTS = f"""
SELECT old.* FROM unnest($1::text[], $2::interval[]) AS kept (state, age), LATERAL (
    SELECT complaint_id, ticket FROM complaints c WHERE c.ended_as = kept.state AND c.ended_at < now() - kept.age
      AND c.erased_at IS NULL AND NOT {RESTRICTED}
    ORDER BY ended_at LIMIT $3 FOR UPDATE SKIP LOCKED) AS old LIMIT $3"""

# Only settled ones: the others wait for their operator.
_SET_ASIDE = """
DELETE FROM set_aside WHERE id IN (
    SELECT id FROM set_aside WHERE settled_at < now() - make_interval(days => $1) ORDER BY settled_at LIMIT $2)"""


async def sweep(
    pool: Pool, service: str, event_key: bytes, kept: Mapping[str, timedelta], also: Once | None = None
) -> None:
    """Delete old notices, stories of complaints long final, expired complaints, and what was set aside and settled long
    ago, once an hour until cancelled.

    ``kept`` is how long a complaint is kept after its end, by its last status; ``event_key`` signs the tombstones.
    ``also`` deletes a batch of data that only this intake has.

    Raises:
        asyncpg.PostgresError, OSError: the database is gone; start again.
    """
    await keep_deleting(service, pool, partial(_once, service=service, event_key=event_key, kept=kept, also=also))


async def sweep_once(
    pool: Pool, service: str, event_key: bytes, kept: Mapping[str, timedelta], also: Once | None = None
) -> None:
    """Delete everything that is due now."""
    await delete_all(service, pool, partial(_once, service=service, event_key=event_key, kept=kept, also=also))


async def _once(
    db: Connection, *, service: str, event_key: bytes, kept: Mapping[str, timedelta], also: Once | None
) -> dict[str, int]:
    counts = {
        table: int((await db.execute(statement, *values)).split()[-1])
        for table, statement, values in (
            ("notices", _NOTICES, (KEPT_DAYS, BATCH)),
            ("stories", _STORIES, (KEPT_DAYS, BATCH)),
            ("farewells", _FAREWELLS, ()),
            ("held", _HELD, (HELD_DAYS,)),
            ("agreements", _AGREEMENTS, (HELD_DAYS,)),
            ("asked_back", _ASKED_BACK, ()),
            ("set_aside", _SET_ASIDE, (KEPT_DAYS, BATCH)),
        )
    }
    rows = await db.fetch(_COMPLAINTS, *ages(kept), COMPLAINTS)
    for row in rows:
        await erase(db, service, event_key, row["complaint_id"], row["ticket"], tell=False)
    expired = await discard_expired(db, BATCH)
    forgotten = await forget_openings(db, OPENINGS_DAYS, BATCH)
    noted = await forget_accesses(db, OPENINGS_DAYS, BATCH)
    more = await also(db) if also else {}
    files = {"uploads": expired, "evidence_openings": forgotten}
    return {**counts, **more, **files, "complaints": len(rows), "reporter_accesses": noted}
