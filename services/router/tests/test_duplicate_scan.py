"""The sweep on a real PostgreSQL: it compares a routed complaint once, and only with those that share a key."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from router_office import EVENT_KEYS, OTHER, RULES, STRANGER, T, classified, followed_up, item, received, reply, signed

from chassis.batch import BatchHandler, Handler
from chassis.database import Pool
from contracts import codec, topics
from contracts.events import ComplaintUpdated, Data, Place, UnitRouted
from router import duplicates
from router.adapters import store
from router.app import handler_of
from router.case import Case
from router.duplicate_scan import compare, similar_timer
from testing.fakes import message
from testing.waiting import finish

pytestmark = pytest.mark.connected
CABENGE = Place(kecamatan="Lilirilau", desa="Cabenge")
TEXT = "Lampu jalan di depan Masjid Raya Cabenge mati, sudah 3 malam."
NOW = datetime.now(UTC)
_ids = itertools.count()


@pytest.fixture
def handler() -> Handler[Case]:
    return handler_of(RULES, EVENT_KEYS)


@pytest.fixture
def steps(pool: Pool, handler: Handler[Case]) -> BatchHandler[Case]:
    return BatchHandler(pool, handler)


async def arrive(steps: BatchHandler[Case], ticket: str, text: str = TEXT, **facts: Any) -> None:
    """Receive and route a complaint."""
    given = {"received_at": NOW, "complaint_id": f"c-{ticket}", **facts}
    events: list[tuple[str, Data]] = [
        (topics.RECEIVED, received(ticket, text=text, **given)),
        (topics.CLASSIFIED, classified(ticket, place=CABENGE)),
    ]
    await hear(steps, *events)


async def hear(steps: BatchHandler[Case], *events: tuple[str, Data]) -> None:
    await steps([signed(message(data, topic=topic, event_id=f"s{next(_ids)}")) for topic, data in events])


async def sweep(pool: Pool, handler: Handler[Case]) -> list[str]:
    """Run one round, and return the tickets that it compared."""
    async with pool.acquire() as db:
        fresh = await store.uncompared(db)
        for case in filter(None, fresh.values()):
            await compare(db, RULES, handler, case)
    return list(fresh)


async def told(pool: Pool) -> list[Data]:
    return [codec.decode(row["value"]).data for row in await pool.fetch("SELECT value FROM outbox ORDER BY seq")]


async def status(pool: Pool, ticket: str) -> tuple[str, str | None]:
    row = await pool.fetchrow("SELECT status, parent FROM cases WHERE ticket = $1", ticket)
    return row["status"], row["parent"]


async def test_each_is_looked_at_once_and_only_after_it_was_routed(
    pool: Pool, steps: BatchHandler[Case], handler: Handler[Case]
) -> None:
    await hear(steps, (topics.RECEIVED, received(T, received_at=NOW)), (topics.CLASSIFIED, classified(STRANGER)))
    assert [] == await sweep(pool, handler)
    await hear(steps, (topics.CLASSIFIED, classified(T, place=CABENGE)))
    assert [T] == await sweep(pool, handler)
    await hear(steps, (topics.FOLLOWED_UP, followed_up(item("addition"))))
    assert [] == await sweep(pool, handler)


async def test_the_same_by_another_channel_is_one_work_item(
    pool: Pool, steps: BatchHandler[Case], handler: Handler[Case]
) -> None:
    await arrive(steps, OTHER, channel="web", received_at=NOW - timedelta(hours=2))
    await sweep(pool, handler)
    await arrive(steps, T, TEXT.upper())
    await sweep(pool, handler)
    assert ("merged", OTHER) == await status(pool, T)
    await hear(steps, (topics.unit_replied("PUPR"), reply("acknowledge", OTHER)))
    steps_of_t = [each.kind for each in await told(pool) if isinstance(each, ComplaintUpdated) and each.ticket == T]
    assert ["registered", "routed", "merged", "acknowledged"] == steps_of_t


async def test_reopening_by_a_merged_reporter_reopens_the_parent_and_all_merged_ones(
    pool: Pool, steps: BatchHandler[Case], handler: Handler[Case]
) -> None:
    await arrive(steps, OTHER, channel="web", received_at=NOW - timedelta(hours=2))
    await arrive(steps, T)
    await arrive(steps, STRANGER, channel="x")
    async with pool.acquire() as db:
        fresh = await store.uncompared(db)
        for ticket in (OTHER, T, STRANGER):
            case = fresh[ticket]
            assert case
            await compare(db, RULES, handler, case)
    resolved = reply("resolve", OTHER, message="Lampu sudah menyala kembali")
    await hear(steps, (topics.unit_replied("PUPR"), resolved))
    await hear(steps, (topics.FOLLOWED_UP, followed_up(item("reopen"), ticket=STRANGER)))
    reopened = {
        each.ticket for each in await told(pool) if isinstance(each, ComplaintUpdated) and each.kind == "reopened"
    }
    assert {OTHER, T, STRANGER} == reopened
    assert ("routed", None) == await status(pool, OTHER)


async def test_the_like_of_one_channel_is_suggested(
    pool: Pool, steps: BatchHandler[Case], handler: Handler[Case]
) -> None:
    await arrive(steps, OTHER, received_at=NOW - timedelta(hours=2))
    await arrive(steps, T)
    await sweep(pool, handler)
    suggested = [each for each in await told(pool) if isinstance(each, UnitRouted) and each.why == "similar"]
    assert [("DISKOMINFO", 1)] == [(each.unit, len(each.complaint.similar)) for each in suggested]  # type: ignore[union-attr]


async def test_old_finished_or_dissimilar_complaint_is_no_duplicate_candidate(
    pool: Pool, steps: BatchHandler[Case], handler: Handler[Case]
) -> None:
    await arrive(steps, OTHER, received_at=NOW - duplicates.WINDOW - timedelta(minutes=1))
    await arrive(steps, STRANGER, received_at=NOW - timedelta(hours=1))
    await hear(steps, (topics.FOLLOWED_UP, followed_up(item("cancel"), ticket=STRANGER)))
    await arrive(steps, T)
    await sweep(pool, handler)
    async with pool.acquire() as db, db.transaction():
        case = (await store.load(db, [T]))[T]
        statuses = frozenset({"routed", "merged"})
        assert [] == await store.candidates(db, case, duplicates.keys(case), duplicates.WINDOW, statuses)
        assert [] == await store.candidates(db, case, ["nobody has it"], duplicates.WINDOW, statuses)


async def test_a_key_that_all_share_brings_no_more_than_the_newest_thirty(pool: Pool) -> None:
    cases = [_case(n, minutes=n) for n in range(40)]
    async with pool.acquire() as db, db.transaction():
        await store.save(db, {case.ticket: case for case in cases})
        for case in cases:
            await store.remember(db, case, ["the one key"])
        found = await store.candidates(db, cases[0], ["the one key"], duplicates.WINDOW, frozenset({"routed"}))
    assert {case.ticket for case in cases[:30]} - {cases[0].ticket} == {case.ticket for case in found}


def _case(number: int, *, minutes: int) -> Case:
    ticket = f"SPG-S{number:03}-00000"
    return Case(ticket=ticket, status="routed", received=received(ticket, received_at=NOW - timedelta(minutes=minutes)))


async def test_fingerprints_too_old_to_compare_are_deleted(pool: Pool) -> None:
    old, new = _case(1, minutes=60 * 24 * 40), _case(2, minutes=1)
    async with pool.acquire() as db:
        for case in (old, new):
            await store.remember(db, case, ["k"])
        await store.forget(db, 2 * duplicates.WINDOW)
    assert [new.ticket] == [row["ticket"] for row in await pool.fetch("SELECT ticket FROM fingerprints")]


async def test_the_sweep_runs_in_one_process_and_a_case_it_cannot_compare_does_not_stop_it(
    pool: Pool, steps: BatchHandler[Case], handler: Handler[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    for ticket in (T, STRANGER, OTHER):
        await arrive(steps, ticket, received_at=NOW - timedelta(hours=2))
    await pool.execute("""UPDATE cases SET body = '{"ticket": 1}' WHERE ticket = $1""", STRANGER)
    keys = duplicates.keys

    def broken(case: Case) -> list[str]:
        if case.ticket == T:
            raise ZeroDivisionError
        return keys(case)

    monkeypatch.setattr(duplicates, "keys", broken)
    done = asyncio.Event()
    sweeps = [asyncio.create_task(similar_timer(RULES, handler, pool, done.set)) for _ in range(2)]
    async with asyncio.timeout(60):
        while await pool.fetchval("SELECT count(*) FROM cases WHERE uncompared"):
            await done.wait()
            done.clear()
    assert not any(sweep.done() for sweep in sweeps)
    for running in sweeps:
        running.cancel()
    await finish(*sweeps)
    assert {OTHER} == {row["ticket"] for row in await pool.fetch("SELECT ticket FROM fingerprints")}
