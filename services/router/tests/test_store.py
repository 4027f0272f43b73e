"""The router on a real PostgreSQL: cases come back as saved, and the triage timer finds those that nobody has."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from prometheus_client import REGISTRY
from pydantic import PostgresDsn, SecretStr
from router_office import (
    DEADLINE,
    EVENT_KEYS,
    OTHER,
    RULES,
    STRANGER,
    T,
    breached,
    classified,
    in_status,
    item,
    received,
    reply,
    signed,
    sla,
    tombstone,
)

from chassis.batch import BatchHandler, on_timer
from chassis.database import Connection, Pool
from chassis.log_ends import Ends
from contracts import codec, topics
from contracts.events import ComplaintUpdated, Data, UnitRouted
from router import handlers
from router.adapters import store
from router.app import handler_of
from router.case import Case
from router.erasure import redacted
from router.settings import Settings
from router.timers import PATIENCE_S, clock_timer, triage_timer
from testing.events import NOW
from testing.fakes import message
from testing.waiting import finish

pytestmark = pytest.mark.connected
REGION = Path(__file__).parents[3] / "region" / "soppeng"
KEY = SecretStr("k" * 16)
_ids = itertools.count()


@pytest.fixture
def steps(pool: Pool) -> BatchHandler[Case]:
    return BatchHandler(pool, handler_of(RULES, EVENT_KEYS))


async def hear(steps: BatchHandler[Case], *events: tuple[str, Data]) -> None:
    """One batch, as it comes from Kafka."""
    await steps([signed(message(data, topic=topic, event_id=f"e{next(_ids)}")) for topic, data in events])


async def told(pool: Pool) -> list[Data]:
    rows = await pool.fetch("SELECT value FROM outbox WHERE value IS NOT NULL ORDER BY seq")
    return [codec.decode(row["value"]).data for row in rows]


async def load(pool: Pool, *tickets: str) -> dict[str, Case]:
    async with pool.acquire() as db, db.transaction():
        return await store.load(db, list(tickets))


async def save(pool: Pool, *cases: Case) -> None:
    async with pool.acquire() as db, db.transaction():
        await store.save(db, {case.ticket: case for case in cases})


async def test_a_case_comes_back_as_it_was(pool: Pool) -> None:
    office = in_status("in_progress")
    office.hear(sla("started"))
    full = msgspec.structs.replace(office.case, follow_ups=[item("addition", text='kutip " dan \\ dan 💥')])
    await save(pool, full)
    assert {T: full} == await load(pool, T, OTHER)
    assert DEADLINE == full.deadline_at


async def test_event_that_precedes_its_complaint_waits_in_the_table(pool: Pool, steps: BatchHandler[Case]) -> None:
    await hear(steps, (topics.CLASSIFIED, classified()))
    assert ([], "unknown") == (await told(pool), (await load(pool, T))[T].status)
    await hear(steps, (topics.RECEIVED, received()))
    assert ["registered", "routed"] == [e.kind for e in await told(pool) if isinstance(e, ComplaintUpdated)]


async def test_a_complaint_brings_its_whole_family_along(pool: Pool, steps: BatchHandler[Case]) -> None:
    for ticket in (T, OTHER, STRANGER):
        await hear(steps, (topics.RECEIVED, received(ticket, complaint_id=ticket)))
        await steps([message(classified(ticket, abstained=True), topic=topics.CLASSIFIED, event_id=ticket).record])
    replied = topics.unit_replied("DISKOMINFO")
    await steps([message(reply("merge", T, into=OTHER), topic=replied, event_id="merge").record])
    assert {T, OTHER} == (await load(pool, OTHER)).keys()
    assert {T, OTHER} == (await load(pool, T)).keys()
    assert {STRANGER} == (await load(pool, STRANGER)).keys()
    await steps([message(reply("acknowledge", OTHER), topic=replied, event_id="ack").record])
    acknowledged = [e for e in await told(pool) if isinstance(e, ComplaintUpdated) and e.kind == "acknowledged"]
    assert [(OTHER, 2), (T, 3)] == [(step.ticket, step.seq) for step in acknowledged]


async def test_nothing_a_unit_writes_stops_the_router(pool: Pool, steps: BatchHandler[Case]) -> None:
    await hear(steps, (topics.RECEIVED, received()), (topics.CLASSIFIED, classified()))
    replied = topics.unit_replied("PUPR")
    replies = [*(reply("acknowledge", given) for given in ("\x00", "", "💥")), reply("m\x00")]
    odd: list[Data] = [received(), *replies, classified()] * 3
    await steps([message(data, topic=replied, event_id=f"odd-{n}").record for n, data in enumerate(odd)])
    answers = [e for e in await told(pool) if isinstance(e, UnitRouted) and e.why == "replied"]
    dead = await pool.fetchval("SELECT count(*) FROM outbox WHERE topic = 'router.dlq'")
    assert (12, 6) == (len(answers), dead)


async def age(pool: Pool, ticket: str, seconds: float) -> None:
    query = "UPDATE cases SET unrouted_since = unrouted_since - $2::interval WHERE ticket = $1"
    await pool.execute(query, ticket, timedelta(seconds=seconds))


async def waiting(pool: Pool, after_s: float) -> list[str]:
    db: Connection
    async with pool.acquire() as db:
        return await store.unrouted(db, after_s)


async def test_the_time_without_a_unit_counts_from_the_commit_and_the_longest_comes_first(
    pool: Pool, steps: BatchHandler[Case]
) -> None:
    await hear(steps, *((topics.RECEIVED, received(ticket)) for ticket in (T, OTHER, STRANGER)))
    assert [] == await waiting(pool, 60)
    await age(pool, OTHER, 61)
    await age(pool, STRANGER, 90)
    assert [STRANGER, OTHER] == await waiting(pool, 60)


async def test_addition_does_not_restart_the_classification_timer_and_a_route_ends_it(
    pool: Pool, steps: BatchHandler[Case]
) -> None:
    await hear(steps, (topics.RECEIVED, received()))
    await age(pool, T, 61)
    await save(pool, (await load(pool, T))[T])
    assert [T] == await waiting(pool, 60)
    await hear(steps, (topics.CLASSIFIED, classified()))
    assert [] == await waiting(pool, 0)


async def test_the_timer_gives_to_triage_what_is_due_once(pool: Pool, steps: BatchHandler[Case]) -> None:
    await hear(steps, (topics.RECEIVED, received()), (topics.RECEIVED, received(OTHER)))
    await age(pool, T, 61)
    woken = asyncio.Event()
    timers = [
        asyncio.create_task(triage_timer(RULES, 60, handler_of(RULES, {}), pool, wake))
        for wake in (woken.set, woken.set)
    ]
    await asyncio.wait_for(woken.wait(), 10)
    await asyncio.sleep(1.2)  # one more round finds nothing
    for timer in timers:
        timer.cancel()
    await finish(*timers)
    routed = [e for e in await told(pool) if isinstance(e, UnitRouted)]
    assert [("DISKOMINFO", "routed", T)] == [(e.unit, e.why, e.complaint.ticket) for e in routed]  # type: ignore[union-attr]
    assert {OTHER: "registered", T: "routed"} == {t: c.status for t, c in (await load(pool, OTHER, T)).items()}


async def test_a_complaint_at_which_the_timer_fails_holds_up_no_other(
    pool: Pool, steps: BatchHandler[Case], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One row can't be read, and one complaint makes a rule fail."""
    await hear(steps, *((topics.RECEIVED, received(ticket)) for ticket in (T, OTHER, STRANGER)))
    for n, ticket in enumerate((T, OTHER, STRANGER)):
        await age(pool, ticket, 99 - n)
    await pool.execute("""UPDATE cases SET body = '{"ticket": 1}' WHERE ticket = $1""", T)
    unclassified = handlers.unclassified

    def broken(rules: Any, cases: Any, ticket: str, now: datetime) -> Any:
        if ticket == OTHER:
            raise ZeroDivisionError
        return unclassified(rules, cases, ticket, now)

    monkeypatch.setattr(handlers, "unclassified", broken)
    looked_at = asyncio.Semaphore(0)
    timer = asyncio.create_task(triage_timer(RULES, 60, handler_of(RULES, {}), pool, looked_at.release))
    async with asyncio.timeout(60):
        for _ in (T, OTHER, STRANGER):
            await looked_at.acquire()
    assert not timer.done()
    assert 2 == REGISTRY.get_sample_value("lapor_router_stuck", {"timer": "triage"})
    timer.cancel()
    assert [STRANGER] == [e.ticket for e in await told(pool) if isinstance(e, ComplaintUpdated) and e.kind == "routed"]
    assert {T, OTHER} == {getattr(r, "ticket", "") for r in caplog.records if r.message == "timer_failed"}


async def test_a_row_that_cannot_be_read_costs_its_own_records_alone(pool: Pool, steps: BatchHandler[Case]) -> None:
    await hear(steps, (topics.RECEIVED, received()), (topics.RECEIVED, received(OTHER)))
    await pool.execute("""UPDATE cases SET body = '{"ticket": 1}' WHERE ticket = $1""", T)
    await hear(steps, *((topics.CLASSIFIED, classified(ticket)) for ticket in (T, OTHER)))
    assert "routed" == (await load(pool, OTHER))[OTHER].status
    rows = await pool.fetch("SELECT headers FROM outbox WHERE topic = 'router.dlq'")
    assert ["ValidationError"] == [dict(json.loads(row["headers"]))["error"] for row in rows]


async def test_the_timer_leaves_alone_what_was_routed_since_it_looked(pool: Pool, steps: BatchHandler[Case]) -> None:
    await hear(steps, (topics.RECEIVED, received()), (topics.CLASSIFIED, classified()))
    before = await told(pool)
    async with pool.acquire() as db, db.transaction():
        await on_timer(
            db,
            handler_of(RULES, {}),
            [T],
            lambda cases: handlers.unclassified(RULES, cases, T, NOW),
            cause="x",
            now=NOW,
        )
    assert (before, "PUPR") == (await told(pool), (await load(pool, T))[T].unit)


async def test_transaction_waiting_for_a_family_locks_none_of_its_children(pool: Pool) -> None:
    """Two transactions that each held one child and wanted the other's would deadlock."""
    child, parent = sorted((T, OTHER))
    await save(pool, Case(ticket=parent), Case(ticket=child, parent=parent, status="merged"))
    async with pool.acquire() as first, pool.acquire() as look:
        async with first.transaction():
            await first.execute("SELECT FROM cases WHERE ticket = $1 FOR UPDATE", parent)
            second = asyncio.create_task(load(pool, child))
            async with asyncio.timeout(60):
                while not await look.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                    await asyncio.sleep(0.01)
            await first.execute("SELECT FROM cases WHERE ticket = $1 FOR UPDATE NOWAIT", child)
        assert {child, parent} == (await second).keys()


async def test_case_texts_are_deleted_after_the_retention_period(pool: Pool) -> None:
    """Each final status has its term; restricted cases stay, and an unreadable row holds up no other."""
    kept = {"closed": timedelta(days=730), "cancelled": timedelta(days=180)}
    ends = {
        "SPG-S000-00001": ("closed", 731, False), "SPG-S000-00002": ("closed", 729, False),
        "SPG-S000-00003": ("cancelled", 181, False), "SPG-S000-00004": ("in_progress", 999, False),
        "SPG-S000-00005": ("closed", 999, True), "SPG-S000-00006": ("closed", 9_999, False),
    }  # fmt: skip
    for ticket, (status, days, restricted) in ends.items():
        await save(pool, Case(ticket=ticket, status=status, received=received(ticket), restricted=restricted))
        aged = "UPDATE cases SET updated_at = updated_at - make_interval(days => $2) WHERE ticket = $1"
        await pool.execute(aged, ticket, days)
    await pool.execute("""UPDATE cases SET body = '{"ticket": 1}' WHERE ticket = 'SPG-S000-00006'""")
    async with pool.acquire() as db, db.transaction():
        assert {"cases": 3} == await store.silence(db, kept, redacted)
        assert {"cases": 0} == await store.silence(db, kept, redacted)
    texts = {
        row["ticket"]: row["text"]
        for row in await pool.fetch("SELECT ticket, body->'received'->>'text' text FROM cases")
    }
    assert {"SPG-S000-00001", "SPG-S000-00003"} == {ticket for ticket, text in texts.items() if text == ""}


async def test_the_timer_repeats_the_order_to_erase_once_when_topics_can_be_cleaned(
    pool: Pool, steps: BatchHandler[Case]
) -> None:
    erased = [signed(tombstone(topic)) for topic in (topics.RECEIVED, topics.FOLLOWED_UP, topics.CLASSIFIED)]
    await hear(steps, (topics.RECEIVED, received()), (topics.CLASSIFIED, classified()))
    await hear(steps, (topics.unit_replied("DISKOMINFO"), reply("erase", reason="diminta pelapor")))
    await steps(erased)
    assert {"cancelled"} == {case.status for case in (await load(pool, T)).values()}
    await pool.execute("UPDATE cases SET erased_at = erased_at - interval '3 days'")
    before, looked_at = len(await told(pool)), asyncio.Semaphore(0)
    timer = asyncio.create_task(triage_timer(RULES, 60, handler_of(RULES, {}), pool, looked_at.release))
    async with asyncio.timeout(60):
        await looked_at.acquire()
    timer.cancel()
    new = (await told(pool))[before:]
    assert "ComplaintErased" in [type(each).__name__ for each in new]
    assert [None] == [row["erased_at"] for row in await pool.fetch("SELECT erased_at FROM cases")]


async def test_held_clock_event_is_found_until_it_is_published(pool: Pool, steps: BatchHandler[Case]) -> None:
    await hear(steps, (topics.RECEIVED, received()), (topics.CLASSIFIED, classified()))
    async with pool.acquire() as db:
        assert [] == await store.waiting(db)
    await hear(steps, (topics.SLA_BREACHED, breached(due_at=DEADLINE, based_on_seq=1)))
    async with pool.acquire() as db:
        (found,) = await store.waiting(db)
        assert [] == await store.waiting(db, [T])
    assert (T, f"{T}:held:1") == (found.ticket, found.cause)
    assert "breached" not in [event.kind for event in await told(pool) if isinstance(event, ComplaintUpdated)]


@pytest.mark.parametrize("age_s", [0, PATIENCE_S + 1])
async def test_timer_publishes_held_events_when_all_is_read_or_patience_ends(
    age_s: float, pool: Pool, dsn: str, steps: BatchHandler[Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    """T is held only for the log's end, OTHER also for a step that the clock has not heard of."""
    ends_asked = asyncio.Event()

    @contextlib.asynccontextmanager
    async def one_unread(settings: Settings, sources: list[str]) -> AsyncIterator[Callable[[], Awaitable[Ends]]]:
        async def ends() -> Ends:
            ends_asked.set()
            return {("unit.pupr.replied.v1", 0): 1}

        assert {"unit.pupr.replied.v1", topics.FOLLOWED_UP, topics.SLA_UPDATED} <= set(sources)
        yield ends

    monkeypatch.setattr("router.timers.log_ends", one_unread)
    for ticket in (T, OTHER):
        await hear(steps, (topics.RECEIVED, received(ticket)), (topics.CLASSIFIED, classified(ticket)))
        await hear(steps, (topics.SLA_BREACHED, breached(ticket, due_at=DEADLINE, based_on_seq=int(ticket == T))))
    await pool.execute("UPDATE cases SET held_since = now() - make_interval(secs => $1)", age_s)
    settings = Settings(  # type: ignore[call-arg]  # the rest has defaults
        kafka_bootstrap_servers="x:9", kafka_username="x", kafka_password=SecretStr("x"), region_dir=REGION,
        http_port=1, database_url=PostgresDsn(dsn), intake_sms_event_key=KEY, intake_social_event_key=KEY,
        intake_web_event_key=KEY,
    )  # fmt: skip
    timer = asyncio.create_task(clock_timer(settings, RULES, handler_of(RULES, {}), pool, lambda: None))

    async def said() -> set[str]:
        return {e.ticket for e in await told(pool) if isinstance(e, ComplaintUpdated) and e.kind == "breached"}

    def shown(name: str) -> float:
        return REGISTRY.get_sample_value(name) or 0

    given_up = shown("lapor_clock_words_given_up_total")
    async with asyncio.timeout(60):
        await ends_asked.wait()
        assert set() == await said()
        held_s = shown("lapor_clock_words_held_seconds")
        assert (2, True) == (shown("lapor_clock_words_held"), age_s <= held_s < age_s + 60)
        await pool.execute("INSERT INTO consumed VALUES ('unit.pupr.replied.v1', 0, 1)")
        wanted = {T, OTHER} if age_s else {T}
        while await said() != wanted or shown("lapor_clock_words_held") != (0 if age_s else 1):
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.6)  # another round says no more
    assert wanted == await said()
    assert [ticket for ticket in (OTHER,) if not age_s] == [
        row["ticket"] for row in await pool.fetch("SELECT ticket FROM cases WHERE held_since IS NOT NULL")
    ]
    assert (0 if age_s else 1) == shown("lapor_clock_words_held")
    assert bool(age_s) == (shown("lapor_clock_words_given_up_total") >= given_up + 2)
    timer.cancel()
    await finish(timer)


async def test_the_next_step_comes_after_all_that_was_told(pool: Pool, steps: BatchHandler[Case]) -> None:
    await hear(steps, (topics.RECEIVED, received()), (topics.RECEIVED, received(OTHER)))
    await store.number_after(pool, {T: 7, OTHER: -1, STRANGER: 3})
    assert [(case.ticket, case.seq) for case in (await load(pool, T, OTHER)).values()] == [(T, 7), (OTHER, 0)]
