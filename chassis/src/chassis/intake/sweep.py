"""Forgetting: what nobody can ask for any more is deleted, a batch at a time."""

from __future__ import annotations

import asyncio
import logging

from chassis.database import Pool

log = logging.getLogger(__name__)

#: As the inbox: longer than any replay, for topics keep 90 days and dead letters 30 more.
KEPT_DAYS = 130
BATCH = 1_000
_EVERY_S = 3_600
_NOTICES = """
DELETE FROM notices WHERE id IN (
    SELECT id FROM notices WHERE state <> 'pending' AND created_at < now() - make_interval(days => $1)
    ORDER BY created_at LIMIT $2)"""
_STORIES = """
DELETE FROM stories WHERE ticket IN (
    SELECT ticket FROM stories WHERE final_at < now() - make_interval(days => $1)
    ORDER BY final_at LIMIT $2 FOR UPDATE)"""

# Only what somebody has settled: the rest waits for its operator.
_SET_ASIDE = """
DELETE FROM set_aside WHERE id IN (
    SELECT id FROM set_aside WHERE settled_at < now() - make_interval(days => $1) ORDER BY settled_at LIMIT $2)"""


async def sweep(pool: Pool) -> None:
    """For ever, once an hour: delete old notices, the stories of complaints that have long been final, and what was
    set aside and settled long ago.

    Raises:
        asyncpg.PostgresError, OSError: the database is gone; start again.
    """
    while True:
        await sweep_once(pool)
        await asyncio.sleep(_EVERY_S)


async def sweep_once(pool: Pool) -> None:
    """Delete all there is to delete, never more than ``BATCH`` rows in one transaction."""
    for table, statement in (("notices", _NOTICES), ("stories", _STORIES), ("set_aside", _SET_ASIDE)):
        while deleted := int((await pool.execute(statement, KEPT_DAYS, BATCH)).split()[-1]):
            log.info("swept", extra={"table": table, "rows": deleted})
