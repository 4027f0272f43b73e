"""The relay's published rows are kept for some days; erased ones are not."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import counting
import psycopg
import pytest
import yoyo
from bench import TICKET, Bench, complaint, encoded
from counting import Count
from relaying import outgoing, put, running, until, waiting

from chassis import outbox
from chassis.batch import BatchHandler
from chassis.database import Pool, migrate
from chassis.outbox import Relay
from chassis.wire import Emit, Message, Record, tombstone
from chassis.wire import Tombstone as About
from contracts.topics import CANARY, ERASED, SLA_UPDATED
from testing.servers import Stack

pytestmark = pytest.mark.connected
PLUMBING = Path(outbox.__file__).parent / "migrations"


def kept(bench: Bench) -> list[tuple[str, bytes | None]]:
    return bench.sql("SELECT topic, value FROM published ORDER BY seq")


async def test_dead_letters_and_canaries_are_not_kept(bench: Bench, pool: Pool) -> None:
    if CANARY not in bench.admin.list_topics(timeout=10).topics:
        bench.create(CANARY)
    await put(pool, outgoing(bench, 0, topic=bench.dlq), outgoing(bench, 1, topic=CANARY), outgoing(bench, 2))
    async with running(Relay(bench.settings(), bench.name), pool):
        assert await until(lambda: waiting(bench) == 0)

    assert [bench.out] == [topic for topic, _ in kept(bench)]


async def test_expired_published_records_are_deleted_on_a_freshly_booted_machine(
    bench: Bench, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    clock, now = loop.time, loop.time()
    monkeypatch.setattr(loop, "time", lambda: clock() - now)
    bench.sql(
        "INSERT INTO published (seq, topic, headers, at) "
        "SELECT n - 5000, 't', '[]', now() - make_interval(days => CASE WHEN n > 4500 THEN 6 ELSE 8 END) "
        "FROM generate_series(1, 4600) AS n"
    )
    async with running(Relay(bench.settings(), bench.name), pool):
        assert await until(lambda: bench.sql("SELECT count(*) FROM published") == [(100,)])


async def test_tombstone_replaces_the_kept_records_of_its_key(bench: Bench, pool: Pool) -> None:
    erased = tombstone(bench.out, "c1", About(ticket=TICKET))
    await put(pool, outgoing(bench, 0, "c1"), outgoing(bench, 1, "c2"))
    relay = Relay(bench.settings(), bench.name)
    async with running(relay, pool):
        assert await until(lambda: waiting(bench) == 0)
    await put(pool, outgoing(bench, 2, "c1"))  # on its way out
    await put(pool, erased)
    assert [outgoing(bench, 1, "c2").value] == [value for _, value in kept(bench)]
    async with running(relay, pool):
        assert await until(lambda: waiting(bench) == 0)

    assert [outgoing(bench, 1, "c2").value, None] == [value for _, value in kept(bench)]


@pytest.mark.parametrize(("source", "told"), [("t.in", ERASED), (ERASED, "t.out")])
async def test_event_sent_with_an_erasure_replaces_its_earlier_kept_version(
    bench: Bench, pool: Pool, source: str, told: str
) -> None:
    """The order is among the events, or causes them; all other rows stay as they were."""
    data = complaint("c1")

    def decide(states: Mapping[str, Count], message: Message, now: datetime) -> tuple[dict[str, Count], list[Emit]]:
        return {}, [Emit(topic=topic, subject="c1", data=data) for topic in (told, bench.out, SLA_UPDATED)]

    rows = [(topic, key) for key in (b"c1", b"c2") for topic in (bench.out, SLA_UPDATED)]
    for seq, (topic, key) in enumerate(rows):
        bench.sql("INSERT INTO published VALUES (%s, %s, %s, 'v', '[]')", seq, topic, key)
    handler = dataclasses.replace(counting.handler(bench.name, bench.out), decide=decide)
    await BatchHandler(pool, handler)([Record(source, 0, 0, b"c1", encoded("c1", "e0"), 1_000, ())])

    assert rows[1:] == bench.sql("SELECT topic, key FROM published ORDER BY seq")


def test_a_row_of_an_older_release_goes_out_and_is_not_kept(connected: Stack) -> None:
    dsn = connected.database("older")
    backend = yoyo.get_backend(dsn.replace("postgresql://", "postgresql+psycopg://", 1))
    backend.apply_migrations(yoyo.read_migrations(str(PLUMBING)).filter(lambda each: each.id < "0005"))
    backend.connection.close()
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute("INSERT INTO outbox (topic, key, value, headers) VALUES ('router.dlq', 'k', 'v', '[]')")
        assert 1 == migrate(dsn)
        assert [(False,)] == db.execute("SELECT kept FROM outbox").fetchall()
