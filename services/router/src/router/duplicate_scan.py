"""The sweep that looks for complaints about the same thing, after they were routed. One per database."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from chassis.batch import Handler, on_timer
from chassis.database import SIMILAR_LOCK, Connection, Pool, holding, is_outage
from chassis.wire import Emit
from contracts.vocabulary import WITH_A_UNIT, Status
from router import duplicates, handlers
from router.adapters import store
from router.case import Case
from router.rules import Rules, in_force

log = logging.getLogger(__name__)

_FORGET_EVERY_S = 3600


async def similar_timer(rules: Rules, handler: Handler[Case], pool: Pool, wake: Callable[[], None]) -> None:
    """Compare each routed complaint once with those before it; runs until cancelled."""
    forgot_at: float | None = None
    async with holding(pool, SIMILAR_LOCK) as leader:
        while True:
            if forgot_at is None or time.monotonic() - forgot_at > _FORGET_EVERY_S:
                await store.forget(leader, 2 * duplicates.WINDOW)
                forgot_at = time.monotonic()
            fresh = await store.uncompared(leader)
            for ticket, case in fresh.items():
                if case is None:
                    await store.pass_over(leader, ticket)
                else:
                    await _compare_or_skip(pool, rules, handler, case)
                wake()
            if not fresh:
                await asyncio.sleep(1)


async def _compare_or_skip(pool: Pool, rules: Rules, handler: Handler[Case], case: Case) -> None:
    """Compare ``case``, or skip it if that fails: a bug in comparing must not stop the router."""
    async with pool.acquire() as db:
        try:
            await compare(db, rules, handler, case)
        except Exception as error:
            if is_outage(error):
                raise
            log.exception("compare_failed", extra={"ticket": case.ticket})
            await store.pass_over(db, case.ticket)


async def compare(db: Connection, rules: Rules, handler: Handler[Case], case: Case) -> None:
    """Find complaints like ``case``, decide about it, and remember it, in one transaction with the decision."""
    keys = duplicates.keys(case)
    others = await lookup(db, rules, case, keys)
    tickets = {case.ticket, *(other.ticket for other in others), *(other.parent or other.ticket for other in others)}

    now = datetime.now(UTC)

    def decide(cases: Mapping[str, Case]) -> tuple[dict[str, Case], list[Emit]]:
        return handlers.compared(in_force(rules, now), cases, case.ticket, [other.ticket for other in others], now)

    async with db.transaction():
        cause = f"{case.ticket}:compared"
        told = await on_timer(db, handler, sorted(tickets), decide, cause=cause, now=now)
        await store.remember(db, case, keys)
    handler.on_committed(told)


async def lookup(db: Connection, rules: Rules, case: Case, keys: list[str]) -> list[Case]:
    """Return the few complaints that are worth a decision under lock."""
    found = await store.candidates(db, case, keys, duplicates.WINDOW, WITH_A_UNIT | {Status.MERGED})
    best = {each.ticket for each in duplicates.rank(rules, case, found)}
    return [other for other in found if (other.parent or other.ticket) in best]
