"""Joins the sla-monitor's parts: the only module that knows all of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from chassis.batch import Handler
from chassis.database import Pool
from chassis.retention import keep_deleting
from chassis.service import exit_on, run_processor
from chassis.settings import read_settings
from chassis.wire import Emit, Message
from contracts.events import ComplaintUpdated
from contracts.topics import ERASED, UPDATED
from kabupaten import RegionError, load
from sla_monitor import handlers, metrics
from sla_monitor.adapters import store
from sla_monitor.region import PARTS, rules_of
from sla_monitor.rules import Rules
from sla_monitor.settings import Settings
from sla_monitor.state import ComplaintClock
from sla_monitor.timer import timer
from sla_monitor.unit_silence import watch

log = logging.getLogger(__name__)

SERVICE = "sla-monitor"


def handler_of(rules: Rules) -> Handler[ComplaintClock]:
    """Build the sla-monitor's handler for the chassis."""

    def decide(
        clocks: Mapping[str, ComplaintClock], message: Message, now: datetime
    ) -> tuple[dict[str, ComplaintClock], list[Emit]]:
        key = handlers.key(message)
        before = clocks.get(key)
        clock, emits = handlers.on_message(before, message, now, rules=rules)
        if before and clock:
            _log_what_is_missed(before, clock, message)
        return ({key: clock} if clock else {}), emits

    return Handler(
        service=SERVICE,
        keys=lambda message: [handlers.key(message)],
        load=store.load,
        decide=decide,
        save=store.save,
        on_committed=metrics.count,
    )


def _log_what_is_missed(before: ComplaintClock, after: ComplaintClock, message: Message) -> None:
    where = {"complaint_id": after.complaint_id, "event_id": message.event.id}
    if after is before and isinstance(message.data, ComplaintUpdated):
        log.warning("step_too_late", extra=where)
    elif before.past and not before.past.whole and after.past is None and after.seq > before.seq:
        log.error("missing_step_given_up", extra=where)


async def retention(kept: timedelta, pool: Pool, wake: Callable[[], None]) -> None:
    """Delete the clocks of complaints that ended longer than ``kept`` ago; runs until cancelled."""
    await keep_deleting(SERVICE, pool, partial(store.delete_old, kept=kept))


def run() -> None:
    """Run the sla-monitor until SIGTERM."""
    settings = read_settings(Settings, SERVICE)
    with exit_on(SERVICE, RegionError):
        region = load(settings.region_dir, *PARTS, "retention")
    rules = rules_of(region)
    handler = handler_of(rules)
    kept = max(region.retention.values())
    tasks = [partial(timer, settings, rules, handler), partial(watch, rules), partial(retention, kept)]
    run_processor(SERVICE, settings, handler, [UPDATED, ERASED], tasks)
