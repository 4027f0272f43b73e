"""Deleting what nobody can ask for any longer, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from chassis.database import Pool
from contracts.events import FollowUp
from intake import retention
from intake.additions import follow_up
from intake.complaint_view import ComplaintView, save_views
from intake.retention import sweep_once
from intake.submissions import IntakeSettings, Submission, accept

pytestmark = pytest.mark.connected
KEPT = {"closed": timedelta(days=730), "cancelled": timedelta(days=180)}


async def tickets(pool: Pool, table: str) -> list[str]:
    return [row["ticket"] for row in await pool.fetch(f"SELECT ticket FROM {table} ORDER BY ticket")]


async def test_old_sent_messages_are_deleted_in_batches_and_pending_ones_stay(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for ticket, state, days in (
        *((f"OLD{n}", "sent", 131) for n in range(5)),
        ("DROPPED", "dropped", 131),
        ("NEW", "sent", 129),
        ("WAITS", "pending", 131),
    ):
        await pool.execute(
            """INSERT INTO notices (ticket, kind, key, address, text, state, created_at)
               VALUES ($1, 'receipt', '', '+62811', 't', $2, now() - make_interval(days => $3))""",
            ticket,
            state,
            days,
        )
    await sweep_once(pool, "intake-sms", b"key", KEPT)
    assert ["NEW", "WAITS"] == await tickets(pool, "notices")


async def test_only_stories_that_have_long_been_final_are_deleted(pool: Pool) -> None:
    statuses = {"CLOSED": "closed", "FRESH": "closed", "OPEN": "in_progress", "MERGED": "merged"}
    async with pool.acquire() as db:
        await save_views(db, {t: ComplaintView(ticket=t, status=status) for t, status in statuses.items()})
    aged = "UPDATE stories SET final_at = final_at - make_interval(days => $2) WHERE ticket = $1"
    for ticket, days in (("CLOSED", 131), ("FRESH", 129), ("OPEN", 131), ("MERGED", 131)):
        await pool.execute(aged, ticket, days)
    await sweep_once(pool, "intake-sms", b"key", KEPT)
    assert ["FRESH", "MERGED", "OPEN"] == await tickets(pool, "stories")


async def test_a_story_is_final_since_it_first_was_and_no_longer_when_it_goes_on(pool: Pool) -> None:
    async with pool.acquire() as db:
        await save_views(db, {"A": ComplaintView(ticket="A", status="closed")})
        await pool.execute("UPDATE stories SET final_at = final_at - interval '131 days'")
        await save_views(db, {"A": ComplaintView(ticket="A", status="closed", paused=True)})
        assert await pool.fetchval("SELECT final_at < now() - interval '130 days' FROM stories")
        await save_views(db, {"A": ComplaintView(ticket="A", status="routed")})
    assert await pool.fetchval("SELECT final_at FROM stories") is None


async def test_ended_complaint_is_deleted_after_its_retention_period(
    pool: Pool, make_settings: Callable[..., IntakeSettings]
) -> None:
    """It depends on the final state; open complaints stay, and those whose reporter wants them kept but not used."""
    ends: dict[str, tuple[str, int, bool]] = {  # last status, days since then, whether it is deleted
        "old": ("closed", 731, True), "young": ("closed", 729, False), "withdrawn": ("cancelled", 181, True),
        "open": ("in_progress", 999, False), "restricted": ("closed", 999, False),
        "handed": ("handed_over", 999, False),
    }  # fmt: skip
    tickets = {}
    for name, (status, days, _) in ends.items():
        sms = Submission(channel="sms", gateway="kannel", external_id=name, text=f"teks {name}", address=f"+62{name}")
        tickets[name] = (await accept(pool, make_settings(), "intake-sms", sms, lambda view: view.ticket)).ticket
        async with pool.acquire() as db:
            await save_views(db, {tickets[name]: ComplaintView(ticket=tickets[name], status=status, registered=True)})
        aged = "UPDATE complaints SET ended_at = ended_at - make_interval(days => $2) WHERE ticket = $1"
        await pool.execute(aged, tickets[name], days)
    right = FollowUp(id="r", kind="rights_request", at=datetime.now(UTC), right="restriction")
    assert await follow_up(pool, make_settings(), "intake-sms", tickets["restricted"], right)

    await sweep_once(pool, "intake-sms", b"key", KEPT)

    texts = {row["ticket"]: row["text"] for row in await pool.fetch("SELECT ticket, text FROM complaints")}
    assert {name for name in ends if not texts[tickets[name]]} == {name for name, (*_, gone) in ends.items() if gone}
    addresses = {row["address"] for row in await pool.fetch("SELECT address FROM reporters")} - {None}
    assert addresses == {f"+62{name}" for name, (*_, gone) in ends.items() if not gone}
    labels = {"service": "intake-sms", "table": "complaints"}
    assert 2 == _deleted(labels)


def _deleted(labels: dict[str, Any]) -> float | None:
    return REGISTRY.get_sample_value("lapor_retention_deleted_total", labels)


async def test_a_complaint_that_goes_on_is_kept_from_its_new_end(
    pool: Pool, make_settings: Callable[..., IntakeSettings]
) -> None:
    sms = Submission(channel="sms", gateway="kannel", external_id="1", text="teks", address="+62811")
    ticket = (await accept(pool, make_settings(), "intake-sms", sms)).ticket
    for status in ("rejected", "in_progress", "closed"):
        async with pool.acquire() as db:
            await save_views(db, {ticket: ComplaintView(ticket=ticket, status=status)})
        if status == "rejected":
            await pool.execute("UPDATE complaints SET ended_at = ended_at - interval '999 days'")
    await sweep_once(pool, "intake-sms", b"key", KEPT)
    assert "teks" == await pool.fetchval("SELECT text FROM complaints")


async def test_a_complaint_whose_end_was_taken_back_is_kept_while_it_is_open(
    pool: Pool, make_settings: Callable[..., IntakeSettings]
) -> None:
    sms = Submission(channel="sms", gateway="kannel", external_id="1", text="teks", address="+62811")
    ticket = (await accept(pool, make_settings(), "intake-sms", sms)).ticket
    for status in ("closed", "in_progress"):
        async with pool.acquire() as db:
            await save_views(db, {ticket: ComplaintView(ticket=ticket, status=status)})
        await pool.execute("UPDATE complaints SET ended_at = ended_at - interval '999 days'")

    await sweep_once(pool, "intake-sms", b"key", KEPT)

    assert "teks" == await pool.fetchval("SELECT text FROM complaints")


async def test_set_aside_content_stays_until_it_is_settled(pool: Pool) -> None:
    for door, days in (("OLD", 131), ("NEW", 129), ("WAITS", None)):
        await pool.execute(
            """INSERT INTO set_aside (door, content, error, at, settled_at)
               VALUES ($1, 'x', 'E', now() - interval '200 days', now() - make_interval(days => $2))""",
            door,
            days,
        )
    await sweep_once(pool, "intake-sms", b"key", KEPT)
    assert ["NEW", "WAITS"] == [row["door"] for row in await pool.fetch("SELECT door FROM set_aside ORDER BY door")]
