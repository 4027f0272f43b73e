"""A person gets what an intake knows of them, even if only the intake's container can reach the database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from chassis.database import Pool
from contracts.events import FollowUp
from intake.additions import follow_up
from intake.cli import intake_cli
from intake.erasure import erase
from intake.export import export_from
from intake.retention import sweep_once
from intake.submissions import Submission, accept

pytestmark = pytest.mark.connected


async def test_all_that_is_known_is_printed_by_ticket_and_by_number(
    pool: Pool, dsn: str, make_settings: Callable[[], Any]
) -> None:
    mine = Submission(
        channel="sms", gateway="kannel", external_id="1", text="lampu mati", address="+62811", phone="+62811"
    )
    number = (await accept(pool, make_settings(), "intake-sms", mine)).ticket
    await pool.execute('UPDATE reporters SET asked_back = \'{"text": "masih belum"}\', asked_at = now()')
    command, env = intake_cli("intake-sms", "intake_sms.app:run"), {"DATABASE_URL": dsn}
    shown = [
        await asyncio.to_thread(CliRunner().invoke, command, ["export", wanted], env=env)
        for wanted in (number, "+62811", "+62812")
    ]
    assert [0, 0, 1] == [each.exit_code for each in shown]
    assert "knows nothing of it" in shown[2].output
    (one,), (other,) = (json.loads(each.stdout)["complaints"] for each in shown[:2])
    assert ([], [("operator", "exported")]) == (
        one.pop("accesses"),
        [(each["who"], each["what"]) for each in other.pop("accesses")],
    )
    assert one == other
    assert [("lampu mati", "+62811", "masih belum")] == [
        (each["text"], each["reporter"]["phone"], each["reporter"]["asked_back"]) for each in [one]
    ]


async def test_exports_and_rights_requests_are_noted_and_outlive_the_complaint(
    pool: Pool, dsn: str, make_settings: Callable[[], Any]
) -> None:
    settings = make_settings()
    sent = Submission(channel="sms", gateway="kannel", external_id="1", text="lampu mati", address="+62811")
    taken = await accept(pool, settings, "intake-sms", sent)
    asked = FollowUp(id="r", kind="rights_request", at=datetime.now(UTC), right="erasure")
    for _ in range(2):
        await follow_up(pool, settings, "intake-sms", taken.ticket, asked)
    await export_from(dsn, taken.ticket)
    async with pool.acquire() as db, db.transaction():
        await erase(db, "intake-sms", b"key", taken.complaint_id, taken.ticket, tell=False)

    rows = await pool.fetch("SELECT ticket, who, what FROM reporter_accesses ORDER BY at")
    assert [(taken.ticket, "reporter", "erasure asked"), (taken.ticket, "operator", "exported")] == [
        tuple(row) for row in rows
    ]
    await pool.execute("UPDATE reporter_accesses SET at = at - interval '1826 days' WHERE who = 'operator'")
    await sweep_once(pool, "intake-sms", b"key", {})
    assert ["reporter"] == [row["who"] for row in await pool.fetch("SELECT who FROM reporter_accesses")]
