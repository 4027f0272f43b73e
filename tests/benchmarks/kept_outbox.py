"""The relay's cost of keeping published events, and the time of republishing them: docs/benchmarks.md.

``python tests/benchmarks/kept_outbox.py`` starts a PostgreSQL and a broker of its own. Runs alternate, so that a
machine that slows down affects all of them.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from confluent_kafka.admin import AdminClient, NewTopic

from chassis import outbox, republish
from chassis.database import Pool, migrate, open_pool
from chassis.outbox import Relay
from chassis.settings import DatabaseSettings
from chassis.wire import Outgoing
from contracts import codec
from testing.servers import Stack, start_kafka_and_postgres

TOPIC, RUNS = "kept", 5
#: About the size of a story's step, in bytes.
VALUE = b"x" * 1_200
DELETED = "DELETE FROM outbox WHERE seq = ANY($1)"


def settings_of(stack: Stack, dsn: str) -> DatabaseSettings:
    """Return the settings of a relay between the two."""
    name, password = stack.admin
    return DatabaseSettings.model_validate(dict(
        kafka_bootstrap_servers=stack.bootstrap, kafka_username=name, kafka_password=password, database_url=dsn,
        region_dir=Path(), http_port=1,
    ))  # fmt: skip


async def drained(pool: Pool, settings: DatabaseSettings, many: int, move: str) -> float:
    """Return the events a second that the relay publishes from an outbox of ``many``, with the statement ``move``."""
    async with pool.acquire() as db, db.transaction():
        for n in range(0, many, 500):
            keys = [f"00000000-0000-5000-8000-{n + each:012d}".encode() for each in range(500)]
            await outbox.put(db, [Outgoing(TOPIC, key, VALUE, codec.HEADERS) for key in keys])
    await pool.execute("VACUUM ANALYZE outbox")
    outbox._MOVE, kept = move, outbox._MOVE
    relay = Relay(settings, "bench")
    start = time.perf_counter()
    task = asyncio.create_task(relay.run(pool))
    while await pool.fetchval("SELECT EXISTS (SELECT FROM outbox)"):
        await asyncio.sleep(0.02)
    rate = many / (time.perf_counter() - start)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    outbox._MOVE = kept
    return rate


async def measure(stack: Stack, dsn: str, many: int) -> None:
    """Print a line of JSON for each pair of runs, and for republishing."""
    pool, settings, moved = await open_pool(dsn, timeout_s=120), settings_of(stack, dsn), outbox._MOVE
    await drained(pool, settings, 2_000, moved)  # to warm up
    for _ in range(RUNS):
        rates = {
            name: await drained(pool, settings, many, how) for name, how in (("deleted", DELETED), ("kept", moved))
        }
        print(json.dumps({**{name: round(rate) for name, rate in rates.items()}, "events": many}), flush=True)
    size = await pool.fetchval("SELECT pg_total_relation_size('published')")
    rows = await pool.fetchval("SELECT count(*) FROM published")
    start = time.perf_counter()
    async with pool.acquire() as db, db.transaction():
        await db.execute(republish._ALONE)
        await db.fetchrow(republish._AGAIN, datetime.now(UTC) - timedelta(days=1), None)
    seconds = time.perf_counter() - start
    print(json.dumps({"put_back": rows, "seconds": round(seconds, 2), "bytes_each": round(size / rows)}))
    pool.terminate()


def main(many: int) -> None:
    """Measure on new servers."""
    with tempfile.TemporaryDirectory(prefix="kept-", ignore_cleanup_errors=True) as folder:
        stack = start_kafka_and_postgres(Path(folder))
        admin = AdminClient({**stack.client(), "log_level": 0})
        admin.create_topics([NewTopic(TOPIC, 12, 1)])[TOPIC].result(20)
        dsn = stack.database("kept")
        migrate(dsn)
        asyncio.run(measure(stack, dsn, many))
        stack.discard()


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 20_000)
