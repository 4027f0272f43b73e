"""Measures the running router: real Kafka in, PostgreSQL, real Kafka out. ``lapor bench router`` runs it.

Complaints are received and classified, then acknowledged and resolved by their units. The time ends when all resulting
events are on their topics.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import partial

import asyncpg

from chassis.settings import read_settings
from chassis.wire import Outgoing
from contracts import codec, ticket, topics
from contracts.events import ComplaintClassified, ComplaintReceived, Data, Place, UnitReplied
from contracts.signature import sign
from contracts.vocabulary import Action, Lane
from router.adapters.region import read_rules
from router.rules import Rules, Understood, assign, in_force
from router.settings import Settings
from testing.bench.harness import Arrivals, StageClock, arrivals, produce, say, spent
from testing.events import a_classified, a_received

BATCH = 200
TEXT = "Sudah seminggu begini di kampung kami dan belum ada yang datang, mohon segera ditangani. Laporan nomor {n}."
DONE = "Petugas sudah datang tadi pagi dan memperbaikinya, warga sudah mencoba dan berfungsi lagi."


def _outgoing(event_key: bytes, topic: str, key: str, data: Data, at: datetime) -> Outgoing:
    """Sign an event as intake-web does; the router checks only the signatures of intakes' events."""
    event = codec.envelope(data, event_id=f"{key}-{topic}-{type(data).__name__}", source="/b", subject=key, time=at)
    value = codec.encode(event)
    return Outgoing(topic, key.encode(), value, [*codec.HEADERS, sign(event_key, key.encode(), value)])


def _units(rules: Rules) -> dict[str, str]:
    """Return the categories whose complaints go to one unit alone, each with that unit."""
    rules = in_force(rules, datetime.now(UTC))
    given = {name: assign(rules, Understood(category=name)) for name in rules.unit_of_category}
    return {name: to.unit for name, to in given.items() if to.lane == Lane.UNIT and not to.support}


def _complaints(categories: Iterable[str], count: int) -> Iterator[tuple[str, ComplaintReceived, ComplaintClassified]]:
    """Yield ``count`` complaints, evenly over ``categories`` and 70 places."""
    places = itertools.cycle([Place(kecamatan=f"k{n}", desa=f"d{n}") for n in range(70)])
    for n, category in zip(range(count), itertools.cycle(categories), strict=False):
        id_, number, at = f"00000000-0000-5000-8000-{n:012d}", ticket.mint("web"), datetime.now(UTC)
        whose = {"complaint_id": id_, "ticket": number}
        received = a_received(**whose, text=TEXT.format(n=n), received_at=at)
        yield id_, received, a_classified(**whose, category=category, confidence=0.95, top=[], place=next(places))


async def _pass(settings: Settings, heard: Arrivals, records: Iterable[Outgoing], answers: int, phase: str) -> float:
    """Return the seconds from the first record to the last of ``answers`` records to units."""
    start = time.perf_counter()
    await asyncio.gather(heard.until(answers, phase), produce(settings, records))
    return time.perf_counter() - start


async def bare(dsn: str, count: int) -> float:
    """Return events a second of a loop that writes the same rows in the same batches, without any logic."""
    db = await asyncpg.connect(dsn)
    cases = await db.fetch("SELECT ticket, complaint_id, status, unit, body FROM cases LIMIT $1", count)
    await db.execute("CREATE TABLE bare_cases (LIKE cases INCLUDING ALL)")
    await db.execute("CREATE TABLE bare_outbox (LIKE outbox INCLUDING DEFAULTS)")
    await db.execute("CREATE TABLE bare_inbox (LIKE inbox INCLUDING ALL)")
    start = time.perf_counter()
    for step in range(2):
        for n in range(0, len(cases), BATCH):
            some = cases[n : n + BATCH]
            async with db.transaction():
                ids = [(f"{row['ticket']}-{step}",) for row in some]
                await db.executemany("INSERT INTO bare_inbox (topic, event_id) VALUES ('t', $1)", ids)
                await db.executemany(
                    "INSERT INTO bare_cases (ticket, complaint_id, status, unit, body) VALUES ($1, $2, $3, $4, $5) "
                    "ON CONFLICT (ticket) DO UPDATE SET body = excluded.body, updated_at = now()",
                    [tuple(row) for row in some],
                )
                await db.executemany(
                    "INSERT INTO bare_outbox (topic, key, value, headers) VALUES ('t', $1, $2, '[]')",
                    [(row["ticket"].encode(), row["body"].encode()) for row in some] * 2,
                )
    rate = 2 * len(cases) / (time.perf_counter() - start)
    await db.close()
    return rate


async def measure(settings: Settings, count: int) -> None:
    """Measure everything in one run; the last line printed is the result."""
    rules, router = read_rules(settings.region_dir), StageClock("router")
    units, outgoing = _units(rules), partial(_outgoing, settings.event_keys["intake-web"])
    given = list(_complaints(units, count + 1))
    try:
        unit_topics = [topics.unit_routed(unit) for unit in rules.units]
        async with arrivals(settings, *unit_topics) as heard:
            id_, received, classified = given.pop()  # the first only shows that all is running
            first: list[tuple[str, Data]] = [(topics.RECEIVED, received), (topics.CLASSIFIED, classified)]
            await _pass(settings, heard, [outgoing(t, id_, d, received.received_at) for t, d in first], 1, "ready")
            routed_s = await _pass(
                settings,
                heard,
                (
                    outgoing(topic, id_, data, received.received_at)
                    for id_, received, classified in given
                    for topic, data in ((topics.RECEIVED, received), (topics.CLASSIFIED, classified))
                ),
                count,
                "received and classified",
            )
            replies = [
                (id_, topics.unit_replied(units[classified.category]), reply)
                for id_, received, classified in given
                for reply in (
                    UnitReplied(ticket=received.ticket, action=Action.ACKNOWLEDGE),
                    UnitReplied(ticket=received.ticket, action=Action.RESOLVE, message=DONE),
                )
            ]
            replied_s = await _pass(
                settings,
                heard,
                (outgoing(topic, f"{id_}-{reply.action}", reply, datetime.now(UTC)) for id_, topic, reply in replies),
                2 * count,
                "replied",
            )
    finally:
        router.kill()
    baseline = await bare(str(settings.database_url), count)
    rate, (cpu, rss) = 4 * count / (routed_s + replied_s), spent()
    say(
        rate=round(rate),
        count=4 * count,
        errors=0,
        routing_rate=round(2 * count / routed_s),
        reply_rate=round(2 * count / replied_s),
        baseline_rate=round(baseline),
        ratio=round(rate / baseline, 3),
        cpu_s={"router": cpu},
        rss_mb={"router": rss},
    )


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5_000)
    asyncio.run(measure(read_settings(Settings), parser.parse_args().count))


if __name__ == "__main__":
    main()
