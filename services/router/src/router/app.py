"""Joins the router's parts: the only module that knows all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from chassis.authentic import verify
from chassis.batch import Handler
from chassis.catch_up import Places, beginnings
from chassis.catch_up import catch_up as in_order
from chassis.database import Pool, open_pool
from chassis.retention import keep_deleting
from chassis.service import Task, exit_on, run_processor, step_of
from chassis.settings import read_settings
from chassis.wire import Emit, Message
from contracts.links import PHOTOS
from kabupaten import Region, RegionError, load
from router import handlers, metrics, open_complaints
from router.adapters import store
from router.adapters.published_story import read_published_story
from router.adapters.region import PARTS, rules_of
from router.case import Case
from router.duplicate_scan import similar_timer
from router.erasure import redacted
from router.renumbering import decide_as_published
from router.rules import Rules
from router.settings import Settings
from router.timers import clock_timer, triage_timer

SERVICE = "router"


def handler_of(rules: Rules, event_keys: Mapping[str, bytes]) -> Handler[Case]:
    """Build the router's handler for the chassis; ``event_keys`` as in :func:`chassis.authentic.verify`."""

    def decide(cases: Mapping[str, Case], message: Message, now: datetime) -> tuple[dict[str, Case], list[Emit]]:
        changes, emits = handlers.decide(rules, cases, message, now)
        metrics.count_ping_pong(cases, emits)
        metrics.count_first_places(cases, changes, emits)
        metrics.count_said(cases, changes)
        metrics.time_first_units(cases, changes, datetime.now(UTC))
        return changes, emits

    return Handler(
        service=SERVICE,
        keys=handlers.keys,
        verify=partial(verify, event_keys),
        load=store.load,
        decide=decide,
        save=store.save,
        on_committed=metrics.count,
        tombstones=True,
    )


async def retention(kept: Mapping[str, timedelta], pool: Pool, wake: Callable[[], None]) -> None:
    """Redact the cases that were kept long enough; runs until cancelled."""
    await keep_deleting(SERVICE, pool, partial(store.silence, kept=kept, redacted=redacted))


async def catch_up(places: Places, _read: Places) -> Places:
    """Handle the records from ``places`` to the ends in the order they were written, and number steps as told before.

    Raises:
        aiokafka.errors.KafkaError, asyncpg.PostgresError, OSError, TimeoutError: Kafka or the database is unavailable.
    """
    settings = read_settings(Settings)
    with exit_on(SERVICE, RegionError):
        rules = _rules(load(settings.region_dir, *PARTS), settings)
    handler = handler_of(rules, settings.event_keys)
    pool = await open_pool(str(settings.database_url))
    try:
        told = await read_published_story(settings)
        decide = partial(decide_as_published, told, handler.decide)
        sources = handlers.sources(rules)
        step = step_of(SERVICE, settings, replace(handler, decide=decide), sources, pool)
        # Partitions unknown to the database and the group are read too: their first record came since the backup.
        ends = await in_order(settings, {**await beginnings(settings, sources), **places}, step)
        # Steps that timers told are not told again yet; no new step may take their numbers.
        await store.number_after(pool, told.last)
        return ends
    finally:
        await pool.close()


def _rules(region: Region, settings: Settings) -> Rules:
    photos = f"{str(settings.desk_public_url).rstrip('/')}{PHOTOS}" if settings.desk_public_url else ""
    return replace(rules_of(region), evidence_keys=settings.event_keys, desk_photos=photos)


def run() -> None:
    """Run the router until SIGTERM."""
    settings = read_settings(Settings)
    with exit_on(SERVICE, RegionError):
        region = load(settings.region_dir, *PARTS, "retention")
    rules = _rules(region, settings)
    handler = handler_of(rules, settings.event_keys)
    tasks: list[Task] = [
        partial(triage_timer, rules, settings.triage_after_s, handler),
        partial(clock_timer, settings, rules, handler),
        partial(similar_timer, rules, handler),
        partial(retention, region.retention),
        open_complaints.watch,
    ]
    run_processor(SERVICE, settings, handler, handlers.sources(rules), tasks)
