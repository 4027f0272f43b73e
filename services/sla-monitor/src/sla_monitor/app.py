"""Joins the sla-monitor's parts: the only place that knows all of them."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

from prometheus_client import Counter, Gauge, Histogram

from chassis.crash import EXIT_SETTINGS
from chassis.database import TIMER_LOCK, Connection, Pool
from chassis.region import RegionError
from chassis.service import run_processor
from chassis.settings import DatabaseSettings, read_settings
from chassis.step import Handler, on_timer
from chassis.wire import Emit, Message
from contracts.events import SlaBreached, SlaUpdated
from contracts.topics import UPDATED
from sla_monitor import handlers
from sla_monitor.adapters import store
from sla_monitor.adapters.log import story_ends
from sla_monitor.calendar import knows_joint_leave
from sla_monitor.domain import Rules
from sla_monitor.region import load_rules
from sla_monitor.state import ComplaintClock

log = logging.getLogger(__name__)

SERVICE = "sla-monitor"
BREACHED = Counter("lapor_sla_breached", "Promises missed", ["unit", "stage"])
ESCALATED = Counter("lapor_sla_escalated", "Missed promises that went up the ladder", ["unit", "stage", "level"])
RETRACTED = Counter("lapor_sla_retracted", "Breaches taken back; above zero the router lagged")
LATENESS_S = Histogram(
    "lapor_sla_lateness_seconds", "From a deadline to its announcement", buckets=(0.5, 1, 2, 5, 10, 30, 60, 300)
)
SILENT_S = Gauge("lapor_unit_silent_seconds", "Age of the oldest complaint that waits for a first word", ["unit"])
ACKNOWLEDGED_S = Histogram(
    "lapor_unit_acknowledgement_seconds",
    "From a unit's getting a complaint to its first word: its rhythm",
    ["unit"],
    buckets=(60, 600, 3600, 4 * 3600, 24 * 3600, 2 * 24 * 3600, 4 * 24 * 3600, 8 * 24 * 3600),
)
JOINT_LEAVE_KNOWN = Gauge("lapor_calendar_joint_leave_known", "Whether cuti bersama of the year is known", ["year"])
LOOK_S = 15

Clocks = Mapping[str, ComplaintClock]
Changes = tuple[dict[str, ComplaintClock], list[Emit]]


def handler_of(rules: Rules) -> Handler[ComplaintClock]:
    """What the sla-monitor contributes to the chassis."""

    def decide(clocks: Clocks, message: Message, now: datetime) -> Changes:
        key = handlers.key(message)
        before = clocks.get(key)
        clock, emits = handlers.on_message(before, message, now, rules=rules)
        _count(emits)
        if before and clock and before.waiting_since and before.seq < clock.seq and clock.waiting_since is None:
            ACKNOWLEDGED_S.labels(before.unit or "").observe((now - before.waiting_since).total_seconds())
        return ({key: clock} if clock else {}), emits

    return Handler(
        service=SERVICE, keys=lambda message: [handlers.key(message)], load=store.load, decide=decide, save=store.save
    )


def ring(clocks: Clocks, *, at: datetime, rules: Rules) -> Changes:
    """Let every timer of ``clocks`` ring that is set to ``at`` or earlier."""
    changed: dict[str, ComplaintClock] = {}
    emits: list[Emit] = []
    for key, clock in clocks.items():
        changed[key], more = handlers.on_timer(clock, at, rules=rules)
        emits += more
    return changed, emits


async def timer(settings: DatabaseSettings, rules: Rules, pool: Pool, wake: Callable[[], None]) -> None:
    """For ever: announce what is due, but only once the story is read past it. One per database.

    A step that was written before the deadline may still wait unread when the deadline comes; so each round looks at
    the log's end first, waits until all of that is taken in, and only then lets timers ring.
    """
    handler = handler_of(rules)
    async with story_ends(settings) as ends, pool.acquire() as db:
        while not await db.fetchval("SELECT pg_try_advisory_lock($1)", TIMER_LOCK):
            await asyncio.sleep(1)
        while True:
            at = datetime.now(UTC)
            if await store.due(db, at):
                there = await ends()
                async with asyncio.timeout(settings.stall_timeout_s):
                    await _caught_up(db, there)
                await ring_all(db, handler, at, rules)
                wake()
            else:
                await asyncio.sleep(0.25)


async def _caught_up(db: Connection, ends: dict[int, int]) -> None:
    while True:
        read = await store.consumed(db, UPDATED)
        if all(read.get(partition, 0) >= end for partition, end in ends.items()):
            return
        await asyncio.sleep(0.1)


async def ring_all(db: Connection, handler: Handler[ComplaintClock], at: datetime, rules: Rules) -> None:
    while ids := await store.due(db, at):
        async with db.transaction():
            counted = partial(_counted, at=at, rules=rules)
            await on_timer(db, handler, ids, counted, cause="timer", now=datetime.now(UTC))


def _counted(clocks: Clocks, *, at: datetime, rules: Rules) -> Changes:
    changed, emits = ring(clocks, at=at, rules=rules)
    _count(emits)
    for emit in emits:
        if isinstance(emit.data, SlaBreached) and emit.data.level == 0:
            LATENESS_S.observe((datetime.now(UTC) - emit.data.deadline_at).total_seconds())
    return changed, emits


def _count(emits: list[Emit]) -> None:
    for emit in emits:
        match emit.data:
            case SlaBreached(level=0) as data:
                BREACHED.labels(data.unit or "", data.stage).inc()
            case SlaBreached() as data:
                ESCALATED.labels(data.unit or "", data.stage, data.level).inc()
            case SlaUpdated(kind="retracted"):
                RETRACTED.inc()


async def look(rules: Rules, pool: Pool, wake: Callable[[], None]) -> None:
    """For ever: show which unit has been silent for how long, and whether next year's calendar is complete."""
    known: set[str] = set()
    while True:
        now = datetime.now(UTC)
        async with pool.acquire() as db:
            waiting = await store.silent(db)
        known |= waiting.keys()
        for unit in known:
            since = waiting.get(unit, now)
            SILENT_S.labels(unit).set(max((now - since).total_seconds(), 0))
        for year in (now.year, now.year + 1):
            JOINT_LEAVE_KNOWN.labels(year).set(knows_joint_leave(rules.calendar, year))
        await asyncio.sleep(LOOK_S)


def run() -> None:
    """Run the sla-monitor until SIGTERM."""
    settings = read_settings(DatabaseSettings, SERVICE)
    try:
        rules = load_rules(settings.region_dir)
    except RegionError as error:
        sys.stderr.write(f"sla-monitor can't start: {error}\n")
        sys.exit(EXIT_SETTINGS)
    next_year = datetime.now(UTC).year + 1
    if not knows_joint_leave(rules.calendar, next_year):
        log.warning("joint_leave_missing", extra={"year": next_year})
    run_processor(
        SERVICE, settings, handler_of(rules), [UPDATED], [partial(timer, settings, rules), partial(look, rules)]
    )
