"""The pages where people say how they are told, heads who is on duty, and both see what was sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from desk_office import LogIn, Tell
from desk_post import Moved, turn

from chassis.database import Pool
from testing.mail import Sink
from unit_desk.adapters import notices
from unit_desk.handlers.visit import Desk
from unit_desk.notices import OPTIONAL, Medium
from unit_desk.people import Person
from unit_desk.sending import Post, send_next

pytestmark = pytest.mark.connected
Somebody = Callable[..., Awaitable[Person]]
ALL = {f"mau-{kind}": "on" for kind in OPTIONAL}


async def test_person_chooses_how_and_about_what_they_are_notified(
    pool: Pool, log_in: LogIn, somebody: Somebody, desk: Desk
) -> None:
    person = await somebody()
    client = await log_in(person)
    form = {"phone": "0811 000 0001", "by_sms": "on", **ALL}
    del form["mau-new"]

    answer = await client.post("/kabar", data=form)

    mine = await notices.person(pool, person.id)
    assert mine
    assert "/kabar?tersimpan=ya" == answer.headers["location"]
    assert ("+628110000001", False, True, frozenset({"new"})) == (mine.phone, mine.by_mail, mine.by_sms, mine.unwanted)
    assert "Tersimpan." in (await client.get("/kabar?tersimpan=ya")).text


@pytest.mark.parametrize("phone", ["nomor saya", "1708", "+1 415 555 0100"])
async def test_invalid_phone_number_is_refused_and_not_saved(
    pool: Pool, log_in: LogIn, somebody: Somebody, phone: str
) -> None:
    person = await somebody()

    answer = await (await log_in(person)).post("/kabar", data={"phone": phone, **ALL})

    mine = await notices.person(pool, person.id)
    assert mine
    assert (422, None, True) == (answer.status_code, mine.phone, mine.by_mail)
    assert "Tulis nomor HP Indonesia" in answer.text


async def test_danger_can_not_be_chosen_away(log_in: LogIn) -> None:
    page = (await (await log_in()).get("/kabar")).text

    assert 'name="mau-breach"' in page
    assert 'name="mau-danger"' not in page


async def test_without_servers_the_page_says_that_nothing_is_sent(log_in: LogIn) -> None:
    assert "Meja ini belum mengirim surel atau SMS." in (await (await log_in()).get("/kabar")).text


@pytest.mark.parametrize(
    ("begin", "end", "hours", "said"),
    [
        ("07:30", "16:00", "07.30-16.00", "Senin sampai Rabu, 07.30–16.00"),
        ("20:00", "06:00", "20.00-06.00", "Senin sampai Rabu, 20.00–06.00"),
        ("", "", "00.00-24.00", "Senin sampai Rabu, sepanjang hari"),
        ("07:30", "07:30", "00.00-24.00", "Senin sampai Rabu, sepanjang hari"),
        ("besok", "06:00", "00.00-24.00", "Senin sampai Rabu, sepanjang hari"),
    ],
)
async def test_a_head_says_who_is_on_duty(
    pool: Pool, log_in: LogIn, somebody: Somebody, begin: str, end: str, hours: str, said: str
) -> None:
    rahma, head = await somebody(), await log_in(role="pimpinan")
    form = {"hari-senin": "on", "hari-selasa": "on", "hari-rabu": "on", "dari": begin, "sampai": end}

    answer = await head.post(f"/orang/{rahma.id}/jaga", data=form)

    mine = await notices.person(pool, rahma.id)
    assert mine
    assert (303, ("senin", "selasa", "rabu"), hours) == (answer.status_code, mine.duty_days, mine.duty_hours)
    assert said in (await head.get("/orang")).text


async def test_where_nobody_was_ever_put_on_duty_its_head_reads_that_all_are_told(
    log_in: LogIn, somebody: Somebody
) -> None:
    rahma, head = await somebody(name="Andi Rahmawati"), await log_in(role="pimpinan")
    before = (await head.get("/orang")).text
    await head.post(f"/orang/{rahma.id}/jaga", data={"hari-senin": "on"})
    after = (await head.get("/orang")).text

    counts = [(page.count("Dikabari kapan saja"), page.count("Tidak berjaga<")) for page in (before, after)]
    assert [(2, 0), (0, 1)] == counts


@pytest.mark.parametrize("who", [{"role": "petugas"}, {"role": "pimpinan", "unit": "PDAM"}, {"role": "pemantau"}])
async def test_nobody_else_says_it(pool: Pool, log_in: LogIn, somebody: Somebody, who: dict[str, str]) -> None:
    rahma = await somebody()

    answer = await (await log_in(**who)).post(f"/orang/{rahma.id}/jaga", data={"hari-senin": "on"})

    mine = await notices.person(pool, rahma.id)
    assert mine
    assert (403, ()) == (answer.status_code, mine.duty_days)


async def test_a_head_sees_what_failed_in_the_own_unit_alone_and_sends_it_again(
    pool: Pool, post: Post, sink: Sink, tell: Tell, somebody: Somebody, log_in: LogIn, clock: Moved
) -> None:
    await somebody(name="Rahma")
    await somebody(unit="PDAM", name="Andi")
    sink.answers["RCPT"] = ["550 5.1.1 no such user"] * 2
    for unit in ("PUPR", "PDAM"):
        await tell(unit, urgency="darurat", complaint_id=unit)
    await turn(pool, post)
    head, operator = await log_in(role="pimpinan", name="Besse"), await log_in(role="operator", unit="DISKOMINFO")
    page, all_pages = (await head.get("/kabar/terkirim?gagal=ya")).text, (await operator.get("/kabar/terkirim")).text
    (row,) = await notices.log(pool, ["PUPR"], failed=True)

    answer = await head.post(f"/kabar/terkirim/{row['id']}/lagi")
    clock.now = await pool.fetchval("SELECT now()")  # the page has its own clock
    async with pool.acquire() as db:
        await send_next(db, post, Medium.EMAIL)

    assert (True, False) == ("kepada Rahma" in page, "kepada Andi" in page)
    assert (True, True) == ("kepada Rahma" in all_pages, "kepada Andi" in all_pages)
    assert (303, 1) == (answer.status_code, len(sink.mails))


async def test_a_clerk_does_not_see_what_others_were_sent(log_in: LogIn) -> None:
    assert 403 == (await (await log_in()).get("/kabar/terkirim")).status_code


async def test_removed_person_gets_no_notices_and_their_number_is_deleted(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: Callable[..., Awaitable[Person]], log_in: LogIn
) -> None:
    rahma, head = await staff(phone="+628110000001"), await log_in(role="pimpinan", name="Besse")
    await head.post(f"/orang/{rahma.id}/keluarkan")
    await tell(urgency="darurat")
    await turn(pool, post)

    rows: list[Any] = await pool.fetch("SELECT phone FROM people WHERE id = $1", rahma.id)

    assert [None] == [row["phone"] for row in rows]
    assert rahma.email not in [mail["To"] for mail in sink.mails]
