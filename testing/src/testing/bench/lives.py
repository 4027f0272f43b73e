"""Whole lives of complaints on the running system, made by a program of its own for ``lapor bench lifecycle``.

Complaint N is sent at its moment, however many before it still wait, and is timed from that moment: a system that falls
behind can't hide it. The program opens no page: it reads topics, and a life ends when the intake says that the message
about its end went out, or why it never will. Citizens of the website leave no contact: ten mails a second are sent, and
more only to people who agree to them, so with mails the pace of the post would be measured. For the same reason nobody
writes on X, where replies go out one after the other, and are far fewer than that by its own limits.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import math
import random
import re
import resource
import secrets
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from msgspec import UNSET

from contracts.events import ComplaintReceived, ComplaintTold, ComplaintUpdated, UnitReplied, UnitRouted
from contracts.topics import RECEIVED, TOLD, UPDATED, unit_of, unit_replied, unit_routed
from contracts.vocabulary import Action, Arrival, UpdateKind, Why
from lapor.demo.player import somebody
from lapor.demo.scenarios import SCENARIOS
from lapor.kafka.principal import Principal, principal
from lapor.kafka.reader import Found, follow, story_topics
from lapor.kafka.replies import encode_reply
from lapor.processes.data_dir import DataDir
from lapor.system import addresses
from testing.bench.database_costs import counted, per_life
from testing.bench.harness import percentiles, say
from testing.bench.processes import cpu_s, rss_mb

CHANNELS = ("sms", "web")
#: Complaints that are being handed over at once; with ``--max`` it is what holds back.
AT_ONCE = 32
#: Seconds after the last complaint until what has not ended counts as an error.
GIVE_UP_S = 60
#: Seconds in which the system without load is measured.
IDLE_S = 5
_TAG = re.compile(rb"\(uji ([a-z0-9]{8})\)")
_WAITS = """
SELECT datname || ' ' || wait_event_type || ' ' || wait_event FROM pg_stat_activity
WHERE state = 'active' AND wait_event IS NOT NULL AND pid <> pg_backend_pid() AND datname IS NOT NULL"""


@dataclass(kw_only=True)
class Life:
    """One complaint. Times are seconds since the epoch; ``due`` is when it was to be sent."""

    due: float
    ticket: str = ""
    received: float = 0.0
    routed: float = 0.0
    end: int = -1  # the step of its story that ends it
    resolved: float = 0.0  # when that step was published
    told: dict[int, tuple[str, float]] = field(default_factory=dict)  # by step: the fate of the message, and when

    @property
    def over(self) -> bool:
        """Whether its citizen was told of the end, or never will be."""
        return self.end in self.told

    @property
    def fate(self) -> str:
        """What became of the message about its end."""
        return self.told[self.end][0]

    @property
    def ended(self) -> float:
        """When its citizen was told of the end; without a message, when the page could tell it."""
        return self.resolved if self.fate == Arrival.NOT_SENT else self.told[self.end][1]


class Lives:
    """Sends complaints, and answers as their units."""

    def __init__(self, where: DataDir) -> None:
        self.where = where
        self.env: dict[str, Any] = addresses.env(where)
        self.auditor = principal("auditor", where)
        self.units: dict[str, Principal] = {}
        self.by_tag: dict[str, Life] = {}
        self.by_ticket: dict[str, Life] = {}
        self.early: dict[str, list[Found]] = {}
        self.refused: list[str] = []
        self.stop, self.listening = threading.Event(), threading.Event()

    def watch(self) -> None:
        """Read topics until ``stop``; topics are read concurrently, so a later event may come before the first."""
        known = story_topics(self.auditor.topics())
        routed = [unit_routed(unit) for name in known if (unit := unit_of(name))]
        topics = [RECEIVED, UPDATED, TOLD, *dict.fromkeys(routed)]
        for found in follow(self.auditor, topics, stop=self.stop, listening=self.listening.set):
            if found.topic == RECEIVED:
                self.recognize(found)
            else:
                self.saw(found)

    def recognize(self, found: Found) -> None:
        """Match a complaint to its life, and handle what was read of it before."""
        tag = _TAG.search(found.value)
        life = self.by_tag.get(tag[1].decode()) if tag else None
        data = found.event.data if found.event and life else None
        if life is None or life.ticket or not isinstance(data, ComplaintReceived):
            return
        life.ticket, life.received = data.ticket, data.received_at.timestamp()
        self.by_ticket[data.ticket] = life
        for each in self.early.pop(data.ticket, ()):
            self.saw(each)

    def saw(self, found: Found) -> None:
        """Handle an event of a complaint that lives."""
        data: Any = found.event.data if found.event else None
        number = (
            data.complaint.ticket if isinstance(data, UnitRouted) and data.complaint else getattr(data, "ticket", "")
        )
        life = self.by_ticket.get(number)
        if life is None:
            self.early.setdefault(number, []).append(found)
        elif isinstance(data, UnitRouted):
            if data.why == Why.ROUTED and not life.routed:
                life.routed = found.at.timestamp()
                self.answer(str(unit_of(found.topic)), number)
        elif isinstance(data, ComplaintUpdated):
            if data.kind == UpdateKind.RESOLVED:
                life.end, life.resolved = data.seq, found.at.timestamp()
        elif isinstance(data, ComplaintTold) and data.step is not UNSET and data.state != Arrival.WAITING:
            life.told.setdefault(data.step, (str(data.state), data.at.timestamp()))

    def answer(self, unit: str, number: str) -> None:
        """Accept and resolve it, with the unit's own credentials."""
        who = self.units.get(unit) or self.units.setdefault(unit, principal(unit, self.where))
        for given in (
            UnitReplied(ticket=number, action=Action.ACKNOWLEDGE),
            UnitReplied(ticket=number, action=Action.RESOLVE, message="Sudah diperbaiki petugas hari ini (uji)."),
        ):
            who.send(unit_replied(unit), number.encode(), encode_reply(who, given)[1])

    async def live(self, count: int, rate: float, phase: str) -> list[Life]:
        """Have ``count`` lives lived, ``rate`` a second, and return them when all are over or time is up."""
        texts, start, open_ = _texts(), time.time(), asyncio.Semaphore(AT_ONCE)
        lives: list[Life] = []
        async with httpx.AsyncClient(timeout=30, trust_env=False) as http, asyncio.TaskGroup() as sending:
            for n, channel in zip(range(count), itertools.cycle(CHANNELS), strict=False):
                due = start + n / rate
                await asyncio.sleep(max(0.0, due - time.time()))
                await open_.acquire()
                tag = uuid.uuid4().hex[:8]
                life = self.by_tag[tag] = Life(due=due)
                lives.append(life)
                task = sending.create_task(self.send(http, channel, f"{next(texts)} (uji {tag})"))
                task.add_done_callback(lambda _: open_.release())
                if not n % 50:
                    progress(phase, lives, count)
        until = time.monotonic() + GIVE_UP_S
        while time.monotonic() < until and not all(life.over for life in lives):
            await asyncio.sleep(0.25)
            progress(phase, lives, count)
        return lives

    async def send(self, http: httpx.AsyncClient, channel: str, text: str) -> None:
        """Hand one complaint to its public door, once."""
        if channel == "sms":
            body: dict[str, Any] = {"from": f"+62812{secrets.randbelow(10**8):08}", "text": f"SOPPENG {text}"}
            call = http.post(f"{self.env['standins_url']}/sms/send-mo", json=body)
        else:
            headers = {"Idempotency-Key": str(uuid.uuid4()), "Access-Secret": secrets.token_urlsafe(16), **somebody()}
            call = http.post(f"{self.env['web_url']}/v1/complaints", json={"text": text}, headers=headers)
        try:
            answer = await call
        except httpx.HTTPError as error:
            self.refused.append(f"{channel}: {error!r}")
        else:
            if not answer.is_success:
                self.refused.append(f"{channel}: {answer.status_code} {answer.text[:200]}")


def _texts() -> Iterator[str]:
    given = SCENARIOS["journey"].texts
    return itertools.cycle(random.sample(given, len(given)))


def progress(phase: str, lives: list[Life], count: int) -> None:
    """Say how many lives are over."""
    say(phase=phase, done=sum(life.over for life in lives), of=count)


async def sampled(dsn: str, found: Counter[str]) -> None:
    """Count each second what the sessions of the databases wait for, until cancelled."""
    db = await asyncpg.connect(dsn)
    try:
        while True:
            found.update(row[0] for row in await db.fetch(_WAITS))
            await asyncio.sleep(1)
    finally:
        db.terminate()


async def measured(where: DataDir, count: int, rate: float, warm_up: int) -> dict[str, Any]:
    """Measure ``count`` lives after ``warm_up`` others, and the system without load before both."""
    lives = Lives(where)
    watching = asyncio.create_task(asyncio.to_thread(lives.watch))
    try:
        await asyncio.to_thread(lives.listening.wait, 30)
        began, idle = time.monotonic(), cpu_s(where)
        await asyncio.sleep(IDLE_S)
        idle_cores = _sum(_less(cpu_s(where), idle)) / (time.monotonic() - began)
        await lives.live(warm_up, rate, "warming up")
        databases: dict[str, str] = lives.env["databases"]
        counts, before, own, waits = await counted(databases), cpu_s(where), _own_cpu_s(), Counter[str]()
        sampling = asyncio.create_task(sampled(next(iter(databases.values())), waits))
        found = await lives.live(count, rate, "lives")
        spent, own = _less(cpu_s(where), before), _own_cpu_s() - own
        sampling.cancel()
        with suppress(asyncio.CancelledError):
            await sampling
        costs = per_life(counts, await counted(databases), sum(life.over for life in found))
    finally:
        lives.stop.set()
        await watching
    return {
        **summed_up(found),
        "refused": Counter(lives.refused).most_common(3),
        "cpu_s": spent,
        "cpu_ms_per_life": {name: round(s / count * 1000, 1) for name, s in (spent | {"all": _sum(spent)}).items()},
        "generator_cpu_s": round(own, 2),
        "idle_cores": round(idle_cores, 3),
        "rss_mb": rss_mb(where),
        "waits": dict(waits.most_common(8)),
        "per_life": costs,
    }


def summed_up(lives: list[Life]) -> dict[str, Any]:
    """Return rate, errors and percentiles of ``lives``.

    ``rate`` is lives a second from the first one's moment to the last one's end. ``p50_ms`` and so on are from the
    ticket to the record on the unit's topic; ``to_unit_ms`` and ``to_end_ms`` are from the moment of sending.
    """
    done = [life for life in lives if life.over and life.routed]
    took = max(life.ended for life in done) - min(life.due for life in lives) if done else math.inf
    return {
        "rate": round(len(done) / took, 1),
        "count": len(done),
        "errors": len(lives) - len(done),
        **percentiles([life.routed - life.received for life in done]),
        "to_unit_ms": percentiles([life.routed - life.due for life in done]),
        "to_end_ms": percentiles([life.ended - life.due for life in done]),
        "fates": dict(Counter(life.fate for life in done)),
    }


def _less(now: dict[str, float], before: dict[str, float]) -> dict[str, float]:
    return {name: round(spent - before.get(name, 0.0), 2) for name, spent in now.items()}


def _sum(spent: dict[str, float]) -> float:
    return sum(spent.values())


def _own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure, and print the result as the last line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--warm-up", type=int, required=True)
    given = parser.parse_args()
    say(**asyncio.run(measured(DataDir(given.data), given.count, given.rate, given.warm_up)))


if __name__ == "__main__":
    main()
