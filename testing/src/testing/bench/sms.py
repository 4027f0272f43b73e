"""Measures sending by a slow SMS gateway: the sender of intake-sms on a real database, beside the bare calls.

Reads DATABASE_URL; run by `lapor bench sms`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx

import intake
from chassis.database import migrate, open_pool
from intake import gateway
from intake.gateway import GatewaySettings
from intake.notices import NewNotice, Notice, NoticeKind, add_notices
from intake.sending import send_notices
from testing.bench.harness import say
from testing.fixtures import UNREACHABLE

_SENT = "SELECT count(*) FROM notices WHERE state = 'sent'"


@contextlib.asynccontextmanager
async def slow_gateway(answer_s: float) -> AsyncIterator[tuple[str, list[str]]]:
    """Run a server that accepts every request after ``answer_s``; yield its address and the recipients so far."""
    told: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
        await asyncio.sleep(answer_s)
        told.append(httpx.URL(f"http://x{asked}").params["to"])
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nConnection: close\r\n\r\n0:")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/cgi-bin/sendsms", told


async def measure(dsn: str, count: int, answer_s: float, per_s: float, at_once: int) -> dict[str, Any]:
    """Return messages a second of the sender and of the bare calls, and whether each citizen was told once."""
    migrate(dsn, intake.MIGRATIONS)
    pool = await open_pool(dsn)
    async with slow_gateway(answer_s) as (url, told):
        settings = GatewaySettings(
            **{
                **UNREACHABLE,
                "kafka_username": "intake-sms",
                "region_dir": Path("/nowhere"),
                "kannel_send_url": url,
                "kannel_username": "bench",
                "kannel_password": "a-bench-needs-no-secret",
                "sms_sends_per_s": per_s,
                "sms_sends_at_once": at_once,
            }
        )
        people = [f"+62812{n:08}" for n in range(count)]
        news = [NewNotice(f"T{n}", NoticeKind.STEP, "1", "Diteruskan.", who) for n, who in enumerate(people)]
        async with pool.acquire() as db, db.transaction():
            await add_notices(db, news)
        async with gateway.client(settings) as http:
            send = gateway.sender(settings, http)
            began = time.perf_counter()
            sender = asyncio.create_task(send_notices(pool, "sms", send, pace=gateway.pace(settings)))
            while await pool.fetchval(_SENT) < count:
                await asyncio.sleep(0.05)
            took = time.perf_counter() - began
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
            once = sorted(told) == people
            bare = await _bare(send, people, at_once)
    await pool.close()
    return {"sent": count, "rate": round(count / took, 1), "each_once": once, "baseline_rate": round(bare, 1)}


async def _bare(send: Callable[[Notice], Any], people: list[str], at_once: int) -> float:
    """Make the same calls, with nothing stored."""
    room = asyncio.Semaphore(at_once)

    async def one(n: int, who: str) -> None:
        async with room:
            notice = Notice(
                id=n,
                ticket="T",
                kind=NoticeKind.STEP,
                key="1",
                address=who,
                thread=None,
                text="Diteruskan.",
                attempts=0,
            )
            await send(notice)

    began = time.perf_counter()
    await asyncio.gather(*(one(n, who) for n, who in enumerate(people)))
    return len(people) / (time.perf_counter() - began)


def main() -> None:
    """Measure, and print the result."""
    sizes = argparse.ArgumentParser()
    for name, kind in (("--count", int), ("--answer-ms", int), ("--per-s", float), ("--at-once", int)):
        sizes.add_argument(name, type=kind, required=True)
    given = sizes.parse_args()
    dsn = os.environ["DATABASE_URL"]
    say(**asyncio.run(measure(dsn, given.count, given.answer_ms / 1000, given.per_s, given.at_once)))


if __name__ == "__main__":
    main()
