"""Joins the router's parts: the only place that knows all of them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

from prometheus_client import Counter, Histogram

from chassis.crash import EXIT_SETTINGS
from chassis.database import TIMER_LOCK, Pool
from chassis.region import RegionError
from chassis.service import run_processor
from chassis.settings import read_settings
from chassis.step import Handler, on_timer
from chassis.wire import Emit, Message
from contracts.events import ComplaintUpdated, UnitRouted
from router import handlers
from router.adapters import store
from router.adapters.region import read_rules
from router.case import Case
from router.rules import Rules
from router.settings import Settings
from router.sweep import similar_timer

SERVICE = "router"
RETURNS = Counter("lapor_returns", "Complaints that a unit gave back", ["unit"])
SIMILAR = Counter("lapor_similar", "Complaints that the sweep found again", ["outcome"])
ROUTE_S = Histogram(
    "lapor_route_latency_seconds",
    "From the ticket to the first unit",
    ["unit"],
    buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120),
)

Changes = tuple[dict[str, Case], list[Emit]]


def handler_of(rules: Rules) -> Handler[Case]:
    """What the router contributes to the chassis."""

    def decide(cases: Mapping[str, Case], message: Message, now: datetime) -> Changes:
        return measured(handlers.decide(rules, cases, message, now))

    return Handler(service=SERVICE, keys=handlers.keys, load=store.load, decide=decide, save=store.save)


def measured(decision: Changes) -> Changes:
    """Count what the decision tells of: how long the first routing took, and what was given back."""
    for emit in decision[1]:
        data = emit.data
        if isinstance(data, ComplaintUpdated) and data.unit:
            if data.kind == "routed" and data.seq == 1:
                ROUTE_S.labels(data.unit).observe((datetime.now(UTC) - data.received_at).total_seconds())
            elif data.kind == "returned":
                RETURNS.labels(data.unit).inc()
            elif data.kind == "merged" and not data.by:
                SIMILAR.labels("merged").inc()
        elif isinstance(data, UnitRouted) and data.why == "similar":
            SIMILAR.labels("suggested").inc()
    return decision


async def triage_timer(rules: Rules, after_s: float, pool: Pool, wake: Callable[[], None]) -> None:
    """For ever: what nobody has been given in time goes to the triage lane. One per database."""
    handler = handler_of(rules)
    async with pool.acquire() as leader:
        while not await leader.fetchval("SELECT pg_try_advisory_lock($1)", TIMER_LOCK):
            await asyncio.sleep(1)
        while True:
            tickets = await store.unrouted(leader, after_s)
            for ticket in tickets:
                decide = partial(_unclassified, rules, ticket)
                async with pool.acquire() as db, db.transaction():
                    cause = f"{ticket}:unclassified"
                    await on_timer(db, handler, [ticket], decide, cause=cause, now=datetime.now(UTC))
                wake()
            await asyncio.sleep(1)


def _unclassified(rules: Rules, ticket: str, cases: Mapping[str, Case]) -> Changes:
    return measured(handlers.unclassified(rules, cases, ticket))


def run() -> None:
    """Run the router until SIGTERM."""
    settings = read_settings(Settings)
    try:
        rules = read_rules(settings.region_dir)
    except RegionError as error:
        sys.stderr.write(f"router can't start: {error}\n")
        sys.exit(EXIT_SETTINGS)
    timer = partial(triage_timer, rules, settings.triage_after_s)
    handler = handler_of(rules)
    sweep = partial(similar_timer, rules, handler)
    run_processor(SERVICE, settings, handler, handlers.sources(rules), [timer, sweep])
