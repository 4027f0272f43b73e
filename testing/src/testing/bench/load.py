"""Submissions to the running system for ``lapor bench intake``, and bare inserts beside them."""

from __future__ import annotations

import asyncio
import itertools
import time
import uuid
from collections.abc import Callable
from typing import Any

import asyncpg
import httpx

from lapor.demo.player import somebody
from lapor.demo.scenarios import SCENARIOS
from lapor.processes.data_dir import DataDir
from lapor.system import addresses
from testing.bench.harness import percentiles
from testing.bench.processes import cpu_s, rss_mb

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
    return {
        "rate": round((len(spans) - len(errors)) / took, 1),
        "count": len(spans) - len(errors),
        "errors": len(errors),
        **percentiles(spans),
        "cpu_s": {name: round(spent - before.get(name, 0.0), 2) for name, spent in cpu_s(where).items()},
        "rss_mb": rss_mb(where),
    }


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
