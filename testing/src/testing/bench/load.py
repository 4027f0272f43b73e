"""Load on the running system for ``lapor bench``: submissions alone, or whole lives of complaints."""

from __future__ import annotations

import asyncio
import itertools
import time
import uuid
from collections.abc import Callable
from datetime import datetime
from statistics import quantiles
from typing import Any

import asyncpg
import httpx
import psutil

from lapor.commands import status
from lapor.demo.player import Travel, somebody
from lapor.demo.scenarios import SCENARIOS
from lapor.processes.data_dir import DataDir
from lapor.system import addresses
from lapor.system.installation import database_name
from testing.bench.database_costs import counted, per_life
from testing.bench.stored import complaints, fill, vacuum

#: Transactions in one complaint's life: received, registered, classified and routed, two replies, told.
STEPS = 6
_CALLERS = 32


async def intake(where: DataDir, rate: float | None, seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Submit for ``seconds`` at ``rate`` a second (None: as fast as the callers can)."""
    env: dict[str, Any] = addresses.env(where)
    url, texts = f"{env['web_url']}/v1/complaints", itertools.cycle(SCENARIOS["journey"].texts)
    spans: list[float] = []
    errors: list[str] = []
    numbers, start = itertools.count(), time.perf_counter()

    async def call(http: httpx.AsyncClient) -> None:
        while (gone := time.perf_counter() - start) < seconds:
            n = next(numbers)
            if rate and (wait := n / rate - gone) > 0:
                await asyncio.sleep(wait)
            began = time.perf_counter()
            body = {"text": f"{next(texts)} (beban {n})", "name": "Warga Uji"}
            try:
                answer = await http.post(url, json=body, headers={"Idempotency-Key": str(uuid.uuid4()), **somebody()})
            except httpx.HTTPError as error:
                errors.append(repr(error))
            else:
                if answer.status_code != 202:
                    errors.append(answer.text[:200])
            spans.append(time.perf_counter() - began)

    before = cpu_s(where)
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        await asyncio.gather(*(call(http) for _ in range(_CALLERS)))
    took = time.perf_counter() - start
    for error in errors[:3]:
        say(error)
    return _result(where, len(spans) - len(errors), took, len(errors), spans, before)


async def lifecycle(where: DataDir, count: int, rate: float) -> dict[str, Any]:
    """Run ``count`` whole lives, ``rate`` a second; one that does not end a minute after the last is an error."""
    travel = Travel(where, SCENARIOS["journey"], lambda *_: None)
    databases: dict[str, str] = travel.env["databases"]
    counts, before = await counted(databases), cpu_s(where)
    journeys = await travel.run(count, ["sms", "web", "x"], rate)
    done = [journey for journey in journeys if journey.done]
    ends: list[datetime] = [journey.hops[-1][1] for journey in done]
    took = (max(ends) - min(journey.sent_at for journey in journeys)).total_seconds() if done else 60
    spans = [(j.routed_at - j.received_at).total_seconds() for j in done if j.routed_at and j.received_at]
    found = _result(where, len(done), took, len(journeys) - len(done), spans, before)
    return {**found, "per_life": per_life(counts, await counted(databases), len(done))}


async def beside_stored(
    where: DataDir, count: int, rate: float, stored: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """Measure :func:`lifecycle` before and after ``stored`` complaints are put into the databases; they stay there.

    ``before`` holds the percentiles of the first measurement. VACUUM and ANALYZE run in between, as the server would
    have run them in the course of time.
    """
    before = await lifecycle(where, count, rate)
    env: dict[str, Any] = addresses.env(where)
    rows = complaints(stored)
    for service, dsn in env["databases"].items():
        say(f"{service}: {stored} complaints are put into its database")
        await asyncio.to_thread(fill, dsn, database_name(service), rows)
        await asyncio.to_thread(vacuum, dsn)
    after = await lifecycle(where, count, rate)
    return {**after, "stored": stored, "before": {name: before[name] for name in ("errors", "p50_ms", "p95_ms")}}


def _result(
    where: DataDir, count: int, took: float, errors: int, spans: list[float], before: dict[str, float]
) -> dict[str, Any]:
    cuts = quantiles(spans, n=100) if len(spans) > 1 else [0.0] * 99
    return {
        "rate": round(count / took, 1),
        "count": count,
        "errors": errors,
        **{f"p{p}_ms": round(cuts[p - 1] * 1000, 1) for p in (50, 95, 99)},
        "cpu_s": {name: round(spent - before.get(name, 0.0), 2) for name, spent in cpu_s(where).items()},
        "rss_mb": {name: round(sum(p.memory_info().rss for p in each) / 2**20) for name, each in _processes(where)},
    }


def _processes(where: DataDir) -> list[tuple[str, list[psutil.Process]]]:
    """Return each service with its processes."""
    found = []
    for service in status.report(where)["services"]:
        if service["pid"]:
            process = psutil.Process(service["pid"])
            found.append((service["name"], [process, *process.children(recursive=True)]))
    return found


def cpu_s(where: DataDir) -> dict[str, float]:
    """Return the CPU time of each service so far, in seconds."""
    return {name: sum(map(_cpu_s, each)) for name, each in _processes(where)}


def _cpu_s(process: psutil.Process) -> float:
    """Return the CPU time of ``process`` so far; 0 if it has ended since it was listed, as PostgreSQL's backends do."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


async def bare_inserts(dsn: str, seconds: float) -> float:
    """Return transactions a second of a loop that only stores a complaint and an event, as concurrent as ``intake``."""
    pool = await asyncpg.create_pool(dsn, min_size=_CALLERS, max_size=_CALLERS)
    await pool.execute("CREATE TABLE bare (id bigserial PRIMARY KEY, key text, body text)")
    counts: list[int] = []
    start = time.perf_counter()

    async def call() -> None:
        n = 0
        async with pool.acquire() as db:
            while time.perf_counter() - start < seconds:
                async with db.transaction():
                    await db.executemany("INSERT INTO bare (key, body) VALUES ($1, $2)", [(str(n), "x" * 800)] * 2)
                n += 1
        counts.append(n)

    await asyncio.gather(*(call() for _ in range(_CALLERS)))
    await pool.close()
    return sum(counts) / (time.perf_counter() - start)
