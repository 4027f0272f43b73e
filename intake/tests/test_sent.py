"""An operator sees who was not told and why, with addresses masked, and has it sent again."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chassis.batch import BatchHandler
from chassis.database import Pool
from chassis.wire import Record
from contracts import ticket
from contracts.events import ResendAsked
from contracts.topics import RESEND_ASKED
from intake.cli import intake_cli
from intake.notices import NewNotice, NoticeKind, OutcomeUnknown, Refused, add_notices, message_id
from intake.projection import story_handler
from intake.sent import send_asked_again
from intake.submissions import IntakeSettings, Submission, accept
from testing.fakes import message
from testing.fixtures import texts_of
from testing.notices import send_all

pytestmark = pytest.mark.connected
PHONE = "+6281234567890"
REGION = Path(__file__).parents[2] / "region" / "soppeng"


def run(dsn: str, *words: str) -> Result:
    """Run a command in a thread, because it starts an event loop of its own."""
    app = intake_cli("intake-web", "intake_web.app:run")
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(CliRunner().invoke, app, words, env={"DATABASE_URL": dsn}).result()


def listed(dsn: str, *words: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(run(dsn, "notices", *words, "--json").stdout)
    return rows


async def tell(pool: Pool, number: str, *keys: str) -> None:
    async with pool.acquire() as db, db.transaction():
        await add_notices(db, [NewNotice(number, NoticeKind.STEP, key, "diteruskan", PHONE) for key in keys])


async def test_undelivered_messages_are_listed_with_a_masked_address_and_resent(pool: Pool, dsn: str) -> None:
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


async def test_failed_contact_is_tried_again_by_a_resend(pool: Pool, dsn: str) -> None:
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


async def test_invalid_ticket_or_unreachable_database_is_reported(dsn: str) -> None:
    done = run(dsn, "notices", "SPG-1")
    assert (2, True) == (done.exit_code, "is no ticket" in done.output)
    gone = "postgresql://nobody:pw@127.0.0.1:9/none"
    assert [75, 75] == [run(gone, *words).exit_code for words in (("notices",), ("resend", "1"))]


async def test_only_the_message_the_desk_asks_for_is_resent(pool: Pool) -> None:
    mine, other = ticket.mint("web"), ticket.mint("web")
    for number in (mine, other):
        body = json.dumps({"ticket": number})
        await pool.execute("INSERT INTO stories (ticket, body) VALUES ($1, $2)", number, body)
        await tell(pool, number, "1", "2")
    await send_all(pool, *(Refused("550") for _ in range(4)))
    step = BatchHandler(pool, story_handler("intake-web", texts_of(REGION), notify=True))

    def asked(n: int, number: str, key: str) -> Record:
        named = message_id("intake-web", {"ticket": number, "kind": "step", "key": key, "medium": ""})
        data = ResendAsked(complaint_id="c", ticket=number, message_id=named)
        return message(data, event_id=f"asked-{n}", topic=RESEND_ASKED, offset=n).record

    await step([asked(0, mine, "2"), asked(1, ticket.mint("web"), "1"), asked(2, mine, "9")])

    assert [(mine, "2")] == [(each.ticket, each.key) for each in await send_all(pool)]
    await step([asked(3, mine, "2")])
    assert [] == await send_all(pool)


@pytest.mark.parametrize(
    "since",
    [
        "UPDATE notices SET state = 'dropped', detail = 'undone'",
        "UPDATE reporters SET stopped_at = now()",
        "INSERT INTO silenced VALUES ('m')",
    ],
    ids=["taken back", "stopped", "silenced"],
)
async def test_desk_cannot_resend_a_message_its_reporter_must_not_get(
    pool: Pool, make_settings: Callable[..., IntakeSettings], since: str
) -> None:
    submission = Submission(channel="web", gateway="form", external_id="1", text="lampu mati")
    it = await accept(pool, make_settings(), "intake-web", submission, None)
    await pool.execute(
        "INSERT INTO contacts (reporter_ref, medium, address, mark) SELECT reporter_ref, 'sms', $1, 'm' FROM reporters",
        PHONE,
    )
    await tell(pool, it.ticket, "1")
    await pool.execute("UPDATE notices SET medium = 'sms', state = 'refused'")
    await pool.execute(since)

    named = message_id("intake-web", {"ticket": it.ticket, "kind": "step", "key": "1", "medium": "sms"})
    assert [] == await send_asked_again(pool, "intake-web", {named: it.ticket})
