"""The page of an office outside: the complaint behind its link, the answers it accepts, and its refusals."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from uuid import uuid4

import httpx
import pytest
from desk_office import NUMBER, PAGE, LogIn, Tell, hidden, sent
from desk_parties import HANDED, SAYS, HandOver, answer, of, path
from desk_site import look, page_of
from msgspec import UNSET
from playwright.async_api import Browser, expect

from chassis.database import Pool
from contracts.events import Place
from unit_desk import parties
from unit_desk.handlers.visit import Desk
from unit_desk.people import Person

pytestmark = pytest.mark.connected
BACK = {**HANDED, "status": "routed", "target": UNSET, "why": "undone", "seq": 3}


async def send(web: httpx.AsyncClient, where: str, text: str, answer_id: str = "") -> httpx.Response:
    return await web.post(where, data={"text": text, "id": answer_id or str(uuid4())})


async def test_an_office_answers_without_an_account_and_adds_to_it(
    hand_over: HandOver, guest: httpx.AsyncClient, desk: Desk, pool: Pool
) -> None:
    where = path(desk, await hand_over())

    opened = await guest.get(where)
    done = await send(guest, where, SAYS)
    shown = await guest.get(done.headers["location"])
    await send(guest, where, "Tiangnya sudah berdiri tegak lagi.")
    await send(guest, where, "")

    looked = await pool.fetch("SELECT act, person, about FROM audit WHERE act LIKE 'dibuka%'")
    assert [("dibuka pihak luar", None, "PLN")] * 3 == [tuple(row) for row in looked]
    assert ["Tiang listrik di Cabenge miring" in opened.text, "SPG-S000-00007" in opened.text] == [True, True]
    assert (303, True, True) == (done.status_code, "Jawaban Anda tersimpan" in shown.text, SAYS in shown.text)
    assert [("relay", SAYS), ("relay", "Tiangnya sudah berdiri tegak lagi.")] == [
        (said.action, said.message) for _, said in await sent(pool)
    ]


async def test_a_double_press_is_one_answer(
    hand_over: HandOver, guest: httpx.AsyncClient, desk: Desk, pool: Pool
) -> None:
    where = path(desk, await hand_over())
    form = hidden(await guest.get(where))

    pressed = [await send(guest, where, SAYS, form["id"]) for _ in range(2)]

    assert [303, 303] == [each.status_code for each in pressed]
    assert 1 == len(await sent(pool))


@pytest.mark.parametrize(("text", "says"), [("", "Tulis dulu"), ("sudah", "Terlalu singkat")])
async def test_empty_or_short_answer_is_refused_and_stays_in_the_form(
    hand_over: HandOver, guest: httpx.AsyncClient, desk: Desk, pool: Pool, text: str, says: str
) -> None:
    page = await send(guest, path(desk, await hand_over()), text)

    assert (422, True, True) == (page.status_code, says in page.text, f">{text}</textarea>" in page.text)
    assert [] == await sent(pool)


async def _closed(guest: httpx.AsyncClient, where: str, pool: Pool) -> tuple[int, int, bool, bool, int]:
    """Return both statuses, whether pages say that nothing was sent and show the complaint, and the replies sent."""
    opened, pressed = await guest.get(where), await send(guest, where, SAYS)
    shows = "Tiang listrik di Cabenge" in opened.text + pressed.text
    kept = SAYS in pressed.text and "belum terkirim" in pressed.text
    return opened.status_code, pressed.status_code, kept, shows, len(await sent(pool))


async def test_an_expired_link_opens_nothing_and_loses_no_words(
    hand_over: HandOver, guest: httpx.AsyncClient, desk: Desk, pool: Pool
) -> None:
    await hand_over()
    await pool.execute("UPDATE handovers SET expires_at = now() - interval '1 second'")
    where = path(desk, await of(pool))

    assert (410, 410, True, False, 0) == await _closed(guest, where, pool)
    assert "sudah lewat" in (await guest.get(where)).text


async def test_the_end_of_a_link_is_not_put_off_by_who_holds_it(
    hand_over: HandOver, guest: httpx.AsyncClient, desk: Desk, pool: Pool
) -> None:
    where = path(desk, await hand_over())
    await pool.execute("UPDATE handovers SET expires_at = expires_at + interval '1 day'")

    assert (404, 404, True, False, 0) == await _closed(guest, where, pool)


async def test_link_of_another_complaint_does_not_open_this_one(
    hand_over: HandOver, guest: httpx.AsyncClient, desk: Desk, pool: Pool
) -> None:
    mine = await hand_over()
    other = await hand_over(complaint_id="c2", ticket="SPG-S000-00015", text="Kabel putus")
    mixed = f"/jawab/{mine.id.hex}{parties.token(desk.settings.key, other)[32:]}"

    assert (404, 404, True, False, 0) == await _closed(guest, mixed, pool)


async def test_undone_hand_over_refuses_answers(
    hand_over: HandOver, tell: Tell, guest: httpx.AsyncClient, desk: Desk, pool: Pool
) -> None:
    where = path(desk, await hand_over())
    await tell(**BACK)

    assert (410, 410, True, False, 0) == await _closed(guest, where, pool)
    assert "tidak lagi menjadi urusan PLN" in (await guest.get(where)).text


async def test_a_revoked_link_opens_nothing_and_a_new_one_does(
    hand_over: HandOver, log_in: LogIn, guest: httpx.AsyncClient, desk: Desk, pool: Pool
) -> None:
    old = path(desk, await hand_over())
    web = await log_in(unit="DISKOMINFO", role="operator")

    await web.post(f"{PAGE}/pihak", data={"tindakan": "cabut"})
    revoked = await _closed(guest, old, pool)
    await web.post(f"{PAGE}/pihak", data={"tindakan": "kirim"})
    statuses = [(await guest.get(where)).status_code for where in (old, path(desk, await of(pool)))]

    assert (410, 410, True, False, 0) == revoked
    assert [404, 200] == statuses
    assert ("waits", 2) == ((await of(pool)).letter, (await of(pool)).link)


async def test_a_letter_that_is_pressed_twice_is_written_once(hand_over: HandOver, log_in: LogIn, pool: Pool) -> None:
    await hand_over()
    web = await log_in(unit="DISKOMINFO", role="operator")
    (link,) = re.findall(r'name="link" value="(\d+)"', (await web.get(PAGE)).text)

    for _ in range(2):
        assert 303 == (await web.post(f"{PAGE}/pihak", data={"tindakan": "kirim", "link": link})).status_code

    assert ("1", 2) == (link, (await of(pool)).link)
    written = "SELECT count(*) FROM audit WHERE act = 'surati pihak luar'"
    assert 1 == await pool.fetchval(written)


@pytest.mark.parametrize(("unit", "role"), [("PUPR", "petugas"), ("SETDA", "pemantau")])
async def test_only_who_forwards_it_revokes_and_writes(
    hand_over: HandOver, tell: Tell, log_in: LogIn, pool: Pool, unit: str, role: str
) -> None:
    await hand_over()
    await tell(**{**HANDED, "unit": "PUPR", "why": "replied"}, seq=2)
    web = await log_in(unit=unit, role=role)

    refused = await web.post(f"{PAGE}/pihak", data={"tindakan": "cabut"})

    assert (403, None) == (refused.status_code, (await of(pool)).revoked_at)


async def test_how_far_it_is_stands_on_the_complaint(
    hand_over: HandOver, log_in: LogIn, guest: httpx.AsyncClient, desk: Desk, pool: Pool
) -> None:
    where = path(desk, await hand_over())
    web = await log_in(unit="DISKOMINFO", role="operator")

    said = [(await web.get(PAGE)).text]
    await pool.execute("UPDATE handovers SET letter = 'sent', sent_at = now()")
    said.append((await web.get(PAGE)).text)
    await send(guest, where, SAYS)
    said.append((await web.get(PAGE)).text)
    await pool.execute("UPDATE handovers SET letter = 'refused', problem = '550 5.1.1'")
    said.append((await web.get(PAGE)).text)

    expected = [
        "server surat belum diatur",
        "Belum ada jawaban.",
        "menunggu disampaikan",
        "ditolak server surat (550 5.1.1)",
    ]
    assert [True] * 4 == [each in text for each, text in zip(expected, said, strict=True)]
    assert SAYS in said[2]


async def test_a_page_of_elsewhere_answers_for_nobody(
    hand_over: HandOver, guest: httpx.AsyncClient, desk: Desk, pool: Pool
) -> None:
    where = path(desk, await hand_over())

    refused = await guest.post(where, data={"text": SAYS}, headers={"Sec-Fetch-Site": "cross-site"})

    assert (403, []) == (refused.status_code, await sent(pool))


@pytest.mark.slow
@pytest.mark.parametrize("size", ["hp", "meja"])
async def test_an_office_answers_in_a_browser(
    size: str, browser: Browser, here: Desk, hand_over: HandOver, tell: Tell, pool: Pool
) -> None:
    it = await hand_over(place=Place(kecamatan="Lilirilau", desa="Cabenge"), place_stated="dekat jembatan Cabenge")
    url = f"{here.settings.public_url}{path(here, it)}"
    page = await page_of(browser, here, None, size, java_script_enabled=True)

    await page.goto(url)
    await look(page, "jawaban", size)
    await page.get_by_label("Jawaban untuk pelapor").fill("sudah")
    await page.get_by_role("button", name="Kirim jawaban").click()
    await expect(page.get_by_role("alert")).to_contain_text("Terlalu singkat")
    await look(page, "jawaban-salah", size)
    await page.get_by_label("Jawaban untuk pelapor").fill(SAYS)
    await page.get_by_role("button", name="Kirim jawaban").click()
    await expect(page.get_by_role("status")).to_contain_text("Terima kasih")
    await look(page, "jawaban-terkirim", size)
    await tell(**{**BACK, "seq": 9})
    await page.get_by_label("Tambahan untuk pelapor").fill("Tiang sudah berdiri lagi.")
    await page.get_by_role("button", name="Kirim tambahan").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("ditarik kembali")
    await expect(page.get_by_label("Yang Anda tulis")).to_have_value("Tiang sudah berdiri lagi.")
    await look(page, "jawaban-ditarik", size)
    assert 1 == len(await pool.fetch("SELECT FROM party_answers"))
    await page.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("size", ["hp", "meja"])
async def test_operator_sees_the_state_of_a_hand_over(
    size: str, browser: Browser, here: Desk, hand_over: HandOver, somebody: Callable[..., Awaitable[Person]], pool: Pool
) -> None:
    await answer(pool, await hand_over())
    await pool.execute("UPDATE handovers SET letter = 'sent', sent_at = now()")
    page = await page_of(browser, here, await somebody(unit="DISKOMINFO", role="operator"), size)

    await page.goto(f"{here.settings.public_url}/laporan/{NUMBER}")
    await expect(page.get_by_role("heading", name="PLN")).to_be_visible()
    await look(page, "pihak-luar", size)
    await page.context.close()
