"""Requests for more time, with a reason and a day: the citizen reads both, and people who look over all see them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from desk_office import PAGE, LogIn, Tell, hidden, sent
from desk_site import ROAD, SIZES, look, page_of
from playwright.async_api import Browser, expect

from chassis.database import Pool
from contracts.dates import day_in_words
from contracts.events import ReplyAnswer
from testing.events import a_snapshot
from unit_desk.handlers.visit import Desk
from unit_desk.more_time import wrong
from unit_desk.people import Person

WITA = ZoneInfo("Asia/Makassar")
NOON = datetime(2026, 11, 27, 12, tzinfo=WITA)
SOON = datetime.now(WITA).date() + timedelta(days=9)
WHY = "Aspal baru tiba dari Makassar minggu depan"


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-12-04", ""),
        ("2026-12-02", "masih di dalam batas waktunya"),
        ("2026-12-01", "masih di dalam batas waktunya"),
        ("2026-11-27", "sesudah hari ini"),
        ("2026-11-01", "sesudah hari ini"),
        ("2027-11-27", "Paling lama 180 hari"),
        ("", "Pilih tanggal"),
        ("besok", "Pilih tanggal"),
    ],
)
def test_a_day_to_ask_for_lies_beyond_what_is_promised(day: str, said: str) -> None:
    due = a_snapshot(deadline_at=datetime(2026, 12, 3, tzinfo=WITA))  # the midnight that ends 2 December

    found = wrong(day, due, NOON, WITA)

    assert (bool(said), True) == (bool(found), said in found)


def test_where_nothing_is_promised_any_day_may_be_said() -> None:
    assert "" == wrong("2026-11-28", a_snapshot(), NOON, WITA)


async def asked(web: httpx.AsyncClient, tell: Tell, pool: Pool, *, accepted: bool = True) -> str:
    """Ask for more time, and have the router answer; return the preview."""
    form = hidden(await web.get(f"{PAGE}/waktu"))
    data = {**form, "words": f"{WHY}.", "day": SOON.isoformat()}
    page = await web.post(f"{PAGE}/waktu", data={**data, "step": "periksa"})
    await web.post(f"{PAGE}/waktu", data={**hidden(page), "step": "kirim"})
    reply_id = str(await pool.fetchval("SELECT id FROM replies"))
    answer = ReplyAnswer(event_id=reply_id, accepted=accepted, reason="tidak" if not accepted else "")
    await tell(seq=2, status="in_progress", why="replied", reply=answer, text="Jalan berlubang")
    return str(page.text)


@pytest.mark.connected
@pytest.mark.parametrize("accepted", [True, False])
async def test_its_citizen_reads_why_and_until_when_and_who_looks_over_all_sees_it(
    log_in: LogIn, tell: Tell, pool: Pool, accepted: bool
) -> None:
    await tell(seq=1, status="in_progress", text="Jalan berlubang")
    web, operator = await log_in(), await log_in(unit="DISKOMINFO", role="operator")
    watcher, day = await log_in(unit="SETDA", role="pemantau"), day_in_words(SOON)

    shown = await asked(web, tell, pool, accepted=accepted)

    sentence = f"Kami perlu waktu lebih lama: {WHY}. Perkiraan selesai {day}."
    assert f"sedang ditangani Dinas PUPR. {sentence}" in shown
    assert [("progress", sentence)] == [(said.action, said.message) for _, said in await sent(pool)]
    lists = [await each.get("/?daftar=waktu") for each in (operator, watcher)]
    assert [accepted] * 2 == [
        f"perkiraan selesai {day}" in page.text and "Jalan berlubang" in page.text for page in lists
    ]
    assert accepted == (f"perkiraan selesai {day}" in (await web.get("/")).text)
    assert "meminta tambahan waktu" in (await operator.get(PAGE)).text
    reply_id = await pool.fetchval("SELECT id FROM replies")
    assert accepted == ("Anda meminta tambahan waktu" in (await web.get(f"{PAGE}?balasan={reply_id}")).text)


@pytest.mark.connected
async def test_incomplete_request_for_more_time_is_explained_and_not_sent(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    await tell(seq=1, status="in_progress", deadline_at=datetime.now(UTC) + timedelta(days=20))
    web = await log_in()
    form = hidden(await web.get(f"{PAGE}/waktu"))

    page = await web.post(f"{PAGE}/waktu", data={**form, "words": "lama", "day": SOON.isoformat(), "step": "kirim"})

    assert (422, []) == (page.status_code, await sent(pool))
    assert ["Terlalu singkat" in page.text, "masih di dalam batas waktunya" in page.text] == [True, True]


@pytest.mark.connected
@pytest.mark.parametrize("size", SIZES)
async def test_in_a_browser_it_is_asked_for_and_seen_before(
    browser: Browser, here: Desk, morning: None, somebody: Callable[..., Awaitable[Person]], tell: Tell, size: str
) -> None:
    page = await page_of(browser, here, await somebody(name="Andi Rahmawati"), size)
    await page.goto(f"{here.settings.public_url}/laporan/{ROAD}")
    await page.get_by_role("link", name="Minta tambahan waktu").click()
    await page.get_by_role("button", name="Lihat dulu").click()
    await expect(page.get_by_role("alert")).to_contain_text("Pilih tanggal")
    await look(page, "waktu-salah", size)
    await page.get_by_label("Perkiraan selesai").fill(SOON.isoformat())
    await page.get_by_label("Mengapa perlu waktu lebih lama?").fill(WHY)
    await page.get_by_role("button", name="Lihat dulu").click()
    await expect(page.locator(".bubble")).to_contain_text(f"Perkiraan selesai {day_in_words(SOON)}.")
    await look(page, "waktu-lihat", size)
    await page.get_by_role("button", name="Kirim sekarang").click()
    await expect(page.get_by_role("status").first).to_contain_text("dikirim")

    await here.pool.execute("UPDATE replies SET answered_at = now(), accepted = true")
    operator = await page_of(browser, here, await somebody(unit="DISKOMINFO", role="operator"), size)
    await operator.goto(f"{here.settings.public_url}/?daftar=waktu")
    await look(operator, "minta-waktu", size)
    await operator.get_by_role("link", name="Jalan di depan SD 12").click()
    await expect(operator.get_by_text("Yang dijanjikan tidak berubah.")).to_be_visible()
    await look(operator, "waktu-laporan", size)
    for each in (page, operator):
        await each.context.close()
