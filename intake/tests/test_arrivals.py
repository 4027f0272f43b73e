"""Each change in the fate of a message is published once, without its text or its recipient."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis.batch import BatchHandler
from chassis.database import Pool
from contracts import codec
from contracts.events import ComplaintErased, ComplaintTold, ComplaintUpdated
from intake.arrivals import say
from intake.contacts import Medium, mark_of, silence
from intake.notices import NewNotice, NoticeKind, OutcomeUnknown, Refused, TryLater, Unasked, Undeliverable, add_notices
from intake.projection import story_handler
from intake.reports import Report, ReportState, note_report, own_id
from intake.sent import send_again
from intake.submissions import Accepted, IntakeSettings, Submission, accept
from testing.events import an_updated
from testing.fakes import message
from testing.fixtures import texts_of
from testing.notices import send_all

pytestmark = pytest.mark.connected
Settings = Callable[..., IntakeSettings]
REGION = Path(__file__).parents[2] / "region" / "soppeng"
NUMBER, MAIL = "+6281234567890", "andi.kenari@contoh.id"
AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
_ids = itertools.count()


async def take(pool: Pool, settings: Settings, **more: Any) -> Accepted:
    """Take a complaint by SMS, and have its receipt sent and published."""
    usual = {"channel": "sms", "gateway": "kannel", "external_id": str(next(_ids)), "text": "lampu mati"}
    sent = Submission(**{**usual, "address": NUMBER, **more})
    service = "intake-web" if sent.channel == "web" else "intake-sms"
    it = await accept(pool, settings(), service, sent, lambda view: f"{view.ticket} diterima")
    await pool.execute("UPDATE notices SET state = 'sent', sent_at = now()")
    await said(pool)
    return it


async def said(pool: Pool, patience_s: float = 0) -> list[ComplaintTold]:
    """Publish all changes, and return what is new in the outbox."""
    await pool.execute("DELETE FROM outbox")
    while await say(pool, "intake-sms", patience_s):
        pass
    rows = await pool.fetch("SELECT topic, key, value FROM outbox ORDER BY seq")
    assert {row["topic"] for row in rows} <= {"complaint.told.v1"}
    events: list[Any] = [codec.decode(row["value"]) for row in rows]
    assert [row["key"].decode() for row in rows] == [event.subject for event in events]
    return [event.data for event in events]


async def short(pool: Pool, patience_s: float = 0) -> list[tuple[str, str | None]]:
    return [(each.state, each.because or None) for each in await said(pool, patience_s)]


async def tell(pool: Pool, it: Accepted, seq: int = 1, **more: Any) -> None:
    async with pool.acquire() as db, db.transaction():
        await add_notices(db, [NewNotice(it.ticket, NoticeKind.STEP, str(seq), "sudah ditambal", **more)])


async def test_each_change_of_a_message_is_said_once(pool: Pool, make_settings: Settings) -> None:
    it = await take(pool, make_settings)
    await tell(pool, it)
    waits = await said(pool)
    (notice,) = await send_all(pool)
    taken = await said(pool)
    await note_report(pool, "sms", Report(own_id=own_id(notice), state=ReportState.ACCEPTED))
    accepted = await said(pool)
    await note_report(pool, "sms", Report(own_id=own_id(notice), state=ReportState.DELIVERED))
    delivered = await said(pool)

    assert ["waits", "taken", "delivered"] == [each.state for each in (*waits, *taken, *accepted, *delivered)]
    assert 1 == len({each.message_id for each in (*waits, *taken, *delivered)})
    (told,) = delivered
    assert (it.complaint_id, it.ticket, "step", 1, "sms") == (
        *(told.complaint_id, told.ticket, told.kind, told.step, told.channel),
    )
    assert [] == await said(pool)


async def test_promptly_sent_message_is_never_reported_as_waiting(pool: Pool, make_settings: Settings) -> None:
    it = await take(pool, make_settings)
    await tell(pool, it)

    assert [] == await said(pool, patience_s=3600)
    await send_all(pool)
    assert [("taken", None)] == await short(pool, patience_s=3600)


@pytest.mark.parametrize(
    ("outcome", "state", "why"),
    [
        (Refused("no"), "not_delivered", "refused"),
        (Undeliverable("550"), "not_delivered", "unreachable"),
        (OutcomeUnknown("?"), "perhaps_sent", None),
        (Unasked("it does not address us"), "never_sent", "unasked"),
    ],
    ids=["refused", "undeliverable", "unknown", "unasked"],
)
async def test_why_it_does_not_arrive_is_said(
    pool: Pool, make_settings: Settings, outcome: Exception, state: str, why: str | None
) -> None:
    it = await take(pool, make_settings)
    await tell(pool, it)

    await send_all(pool, outcome)

    assert [(state, why)] == await short(pool)


async def test_a_number_that_does_not_answer_is_said_and_so_is_what_is_sent_again(
    pool: Pool, make_settings: Settings
) -> None:
    it = await take(pool, make_settings)
    await tell(pool, it)
    (notice,) = await send_all(pool)
    await note_report(pool, "sms", Report(own_id=own_id(notice), state=ReportState.FAILED, detail="27"))

    assert [("not_delivered", "unreachable")] == await short(pool)
    await send_again(pool, [notice.id])
    assert [("waits", None)] == await short(pool)
    await send_all(pool)
    assert [("taken", None)] == await short(pool)


async def test_message_waiting_for_the_morning_reports_until_when(pool: Pool, make_settings: Settings) -> None:
    it = await take(pool, make_settings)
    await tell(pool, it)
    morning = datetime.now(UTC) + timedelta(hours=7)
    await pool.execute("UPDATE notices SET quiet = true, next_try_at = $1 WHERE kind = 'step'", morning)

    (told,) = await said(pool)

    assert ("waits", "quiet", morning) == (told.state, told.because, told.until)


async def test_step_undone_before_its_message_was_sent_is_told_to_nobody(pool: Pool, make_settings: Settings) -> None:
    it = await take(pool, make_settings)
    await tell(pool, it, 1)
    assert [("waits", None)] == await short(pool)

    await tell(pool, it, 2, undoes="1")

    assert [] == await send_all(pool)
    assert {1: "undone", 2: "undone"} == {each.step: each.because for each in await said(pool)}


@pytest.mark.parametrize("state", ["state = 'sent'", "state = 'unknown'", "began_at = now()"])
async def test_undoing_of_a_step_is_told_if_its_message_may_have_arrived(
    pool: Pool, make_settings: Settings, state: str
) -> None:
    it = await take(pool, make_settings)
    await tell(pool, it, 1)
    await pool.execute(f"UPDATE notices SET {state} WHERE kind = 'step'")

    await tell(pool, it, 2, undoes="1")

    rows = await pool.fetch("SELECT key, state FROM notices WHERE kind = 'step' ORDER BY id")
    assert ("2", "pending") == (rows[-1]["key"], rows[-1]["state"])
    assert "dropped" not in {row["state"] for row in rows}


async def test_a_gateway_that_is_away_is_said_once_however_often_it_is_tried(
    pool: Pool, make_settings: Settings
) -> None:
    it = await take(pool, make_settings)
    await tell(pool, it)
    await send_all(pool, TryLater("away", 0.001), TryLater("away", 0.001))

    assert [("taken", None)] == await short(pool)


async def test_reporters_without_contact_or_who_stopped_are_reported_as_not_told(
    pool: Pool, make_settings: Settings
) -> None:
    nobody = await take(pool, make_settings, channel="web", gateway="form", address=None)
    stopped = await take(pool, make_settings)
    await pool.execute("UPDATE reporters SET stopped_at = now() WHERE address = $1", NUMBER)
    mail = {Medium.EMAIL: MAIL}
    silent = await take(pool, make_settings, channel="web", gateway="form", address=None, contacts=mail, email=MAIL)
    await silence(pool, mark_of(make_settings().installation_namespace, Medium.EMAIL, MAIL))
    for it in (nobody, stopped, silent):
        await tell(pool, it)

    told = {each.ticket: (each.state, each.because, each.step) for each in await said(pool)}

    assert {
        nobody.ticket: ("never_sent", "no_contact", 1),
        stopped.ticket: ("never_sent", "stopped", 1),
        silent.ticket: ("never_sent", "stopped", 1),
    } == told
    assert [] == await said(pool)


@pytest.mark.parametrize(("kept", "channel"), [({}, "email"), ({"rahasia": True}, None)], ids=["open", "confidential"])
async def test_contact_channel_of_a_confidential_reporter_is_hidden(
    pool: Pool, make_settings: Settings, kept: dict[str, bool], channel: str | None
) -> None:
    given = {"channel": "web", "gateway": "form", "address": None, "contacts": {Medium.EMAIL: MAIL}, "email": MAIL}
    it = await take(pool, make_settings, **given, **kept)
    await tell(pool, it)
    await pool.execute("UPDATE notices SET state = 'sent', sent_at = now()")

    assert [("taken", channel)] == [(each.state, each.channel or None) for each in await said(pool)]


async def test_messages_to_others_or_about_unknown_complaints_are_not_reported(
    pool: Pool, make_settings: Settings
) -> None:
    it = await take(pool, make_settings)
    others = [
        NewNotice(it.ticket, NoticeKind.ANSWER, "m1", "STATUS", "+62811", forget=True),
        NewNotice(it.ticket, NoticeKind.DANGER, "item", "Hubungi 113", "+62811", forget=True),
        NewNotice(it.ticket, NoticeKind.FOLLOWED, "3 x", "selesai", "+62811"),
        NewNotice("+62811", NoticeKind.FORMAT, "2026-03-02", "Tulis", "+62811"),
        NewNotice("SPG-X000-00007", NoticeKind.STEP, "1", "selesai", "+62811"),
    ]
    async with pool.acquire() as db, db.transaction():
        await add_notices(db, others)

    assert [] == await said(pool)
    await send_all(pool)
    assert [] == await said(pool)


async def test_erased_complaint_reports_no_further_messages(pool: Pool, make_settings: Settings) -> None:
    it = await take(pool, make_settings)
    steps = BatchHandler(pool, story_handler("intake-sms", texts_of(REGION), notify=True, event_key=b"key"))
    order = ComplaintErased(
        complaint_id=it.complaint_id,
        ticket=it.ticket,
        origin="intake-sms",
        reason="request",
        by="DISKOMINFO",
        asked_at=AT,
    )
    await steps([message(order, event_id="order").record])
    gone = _step(it, 4, status="closed", note="rights_done")
    await steps([message(gone, event_id="gone").record])

    assert 1 == await pool.fetchval("SELECT count(*) FROM notices")
    assert [] == await said(pool)


async def test_a_step_of_the_story_is_said_with_its_number(pool: Pool, make_settings: Settings) -> None:
    it = await take(pool, make_settings)
    steps = BatchHandler(pool, story_handler("intake-sms", texts_of(REGION), notify=True, event_key=b"key"))
    for event_id in ("e1", "e1"):
        await steps([message(_step(it, 2), event_id=event_id).record])
    await send_all(pool)

    assert [("step", 2, "taken")] == [(each.kind, each.step, each.state) for each in await said(pool)]


async def test_second_message_about_the_same_work_on_a_day_is_reported_as_not_sent(
    pool: Pool, make_settings: Settings
) -> None:
    it = await take(pool, make_settings)
    steps = BatchHandler(pool, story_handler("intake-sms", texts_of(REGION), notify=True, event_key=b"key"))
    for seq in (2, 3):
        await steps([message(_step(it, seq, message="Alat di lokasi"), event_id=f"e{seq}").record])
    await send_all(pool)

    assert [(2, "taken", None), (3, "never_sent", "same_day")] == [
        (each.step, each.state, each.because or None) for each in await said(pool)
    ]


def _step(it: Accepted, seq: int, kind: str = "in_progress", **facts: Any) -> ComplaintUpdated:
    known = {"origin": "intake-sms", "channel": "sms", "received_at": AT, "status": kind, **facts}
    return an_updated(seq, kind, complaint_id=it.complaint_id, ticket=it.ticket, **known)
