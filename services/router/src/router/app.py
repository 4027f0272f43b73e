"""Joins the router's parts: the only place that knows all of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from prometheus_client import Counter, Gauge, Histogram

from chassis.authentic import verify
from chassis.batch import Handler, on_timer
from chassis.database import TIMER_LOCK, Pool, holding, is_outage
from chassis.retention import keep_deleting, read_retention
from chassis.service import region_or_leave, run_processor
from chassis.settings import read_settings
from chassis.wire import Emit, Message
from contracts.events import ComplaintUpdated, UnitRouted
from router import handlers
from router.adapters import store
from router.adapters.region import read_rules
from router.case import HELD, Case
from router.duplicate_scan import similar_timer
from router.erasure import CLEANED_AFTER, redacted
from router.rules import Rules, in_force
from router.settings import Settings

log = logging.getLogger(__name__)

SERVICE = "router"
#: Seconds between two looks for what ended units still have.
SWEEP_S = 60
RETURNS = Counter("lapor_returns", "Complaints that a unit gave back", ["unit"])
PING_PONG = Counter("lapor_ping_pong", "Complaints that came back to a unit that had passed them on", ["unit"])
SIMILAR = Counter("lapor_similar", "Complaints that the sweep found again", ["outcome"])
STUCK = Gauge("lapor_router_stuck", "Complaints at which the triage timer failed; left alone until the restart")
ROUTE_S = Histogram(
    "lapor_route_latency_seconds",
    "From the ticket to the first unit",
    ["unit"],
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120),
)

Changes = tuple[dict[str, Case], list[Emit]]


def handler_of(rules: Rules, event_keys: Mapping[str, bytes]) -> Handler[Case]:
    """What the router contributes to the chassis; ``event_keys`` as in :func:`chassis.authentic.verify`."""

    def decide(cases: Mapping[str, Case], message: Message, now: datetime) -> Changes:
        return _watched(cases, handlers.decide(rules, cases, message, now))

    return Handler(
        service=SERVICE,
        keys=handlers.keys,
        verify=partial(verify, event_keys),
        load=store.load,
        decide=decide,
        save=store.save,
        told=count,
        tombstones=True,
    )


def count(emits: list[Emit]) -> None:
    """Count what was told."""
    for data in (emit.data for emit in emits):
        if isinstance(data, UnitRouted) and data.why == "similar":
            SIMILAR.labels("suggested").inc()
        elif isinstance(data, ComplaintUpdated):
            if data.seq == 1 and data.kind in ("routed", "handed_over"):
                ROUTE_S.labels(data.unit or "").observe((datetime.now(UTC) - data.received_at).total_seconds())
            elif data.kind == "returned":
                RETURNS.labels(data.unit or "").inc()
            elif data.kind == "merged" and not data.by:
                SIMILAR.labels("merged").inc()


def _watched(before: Mapping[str, Case], decision: Changes) -> Changes:
    """Count what comes back to a unit that had it; only the case tells, so a decision that is repeated counts again."""
    for data in (emit.data for emit in decision[1]):
        if isinstance(data, ComplaintUpdated) and data.kind == "routed" and data.lane == "unit":
            case, unit = before.get(data.ticket), data.unit or ""
            if case and case.unit != unit and unit in case.had:
                PING_PONG.labels(unit).inc()
    return decision


async def triage_timer(rules: Rules, after_s: float, pool: Pool, wake: Callable[[], None]) -> None:
    """For ever: what nobody has in time, or has a unit that ended, is given to somebody. One per database.

    A complaint at which that fails is left alone until the restart, and counted: all others go on.
    """
    stuck: set[str] = set()
    async with holding(pool, TIMER_LOCK) as leader:
        swept = float("-inf")
        while True:
            valid = in_force(rules, datetime.now(UTC))
            for ticket in await store.unrouted(leader, after_s, stuck):
                cause = f"{ticket}:unclassified"
                await _act_or_skip(pool, valid, ticket, handlers.unclassified, cause=cause, stuck=stuck)
                wake()
            for ticket in await store.erased_before(leader, CLEANED_AFTER, stuck):
                cause = f"{ticket}:erased long ago"
                await _act_or_skip(pool, valid, ticket, handlers.erased_long_ago, cause=cause, stuck=stuck)
                wake()
            ended = rules.units.keys() - valid.units.keys()
            if ended and time.monotonic() - swept > SWEEP_S:
                left = await store.held_by(leader, ended, HELD | {"merged"}, stuck)
                for ticket, moment in left.items():
                    cause = f"{ticket}:ended:{moment}"
                    await _act_or_skip(pool, valid, ticket, handlers.unit_ended, cause=cause, stuck=stuck)
                    wake()
                swept = swept if left else time.monotonic()
            await asyncio.sleep(1)


Rule = Callable[[Rules, Mapping[str, Case], str], Changes]


async def _act_or_skip(pool: Pool, rules: Rules, ticket: str, rule: Rule, *, cause: str, stuck: set[str]) -> None:
    try:
        await _act(pool, rules, ticket, rule, cause=cause)
    except Exception as error:
        if is_outage(error):
            raise
        log.exception("timer_failed", extra={"ticket": ticket})
        stuck.add(ticket)
        STUCK.set(len(stuck))


async def _act(pool: Pool, rules: Rules, ticket: str, rule: Rule, *, cause: str) -> None:
    def decide(cases: Mapping[str, Case]) -> Changes:
        return _watched(cases, rule(rules, cases, ticket))

    handler = handler_of(rules, {})  # it hears nothing
    async with pool.acquire() as db, db.transaction():
        told = await on_timer(db, handler, [ticket], decide, cause=cause, now=datetime.now(UTC))
    handler.told(told)


async def retention(kept: Mapping[str, timedelta], pool: Pool, wake: Callable[[], None]) -> None:
    """For ever: take out of cases what they say when they were kept long enough."""
    await keep_deleting(SERVICE, pool, partial(store.silence, kept=kept, redacted=redacted))


def run() -> None:
    """Run the router until SIGTERM."""
    settings = read_settings(Settings)
    rules = region_or_leave(SERVICE, read_rules, settings.region_dir)
    timer = partial(triage_timer, rules, settings.triage_after_s)
    handler = handler_of(rules, settings.event_keys)
    sweep = partial(similar_timer, rules, handler)
    kept = region_or_leave(SERVICE, read_retention, settings.region_dir)
    run_processor(SERVICE, settings, handler, handlers.sources(rules), [timer, sweep, partial(retention, kept)])
