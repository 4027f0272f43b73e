"""Forgetting what nobody can ask for any more, and nothing else."""

from __future__ import annotations

import pytest

from chassis.database import Pool
from chassis.intake import sweep
from chassis.intake.story import Story, save_stories
from chassis.intake.sweep import sweep_once

pytestmark = pytest.mark.connected


async def tickets(pool: Pool, table: str) -> list[str]:
    return [row["ticket"] for row in await pool.fetch(f"SELECT ticket FROM {table} ORDER BY ticket")]


async def test_what_was_told_long_ago_is_deleted_batch_by_batch_and_what_waits_stays(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "BATCH", 2)
    for ticket, state, days in (
        *((f"OLD{n}", "sent", 131) for n in range(5)),
        ("DROPPED", "dropped", 131),
        ("NEW", "sent", 129),
        ("WAITS", "pending", 131),
    ):
        await pool.execute(
            """INSERT INTO notices (ticket, reason, address, text, state, created_at)
               VALUES ($1, 'receipt', '+62811', 't', $2, now() - make_interval(days => $3))""",
            ticket,
            state,
            days,
        )
    await sweep_once(pool)
    assert ["NEW", "WAITS"] == await tickets(pool, "notices")


async def test_only_stories_that_have_long_been_final_are_deleted(pool: Pool) -> None:
    statuses = {"CLOSED": "closed", "FRESH": "closed", "OPEN": "in_progress", "MERGED": "merged"}
    async with pool.acquire() as db:
        await save_stories(db, {t: Story(ticket=t, status=status) for t, status in statuses.items()})
    aged = "UPDATE stories SET final_at = final_at - make_interval(days => $2) WHERE ticket = $1"
    for ticket, days in (("CLOSED", 131), ("FRESH", 129), ("OPEN", 131), ("MERGED", 131)):
        await pool.execute(aged, ticket, days)
    await sweep_once(pool)
    assert ["FRESH", "MERGED", "OPEN"] == await tickets(pool, "stories")


async def test_a_story_is_final_since_it_first_was_and_no_longer_when_it_goes_on(pool: Pool) -> None:
    async with pool.acquire() as db:
        await save_stories(db, {"A": Story(ticket="A", status="closed")})
        await pool.execute("UPDATE stories SET final_at = final_at - interval '131 days'")
        await save_stories(db, {"A": Story(ticket="A", status="closed", breached=True)})
        assert await pool.fetchval("SELECT final_at < now() - interval '130 days' FROM stories")
        await save_stories(db, {"A": Story(ticket="A", status="routed")})
    assert await pool.fetchval("SELECT final_at FROM stories") is None


async def test_what_was_set_aside_stays_until_somebody_has_settled_it(pool: Pool) -> None:
    for door, days in (("OLD", 131), ("NEW", 129), ("WAITS", None)):
        await pool.execute(
            """INSERT INTO set_aside (door, content, error, at, settled_at)
               VALUES ($1, 'x', 'E', now() - interval '200 days', now() - make_interval(days => $2))""",
            door,
            days,
        )
    await sweep_once(pool)
    assert ["NEW", "WAITS"] == [row["door"] for row in await pool.fetch("SELECT door FROM set_aside ORDER BY door")]
