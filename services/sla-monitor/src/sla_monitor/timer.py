"""Lets the clocks ring when their time has come and the story is read past it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from chassis.batch import Handler, on_timer
from chassis.database import TIMER_LOCK, Connection, Pool, holding, is_outage
from chassis.log_ends import caught_up, log_ends
from chassis.wire import Emit
from contracts.topics import UPDATED
from sla_monitor import handlers, metrics
from sla_monitor.adapters import store
from sla_monitor.rules import Rules
from sla_monitor.settings import Settings
from sla_monitor.state import ComplaintClock

log = logging.getLogger(__name__)

Clocks = Mapping[str, ComplaintClock]
#: How many failing complaints are logged by id; the gauge counts all.
LOGGED = 10


async def timer(
    settings: Settings, rules: Rules, handler: Handler[ComplaintClock], pool: Pool, wake: Callable[[], None]
) -> None:
    """Announce what is due, once the story is read past it; runs until cancelled, one per database.

    A step made before the deadline may still be in the router when the deadline comes: it gets ``announce_after_s``. It
    may also wait unread: so each round looks at the log's end first, waits until all up to there is taken in, and only
    then lets timers ring.
    """
    stuck: set[str] = set()
    async with log_ends(settings, [UPDATED]) as ends, holding(pool, TIMER_LOCK) as db:
        while True:
            at = datetime.now(UTC) - timedelta(seconds=settings.announce_after_s)
            if await store.due(db, at, stuck):
                await caught_up(db, await ends(), settings.stall_timeout_s)
                await ring_all(db, handler, at, rules, stuck)
                wake()
            else:
                await asyncio.sleep(0.25)


async def ring_all(
    db: Connection, handler: Handler[ComplaintClock], at: datetime, rules: Rules, stuck: set[str]
) -> None:
    """Let all timers ring that are due at ``at``. A complaint that fails is ``stuck``: left alone until the restart.

    However many fail, the process goes on: to end it would not help them, and would stop all others.

    Raises:
        OSError, asyncpg.PostgresError: the database is in trouble.
    """
    while ids := await store.due(db, at, stuck):
        try:
            await _ring(db, handler, ids, at, rules)
        except Exception as error:
            if is_outage(error):
                raise
            await _one_by_one(db, handler, ids, at, rules, stuck)


async def _one_by_one(
    db: Connection, handler: Handler[ComplaintClock], ids: list[str], at: datetime, rules: Rules, stuck: set[str]
) -> None:
    for complaint_id in ids:
        try:
            await _ring(db, handler, [complaint_id], at, rules)
        except Exception as error:
            if is_outage(error):
                raise
            if len(stuck) < LOGGED:
                log.exception("timer_failed", extra={"complaint_id": complaint_id})
            stuck.add(complaint_id)
            metrics.STUCK.set(len(stuck))


async def _ring(db: Connection, handler: Handler[ComplaintClock], ids: list[str], at: datetime, rules: Rules) -> None:
    async with db.transaction():
        now = datetime.now(UTC)
        emits = await on_timer(db, handler, ids, partial(ring, at=at, rules=rules), cause="timer", now=now)
    handler.on_committed(emits)
    metrics.time_breaches(emits, datetime.now(UTC))


def ring(clocks: Clocks, *, at: datetime, rules: Rules) -> tuple[dict[str, ComplaintClock], list[Emit]]:
    """Let every timer of ``clocks`` ring that is set to ``at`` or earlier."""
    changed: dict[str, ComplaintClock] = {}
    emits: list[Emit] = []
    for key, clock in clocks.items():
        changed[key], more = handlers.on_timer(clock, at, rules=rules)
        emits += more
    return changed, emits
