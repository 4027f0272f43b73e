"""Measures the clocks: at the database, then the running service between real topics. ``lapor bench sla`` runs it.

At the database, records are handed over in batches, as Faust does, and events stay in the outbox: the bare loop is
compared with that. The running service starts with all of these clocks stored.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import ConsumerRecord
from msgspec.structs import replace

from chassis.batch import BatchHandler
from chassis.database import Pool, open_pool
from chassis.settings import DatabaseSettings, read_settings
from chassis.wire import Outgoing, Record
from contracts import codec, ticket
from contracts.events import ComplaintUpdated, SlaBreached
from contracts.topics import SLA_BREACHED, SLA_UPDATED, UPDATED
from contracts.vocabulary import UpdateKind
from sla_monitor.adapters import store
from sla_monitor.app import handler_of
from sla_monitor.clock import decide
from sla_monitor.region import load_rules
from sla_monitor.rules import Rules
from testing.bench.harness import Arrivals, StageClock, arrivals, percentiles, produce, say, spent
from testing.events import an_updated

BATCH = 200
_COLUMNS = ("complaint_id", "next_due_at", "waiting_unit", "waiting_since", "body")
_TICKET = ticket.mint("web")


def _registered(complaint: str, at: datetime) -> ComplaintUpdated:
    return an_updated(
        0, UpdateKind.REGISTERED, complaint_id=complaint, ticket=_TICKET, received_at=at, unit=None, lane=None
    )


def _complaints(name: str, count: int) -> Iterator[Outgoing]:
    """Yield ``count`` complaints that the router registers now; ``name`` tells them from others."""
    for n in range(count):
        key, at = f"{name}-{n:012d}", datetime.now(UTC)
        event = codec.envelope(_registered(key, at), event_id=f"r-{key}", source="/router", subject=key, time=at)
        yield Outgoing(UPDATED, key.encode(), codec.encode(event), codec.HEADERS)


async def fill(
    pool: Pool, rules: Rules, first: int, last: int, due_at: Callable[[int], datetime] | None = None
) -> None:
    """Store clocks ``first`` to ``last``: just received, or the n-th with its deadline at ``due_at(n)``."""
    at = datetime.now(UTC)
    fresh, _ = decide(None, _registered("COMPLAINT", at), at, rules)
    body = store.encode(fresh)

    def row(n: int) -> tuple[Any, ...]:
        key = f"{n % 65_536:04x}-{n:012d}"
        if due_at is None:
            return key, fresh.next_due_at, "", at, body.replace("COMPLAINT", key)
        one = replace(fresh.running[0], warned=True, deadline_at=due_at(n), warn_at=due_at(n))
        clock = replace(fresh, complaint_id=key, running=(one,))
        return key, clock.next_due_at, "", at, store.encode(clock)

    for start in range(first, last, 10_000):
        end = min(start + 10_000, last)
        async with pool.acquire() as db:
            await db.copy_records_to_table("clocks", records=[row(n) for n in range(start, end)], columns=_COLUMNS)
        say(phase="stored", done=end, of=last)


async def tick_ms(pool: Pool) -> dict[str, float]:
    """Return the times of a look for due clocks and of one for silent units, when nothing is due."""
    spans: dict[str, list[float]] = {"tick": [], "silence": []}
    async with pool.acquire() as db:
        await db.execute("ANALYZE clocks")
        for _ in range(200):
            spans["tick"].append(await _timed(store.due(db, datetime(2000, 1, 1, tzinfo=UTC))))
            spans["silence"].append(await _timed(store.silent(db)))
    return {f"{name}_{p}": value for name, each in spans.items() for p, value in percentiles(each).items()}


async def _timed(work: Any) -> float:
    start = time.perf_counter()
    await work
    return time.perf_counter() - start


async def starting(pool: Pool, rules: Rules, count: int) -> dict[str, Any]:
    """Store ``count`` registered complaints, in batches as Faust hands them over."""
    steps, spans = BatchHandler(pool, handler_of(rules)), []
    given = [Record(out.topic, n % 12, n, out.key, out.value, 0) for n, out in enumerate(_complaints("steps", count))]
    for first in range(0, count, BATCH):
        spans.append(await _timed(steps(given[first : first + BATCH])))
        say(phase="starting", done=len(spans) * BATCH, of=count)
    return {"rate": round(count / sum(spans), 1), "count": count, **percentiles(spans)}


async def bare(pool: Pool) -> float:
    """Return clocks a second of a loop that writes again the rows of ``starting``, without any logic."""
    async with pool.acquire() as db:
        clocks = await db.fetch(f"SELECT {', '.join(_COLUMNS)} FROM clocks WHERE complaint_id LIKE 'steps-%'")
        outbox = await db.fetch("SELECT topic, key, value, headers FROM outbox LIMIT $1", len(clocks))
        await db.execute("CREATE TABLE bare_clocks (LIKE clocks INCLUDING ALL)")
        await db.execute("CREATE TABLE bare_outbox (LIKE outbox INCLUDING DEFAULTS)")
        await db.execute("CREATE TABLE bare_inbox (LIKE inbox INCLUDING ALL)")
        start = time.perf_counter()
        for n in range(0, len(clocks), BATCH):
            async with db.transaction():
                ids = [row["complaint_id"] for row in clocks[n : n + BATCH]]
                await db.executemany("INSERT INTO bare_inbox (topic, event_id) VALUES ('t', $1)", [(i,) for i in ids])
                await db.executemany(
                    f"INSERT INTO bare_clocks ({', '.join(_COLUMNS)}) VALUES ($1, $2, $3, $4, $5)",
                    [tuple(row) for row in clocks[n : n + BATCH]],
                )
                await db.executemany(
                    "INSERT INTO bare_outbox (topic, key, value, headers) VALUES ($1, $2, $3, $4)",
                    [tuple(row) for row in outbox[n : n + BATCH]],
                )
        rate = len(clocks) / (time.perf_counter() - start)
        await db.execute("DROP TABLE bare_clocks, bare_outbox, bare_inbox")
        await db.execute("TRUNCATE outbox")  # the running service must publish only its own events
        return rate


async def live(
    settings: DatabaseSettings, pool: Pool, rules: Rules, filled: int, at_once: int, rate: int, seconds: int
) -> dict[str, Any]:
    """Measure the running service with ``filled`` clocks stored: from process to topic and back."""
    async with pool.acquire() as db:
        await db.execute("DELETE FROM consumed")  # the records consumed so far never were in Kafka
    async with arrivals(settings, SLA_BREACHED) as breached, arrivals(settings, SLA_UPDATED) as updated:
        service = StageClock("sla_monitor")  # a first start, so that its group is known, as at any restart
        try:
            await produce(settings, _complaints("first", 1))
            await updated.until(1, "ready")
            service.kill()
            await produce(settings, _complaints("unread", 1))  # so that it may not announce before its group has met
            await fill(pool, rules, filled, filled + 1, lambda _: datetime.now(UTC))
            start, service = time.perf_counter(), StageClock("sla_monitor")
            await breached.until(1, "restarting")
            restart_s = time.perf_counter() - start
            await updated.until(1, "restarting")
            started_s = await _timed(
                asyncio.gather(
                    updated.until(at_once, "starting, to the topic"), produce(settings, _complaints("live", at_once))
                )
            )
            moment = datetime.now(UTC) + timedelta(seconds=5 + at_once / 5_000)  # by then all are stored
            await fill(pool, rules, filled + 1, filled + 1 + at_once, lambda _: moment)
            ahead_s = (moment - datetime.now(UTC)).total_seconds()
            await breached.until(at_once, "due at once")
            rung_s = (datetime.now(UTC) - moment).total_seconds()
            late = await _lateness(settings, pool, rules, breached, filled + 1 + at_once, rate, seconds)
        finally:
            service.kill()
    return {
        "started_rate": round(at_once / started_s),
        "restart_s": round(restart_s, 2),
        "at_once": {
            "count": at_once, "seconds": round(rung_s, 1), "rate": round(at_once / rung_s),
            "stored_ahead_s": round(ahead_s, 1),
        },
        "lateness_ms": percentiles(late),
    }  # fmt: skip


async def _lateness(
    settings: DatabaseSettings, pool: Pool, rules: Rules, heard: Arrivals, first: int, rate: int, seconds: int
) -> list[float]:
    """Return the seconds from each deadline, ``rate`` a second, to its record, while as many others are registered."""
    count, start, late = rate * seconds, datetime.now(UTC) + timedelta(seconds=3), list[float]()
    await fill(pool, rules, first, first + count, lambda n: start + timedelta(seconds=(n - first) / rate))

    def counts(record: ConsumerRecord) -> bool:
        event = codec.decode(record.value).data
        if isinstance(event, SlaBreached) and event.level == 0:
            late.append((datetime.now(UTC) - event.deadline_at).total_seconds())
        return True

    async def others() -> None:
        for second in range(seconds):
            await produce(settings, _complaints(f"beside-{second}", rate))
            await asyncio.sleep(1)

    await asyncio.gather(heard.until(count, "due one after the other", counts), others())
    return late


async def measure(settings: DatabaseSettings, stored: int, count: int, at_once: int, rate: int, seconds: int) -> None:
    """Measure everything in one run; the last line printed is the result."""
    rules, pool = load_rules(settings.region_dir), await open_pool(str(settings.database_url), timeout_s=120)
    ticks, filled = {}, 0
    for size in sorted({stored} | {size for size in (10**4, 10**5) if size < stored}):
        await fill(pool, rules, filled, size)
        ticks[str(size)], filled = await tick_ms(pool), size
    found = await starting(pool, rules, count)
    baseline = await bare(pool)
    running = await live(settings, pool, rules, filled, at_once, rate, seconds)
    await pool.close()
    cpu, rss = spent()
    say(
        **found,
        errors=0,
        baseline_rate=round(baseline, 1),
        ratio=round(found["rate"] / baseline, 3),
        cpu_s={"sla-monitor": cpu},
        rss_mb={"sla-monitor": rss},
        stored=stored,
        tick_ms=ticks,
        **running,
    )


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stored", type=int, default=1_000_000)
    parser.add_argument("--count", type=int, default=30_000)
    parser.add_argument("--at-once", type=int, default=50_000)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=60)
    asyncio.run(measure(read_settings(DatabaseSettings), **vars(parser.parse_args())))


if __name__ == "__main__":
    main()
