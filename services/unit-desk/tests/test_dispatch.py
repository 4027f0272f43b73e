"""Which people of a unit are told what, and when: decided on a real database, sent to a mail server and a gateway."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from desk_office import NUMBER, LogIn, Tell
from desk_parties import HANDED
from desk_post import SITE, WEEK, Moved, states, text_of, texts, told_to, turn
from prometheus_client import REGISTRY

from chassis.database import Pool
from contracts import ticket
from contracts.events import Place
from testing.mail import Sink
from unit_desk.adapters import notices
from unit_desk.dispatch import show
from unit_desk.notices import Kind
from unit_desk.people import Person
from unit_desk.sending import Post

pytestmark = pytest.mark.connected
MakeStaff = Callable[..., Awaitable[Person]]
TEXT = "Ibu Hasnah, 0812 3456 7890: tiang listrik miring ke rumah saya"
DANGER: dict[str, Any] = {"urgency": "darurat", "text": TEXT, "place": Place(kecamatan="Lilirilau", desa="Cabenge")}


async def test_danger_reaches_the_person_on_duty_at_once_by_mail_and_sms(
    pool: Pool, post: Post, sink: Sink, gateway: str, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(name="Rahma", email="rahma@contoh.id", days=WEEK, hours="07.30-16.00", phone="+628110000001")
    await staff(name="Andi", email="andi@contoh.id", days=WEEK, hours="16.00-07.30", phone="+628110000002")
    due = datetime(2030, 3, 4, 4, 0, tzinfo=UTC)
    complaint = await tell(**DANGER, deadline_at=due)

    await turn(pool, post)

    number = complaint.ticket
    assert [("rahma@contoh.id", f"DARURAT: {number}, Lilirilau")] == told_to(sink)
    assert f"DARURAT\n{number}, Lilirilau\nBatas waktu Senin 4 Mar pukul 12.00\n{SITE}/laporan/{number}\n" in text_of(
        sink.mails[0]
    )
    sms = f"LAPOR! DARURAT: {number}, Lilirilau. Batas waktu Senin 4 Mar pukul 12.00. {SITE}/laporan/{number}"
    assert [("+628110000001", sms)] == texts(gateway)


async def test_no_word_of_a_citizen_leaves_the_desk(
    pool: Pool, post: Post, sink: Sink, gateway: str, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(phone="+628110000001")
    await tell(**DANGER, place_stated="rumah Ibu Hasnah")
    await tell(text=TEXT, ticket=ticket.mint("sms"), complaint_id="2", why="breached", stage="completion")
    await tell(text=TEXT, ticket=ticket.mint("sms"), complaint_id="3")
    await turn(pool, post)
    clock.on(hours=1, minutes=1)
    await turn(pool, post)

    said = " ".join([*map(text_of, sink.mails), *(mail["Subject"] for mail in sink.mails), str(texts(gateway))])
    assert (2, 1) == (len(sink.mails), len(texts(gateway)))
    assert [] == [word for word in ("Hasnah", "0812", "3456", "tiang", "Cabenge", "rumah") if word in said]


async def test_where_a_confidential_complaint_is_nobody_is_written(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff
) -> None:
    await staff()
    complaint = await tell(**DANGER, rahasia=True)

    await turn(pool, post)

    assert f"DARURAT: {complaint.ticket}" == sink.mails[0]["Subject"]
    assert "Lilirilau" not in text_of(sink.mails[0])


async def test_news_that_can_wait_is_gathered_into_one_mail_after_an_hour(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(email="rahma@contoh.id", phone="+628110000001")
    await tell(complaint_id="1", ticket=(first := ticket.mint("sms")))
    await turn(pool, post)
    clock.on(minutes=50)
    await tell(complaint_id="2", ticket=(second := ticket.mint("sms")), why="warned")
    await turn(pool, post)
    before = told_to(sink)
    clock.on(minutes=11)

    await turn(pool, post)

    assert [] == before
    assert [("rahma@contoh.id", "2 laporan dengan kabar baru")] == told_to(sink)
    said = text_of(sink.mails[0])
    assert f"Laporan baru\n{first}" in said
    assert f"Batas waktu mendekat\n{second}" in said
    assert [("email", "gathered", "sent")] == await states(pool)


async def test_news_of_a_complaint_opened_meanwhile_is_not_mailed(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved, log_in: LogIn
) -> None:
    rahma = await staff()
    complaint = await tell()
    await turn(pool, post)
    await (await log_in(rahma)).get(f"/laporan/{complaint.ticket}")
    clock.on(minutes=61)

    await turn(pool, post)

    assert [] == sink.mails


async def test_assignee_hears_of_a_complaint_even_off_duty(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(name="Rahma", email="rahma@contoh.id", days=WEEK)
    andi = await staff(name="Andi", email="andi@contoh.id")
    complaint = await tell(seq=1)
    await pool.execute("UPDATE complaints SET assignee = $1", andi.id)
    await tell(complaint_id=complaint.complaint_id, ticket=complaint.ticket, seq=2, why="followed-up")
    await turn(pool, post)
    clock.on(minutes=61)

    await turn(pool, post)

    assert {"rahma@contoh.id", "andi@contoh.id"} == {to for to, _ in told_to(sink)}


async def test_operators_hear_of_a_silent_office_on_a_complaint_at_rest(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(unit="DISKOMINFO", unwanted=["other", "morning"])
    complaint = await tell(**{**HANDED, "seq": 2})
    await pool.execute("UPDATE complaints SET standing = 'rest'")
    async with pool.acquire() as db:
        about = "DISKOMINFO", complaint.complaint_id, complaint.ticket, Kind.SILENT
        await notices.add(db, *about, "silent", clock())
    await turn(pool, post)
    clock.on(minutes=61)

    await turn(pool, post)

    assert [f"Kantor luar tidak menjawab: {complaint.ticket}"] == [subject for _, subject in told_to(sink)]


async def test_an_instruction_from_above_is_told_to_the_unit_that_it_is_for(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved, log_in: LogIn
) -> None:
    await staff(email="rahma@contoh.id", unwanted=["new"])
    complaint = await tell()
    above = await log_in(role="pemantau", unit="SETDA")
    await above.post(f"/laporan/{complaint.ticket}/catatan?unit=PUPR", data={"text": "Dahulukan yang ini."})
    await turn(pool, post)
    clock.on(minutes=61)

    await turn(pool, post)

    ((to, subject),) = [each for each in told_to(sink) if each[0] == "rahma@contoh.id"]
    assert ("rahma@contoh.id", f"Arahan atasan: {complaint.ticket}") == (to, subject)
    assert "Dahulukan" not in text_of(sink.mails[0])


async def test_in_quiet_hours_only_danger_is_told_and_the_rest_in_the_morning(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(unwanted=["morning"])
    clock.to(22)
    await tell(complaint_id="1", ticket=ticket.mint("sms"), why="breached", stage="completion")
    await tell(complaint_id="2", ticket=(danger := ticket.mint("sms")), **DANGER)
    await tell(complaint_id="3", ticket=ticket.mint("sms"))
    await turn(pool, post)
    clock.on(hours=7)
    await turn(pool, post)
    at_night = [subject for _, subject in told_to(sink)]
    clock.to(6, 1)
    await turn(pool, post)
    clock.on(minutes=2)

    await turn(pool, post)

    assert [f"DARURAT: {danger}, Lilirilau"] == [each for each in at_night if danger in each]
    assert len(at_night) == 1
    assert 3 == len(sink.mails)


async def test_a_danger_that_nobody_opens_climbs_to_the_next_the_head_and_the_operators(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(name="Rahma", email="siang@contoh.id", days=WEEK, hours="07.30-16.00")
    await staff(name="Andi", email="malam@contoh.id", days=WEEK, hours="16.00-07.30")
    await staff(name="Besse", email="kepala@contoh.id", role="pimpinan", days=("minggu",))
    await staff(name="Tenri", email="operator@contoh.id", unit="DISKOMINFO", role="operator")
    complaint = await tell(**DANGER)
    for _ in range(6):
        await turn(pool, post)
        clock.on(minutes=10)

    told = [to for to, _ in told_to(sink)]

    assert ["siang@contoh.id", "malam@contoh.id", "kepala@contoh.id", "operator@contoh.id"] == told
    last = text_of(sink.mails[-1])
    assert f"{complaint.ticket}, Lilirilau, di {post.rules.short['PUPR']}\n" in last
    assert "belum dibuka siapa pun di unitnya. Hubungi unit itu sekarang." in last
    assert f"/laporan/{complaint.ticket}" not in last


async def test_unsent_and_unopened_notices_are_measured_until_settled(
    pool: Pool, post: Post, tell: Tell, staff: MakeStaff, clock: Moved, log_in: LogIn
) -> None:
    async def shown() -> tuple[float | None, float | None]:
        async with pool.acquire() as db:
            await show(db, post.office)
        waits = REGISTRY.get_sample_value("lapor_desk_notice_oldest_seconds", {"medium": "email"})
        return waits, REGISTRY.get_sample_value("lapor_desk_notices_unopened")

    rahma = await staff(days=WEEK)
    await staff(email="operator@contoh.id", unit="DISKOMINFO", role="operator")
    complaint = await tell(**DANGER)
    await turn(pool, post, only=())
    before = await shown()
    clock.on(minutes=10)

    assert ((0, 0), (600, 0)) == (before, await shown())
    for _ in range(6):
        await turn(pool, post)
        clock.on(minutes=10)
    assert (0, 1) == await shown()
    await (await log_in(rahma)).get(f"/laporan/{complaint.ticket}")
    assert (0, 0) == await shown()


async def test_a_danger_that_somebody_opened_or_took_climbs_no_further(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved, log_in: LogIn
) -> None:
    rahma = await staff(name="Rahma", email="rahma@contoh.id", days=WEEK)
    await staff(name="Besse", email="kepala@contoh.id", role="pimpinan", days=("minggu",))
    opened = await tell(complaint_id="1", ticket=ticket.mint("sms"), **DANGER)
    taken = ticket.mint("sms")
    await tell(complaint_id="2", ticket=taken, seq=1, **DANGER)
    await turn(pool, post)
    await (await log_in(rahma)).get(f"/laporan/{opened.ticket}")
    await tell(complaint_id="2", ticket=taken, seq=2, status="acknowledged", why="updated", **DANGER)
    clock.on(minutes=11)

    await turn(pool, post)

    assert {"rahma@contoh.id"} == {to for to, _ in told_to(sink)}


async def test_where_nobody_is_on_duty_danger_goes_straight_to_who_is_next(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff
) -> None:
    await staff(email="malam@contoh.id", days=WEEK, hours="16.00-07.30")
    await tell(**DANGER)

    await turn(pool, post)

    assert ["malam@contoh.id"] == [to for to, _ in told_to(sink)]


async def test_a_unit_with_nobody_at_its_desk_has_its_danger_told_to_the_operators(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff
) -> None:
    await staff(email="operator@contoh.id", unit="DISKOMINFO", role="operator")
    await tell(**DANGER)

    await turn(pool, post)

    assert ["operator@contoh.id"] == [to for to, _ in told_to(sink)]


async def test_morning_list_of_open_complaints_is_mailed_once_each_working_day(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(email="rahma@contoh.id", unwanted=["new"])
    await staff(email="andi@contoh.id", unwanted=["morning", "new"])
    await staff(email="tenri@contoh.id", unit="DISKOMINFO", role="operator")
    late = datetime.now(UTC) - timedelta(days=1)
    complaint = await tell(place=Place(kecamatan="Lalabata"), deadline_at=late)
    clock.to(7, 29)
    await turn(pool, post)
    before = told_to(sink)
    clock.to(7, 30)
    await turn(pool, post)
    await turn(pool, post)
    tuesday = clock.now.astimezone(post.rules.zone)
    clock.on(days=4)  # a Saturday
    await turn(pool, post)

    assert [] == before
    ((to, subject),) = told_to(sink)
    assert "rahma@contoh.id" == to
    assert subject.startswith("Daftar pagi Selasa ")
    assert subject.endswith(": 1 laporan, 1 terlambat")
    assert f"1. {complaint.ticket}, Lalabata: Terlambat sejak" in text_of(sink.mails[0])
    assert 1 == tuesday.weekday()


async def test_nobody_is_sent_more_than_one_can_bear_but_of_danger(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff()
    most = post.rules.notices.most_a_day
    for n in range(most + 3):
        await tell(complaint_id=f"{n}", ticket=ticket.mint("sms"), why="breached", stage="completion")
        await turn(pool, post)
        clock.on(minutes=1)
    sent = len(sink.mails)
    await tell(complaint_id="danger", ticket=ticket.mint("sms"), **DANGER)

    await turn(pool, post)

    assert (most, most + 1) == (sent, len(sink.mails))
    assert 3 == sum(state == "dropped" for _, _, state in await states(pool))


async def test_after_a_restore_only_what_is_of_today_and_still_open_is_told(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(email="rahma@contoh.id")
    now = datetime.now(UTC)
    midnight = now.astimezone(post.rules.zone).replace(hour=0, minute=0, second=0)
    yesterday, today = midnight - timedelta(hours=2), max(midnight, now - timedelta(minutes=50))
    for n, at in enumerate([yesterday, yesterday, today, today, today]):
        why = "breached" if n % 2 else "routed"
        await tell(complaint_id=f"{n}", ticket=ticket.mint("sms"), seq=1, why=why, at=at)
    done = ticket.mint("sms")
    await tell(complaint_id="done", ticket=done, seq=1, at=today)
    await tell(complaint_id="done", ticket=done, seq=2, status="resolved", why="updated", at=today)
    await tell(complaint_id="old", ticket=ticket.mint("sms"), at=now - timedelta(hours=30), **DANGER)
    for _ in range(3):
        await turn(pool, post)
        clock.on(minutes=61)

    said = "".join(map(text_of, sink.mails))

    assert len(sink.mails) <= 2
    assert 3 == said.count("/laporan/SPG")
    assert done not in said


async def test_a_word_that_is_read_again_is_noted_once(pool: Pool, tell: Tell) -> None:
    complaint = await tell(**DANGER)
    about = ("PUPR", complaint.complaint_id, complaint.ticket, "danger", "event-0", datetime.now(UTC))
    await notices.add(pool, *about)

    assert 1 == await pool.fetchval("SELECT count(*) FROM notices")


async def test_the_way_to_a_complaint_leads_through_the_login_and_then_there(guest: httpx.AsyncClient) -> None:
    answer = await guest.get(f"/laporan/{NUMBER}")

    assert (303, f"/masuk?lanjut=/laporan/{NUMBER}") == (answer.status_code, answer.headers["location"])
