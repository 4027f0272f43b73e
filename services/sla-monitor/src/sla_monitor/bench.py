"""Measures the clocks on a database of their own: starting, ringing, the tick's cost. ``lapor bench sla`` runs it.

What it does is what the service does, except for Kafka: records are handed over as Faust would, and what is to be
published stays in the outbox.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any

import msgspec
from msgspec.structs import replace

from chassis.database import Pool, open_pool
from chassis.step import Steps
from chassis.wire import Record
from contracts import codec, ticket
from contracts.events import ComplaintUpdated
from contracts.topics import UPDATED
from sla_monitor.adapters import store
from sla_monitor.app import handler_of, ring_all
from sla_monitor.clock import decide
from sla_monitor.domain import Rules
from sla_monitor.region import load_rules

BATCH, SECONDS = 200, 60
_COLUMNS = ("complaint_id", "next_due_at", "waiting_unit", "waiting_since", "body")
_TICKET = ticket.mint("web")
_FIRST_TICK = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from chassis.database import open_pool
from sla_monitor import app
async def tick():
    await app.store.due(await open_pool(sys.argv[1]), datetime(2000, 1, 1, tzinfo=UTC))
app.load_rules(Path(sys.argv[2]))
asyncio.run(tick())
"""


def say(**what: Any) -> None:
    """One line of JSON: how far it is, or at the end what came out."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _registered(complaint: str, at: datetime) -> ComplaintUpdated:
    return ComplaintUpdated(
        complaint_id=complaint, ticket=_TICKET, seq=0, kind="registered", status="registered", channel="web",
        origin="intake-web", received_at=at, unit=None, lane=None, category=None, type=None, urgency=None,
    )  # fmt: skip


def _records(count: int, at: datetime) -> Iterator[list[Record]]:
    for first in range(0, count, BATCH):
        batch = []
        for n in range(first, min(first + BATCH, count)):
            key = f"00000000-0000-5000-8000-{n:012d}"
            event = codec.envelope(_registered(key, at), event_id=f"r-{n}", source="/router", subject=key, time=at)
            batch.append(Record(UPDATED, n % 12, n, key.encode(), codec.encode(event), 0))
        yield batch


async def fill(pool: Pool, rules: Rules, first: int, last: int, *, due_at: datetime | None = None) -> None:
    """Store clocks ``first`` to ``last``: of complaints just received, or with a deadline at ``due_at``."""
    at = datetime.now(UTC)
    clock, _ = decide(None, _registered("COMPLAINT", at), at, rules)
    if due_at:
        one = replace(clock.running[0], warned=True, deadline_at=due_at, warn_at=due_at)
        clock = replace(clock, running=(one,))
    body = msgspec.json.encode(clock).decode()
    for start in range(first, last, 10_000):
        keys = [f"{n % 65_536:04x}-{n:012d}" for n in range(start, min(start + 10_000, last))]
        rows = [(key, clock.next_due_at, "", at, body.replace("COMPLAINT", key)) for key in keys]
        async with pool.acquire() as db:
            await db.copy_records_to_table("clocks", records=rows, columns=_COLUMNS)
        say(phase="stored", done=start + len(keys), of=last)


async def tick_ms(pool: Pool) -> dict[str, float]:
    """What a look for due clocks and one for silent units cost, when nothing is due."""
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


def percentiles(spans: list[float]) -> dict[str, float]:
    """p50, p95 and p99 of ``spans`` (seconds), in milliseconds."""
    cuts = quantiles(spans, n=100)
    return {f"p{p}_ms": round(cuts[p - 1] * 1000, 2) for p in (50, 95, 99)}


async def starting(pool: Pool, rules: Rules, count: int) -> dict[str, Any]:
    """Take in ``count`` registered complaints, in batches as Faust gives them."""
    steps, spans = Steps(pool, handler_of(rules)), []
    cpu = time.process_time()
    for batch in _records(count, datetime.now(UTC)):
        spans.append(await _timed(steps(batch)))
        say(phase="starting", done=len(spans) * BATCH, of=count)
    return {
        "rate": round(count / sum(spans), 1), "count": count, **percentiles(spans), "cpu": time.process_time() - cpu
    }  # fmt: skip


async def bare(pool: Pool, count: int) -> float:
    """Clocks a second of a loop that writes the same rows and decides nothing."""
    async with pool.acquire() as db:
        clocks = await db.fetch(
            f"SELECT {', '.join(_COLUMNS)} FROM clocks WHERE complaint_id LIKE '00000000-%' LIMIT $1", count
        )
        outbox = await db.fetch("SELECT topic, key, value, headers FROM outbox LIMIT $1", count)
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
        return rate


async def ringing(pool: Pool, rules: Rules, first: int, count: int) -> float:
    """Seconds to announce ``count`` deadlines of the same moment, into the outbox."""
    at = datetime.now(UTC)
    await fill(pool, rules, first, first + count, due_at=at - timedelta(seconds=1))
    async with pool.acquire() as db:
        start = time.perf_counter()
        await ring_all(db, handler_of(rules), at, rules)
        return time.perf_counter() - start


async def measure(dsn: str, region: Path, stored: int, count: int, at_once: int) -> None:
    """All of it, in one go; the last line that is said is the result."""
    rules, pool, ticks, filled = load_rules(region), await open_pool(dsn, timeout_s=120), {}, 0
    for size in sorted({10**4, 10**5, stored} & set(range(stored + 1))):
        await fill(pool, rules, filled, size)
        ticks[str(size)], filled = await tick_ms(pool), size
    found = await starting(pool, rules, count)
    baseline = await bare(pool, count)
    seconds = await ringing(pool, rules, filled, at_once)
    told = await pool.fetchval("SELECT count(*) FROM outbox WHERE topic = 'complaint.sla-breached.v1'")
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", _FIRST_TICK, dsn, str(region)], check=True)  # noqa: ASYNC221, S603
    restart_s = time.perf_counter() - start
    await pool.close()
    cpu = found.pop("cpu")
    say(
        **found,
        errors=at_once - told,
        baseline_rate=round(baseline, 1),
        ratio=round(found["rate"] / baseline, 3),
        cpu_s={"sla-monitor": round(cpu, 2)},
        rss_mb={"sla-monitor": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)},
        stored=stored,
        tick_ms=ticks,
        at_once={"count": at_once, "seconds": round(seconds, 1), "rate": round(at_once / seconds, 1)},
        restart_s=round(restart_s, 2),
    )


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dsn", required=True)
    parser.add_argument("--region", type=Path, required=True)
    parser.add_argument("--stored", type=int, default=1_000_000)
    parser.add_argument("--count", type=int, default=30_000)
    parser.add_argument("--at-once", type=int, default=50_000)
    given = parser.parse_args()
    asyncio.run(measure(given.dsn, given.region, given.stored, given.count, given.at_once))


if __name__ == "__main__":
    main()
