"""What an intake knows of a person is given to that person, also where only its container has the database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from chassis.database import Pool
from intake.cli import intake_cli
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
    one, other = (json.loads(each.stdout)["complaints"] for each in shown[:2])
    assert one == other
    assert [("lampu mati", "+62811", "masih belum")] == [
        (each["text"], each["reporter"]["phone"], each["reporter"]["asked_back"]) for each in one
    ]
