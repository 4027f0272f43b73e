"""Shows how many complaints are open, where they lie, and how long the oldest has waited for its next step."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from prometheus_client import Gauge

from chassis.database import SHOW_LOCK, Pool, holding
from router import metrics
from router.adapters import store

LOOK_S = 15


async def watch(pool: Pool, wake: Callable[[], None]) -> None:
    """Look every ``LOOK_S``; runs until cancelled. One per database, so that the sum over all processes is right."""
    async with holding(pool, SHOW_LOCK) as leader:
        while True:
            show(await store.open_groups(leader, metrics.AGES), datetime.now(UTC))
            await asyncio.sleep(LOOK_S)


def show(groups: Iterable[store.OpenGroup], now: datetime) -> None:
    """Show ``groups`` as of ``now``. A label that is no longer among them shows 0, not its last figure."""
    counts, waiting = defaultdict[tuple[str, ...], int](int), dict.fromkeys(store.WAITS_FOR, 0)
    oldest_s = dict.fromkeys(store.WAITS_FOR, 0.0)
    emergency_s = defaultdict[tuple[str, ...], float](float)
    late, at_risk = defaultdict[tuple[str, ...], int](int), defaultdict[tuple[str, ...], int](int)
    again, unheard = defaultdict[tuple[str, ...], int](int), defaultdict[tuple[str, ...], int](int)
    emergencies = defaultdict[tuple[str, ...], int](int)
    older = dict.fromkeys(metrics.AGES, 0)
    for each in groups:
        counts[each.unit, each.kecamatan, each.status] += each.count
        waiting[each.waits_for] += each.count
        late[each.unit, each.kecamatan] += each.late
        at_risk[each.unit, each.kecamatan] += each.at_risk
        again[each.unit,] += each.reopened
        unheard[each.unit,] += each.unheard
        if each.emergency and each.waits_for != "answer":
            emergencies[each.unit,] += each.count
            age_s = (now - each.oldest).total_seconds()
            emergency_s[each.unit,] = max(emergency_s[each.unit,], age_s)
        for days in metrics.AGES[: each.passed]:
            older[days] += each.count
        oldest_s[each.waits_for] = max(oldest_s[each.waits_for], (now - each.oldest).total_seconds())
    _set_all(metrics.OPEN, counts)
    _set_all(metrics.LATE, late)
    _set_all(metrics.AT_RISK, at_risk)
    _set_all(metrics.OPEN_AGAIN, again)
    _set_all(metrics.UNHEARD, unheard)
    _set_all(metrics.EMERGENCIES, emergencies)
    _set_all(metrics.EMERGENCY_S, emergency_s)
    for days, count in older.items():
        metrics.OLDER.labels(days).set(count)
    for waits_for, age_s in oldest_s.items():
        metrics.OLDEST_S.labels(waits_for).set(age_s)
        metrics.WAITING.labels(waits_for).set(waiting[waits_for])


def _set_all(gauge: Gauge, figures: Mapping[tuple[str, ...], float]) -> None:
    """Set ``gauge`` to ``figures`` by its labels' values, and all its other labels to 0."""
    known = {tuple(sample.labels.values()) for metric in gauge.collect() for sample in metric.samples}
    for where in known | set(figures):
        gauge.labels(*where).set(figures.get(where, 0))
