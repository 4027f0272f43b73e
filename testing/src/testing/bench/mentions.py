"""Measures how intake-social reads X: by tweepy from the stand-in, into PostgreSQL. ``lapor bench mentions`` runs it.

The first time is until every mention of one window has its ticket and the cursor has moved; then the time of the next
look, which is given some of them again, and that of the first look of a process just started.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import httpx

from chassis.database import open_pool
from chassis.settings import read_settings
from intake.texts import PARTS, Texts
from intake_social.adapters import x
from intake_social.mentions import read_mentions
from intake_social.post import Desk
from intake_social.settings import SocialSettings
from kabupaten import load
from lapor.processes.ports import HOST, choose
from testing.bench.harness import say
from testing.standins import X_SECRETS
from testing.waiting import until

#: Settings of the stand-ins' other vendors, which nobody uses here.
_UNUSED = {"SMS_MO_URL": "http://127.0.0.1:9/", "SMS_MO_TOKEN": "-", "KANNEL_USERNAME": "-", "KANNEL_PASSWORD": "-"}
_TEXT = "@LaporSoppeng lampu jalan padam di Desa Jampu, tiang nomor {n}"


@contextmanager
def standins(folder: Path) -> Iterator[str]:
    """Run the stand-ins in a process of their own, and yield their address."""
    port = choose({"standins": 0}, folder / "ports.json")["standins"]
    env = {
        **os.environ,
        **_UNUSED,
        **{f"X_{name.upper()}": str(value) for name, value in X_SECRETS.items()},
        "STANDINS_PORT": str(port),
        "STANDINS_STATE": str(folder / "state"),
        "STANDINS_X_LIMIT": "1000000",
    }
    process = subprocess.Popen([sys.executable, "-m", "lapor.standins"], env=env)
    base = f"http://{HOST}:{port}"

    def ready() -> bool:
        try:
            return httpx.get(f"{base}/ready").is_success
        except httpx.HTTPError:
            return False

    try:
        until(ready, what="the stand-ins")
        yield base
    finally:
        process.kill()
        process.wait()


def written(base: str, count: int) -> None:
    """Have ``count`` people mention us."""
    with httpx.Client() as http:
        for n in range(count):
            http.post(f"{base}/x/mention", json={"handle": f"warga{n % 300}", "text": _TEXT.format(n=n)})
            if n % 100 == 0:
                say(phase="written", done=n, of=count)


async def bare(dsn: str, count: int) -> float:
    """Return mentions a second of a loop that writes the same rows, one mention a transaction, without any logic."""
    db = await asyncpg.connect(dsn)
    tables = ("reporters", "complaints", "outbox", "notices")
    for table in tables:
        await db.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL EXCLUDING GENERATED)")
    query = "SELECT c.complaint_id, c.reporter_ref, c.ticket FROM complaints c ORDER BY received_at LIMIT $1"
    rows = await db.fetch(query, count)
    start = time.perf_counter()
    for row in rows:
        async with db.transaction():
            await db.execute(
                "INSERT INTO bare_reporters SELECT * FROM reporters WHERE reporter_ref = $1 ON CONFLICT DO NOTHING",
                row["reporter_ref"],
            )
            await db.execute(
                "INSERT INTO bare_complaints SELECT * FROM complaints WHERE complaint_id = $1", row["complaint_id"]
            )
            await db.execute(
                "INSERT INTO bare_outbox SELECT * FROM outbox WHERE key = $1", row["complaint_id"].encode()
            )
            await db.execute("INSERT INTO bare_notices SELECT * FROM notices WHERE ticket = $1", row["ticket"])
    rate = len(rows) / (time.perf_counter() - start)
    await db.close()
    return rate


async def measure(settings: SocialSettings, base: str, count: int) -> None:
    """Read ``count`` mentions; the last line printed is the result."""
    texts = Texts(load(settings.region_dir, *PARTS))
    texts.reader.learn()
    pool = await open_pool(str(settings.database_url), connected=0, most=8)
    desk = Desk(pool=pool, settings=settings, texts=texts, wake=lambda: None)
    async with x.connect(**X_SECRETS, api_url=f"{base}/x") as client:
        me = await x.whoami(client)
        took = []
        for looking in (desk, desk, replace(desk, known={})):
            start = time.perf_counter()
            await read_mentions(looking, client, me)
            took.append(time.perf_counter() - start)
            say(phase="read", done=len(took), of=3)
        # As if nothing had been read before: all mentions are returned again, and are known.
        await pool.execute("DELETE FROM cursors")
        start = time.perf_counter()
        await read_mentions(replace(desk, known={}), client, me)
        again_s = time.perf_counter() - start
    stored = await pool.fetchval("SELECT count(*) FROM complaints")
    await pool.close()
    baseline = await bare(str(settings.database_url), stored)
    rate = stored / took[0]
    say(
        rate=round(rate, 1),
        count=stored,
        errors=count - stored,
        stored_s=round(took[0], 2),
        next_look_s=round(took[1], 3),
        after_restart_s=round(took[2], 3),
        whole_again_s=round(again_s, 3),
        baseline_rate=round(baseline, 1),
        ratio=round(rate / baseline, 3),
    )


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, required=True)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lapor-bench-") as folder, standins(Path(folder)) as base:
        written(base, given.count)
        asyncio.run(measure(read_settings(SocialSettings, "intake-social"), base, given.count))


if __name__ == "__main__":
    main()
