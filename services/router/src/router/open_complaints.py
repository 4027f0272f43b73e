"""Shows what is open, where it lies, and how long the oldest waits for whose turn it is."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from prometheus_client import Gauge

from chassis.database import Pool
from router import metrics
from router.adapters import store

LOOK_S = 15


async def watch(pool: Pool, wake: Callable[[], None]) -> None:
    """For ever: look every ``LOOK_S``."""
    while True:
        async with pool.acquire() as db:
            show(await store.open_groups(db, metrics.AGES), datetime.now(UTC))
        await asyncio.sleep(LOOK_S)


def show(groups: Iterable[store.OpenGroup], now: datetime) -> None:
    """Show ``groups`` as of ``now``. What is no more among them is 0, and not the figure of a while ago."""
    counts, waiting = defaultdict[tuple[str, ...], int](int), dict.fromkeys(store.WAITS_FOR, 0)
    oldest_s = dict.fromkeys(store.WAITS_FOR, 0.0)
    late, older = defaultdict[tuple[str, ...], int](int), dict.fromkeys(metrics.AGES, 0)
    for each in groups:
        counts[each.unit, each.kecamatan, each.status] += each.count
        waiting[each.waits_for] += each.count
        late[each.unit, each.kecamatan] += each.late
        for days in metrics.AGES[: each.passed]:
            older[days] += each.count
        oldest_s[each.waits_for] = max(oldest_s[each.waits_for], (now - each.oldest).total_seconds())
    _set_all(metrics.OPEN, counts)
    _set_all(metrics.LATE, late)
    for days, count in older.items():
        metrics.OLDER.labels(days).set(count)
    for waits_for, age_s in oldest_s.items():
        metrics.OLDEST_S.labels(waits_for).set(age_s)
        metrics.WAITING.labels(waits_for).set(waiting[waits_for])


def _set_all(gauge: Gauge, counts: Mapping[tuple[str, ...], int]) -> None:
    """Set ``gauge`` to ``counts`` by its labels' values, and to 0 where it showed something before."""
    known = {tuple(sample.labels.values()) for metric in gauge.collect() for sample in metric.samples}
    for where in known | set(counts):
        gauge.labels(*where).set(counts.get(where, 0))
