"""How long the router's lookup of similar complaints takes, by the number stored: the figures in docs/benchmarks.md.

``python tests/benchmarks/similar_lookup.py`` starts a PostgreSQL of its own.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from chassis.database import Connection, migrate, open_pool
from contracts.events import Place
from contracts.vocabulary import WITH_A_UNIT
from router import duplicates
from router.adapters import store
from router.adapters.region import read_rules
from router.case import Case
from router.rules import Rules
from testing.events import a_classified, a_received
from testing.servers import start_postgres

ROOT = Path(__file__).parents[2]
WHAT = ("lampu jalan mati", "jalan berlubang besar", "sampah menumpuk", "selokan tersumbat", "air tidak mengalir")
WHERE = ("depan masjid", "dekat pasar", "samping sekolah", "di jembatan", "depan kantor desa", "di lorong dua")
DETAIL = (
    "sudah", "lama", "seminggu", "gelap", "malam", "tolong", "diperbaiki", "warga", "anak", "motor", "jatuh", "hujan",
    "bau", "segera", "mohon", "kami", "parah",
)  # fmt: skip
_BATCH = 1_000
_INSERT_CASES = """
INSERT INTO cases (ticket, complaint_id, status, unit, body, uncompared)
SELECT ticket, ticket, 'routed', 'PUPR', body::jsonb, false FROM unnest($1::text[], $2::text[]) AS c (ticket, body)"""
_INSERT_KEYS = """
INSERT INTO fingerprints (key, received_at, ticket)
SELECT hashtextextended(key, 0), received_at, ticket
FROM unnest($1::text[], $2::timestamptz[], $3::text[]) AS f (key, received_at, ticket) ON CONFLICT DO NOTHING"""


def complaints(draw: random.Random) -> Iterator[Case]:
    """Yield complaints, evenly over the last 13 days: 22 categories, 70 places, texts that resemble one another."""
    for n in itertools.count():
        text = f"{draw.choice(WHAT)} {draw.choice(WHERE)} desa {n % 70} {' '.join(draw.choices(DETAIL, k=8))}"
        at = datetime.now(UTC) - timedelta(seconds=draw.uniform(0, 13 * 86_400))
        ticket, category = f"SPG-{n // 100_000:04}-{n % 100_000:05}", f"kategori-{n % 22}"
        place = Place(kecamatan=f"kecamatan-{n % 8}", desa=f"desa-{n % 70}")
        yield Case(
            ticket=ticket,
            status="routed",
            unit="PUPR",
            category=category,
            received=a_received(complaint_id=ticket, ticket=ticket, text=text, received_at=at),
            classified=a_classified(complaint_id=ticket, ticket=ticket, category=category, place=place, top=[]),
        )  # fmt: skip


async def lookup_times(dsn: str, rules: Rules, stored: Sequence[int], asked: int = 200) -> list[dict[str, Any]]:
    """Return for each number in ``stored``, ascending, the times of ``asked`` lookups in milliseconds."""
    pool, new = await open_pool(dsn, timeout_s=120), complaints(random.Random(1708))
    figures, there = [], 0
    async with pool.acquire() as db:
        for wanted in stored:
            while there < wanted:
                count = min(_BATCH, wanted - there)
                await _store(db, list(itertools.islice(new, count)))
                there += count
            await db.execute("VACUUM ANALYZE fingerprints, cases")
            figures.append({"stored": wanted, **await _ask(db, rules, list(itertools.islice(new, asked)))})
    pool.terminate()
    return figures


async def _store(db: Connection, cases: list[Case]) -> None:
    rows = [
        (key, case.received.received_at, case.ticket)
        for case in cases
        if case.received
        for key in duplicates.keys(case)
    ]
    await db.execute(_INSERT_CASES, [c.ticket for c in cases], [msgspec.json.encode(c).decode() for c in cases])
    await db.execute(_INSERT_KEYS, *map(list, zip(*rows, strict=True)))


async def _ask(db: Connection, rules: Rules, cases: list[Case]) -> dict[str, Any]:
    times, found = [], 0
    for case in cases:
        start = time.perf_counter()
        others = await store.candidates(db, case, duplicates.keys(case), duplicates.WINDOW, WITH_A_UNIT | {"merged"})
        duplicates.rank(rules, case, others)
        times.append((time.perf_counter() - start) * 1000)
        found += len(others)
    centiles = statistics.quantiles(times, n=100)
    return {"p50_ms": round(centiles[49], 1), "p95_ms": round(centiles[94], 1), "compared": found // len(cases)}


def main(stored: Sequence[int]) -> None:
    """Measure on a new PostgreSQL, and print one JSON line a figure."""
    rules = read_rules(ROOT / "region" / "soppeng")
    with tempfile.TemporaryDirectory(prefix="similar-", ignore_cleanup_errors=True) as folder:
        stack = start_postgres(Path(folder))
        dsn = stack.database("similar")
        migrate(dsn, ROOT / "services" / "router" / "migrations")
        for figure in asyncio.run(lookup_times(dsn, rules, stored)):
            print(json.dumps(figure))
        stack.discard()


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [1_000, 10_000, 100_000])
