"""A desk that is older than its log: the log begins with the words that the desk had stored."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import asyncpg
import msgspec
import pytest

from chassis.database import migrate
from contracts import codec
from contracts.events import UnitRouted
from testing.events import NOW, a_snapshot

pytestmark = pytest.mark.connected
MIGRATIONS = Path(__file__).parents[1] / "migrations"
_COMPLAINT = """
INSERT INTO complaints (unit, complaint_id, ticket, seq, told_at, received_at, lead, role, lane, status, why, due,
    weight, standing, rahasia, erased, told)
VALUES ($1, $2, 'SPG-S000-00007', 1, $3, $3, 'PUPR', 'lead', 'unit', 'routed', 'routed', $3, 0, $4, false, $5, $6)"""
_EVENT = """
INSERT INTO events (unit, complaint_id, event_id, at, seq, why, status, lead)
VALUES ($1, $2, $3, $4, 1, 'routed', 'routed', 'PUPR')"""


async def test_a_log_begins_with_the_last_word_on_what_is_not_over(
    new_database: Callable[..., str], tmp_path: Path
) -> None:
    shutil.copy(MIGRATIONS / "0001_desk.sql", tmp_path)
    dsn = new_database(tmp_path)
    told = UnitRouted(why="routed", unit="PUPR", complaint=a_snapshot(unit="PUPR", text='Kata "jalan" \\ 😀'))
    db = await asyncpg.connect(dsn)
    rows = [("open", "work", False), ("seen", "attention", False), ("over", "rest", False), ("gone", "rest", True)]
    for name, standing, erased in rows:
        await db.execute(_COMPLAINT, "PUPR", name, NOW, standing, erased, msgspec.json.encode(told))
        for event_id in ("first", f"of-{name}"):
            await db.execute(_EVENT, "PUPR" if event_id != "first" else "PDAM", name, f"{event_id}{name}", NOW)
    migrate(dsn, MIGRATIONS)

    found = await db.fetch("SELECT n, value FROM log WHERE unit = 'PUPR' ORDER BY n")
    await db.close()

    events = [codec.decode(row["value"]) for row in found]
    assert [1, 2] == [row["n"] for row in found]
    assert [("of-openopen", "open", told), ("of-seenseen", "seen", told)] == [
        (each.id, each.subject, each.data) for each in events
    ]
    assert {NOW} == {each.time for each in events}
