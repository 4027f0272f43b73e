"""Measures the website's API: ``POST /v1/complaints`` of the running service, until each has its ticket.

``lapor bench door`` runs it. Beside it runs :mod:`testing.bench.bare_door`, one insert a request on the same servers.
Both take turns again and again, so that other load on the machine affects both.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import psutil

from chassis.settings import read_settings
from intake_web.settings import WebSettings
from testing.bench.harness import percentiles, say

#: Connections; each sends its next request once the last is answered.
CALLERS = 32
_STARTED_S = 60
_STORED = """
SELECT (SELECT count(*) FROM complaints),
       (SELECT count(*) FROM outbox WHERE parked_reason IS NULL) + (SELECT count(*) FROM published)"""


class Door:
    """A server that is measured: its process, and its measurements."""

    def __init__(self, name: str, port: int, command: list[str]) -> None:
        self.name, self.port = name, port
        self.child = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.DEVNULL)  # noqa: S603
        self.count, self.cpu_s, self.rss_mb = 0, 0.0, 0.0
        self.rates: list[float] = []
        self.spans: list[float] = []
        self.errors: list[str] = []

    async def started(self) -> None:
        """Wait until it listens.

        Raises:
            TimeoutError: it does not.
        """
        async with asyncio.timeout(_STARTED_S):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.1)
                else:
                    writer.close()
                    return

    async def turn(self, texts: Iterator[str], seconds: float) -> None:
        """Send complaints for ``seconds``, as fast as they are answered."""
        process = psutil.Process(self.child.pid)
        before, start, spans = process.cpu_times(), time.perf_counter(), list[float]()
        await asyncio.gather(*(self._call(texts, start + seconds, spans) for _ in range(CALLERS)))
        took, after = time.perf_counter() - start, process.cpu_times()
        self.cpu_s += after.user + after.system - before.user - before.system
        self.rss_mb = round(process.memory_info().rss / 2**20, 1)
        self.count += len(spans)
        self.spans += spans
        self.rates.append(len(spans) / took)

    async def _call(self, texts: Iterator[str], until: float, spans: list[float]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while (began := time.perf_counter()) < until:
            body = json.dumps({"text": next(texts), "name": "Warga Uji"}).encode()
            # A new address for each request, since limits count per address.
            client = f"{uuid.uuid4().hex[:16]}"
            head = (
                f"POST /v1/complaints HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
                f"X-Forwarded-For: {':'.join(client[n : n + 4] for n in (0, 4, 8, 12))}::1\r\n"
                f"Idempotency-Key: {uuid.uuid4()}\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode() + body)
            answered = await reader.readuntil(b"\r\n\r\n")
            length = answered.lower().partition(b"content-length:")[2].partition(b"\r")[0]
            said = await reader.readexactly(int(length))
            if answered.startswith(b"HTTP/1.1 202 "):
                spans.append(time.perf_counter() - began)
            else:
                self.errors.append(said.decode(errors="replace")[:200])
        writer.close()

    @property
    def found(self) -> dict[str, Any]:
        """Return its measurements; the rate is the median of its turns."""
        each_ms = round(self.cpu_s / self.count * 1000, 3) if self.count else 0
        return {"rate": round(median(self.rates), 1), **percentiles(self.spans), "cpu_ms_each": each_ms}


def texts_of(region: Path) -> Iterator[str]:
    """Yield messages as citizens write them, endlessly."""
    lines = [line for each in sorted((region / "messages").glob("*.jsonl")) for line in each.read_text().splitlines()]
    return itertools.cycle([json.loads(line)["text"] for line in lines[::7]])


async def measure(settings: WebSettings, bare_port: int, seconds: float, turns: int) -> None:
    """Let both servers have ``turns`` turns of ``seconds`` each."""
    dsn, texts = str(settings.database_url), texts_of(settings.region_dir)
    bare = Door("bare", bare_port, ["testing.bench.bare_door", str(bare_port)])
    door = Door("intake-web", settings.web_port, ["intake_web", "run"])
    try:
        for each in (bare, door):
            await each.started()
            await each.turn(texts, 1)
            each.count, each.cpu_s, each.rates, each.spans = 0, 0.0, [], []
        for n in range(turns):
            for each in (bare, door):
                await each.turn(texts, seconds)
                say(phase=each.name, done=n + 1, of=turns)
        stored = await _stored(dsn)
    finally:
        for each in (bare, door):
            each.child.kill()
            each.child.wait()
    pairs = [round(mine / theirs, 3) for mine, theirs in zip(door.rates, bare.rates, strict=True)]
    for error in door.errors[:3] + bare.errors[:3]:
        sys.stderr.write(f"{error}\n")
    say(
        **door.found,
        count=door.count,
        errors=len(door.errors) + len(bare.errors),
        stored=stored,
        baseline=bare.found,
        baseline_rate=bare.found["rate"],
        ratio=round(median(pairs), 3),
        ratios=pairs,
        cpu_s={"intake-web": round(door.cpu_s, 2), "bare": round(bare.cpu_s, 2), "callers": _own_s()},
        rss_mb={"intake-web": door.rss_mb},
    )


async def _stored(dsn: str) -> dict[str, int]:
    """Return how many complaints there are, and how many events are published or wait for that."""
    db = await asyncpg.connect(dsn)
    complaints, events = await db.fetchrow(_STORED)
    await db.close()
    return {"complaints": complaints, "events": events}


def _own_s() -> float:
    times = os.times()
    return round(times.user + times.system, 2)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bare-port", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    asyncio.run(measure(read_settings(WebSettings), given.bare_port, given.seconds, given.turns))


if __name__ == "__main__":
    main()
