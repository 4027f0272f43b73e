"""Measures reading the website: lists and figures with ever more stored, and event streams.

``lapor bench readers`` runs it, on the running service. The stored public rows are generated in the database.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from statistics import quantiles
from typing import Any

import psutil

from chassis.database import open_pool
from chassis.settings import read_settings
from contracts import ticket
from contracts.vocabulary import Status
from intake.complaint_view import ComplaintView, announce, save_views
from intake_web.settings import WebSettings
from testing.bench.harness import say
from testing.bench.intake_web import Door

#: How often each address is requested, after a few times that don't count.
_TIMES, _WARM = 100, 5
_PATIENCE_S = 120
_OPEN = (Status.ROUTED, Status.ACKNOWLEDGED, Status.IN_PROGRESS)
_ENDED = (Status.CLOSED, Status.CLOSED, Status.REJECTED, Status.HANDED_OVER)
_FILL = f"""
INSERT INTO public_complaints (ticket, listed, received_at, month, status, open, category, unit, kecamatan, late)
SELECT 'SPG-' || n, n % 10 > 0, at, date_trunc('month', at)::date,
       CASE WHEN n % 37 = 0 THEN (ARRAY{[*map(str, _OPEN)]})[1 + n / 37 % {len(_OPEN)}]
            ELSE (ARRAY{[*map(str, _ENDED)]})[1 + n / 41 % {len(_ENDED)}] END, n % 37 = 0, 'c' || n % 22,
       CASE n % 30 WHEN 7 THEN 'PDAM' ELSE 'U' || n % 30 END, CASE n % 8 WHEN 3 THEN 'Lalabata' ELSE 'k' || n % 8 END,
       n % 9 = 0
FROM generate_series(1, $1::int) AS n, LATERAL (SELECT now() - n::float8 / $1::int * interval '360 days' AS at) AS it"""
_COUNT = """
INSERT INTO public_figures (month, kind, code, received, open, answered, in_time, late, rated, satisfied)
SELECT month, kind, code, count(*), count(*) FILTER (WHERE open), 0, 0, count(*) FILTER (WHERE late), 0, 0
FROM public_complaints,
     LATERAL (VALUES ('all', ''), ('unit', unit), ('category', category), ('kecamatan', kecamatan)) AS told (kind, code)
GROUP BY 1, 2, 3"""
_GROUP = """
INSERT INTO public_groups
SELECT kecamatan, category, unit, open, status, count(*) FROM public_complaints WHERE listed GROUP BY 1, 2, 3, 4, 5"""
_TABLES = "public_complaints, public_figures, public_groups"
_NOTHING, _ANALYZE = f"TRUNCATE {_TABLES}", f"VACUUM ANALYZE {_TABLES}"
_PATHS = {
    "list": "/laporan",
    "list_of_unit": "/laporan?unit=PDAM",
    "api_list": "/v1/complaints?limit=100",
    "api_list_open_in_kecamatan": "/v1/complaints?kecamatan=Lalabata&state=open",
    "numbers": "/angka",
    "api_figures": "/v1/figures",
}


async def measure(settings: WebSettings, sizes: list[int], readers: int) -> None:
    """Send requests with each of ``sizes`` complaints stored, and let ``readers`` follow one complaint."""
    pool = await open_pool(str(settings.database_url), timeout_s=600)
    door = Door("intake-web", settings.web_port, ["intake_web", "run"])
    try:
        await door.started()
        streams = await _streams(pool, door, readers)
        lists: dict[str, dict[str, tuple[float, float]]] = {name: {} for name in _PATHS}
        for n, size in enumerate(sizes):
            say(phase="storing and asking", done=n, of=len(sizes))
            await pool.execute(_NOTHING)
            await pool.execute(_FILL, size)
            await pool.execute(_COUNT)
            await pool.execute(_GROUP)
            await pool.execute(_ANALYZE)
            for name, path in _PATHS.items():
                lists[name][str(size)] = await _asked_ms(settings.web_port, path)
        say(phase="storing and asking", done=len(sizes), of=len(sizes))
    finally:
        door.child.kill()
        door.child.wait()
    first, last = str(sizes[0]), str(sizes[-1])
    growth = {name: round(found[last][1] / found[first][1], 2) for name, found in lists.items()}
    p50, p10 = ({name: {n: both[at] for n, both in its.items()} for name, its in lists.items()} for at in (0, 1))
    say(streams=streams, p50_ms=p50, p10_ms=p10, growth=growth)


async def _asked_ms(port: int, path: str) -> tuple[float, float]:
    """Return the median and the tenth percentile of the times of ``path``, one request after the other.

    Other work on the machine affects the tenth percentile less.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    spans: list[float] = []
    for n in range(_WARM + _TIMES):
        began = time.perf_counter()
        # Another client each time, since one may read only so many.
        whose = f"X-Forwarded-For: 10.1.{n >> 8}.{n % 256}"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: bench\r\n{whose}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 200 "):
            raise RuntimeError(f"{path}: {head[:60]!r}")
        await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r")[0]))
        if n >= _WARM:
            spans.append(time.perf_counter() - began)
    writer.close()
    cuts = quantiles(spans, n=10)
    return round(cuts[4] * 1000, 2), round(cuts[0] * 1000, 2)


async def _streams(pool: Any, door: Door, readers: int) -> dict[str, Any]:
    """Let ``readers`` follow one complaint. Return the memory of each, and how soon all know of a change."""
    number = ticket.mint("web")
    await _tell(pool, ComplaintView(ticket=number, status=Status.ROUTED, seq=1))
    process = psutil.Process(door.child.pid)
    await _asked_ms(door.port, "/laporan")  # so that the service has the memory that it needs for itself
    before = process.memory_info().rss
    following = [await _follow(door.port, number, n) for n in range(readers)]
    each_kb = (process.memory_info().rss - before) / readers / 1000
    heard: list[float] = []

    async def hear(reader: asyncio.StreamReader) -> None:
        async with asyncio.timeout(_PATIENCE_S):
            await reader.readuntil(Status.IN_PROGRESS.encode())
        heard.append(time.perf_counter())
        if len(heard) % 10 == 0:
            say(phase="streams", done=len(heard), of=readers)

    waiting = [asyncio.create_task(hear(reader)) for reader, _ in following]
    told_at = time.perf_counter()
    await _tell(pool, ComplaintView(ticket=number, status=Status.IN_PROGRESS, seq=2))
    await asyncio.gather(*waiting)
    for _, writer in following:
        writer.close()
    first, last = (round((at - told_at) * 1000, 1) for at in (min(heard), max(heard)))
    return {"readers": readers, "kb_each": round(each_kb, 1), "first_heard_ms": first, "all_heard_ms": last}


async def _tell(pool: Any, view: ComplaintView) -> None:
    async with pool.acquire() as db, db.transaction():
        await save_views(db, {view.ticket: view}, also=announce)


async def _follow(port: int, number: str, n: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a stream from another address, and read the present state."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"GET /v1/complaints/{number}/events HTTP/1.1\r\nHost: bench\r\nX-Forwarded-For: 10.0.{n >> 8}.{n % 256}"
    writer.write(f"{head}\r\n\r\n".encode())
    async with asyncio.timeout(_PATIENCE_S):
        await reader.readuntil(Status.ROUTED.encode())
    return reader, writer


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("--readers", type=int, default=200)
    given = parser.parse_args()
    sizes = [size for size in (1_000, 10_000, 100_000) if size < given.most] + [given.most]
    asyncio.run(measure(read_settings(WebSettings), sizes, given.readers))


if __name__ == "__main__":
    main()
