"""Works running deadlines out again after the calendar changed: shows what would change, and does it when asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from chassis.database import open_pool
from chassis.step import Handler, on_timer
from chassis.wire import Emit
from sla_monitor import handlers
from sla_monitor.adapters import store
from sla_monitor.clock import recalendared
from sla_monitor.domain import Rules
from sla_monitor.state import ComplaintClock


@dataclass(frozen=True, kw_only=True)
class Change:
    """A running deadline that is another under the calendar of today."""

    ticket: str
    complaint_id: str
    stage: str
    round: int
    before: datetime
    after: datetime


def changes(clock: ComplaintClock, now: datetime, rules: Rules) -> tuple[ComplaintClock, list[Change], list[Emit]]:
    """What becomes of ``clock``: the deadlines that differ, and how each is told."""
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


async def recalendar(dsn: str, rules: Rules, handler: Handler[ComplaintClock], *, apply: bool) -> AsyncIterator[Change]:
    """The changes of all running deadlines; with ``apply`` each batch is stored and told before it is given.

    Raises:
        OSError, asyncpg.PostgresError: the database can't be reached; batches given so far are done.
    """
    pool = await open_pool(dsn, timeout_s=60)
    try:
        async with pool.acquire() as reader, pool.acquire() as db:
            async for ids in store.running(reader):
                now = datetime.now(UTC)
                found: list[Change] = []
                decide = partial(_decide, now=now, rules=rules, found=found)
                if apply:
                    async with db.transaction():
                        await on_timer(db, handler, ids, decide, cause="recalendar", now=now)
                else:
                    decide(await store.load(db, ids))
                for change in found:
                    yield change
    finally:
        await pool.close()


def _decide(
    clocks: Mapping[str, ComplaintClock], *, now: datetime, rules: Rules, found: list[Change]
) -> tuple[dict[str, ComplaintClock], list[Emit]]:
    changed: dict[str, ComplaintClock] = {}
    emits: list[Emit] = []
    for key, clock in clocks.items():
        after, rows, more = changes(clock, now, rules)
        if rows:
            changed[key] = after
            found += rows
            emits += more
    return changed, emits
