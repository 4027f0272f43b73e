"""The router's timers: every complaint gets to somebody in time, and the clock's words are told in their turn."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

from chassis.batch import Handler, on_timer
from chassis.database import CLOCK_LOCK, TIMER_LOCK, Pool, holding, is_outage
from chassis.log_ends import caught_up, log_ends
from chassis.wire import Emit
from router import handlers, metrics
from router.adapters import store
from router.case import Case
from router.erasure import CLEANED_AFTER
from router.rules import Rules, in_force
from router.settings import Settings

log = logging.getLogger(__name__)

#: Seconds between two searches for complaints that ended units still have.
SWEEP_S = 60
#: Seconds that a breach waits for the clock's verdict about steps that came to light late.
PATIENCE_S = 600
Rule = Callable[[Rules, Mapping[str, Case], str, datetime], tuple[dict[str, Case], list[Emit]]]
Wake = Callable[[], None]


async def triage_timer(rules: Rules, after_s: float, handler: Handler[Case], pool: Pool, wake: Wake) -> None:
    """Route complaints that nobody got in time or an ended unit has, and repeat erasures; runs until cancelled.

    One per database. A complaint that fails is counted and left alone until the restart: all others go on.
    """
    acts = _Acts("triage", handler, pool, wake)
    async with holding(pool, TIMER_LOCK) as leader:
        swept = float("-inf")
        while True:
            valid = in_force(rules, datetime.now(UTC))
            for ticket in await store.unrouted(leader, after_s, acts.stuck):
                await acts.act(valid, ticket, handlers.unclassified, cause=f"{ticket}:unclassified")
            for ticket in await store.erased_before(leader, CLEANED_AFTER, acts.stuck):
                await acts.act(valid, ticket, handlers.erased_long_ago, cause=f"{ticket}:erased long ago")
            ended = rules.units.keys() - valid.units.keys()
            if ended and time.monotonic() - swept > SWEEP_S:
                left = await store.held_by(leader, ended, acts.stuck)
                for ticket, moment in left.items():
                    await acts.act(valid, ticket, handlers.unit_ended, cause=f"{ticket}:ended:{moment}")
                swept = swept if left else time.monotonic()
            await asyncio.sleep(1)


async def clock_timer(settings: Settings, rules: Rules, handler: Handler[Case], pool: Pool, wake: Wake) -> None:
    """Tell the clock's held words once all is read that was written before; runs until cancelled, one per database.

    The ends of all topics are taken after the clock has spoken, and so after the moment that its word is about.

    Raises:
        TimeoutError: there is something to read, but nothing is read for ``stall_timeout_s``.
    """
    acts = _Acts("clock", handler, pool, wake)
    async with log_ends(settings, handlers.sources(rules)) as ends, holding(pool, CLOCK_LOCK) as leader:
        while True:
            waiting = await store.waiting(leader, acts.stuck)
            metrics.HELD.set(len(waiting))
            metrics.HELD_S.set(max((each.age_s for each in waiting), default=0))
            if waiting:
                await caught_up(leader, await ends(), settings.stall_timeout_s)
            for each in waiting:
                at_once = each.age_s >= PATIENCE_S
                rule = partial(handlers.released, heard=each.heard, at_once=at_once)
                metrics.GIVEN_UP.inc(at_once)
                await acts.act(in_force(rules, datetime.now(UTC)), each.ticket, rule, cause=each.cause)
            await asyncio.sleep(0.25)


class _Acts:
    """Lets a timer decide about one complaint after another. One that fails is ``stuck``: all others go on."""

    def __init__(self, timer: str, handler: Handler[Case], pool: Pool, wake: Wake) -> None:
        self.timer, self.handler, self.pool, self.wake = timer, handler, pool, wake
        self.stuck: set[str] = set()

    async def act(self, rules: Rules, ticket: str, rule: Rule, *, cause: str) -> None:
        """Change ``ticket`` as ``rule`` says, in one transaction; ids derive from ``cause``.

        Raises:
            OSError, asyncpg.PostgresError: the database is in trouble.
        """
        now = datetime.now(UTC)

        def decide(cases: Mapping[str, Case]) -> tuple[dict[str, Case], list[Emit]]:
            changes, emits = rule(rules, cases, ticket, now)
            metrics.count_ping_pong(cases, emits)
            metrics.count_first_places(cases, changes, emits)
            metrics.time_first_units(cases, changes, now)
            return changes, emits

        try:
            async with self.pool.acquire() as db, db.transaction():
                told = await on_timer(db, self.handler, [ticket], decide, cause=cause, now=now)
        except Exception as error:
            if is_outage(error):
                raise
            log.exception("timer_failed", extra={"ticket": ticket})
            self.stuck.add(ticket)
            metrics.STUCK.labels(self.timer).set(len(self.stuck))
        else:
            self.handler.on_committed(told)
        self.wake()
