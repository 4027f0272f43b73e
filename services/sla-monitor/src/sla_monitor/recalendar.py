"""Recomputes running deadlines after the calendar changed: finds the changes, and makes them when asked."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from chassis.batch import Handler, on_timer
from chassis.database import Connection, open_pool
from chassis.wire import Emit
from sla_monitor import handlers
from sla_monitor.adapters import store
from sla_monitor.clock import recalendared
from sla_monitor.rules import Rules
from sla_monitor.state import ComplaintClock

BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Change:
    """A running deadline that differs under today's calendar."""

    ticket: str
    complaint_id: str
    stage: str
    round: int
    before: datetime
    after: datetime


def changes(clock: ComplaintClock, now: datetime, rules: Rules) -> tuple[ComplaintClock, list[Change], list[Emit]]:
    """Recompute ``clock``; return it, the deadlines that differ, and the events that tell of them."""
    old = {running.which: running.deadline_at for running in clock.running}
    clock, events = recalendared(clock, now, rules)
    rows = [
        Change(
            ticket=clock.ticket,
            complaint_id=clock.complaint_id,
            stage=running.stage,
            round=running.round,
            before=old[running.which],
            after=running.deadline_at,
        )
        for running in clock.running
        if running.deadline_at != old[running.which]
    ]
    return clock, rows, [handlers.to_emit(event) for event in events]


async def found(dsn: str, rules: Rules) -> AsyncIterator[Change]:
    """Find all running deadlines that would change, without changing them.

    Raises:
        OSError, asyncpg.PostgresError: the database can't be reached.
    """
    async with _connected(dsn) as reader, _connected(dsn) as db:
        async for ids in store.running(reader):
            now = datetime.now(UTC)
            for clock in (await store.load(db, ids)).values():
                for change in changes(clock, now, rules)[1]:
                    yield change


async def apply(dsn: str, rules: Rules, handler: Handler[ComplaintClock], wanted: Sequence[Change]) -> int:
    """Make the ``wanted`` changes and tell them, batch by batch; return how many.

    A clock that would change in another way by now stays as it is.

    Raises:
        OSError, asyncpg.PostgresError: the database can't be reached; the batches before are done.
    """
    ids, done = sorted({change.complaint_id for change in wanted}), 0
    async with _connected(dsn) as db:
        for first in range(0, len(ids), BATCH):
            now, made = datetime.now(UTC), list[Change]()
            decide = partial(_decide, now=now, rules=rules, wanted=frozenset(wanted), made=made)
            async with db.transaction():
                await on_timer(db, handler, ids[first : first + BATCH], decide, cause="recalendar", now=now)
            done += len(made)
    return done


@contextlib.asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[Connection]:
    pool = await open_pool(dsn, timeout_s=60)
    try:
        async with pool.acquire() as db:
            yield db
    finally:
        await pool.close()


def _decide(
    clocks: Mapping[str, ComplaintClock], *, now: datetime, rules: Rules, wanted: frozenset[Change], made: list[Change]
) -> tuple[dict[str, ComplaintClock], list[Emit]]:
    changed: dict[str, ComplaintClock] = {}
    emits: list[Emit] = []
    for key, clock in clocks.items():
        after, rows, more = changes(clock, now, rules)
        if rows and wanted.issuperset(rows):
            changed[key] = after
            made += rows
            emits += more
    return changed, emits
