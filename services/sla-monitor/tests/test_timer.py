"""The loop that lets clocks ring, on a real PostgreSQL: when, which ones, and how it treats one that fails."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from byhand import RULES
from prometheus_client import REGISTRY
from pydantic import PostgresDsn, SecretStr
from stored import MONDAY, announced, clock, record
from told import REGION

from chassis import outbox
from chassis.batch import BatchHandler
from chassis.database import Connection, Pool
from chassis.log_ends import Ends, caught_up
from chassis.wire import Emit
from contracts.events import SlaBreached
from contracts.topics import UPDATED
from sla_monitor import handlers, metrics
from sla_monitor.adapters import store
from sla_monitor.app import handler_of
from sla_monitor.rules import Rules
from sla_monitor.settings import Settings
from sla_monitor.state import ComplaintClock
from sla_monitor.timer import LOGGED, ring_all, timer
from testing.background import kept_running
from testing.events import an_sla_breached, an_sla_updated
from testing.waiting import soon, within

pytestmark = pytest.mark.connected


async def test_breaches_are_counted_once_though_the_batch_was_rolled_back(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breached() -> float:
        labels = {"unit": "PUPR", "stage": "completion"}
        return REGISTRY.get_sample_value("lapor_sla_breached_total", labels) or 0

    real, failures, before = outbox.put, [ConnectionError()], breached()

    async def put(*given: Any) -> None:
        await real(*given)
        if failures:
            raise failures.pop()

    monkeypatch.setattr(outbox, "put", put)
    late = record(0, "a", "resolved", MONDAY + timedelta(days=9), received=MONDAY)
    with pytest.raises(ConnectionError):
        await BatchHandler(pool, handler_of(RULES))([late])
    await BatchHandler(pool, handler_of(RULES))([late])
    assert breached() == before + 1


def test_announcements_are_counted_by_kind_and_breaches_are_timed() -> None:
    def shown(name: str, **labels: str) -> float:
        return REGISTRY.get_sample_value(name, labels) or 0

    def counts() -> list[float]:
        up = shown("lapor_sla_escalated_total", unit="PUPR", stage="completion", level="2")
        late_s = [shown(name) for name in ("lapor_sla_lateness_seconds_count", "lapor_sla_lateness_seconds_sum")]
        return [up, shown("lapor_sla_retracted_total"), *late_s]

    before, late = counts(), an_sla_breached(unit="PUPR", deadline_at=MONDAY)
    up = an_sla_breached(unit="PUPR", deadline_at=MONDAY, level=2)
    emits = [Emit(topic="t", subject="c", data=each) for each in (late, up, an_sla_updated("retracted"))]
    metrics.count(emits)
    metrics.time_breaches(emits, MONDAY + timedelta(seconds=3))
    assert [n + more for n, more in zip(before, (1, 1, 1, 3), strict=True)] == counts()


async def test_a_clock_that_fails_is_left_alone_and_shown_and_all_others_ring(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = handlers.on_timer

    def broken(clock: ComplaintClock, now: datetime, *, rules: Rules) -> tuple[ComplaintClock, list[Emit]]:
        if clock.complaint_id == "b":
            raise ValueError
        return real(clock, now, rules=rules)

    monkeypatch.setattr(handlers, "on_timer", broken)
    stuck: set[str] = set()
    async with pool.acquire() as db:
        await store.save(db, {key: clock(key, due=MONDAY) for key in "abc"})
        await ring_all(db, handler_of(RULES), MONDAY, RULES, stuck)
    assert {data.complaint_id for data in await announced(pool)} == {"a", "c"}
    assert stuck == {"b"}
    assert REGISTRY.get_sample_value("lapor_sla_clocks_stuck") == 1


async def test_however_many_clocks_fail_all_others_ring(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Even if the row of one can't be read any more; ten are named in the log, and the gauge counts all."""
    real = handlers.on_timer

    def broken(clock: ComplaintClock, now: datetime, *, rules: Rules) -> tuple[ComplaintClock, list[Emit]]:
        if clock.complaint_id.startswith("bad"):
            raise ValueError
        return real(clock, now, rules=rules)

    monkeypatch.setattr(handlers, "on_timer", broken)
    stuck: set[str] = set()
    async with pool.acquire() as db:
        await store.save(db, {f"bad{n}": clock(f"bad{n}", due=MONDAY - timedelta(hours=1)) for n in range(30)})
        await store.save(db, {key: clock(key, due=MONDAY) for key in ("torn", "good")})
        await db.execute("UPDATE clocks SET body = '{' WHERE complaint_id = 'torn'")
        await ring_all(db, handler_of(RULES), MONDAY, RULES, stuck)
    assert {data.complaint_id for data in await announced(pool)} == {"good"}
    assert stuck == {"torn", *(f"bad{n}" for n in range(30))}
    assert REGISTRY.get_sample_value("lapor_sla_clocks_stuck") == 31
    assert sum(record.message == "timer_failed" for record in caplog.records) == LOGGED


def log_ends_at(monkeypatch: pytest.MonkeyPatch, where: Ends) -> None:
    """Make the topic of steps end at ``where``, as far as the timer can see."""

    @contextlib.asynccontextmanager
    async def log_ends(settings: Settings, topics: list[str]) -> AsyncIterator[Callable[[], Awaitable[Ends]]]:
        async def ends() -> Ends:
            return where

        assert [UPDATED] == topics
        yield ends

    monkeypatch.setattr("sla_monitor.timer.log_ends", log_ends)


def settings(dsn: str) -> Settings:
    return Settings(  # type: ignore[call-arg]  # the rest has defaults
        kafka_bootstrap_servers="x:9", kafka_username="x", kafka_password=SecretStr("x"), region_dir=REGION,
        http_port=1, database_url=PostgresDsn(dsn), announce_after_s=3600,
    )  # fmt: skip


async def test_clock_that_just_fell_due_waits_for_steps_still_on_their_way(
    pool: Pool, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_ends_at(monkeypatch, {})
    now, rung = datetime.now(UTC), asyncio.Event()
    async with pool.acquire() as db:
        await store.save(db, {"old": clock("old", due=now - timedelta(hours=2)), "new": clock("new", due=now)})
    running = asyncio.create_task(timer(settings(dsn), RULES, handler_of(RULES), pool, rung.set))
    async with asyncio.timeout(60):
        await rung.wait()
    running.cancel()
    assert {data.complaint_id for data in await announced(pool)} == {"old"}


@pytest.mark.parametrize("stood_still", [timedelta(hours=2), timedelta(days=30)])
async def test_no_clock_rings_after_a_standstill_before_the_log_is_read_to_its_end(
    pool: Pool, dsn: str, monkeypatch: pytest.MonkeyPatch, stood_still: timedelta
) -> None:
    """Both came due during the standstill: one has an unread answer that was in time, the other is really late."""
    due, waits, rung = datetime.now(UTC) - stood_still, asyncio.Event(), asyncio.Event()
    log_ends_at(monkeypatch, {(UPDATED, 0): 1})

    async def waiting(db: Connection, ends: Ends, timeout_s: float) -> None:
        waits.set()
        await caught_up(db, ends, timeout_s)

    monkeypatch.setattr("sla_monitor.timer.caught_up", waiting)
    async with pool.acquire() as db:
        await store.save(db, {key: clock(key, due=due) for key in ("answered", "late")})
    ringing = partial(timer, settings(dsn), RULES, handler_of(RULES), pool, rung.set)
    async with kept_running([("timer", ringing)]):
        await soon(lambda: waits.is_set() or rung.is_set())
        assert [] == await announced(pool)

        answer = record(0, "answered", "resolved", due - timedelta(minutes=1), seq=1, received=MONDAY)
        await BatchHandler(pool, handler_of(RULES))([answer])
        await within(rung.wait())
    breached = {data.complaint_id for data in await announced(pool) if isinstance(data, SlaBreached)}
    assert {"late"} == breached
