"""The pages about notices to people, in Chromium: on a phone and at a desk, also without a script."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from desk_office import Tell
from desk_post import WEEK, Moved, turn
from desk_site import SIZES, look, page_of
from playwright.async_api import Browser, expect

from chassis.database import Pool
from contracts import ticket
from testing.mail import Sink
from unit_desk.adapters import notices
from unit_desk.handlers.visit import Desk
from unit_desk.people import Person
from unit_desk.sending import Post
from unit_desk.settings import DeskSettings

pytestmark = pytest.mark.connected
MakeStaff = Callable[..., Awaitable[Person]]
Settings = Callable[..., DeskSettings]


@pytest.fixture
def make_settings(make_settings: Settings, sink: Sink, gateway: str) -> Settings:
    """Settings of a desk that sends mail and SMS."""

    def make(**given: Any) -> DeskSettings:
        return make_settings(**{
            "smtp_url": f"smtp://127.0.0.1:{sink.port}", "mail_from": "LAPOR! Soppeng <lapor@contoh.id>",
            "kannel_send_url": f"{gateway}/cgi-bin/sendsms", "kannel_username": "lapor",
            "kannel_password": "kannel-password", **given,
        })  # fmt: skip

    return make


@pytest.mark.parametrize("size", SIZES)
async def test_notice_pages_are_accessible(
    browser: Browser, here: Desk, pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved,
    size: str,
) -> None:  # fmt: skip
    head = await staff(name="Besse Tenri", role="pimpinan", days=WEEK, hours="07.30-16.00", phone="+628110000002")
    await staff(name="Andi Rahmawati", days=("jumat", "sabtu", "minggu"), hours="16.00-07.30")
    for n in range(2):
        sink.answers["RCPT"] = ["550 5.1.1 no such user"] * n
        await tell(complaint_id=f"{n}", ticket=ticket.mint("sms"), urgency="darurat")
        await turn(pool, post)
        clock.on(minutes=11)
    url = here.settings.public_url
    page = await page_of(browser, here, head, size)
    await page.goto(f"{url}/kabar")
    await look(page, "kabar", size)
    await page.goto(f"{url}/kabar/terkirim")
    await expect(page.get_by_text("gagal", exact=True)).to_be_visible()
    await look(page, "terkirim", size)
    await page.goto(f"{url}/orang")
    await page.get_by_text("Waktu jaga Andi Rahmawati").click()
    await look(page, "orang-jaga", size)

    guest = await page_of(browser, here, None, size)
    await guest.goto(f"{url}/masuk")
    await look(guest, "masuk-dengan-surel", size)
    await guest.get_by_role("link", name="masuk dengan kode lewat surel").click()
    await look(guest, "kode", size)
    await guest.get_by_label("Surel dinas").fill("andi@contoh.id")
    await guest.get_by_role("button", name="Kirim kode").click()
    await look(guest, "kode-diminta", size)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_somebody_says_on_a_phone_how_they_are_told(
    browser: Browser, here: Desk, pool: Pool, staff: MakeStaff, script: bool
) -> None:
    person = await staff()
    page = await page_of(browser, here, person, "hp", java_script_enabled=script)
    await page.goto(here.settings.public_url)
    await page.get_by_role("link", name="Kabar").click()
    await page.get_by_label("Nomor HP").fill("12")
    await page.get_by_role("button", name="Simpan").click()
    await expect(page.get_by_text("Tulis nomor HP Indonesia")).to_be_visible()
    await page.get_by_label("Nomor HP").fill("0811 0000 001")
    await page.get_by_label("Laporan baru").uncheck()
    await page.get_by_role("button", name="Simpan").click()
    await expect(page.get_by_role("status")).to_contain_text("Tersimpan.")

    mine = await notices.person(pool, person.id)
    assert mine
    assert ("+628110000001", frozenset({"new"})) == (mine.phone, mine.unwanted & {"new"})
