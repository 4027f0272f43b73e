"""An operator sees who was not told and why, with no address, and has it sent again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chassis.database import Pool
from contracts import ticket
from intake.cli import intake_cli
from intake.notices import NewNotice, NoticeKind, OutcomeUnknown, Refused, add_notices
from testing.notices import send_all

pytestmark = pytest.mark.connected
PHONE = "+6281234567890"


def run(dsn: str, *words: str) -> Result:
    return CliRunner().invoke(intake_cli("intake-web", lambda: None), words, env={"DATABASE_URL": dsn})


def listed(dsn: str, *words: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(run(dsn, "notices", *words, "--json").stdout)
    return rows


async def tell(pool: Pool, number: str, *keys: str) -> None:
    async with pool.acquire() as db, db.transaction():
        await add_notices(db, [NewNotice(number, NoticeKind.STEP, key, "diteruskan", PHONE) for key in keys])


async def test_what_was_not_told_is_listed_by_part_of_the_address_and_sent_again(pool: Pool, dsn: str) -> None:
    number = ticket.mint("web")
    await tell(pool, number, "1", "2", "3")
    await send_all(pool, None, Refused("550"), OutcomeUnknown("cut"))

    refused, unknown = listed(dsn)
    assert [("refused", "550"), ("unknown", "cut")] == [(row["state"], row["detail"]) for row in (refused, unknown)]
    assert ["sent", "refused", "unknown"] == [row["state"] for row in listed(dsn, number.lower())]
    assert (True, False) == ("0812…90" in run(dsn, "notices").output, "81234567890" in run(dsn, "notices").output)

    sent_one = listed(dsn, number)[0]["id"]
    done = run(dsn, "resend", str(refused["id"]), str(unknown["id"]), str(sent_one))
    assert (1, f"Not: {sent_one}") == (done.exit_code, done.output.splitlines()[1][: len(f"Not: {sent_one}")])
    assert ["2", "3"] == [notice.key for notice in await send_all(pool)]
    assert "Everybody was told." in run(dsn, "notices").output


async def test_who_was_given_up_is_tried_once_more(pool: Pool, dsn: str) -> None:
    await pool.execute("INSERT INTO reporters (reporter_ref, channel) VALUES ('r', 'web')")
    await pool.execute(
        "INSERT INTO contacts (reporter_ref, medium, address, mark, failed_at) VALUES ('r', 'sms', $1, 'm', now())",
        PHONE,
    )
    await tell(pool, "T", "1")
    await send_all(pool, Refused("550"))
    await pool.execute("UPDATE notices SET medium = 'sms'")

    assert 0 == run(dsn, "resend", str(listed(dsn)[0]["id"])).exit_code
    assert await pool.fetchval("SELECT failed_at FROM contacts") is None


async def test_what_is_no_ticket_and_a_database_that_is_away_are_said(dsn: str) -> None:
    done = run(dsn, "notices", "SPG-1")
    assert (2, True) == (done.exit_code, "is no ticket" in done.output)
    gone = "postgresql://nobody:pw@127.0.0.1:9/none"
    assert [75, 75] == [run(gone, *words).exit_code for words in (("notices",), ("resend", "1"))]
