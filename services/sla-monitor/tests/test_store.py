"""The clocks in a real PostgreSQL: kept, found and rung."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from byhand import RULES
from stored import MONDAY, announced, clock, record

from chassis.batch import BatchHandler
from chassis.database import Pool, migrate
from contracts.events import SlaBreached, SlaUpdated
from sla_monitor.adapters import store
from sla_monitor.app import handler_of
from sla_monitor.timer import ring_all

pytestmark = pytest.mark.connected

MIGRATIONS = Path(__file__).parents[1] / "migrations"


async def test_saved_clocks_are_loaded_unchanged(pool: Pool) -> None:
    clocks = {"a": clock("a", due=MONDAY, unit="PUPR"), "b": clock("b", waits=MONDAY)}
    async with pool.acquire() as db:
        await store.save(db, clocks)
        await store.save(db, clocks)
        assert clocks == await store.load(db, ["a", "b", "c"])


async def test_a_clock_is_deleted_when_nothing_has_moved_it_for_long_and_nothing_will(pool: Pool) -> None:
    clocks = {"old": clock("old"), "young": clock("young"), "runs": clock("runs", due=MONDAY)}
    async with pool.acquire() as db:
        await store.save(db, clocks)
        for name, days in (("old", 731), ("young", 729), ("runs", 999)):
            aged = "UPDATE clocks SET changed_at = now() - make_interval(days => $2) WHERE complaint_id = $1"
            await db.execute(aged, name, days)
        assert [{"clocks": 1}, {"clocks": 0}] == [await store.delete_old(db, timedelta(days=730)) for _ in range(2)]
        assert {"young", "runs"} == (await store.load(db, [*clocks])).keys()


async def test_the_earliest_rings_first_and_what_has_no_timer_never(pool: Pool) -> None:
    clocks = {name: clock(name, due=MONDAY + timedelta(hours=n)) for n, name in enumerate("cab")}
    async with pool.acquire() as db:
        await store.save(db, {**clocks, "none": clock("none")})
        assert ["c", "a"] == await store.due(db, MONDAY + timedelta(hours=1))
        assert [["a", "b", "c"]] == [ids async for ids in store.running(db)]


async def test_each_unit_shows_its_oldest_silence_and_nobody_is_one_of_them(pool: Pool) -> None:
    waits = {"a": ("PUPR", 5), "b": ("PUPR", 1), "c": ("DLH", 3), "d": (None, 2)}
    async with pool.acquire() as db:
        for key, (unit, hours) in waits.items():
            await store.save(db, {key: clock(key, unit=unit, waits=MONDAY + timedelta(hours=hours))})
        await store.save(db, {"said": clock("said", unit="BPBD")})
        silent = await store.silent(db)
    assert silent == {unit: MONDAY + timedelta(hours=n) for unit, n in (("", 2), ("DLH", 3), ("PUPR", 1))}


async def test_a_story_moves_the_clocks_and_the_timer_rings_each_once(pool: Pool) -> None:
    steps, handler = BatchHandler(pool, handler_of(RULES)), handler_of(RULES)
    await steps([record(0, "a", "registered", MONDAY), record(1, "a", "routed", MONDAY, seq=1, received=MONDAY)])
    async with pool.acquire() as db:
        for _ in range(2):  # as after a restart: clocks that rang are stored
            await ring_all(db, handler, MONDAY + timedelta(days=60), RULES, set())
    said = await announced(pool)
    breaches = [(b.stage, b.level) for b in said if isinstance(b, SlaBreached)]
    assert sorted(breaches) == sorted(
        [("completion", n) for n in range(4)] + [("acknowledgement", n) for n in range(3)] + [("follow-up", 0)]
    )
    assert ["started", "warned"] == [u.kind for u in said if isinstance(u, SlaUpdated)]


async def test_a_record_that_comes_again_starts_no_second_clock(pool: Pool) -> None:
    for _ in range(2):
        await BatchHandler(pool, handler_of(RULES))([record(0, "a", "registered", MONDAY)])
    assert ["started"] == [data.kind for data in await announced(pool) if isinstance(data, SlaUpdated)]


def test_clocks_of_before_keep_their_deadline_and_get_their_term(
    new_database: Callable[..., str], tmp_path: Path
) -> None:
    empty = new_database()
    shutil.copy(MIGRATIONS / "0001_clocks.sql", tmp_path)
    migrate(empty, tmp_path)
    days = [
        ("2026-02-02", False, "hari 0 (hari mulai)"),
        ("2026-02-03", True, "hari kerja 1"),
        ("2026-02-04", True, "x"),
    ]
    derivation = [dict(zip(("date", "counted", "reason"), day, strict=True)) for day in days]
    running = {
        "stage": "completion", "deadline_at": "2026-02-05T00:00:00+08:00", "warn_at": "2026-02-04T09:36:00+08:00",
        "derivation": derivation, "at_deadline": "breached",
    }  # fmt: skip
    seconds = {**running, "stage": "closing", "derivation": [{**derivation[1], "reason": "30 detik sejak mulai"}]}
    body = {
        "complaint_id": "a", "ticket": "SPG-W000-00008", "policy": "standar-3-hari", "seq": 1, "unit": "PUPR",
        "lane": "unit", "round": 2, "running": [running, seconds],
    }  # fmt: skip
    insert = "INSERT INTO clocks (complaint_id, next_due_at, body) VALUES (%s, now(), %s)"
    with psycopg.connect(empty, autocommit=True) as db:
        db.execute(insert, ("a", json.dumps(body)))
        db.execute(insert, ("b", json.dumps(body | {"complaint_id": "b", "running": []})))
    migrate(empty, MIGRATIONS)
    with psycopg.connect(empty) as db:
        kept, over = (store.decode(row[0]) for row in db.execute("SELECT body FROM clocks ORDER BY complaint_id"))
    assert [(each.term.amount, each.term.unit) for each in kept.running] == [(2, "working_days"), (30, "seconds")]
    assert [each.round for each in kept.running] == [2, 2]
    assert kept.running[0].start == datetime.fromisoformat("2026-02-02T00:00:00+08:00")
    assert over.running == ()
