"""The figures shown to operators, from a real PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from byhand import RULES
from prometheus_client import REGISTRY
from stored import MONDAY, clock, record

from chassis.batch import BatchHandler
from chassis.database import Pool
from sla_monitor import unit_silence
from sla_monitor.adapters import store
from sla_monitor.app import handler_of
from sla_monitor.state import FirstResponse
from sla_monitor.timer import ring_all
from sla_monitor.unit_silence import look, tell_of_calendar
from testing.waiting import finish, soon

pytestmark = pytest.mark.connected


def shown(name: str, unit: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"unit": unit})


async def test_a_units_rhythm_is_the_median_of_its_last_words_once_there_are_enough(pool: Pool) -> None:
    words = [("PUPR", 9, 9_000)] + [("PUPR", 10 + n, 100 + n) for n in range(20)] + [("DLH", n, 50) for n in range(4)]
    clocks = {
        f"c{n}": msgspec.structs.replace(
            clock(f"c{n}"), word=FirstResponse(unit=unit, at=MONDAY + timedelta(hours=hours), after_s=after_s)
        )
        for n, (unit, hours, after_s) in enumerate(words)
    }
    async with pool.acquire() as db:
        await store.save(db, clocks)
        assert {"PUPR": 109.5} == await store.rhythms(db)
        await store.save(db, {"d": msgspec.structs.replace(clocks["c24"], complaint_id="d")})
        assert {"PUPR": 109.5, "DLH": 50} == await store.rhythms(db)


async def test_overdue_and_at_risk_complaints_are_counted_by_unit(pool: Pool) -> None:
    steps, handler = BatchHandler(pool, handler_of(RULES)), handler_of(RULES)
    await steps([record(0, "a", "registered", MONDAY), record(1, "b", "registered", MONDAY + timedelta(days=1))])
    async with pool.acquire() as db:
        await ring_all(db, handler, datetime(2026, 2, 5, 17, tzinfo=UTC), RULES, set())
        assert await store.risks(db) == {"overdue": {"PUPR": 1}}
        await ring_all(db, handler, datetime(2026, 2, 6, 1, tzinfo=UTC), RULES, set())
        assert await store.risks(db) == {"overdue": {"PUPR": 1}, "at_risk": {"PUPR": 1}}
        await look(RULES, db, datetime(2026, 2, 6, 1, tzinfo=UTC))
        assert 1 == shown("lapor_sla_overdue", "PUPR")
        await db.execute("DELETE FROM clocks")
        await look(RULES, db, datetime(2026, 2, 6, 1, tzinfo=UTC))
        assert not shown("lapor_sla_overdue", "PUPR")


async def test_one_of_two_processes_shows_the_units_and_the_other_takes_over(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[asyncio.Task[Any] | None] = []

    async def look(*_: object) -> None:
        shown.append(asyncio.current_task())

    monkeypatch.setattr(unit_silence, "look", look)
    monkeypatch.setattr(unit_silence, "LOOK_S", 0.005)
    first = asyncio.create_task(unit_silence.watch(RULES, pool, lambda: None))
    await soon(lambda: bool(shown))
    second = asyncio.create_task(unit_silence.watch(RULES, pool, lambda: None))
    seen = len(shown)
    await soon(lambda: len(shown) > seen + 200)
    assert {first} == set(shown)
    first.cancel()
    await soon(lambda: second in shown)
    second.cancel()
    await finish(first, second)


async def test_a_unit_that_is_silent_for_much_longer_than_is_its_way_raises_a_metric(pool: Pool) -> None:
    words = {
        f"w{n}": msgspec.structs.replace(clock(f"w{n}"), word=FirstResponse(unit=unit, at=MONDAY, after_s=3600))
        for n, unit in enumerate(["CEPAT", "DIAM"] * 5)
    }
    waits = {
        name: msgspec.structs.replace(clock(name, unit=name, waits=MONDAY), word=None) for name in ("DIAM", "BARU")
    }
    async with pool.acquire() as db:
        await store.save(db, words | waits)
    await look(RULES, pool, MONDAY + timedelta(hours=1, minutes=59))
    assert shown("lapor_unit_silent_past_rhythm", "DIAM") == 0
    assert [shown("lapor_unit_silent_seconds", unit) for unit in ("CEPAT", "DIAM")] == [None, 2 * 3600 - 60]
    await look(RULES, pool, MONDAY + timedelta(hours=2, seconds=1))
    assert [shown("lapor_unit_silent_past_rhythm", unit) for unit in ("CEPAT", "DIAM", "BARU")] == [0, 1, None]
    assert shown("lapor_unit_acknowledgement_seconds", "DIAM") == 3600
    async with pool.acquire() as db:
        await store.save(db, {"DIAM": msgspec.structs.replace(waits["DIAM"], waiting_since=None)})
    await look(RULES, pool, MONDAY + timedelta(hours=2, seconds=1))
    assert shown("lapor_unit_silent_past_rhythm", "DIAM") == 0


def test_calendar_gaps_are_reported_for_this_year_and_the_next(caplog: pytest.LogCaptureFixture) -> None:
    tell_of_calendar(RULES.calendar, 2027)
    said = [(entry.message, entry.__dict__["year"]) for entry in caplog.records]
    assert said == [("holidays_estimated", 2027), ("joint_leave_missing", 2028), ("holidays_estimated", 2028)]
    for year, known in (("2027", 1), ("2028", 0)):
        assert REGISTRY.get_sample_value("lapor_calendar_joint_leave_known", {"year": year}) == known
    assert REGISTRY.get_sample_value("lapor_calendar_estimated_days", {"year": "2027"}) == 3
