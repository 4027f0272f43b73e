"""Shows operators the silent units, the overdue complaints, and the gaps of the calendar."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from prometheus_client import Gauge

from chassis.database import SHOW_LOCK, Connection, Pool, holding
from kabupaten.calendar import Calendar
from sla_monitor import metrics
from sla_monitor.adapters import store
from sla_monitor.deadlines import worked
from sla_monitor.rules import Rules
from sla_monitor.working_days import estimated, knows_joint_leave

log = logging.getLogger(__name__)

LOOK_S = 15
#: A unit is past its rhythm after this many times its median, but not before this many seconds.
TIMES, AT_LEAST_S = 2, 600


async def watch(rules: Rules, pool: Pool, wake: Callable[[], None]) -> None:
    """Look every ``LOOK_S``, and log once a day what the calendar lacks; runs until cancelled. One per database, so
    that the sum over all processes is right."""
    said: date | None = None
    async with holding(pool, SHOW_LOCK) as leader:
        while True:
            now = datetime.now(UTC)
            await look(rules, leader, now)
            if said != now.date():
                tell_of_calendar(rules.calendar, now.year)
                said = now.date()
            await asyncio.sleep(LOOK_S)


async def look(rules: Rules, db: Connection, now: datetime) -> None:
    """Show the figures as of ``now``."""
    silent, rhythms, risks = await store.silent(db), await store.rhythms(db), await store.risks(db)
    silent_s = {unit: max((now - since).total_seconds(), 0) for unit, since in silent.items()}
    past = {
        unit: int(is_past(worked(silent[unit], now, rules.calendar).total_seconds(), rhythm) if unit in silent else 0)
        for unit, rhythm in rhythms.items()
    }
    for gauge, values in (
        (metrics.SILENT_S, silent_s),
        (metrics.RHYTHM_S, rhythms),
        (metrics.PAST_RHYTHM, past),
        (metrics.OVERDUE, risks.get("overdue", {})),
    ):
        _show(gauge, values)


def is_past(silent_s: float, rhythm_s: float) -> bool:
    """Whether a unit that was silent for ``silent_s`` of working time is past its rhythm."""
    return silent_s > max(TIMES * rhythm_s, AT_LEAST_S)


def tell_of_calendar(calendar: Calendar, year: int) -> None:
    """Show and log what is not known for sure about the days of ``year`` and the next."""
    for each in (year, year + 1):
        known, days = knows_joint_leave(calendar, each), estimated(calendar, each)
        metrics.JOINT_LEAVE_KNOWN.labels(each).set(known)
        metrics.ESTIMATED_DAYS.labels(each).set(len(days))
        if not known:
            log.warning("joint_leave_missing", extra={"year": each})
        if days:
            log.warning("holidays_estimated", extra={"year": each, "days": [day.isoformat() for day in days]})


def _show(gauge: Gauge, values: Mapping[str, float]) -> None:
    """Set ``gauge`` for each unit; one that is no longer among ``values`` is 0."""
    known = {label for metric in gauge.collect() for sample in metric.samples for label in sample.labels.values()}
    for unit in known | set(values):
        gauge.labels(unit).set(values.get(unit, 0))
