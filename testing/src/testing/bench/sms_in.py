"""Measures incoming SMS behind a real Kannel: from the operator's line to the commit, in the running service.

``lapor bench sms --in`` runs it. Beside it a second Kannel brings as much to :mod:`testing.bench.bare_door`, one insert
a request. Both take turns again and again, so that other load on the machine affects both. No receipts go out. Reads
the settings of intake-sms.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import psutil

from chassis.settings import read_settings
from intake_sms.settings import SmsSettings
from lapor.processes.ports import choose
from lapor.servers.kannel import PORTS
from testing.bench.harness import say
from testing.kannel import Line, boxes, listens

#: Seconds until a server listens, and the longest pause between two SMS.
_PATIENCE_S = 60


class Side:
    """A server with a Kannel of its own in front, and its measurements."""

    def __init__(self, name: str, port: int, command: Sequence[str], count: str) -> None:
        self.name, self.port, self.count = name, port, count
        self.child = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.DEVNULL)  # noqa: S603
        self.sent, self.cpu_s = 0, 0.0
        self.rates: list[float] = []
        self.line: Line | None = None

    async def open(self, running: contextlib.ExitStack, programs: Sequence[str], token: str) -> None:
        """Wait for the server, and start its Kannel.

        Raises:
            TimeoutError: one of them does not start.
        """
        running.callback(self.child.wait)
        running.callback(self.child.kill)
        async with asyncio.timeout(_PATIENCE_S):
            while not listens(self.port):
                await asyncio.sleep(0.1)
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        ports = {**choose(dict.fromkeys(PORTS, 0), folder / "ports.json"), "door": self.port}
        running.enter_context(boxes(programs, folder, ports, token))
        self.line = running.enter_context(contextlib.closing(Line(ports["smsc"])))

    async def turn(self, db: asyncpg.Connection, count: int) -> None:
        """Have ``count`` citizens write concurrently, and wait until all of it is stored.

        Raises:
            TimeoutError: nothing more comes.
        """
        assert self.line  # noqa: S101 - it was opened
        process, start = psutil.Process(self.child.pid), time.perf_counter()
        before, stored, seen = process.cpu_times(), self.sent, time.monotonic()
        self.line.send(self.sent, count)
        self.sent += count
        while stored < self.sent:
            await asyncio.sleep(0.05)
            if (now := await db.fetchval(self.count)) > stored:
                stored, seen = now, time.monotonic()
            if time.monotonic() - seen > _PATIENCE_S:
                raise TimeoutError(f"{self.name}: {stored} of {self.sent} SMS were stored, and no more come")
        after = process.cpu_times()
        self.rates.append(count / (time.perf_counter() - start))
        self.cpu_s += after.user + after.system - before.user - before.system

    @property
    def found(self) -> dict[str, Any]:
        """Return its measurements; the rate is the median of its turns."""
        return {"rate": round(median(self.rates), 1), "cpu_ms_each": round(self.cpu_s / self.sent * 1000, 3)}


async def measure(settings: SmsSettings, bare_port: int, programs: Sequence[str], count: int, turns: int) -> None:
    """Let both sides have ``turns`` turns of ``count`` SMS each, after one turn that warms them up."""
    dsn, token = str(settings.database_url), settings.sms_mo_token.get_secret_value()
    bare = Side("bare", bare_port, ["testing.bench.bare_door", str(bare_port)], "SELECT count(*) FROM bare")
    door = Side(
        "intake-sms", settings.sms_listen_port, ["intake_sms", "run"], "SELECT count(*) FROM complaints"
    )  # fmt: skip
    with contextlib.ExitStack() as running:
        for each in (bare, door):
            await each.open(running, programs, token)
        db = await asyncpg.connect(dsn)
        for each in (bare, door):
            await each.turn(db, count)
            each.rates, each.cpu_s = [], 0.0
        warm = count
        for n in range(turns):
            for each in (bare, door):
                await each.turn(db, count)
                say(phase=each.name, done=n + 1, of=turns)
        rss_mb = round(psutil.Process(door.child.pid).memory_info().rss / 2**20, 1)
        await db.close()
    for each in (bare, door):
        each.sent -= warm
    pairs = [round(mine / theirs, 3) for mine, theirs in zip(door.rates, bare.rates, strict=True)]
    say(
        **door.found,
        count=door.sent,
        baseline=bare.found,
        baseline_rate=bare.found["rate"],
        ratio=round(median(pairs), 3),
        ratios=pairs,
        cpu_s={"intake-sms": round(door.cpu_s, 2), "bare": round(bare.cpu_s, 2)},
        rss_mb={"intake-sms": rss_mb},
    )


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--bare-port", "--count", "--turns"):
        parser.add_argument(name, type=int, required=True)
    parser.add_argument("--boxes", required=True, help="bearerbox and smsbox, with a comma between")
    given = parser.parse_args()
    settings = read_settings(SmsSettings)
    asyncio.run(measure(settings, given.bare_port, given.boxes.split(","), given.count, given.turns))


if __name__ == "__main__":
    main()
