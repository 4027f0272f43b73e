"""The account in Chromium on a small phone: sign-in by mail, without JavaScript, by keyboard, and every page's look.

Pictures go to build/pictures/account.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from chassis.database import Pool
from intake.complaint_view import ComplaintView, save_views
from intake.texts import Texts
from intake_web.adapters.postgres import PostgresStore
from intake_web.app import SERVICE
from intake_web.codes import code_senders
from intake_web.domain import code_for
from intake_web.settings import WebSettings
from testing import browsers
from testing.browsers import answering, phone
from testing.mail import Sink, mail_sink
from testing.waiting import BOUND_S

pytestmark = pytest.mark.connected

PICTURES = Path(__file__).parents[3] / "build" / "pictures" / "account"
look = partial(browsers.look, PICTURES)
MAIL, OTHER = "andi.kenari@contoh.id", "andi.baru@contoh.id"
DUE = datetime(2026, 12, 3, 16, tzinfo=UTC)


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with mail_sink() as sink:
        yield sink


@pytest.fixture
def settings(make_settings: Callable[..., WebSettings], sink: Sink, web_port: int) -> WebSettings:
    return make_settings(web_port=web_port, web_public_url=None, smtp_url=f"smtp://127.0.0.1:{sink.port}")


@pytest.fixture
async def site(pool: Pool, settings: WebSettings, texts: Texts, website_on: Callable[..., Any]) -> AsyncIterator[str]:
    """The website on a real database and a real port, with codes sent by mail."""
    store = PostgresStore(pool, settings, SERVICE, lambda: None, within_s=BOUND_S)
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(202))) as http:
        codes = [task() for _, task in code_senders(pool, settings, texts, http)]
        async with answering(website_on(store, settings), settings.web_port, *codes):
            yield settings.public_url


async def code_to(sink: Sink, to: str, nth: int) -> str:
    """Wait for the ``nth`` mail to ``to``, counted from 1, and return its code."""
    async with asyncio.timeout(60):
        while True:
            mails = [mail for (_, (each,)), mail in zip(sink.envelopes, sink.mails, strict=True) if each == to]
            if len(mails) >= nth:
                found = re.search(r"\b(\d{6})\b", mails[nth - 1].get_content())
                assert found
                return found[1]
            await asyncio.sleep(0.02)


async def later(pool: Pool) -> None:
    """Make the sent codes so old that another may be requested."""
    await pool.execute("UPDATE account_messages SET created_at = created_at - interval '2 h'")


async def sign_in(page: Page, site: str, sink: Sink, nth: int = 1, name: str = "Andi Kenari") -> None:
    await page.goto(f"{site}/akun")
    await page.get_by_label("Email atau nomor HP").fill(MAIL)
    await page.get_by_role("button", name="Kirim kode").click()
    code = await code_to(sink, MAIL, nth)
    await page.get_by_label("Kode", exact=True).fill(f"{code[:3]} {code[3:]}")
    await page.get_by_role("button", name="Masuk").click()
    if nth == 1:
        await page.get_by_label("Nama").fill(name)
        await page.get_by_label("Saya setuju").check()
        await page.get_by_role("button", name="Buat akun").click()
    await expect(page.get_by_role("heading", name="Laporan saya")).to_be_visible()


async def complain(page: Page, site: str, text: str) -> str:
    """Send ``text`` by the form without JavaScript; return the ticket."""
    await page.goto(f"{site}/")
    await page.get_by_label("Isi laporan").fill(text)
    await page.get_by_role("button", name="Kirim laporan").click()
    await page.wait_for_url("**/laporan/SPG-*")
    return page.url.split("/laporan/")[1].partition("?")[0]


async def test_a_citizen_signs_in_without_script_and_finds_what_they_sent(
    page: Page, site: str, sink: Sink, pool: Pool, browser: Browser
) -> None:
    await sign_in(page, site, sink)
    number = await complain(page, site, "Jalan di depan SD 12 Lalabata berlubang besar")
    await later(pool)
    other = await phone(browser, java_script_enabled=False)
    computer = await other.new_page()
    await sign_in(computer, site, sink, 2)
    await computer.get_by_role("link", name="Jalan di depan SD 12").click()

    await expect(computer.get_by_role("heading", name="Kabar untuk Anda")).to_be_visible()
    assert computer.url.endswith(f"/laporan/{number}")
    await computer.goto(f"{site}/akun/data")
    await computer.get_by_role("button", name="Keluar di semua perangkat").click()
    await expect(computer.get_by_text("Anda sudah keluar.")).to_be_visible()
    await page.goto(f"{site}/akun")
    await expect(page.get_by_role("heading", name="Masuk ke akun")).to_be_visible()
    await computer.goto(f"{site}/laporan/{number}")
    await expect(computer.get_by_role("heading", name="Kabar untuk Anda")).to_have_count(0)
    await other.close()


async def test_a_citizen_signs_in_and_out_by_keys_alone(browser: Browser, site: str, sink: Sink) -> None:
    context = await phone(browser)
    page = await context.new_page()

    async def reach(name: str) -> None:
        for _ in range(60):
            await page.keyboard.press("Tab")
            if name in await page.evaluate(
                "(document.activeElement.labels?.[0] ?? document.activeElement).textContent"
            ):
                return
        raise AssertionError(name)

    await page.goto(f"{site}/akun")
    await reach("Email atau nomor HP")
    await page.keyboard.type(MAIL)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/akun/kode")
    assert "code-enter" == await page.evaluate("document.activeElement.name")
    await page.keyboard.type(await code_to(sink, MAIL, 1))
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/akun/setuju")
    await reach("Saya setuju")
    await page.keyboard.press("Space")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/akun")
    await reach("Keluar")
    await page.keyboard.press("Enter")

    await page.wait_for_url("**/akun?keluar=1")
    await context.close()


async def test_a_code_is_pasted_and_offered_by_the_phone(browser: Browser, site: str, sink: Sink) -> None:
    context = await phone(browser)
    page = await context.new_page()
    await page.goto(f"{site}/akun")
    await page.get_by_label("Email atau nomor HP").fill(MAIL)
    await page.get_by_role("button", name="Kirim kode").click()
    field = page.get_by_label("Kode", exact=True)
    code = await code_to(sink, MAIL, 1)
    await field.evaluate(
        """(field, text) => { field.focus(); document.execCommand("insertText", false, text); }""", f" {code}\t"
    )
    given = [await field.get_attribute(name) for name in ("autocomplete", "inputmode")]
    await page.get_by_role("button", name="Masuk").click()

    assert ["one-time-code", "numeric"] == given
    await expect(page.get_by_role("heading", name="Satu langkah lagi")).to_be_visible()
    await context.close()


async def test_the_form_with_script_is_filled_in_and_its_complaint_is_in_the_list(
    browser: Browser, site: str, sink: Sink
) -> None:
    context = await phone(browser)
    page = await context.new_page()
    await sign_in(page, site, sink)
    await page.goto(f"{site}/")
    await page.get_by_label("Isi laporan").fill("Lampu jalan padam di Kelurahan Botto")
    for _ in range(5):
        heading = page.locator(".step:not([hidden]) h2")
        before = await heading.text_content()
        await page.get_by_role("button", name="Lanjut").click()
        await expect(heading).not_to_have_text(before or "")
    await expect(page.locator(".answers")).to_contain_text(f"Andi Kenari, {MAIL}")
    await page.get_by_role("button", name="Kirim laporan").click()
    await page.wait_for_url("**/laporan/SPG-*")
    await page.goto(f"{site}/akun")

    await expect(page.get_by_role("link", name="Lampu jalan padam")).to_be_visible()
    await context.close()


async def test_each_page_of_signing_in(browser: Browser, site: str, sink: Sink, pool: Pool) -> None:
    context = await phone(browser)
    page = await context.new_page()
    await page.goto(f"{site}/akun")
    await look(page, "masuk")
    await page.get_by_label("Email atau nomor HP").fill("andi@")
    await page.get_by_role("button", name="Kirim kode").click()
    await look(page, "masuk-salah")
    await page.get_by_label("Email atau nomor HP").fill(MAIL)
    await page.get_by_role("button", name="Kirim kode").click()
    await look(page, "kode")
    await page.get_by_role("button", name="Kirim kode baru").click()
    await look(page, "kode-terlalu-sering")
    code = await code_to(sink, MAIL, 1)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for n in range(5):
        await page.get_by_label("Kode", exact=True).fill(wrong)
        await page.get_by_role("button", name="Masuk").click()
        if n == 0:
            await look(page, "kode-salah")
    await look(page, "kode-habis")
    await later(pool)
    await page.get_by_role("button", name="Kirim kode baru").click()
    await code_to(sink, MAIL, 2)
    await pool.execute("UPDATE account_messages SET expires_at = now() WHERE attempt IS NOT NULL")
    await page.goto(f"{site}/akun/kode")
    await look(page, "kode-lewat")
    await later(pool)
    await page.get_by_role("button", name="Kirim kode baru").click()
    await page.get_by_label("Kode", exact=True).fill(await code_to(sink, MAIL, 3))
    await page.get_by_role("button", name="Masuk").click()
    await look(page, "setuju")
    await page.get_by_role("button", name="Buat akun").click()
    await look(page, "setuju-salah")
    await context.close()


async def test_account_pages_work_from_sign_in_to_deletion(
    browser: Browser, site: str, sink: Sink, pool: Pool, settings: WebSettings
) -> None:
    context, other = await phone(browser), await phone(browser, java_script_enabled=False)
    page, stranger = await context.new_page(), await other.new_page()
    await sign_in(page, site, sink)
    await look(page, "kosong")
    old = await complain(stranger, site, "Sampah menumpuk di belakang Pasar Sentral")
    sender = await phone(browser, java_script_enabled=False, storage_state=await context.storage_state())
    form = await sender.new_page()
    asked = await complain(
        form, site, "Jalan di depan SD 12 Lalabata berlubang besar sejak dua minggu, motor sering jatuh"
    )
    work = await complain(form, site, "Lampu jalan padam di Kelurahan Botto, tiang ketiga dari masjid")
    async with pool.acquire() as db, db.transaction():
        views = {
            asked: ComplaintView(ticket=asked, status="waiting_for_reporter", unit="PUPR", deadline_at=DUE),
            work: ComplaintView(ticket=work, status="in_progress", unit="PUPR", deadline_at=DUE, missed=DUE),
        }
        await save_views(db, views)
    await page.goto(f"{site}/akun")
    await page.get_by_text("Tambahkan laporan lama").click()
    await page.get_by_label("Nomor laporan").fill(old)
    await page.get_by_label("Kode akses").fill("0000-0000-0000-0000")
    await page.get_by_role("button", name="Tambahkan").click()
    await look(page, "laporan-lama-salah")
    await page.get_by_label("Nomor laporan").fill(old)
    await page.get_by_label("Kode akses").fill(code_for(settings.installation_namespace, old))
    await page.get_by_role("button", name="Tambahkan").click()
    await expect(page.get_by_role("link", name="Sampah menumpuk")).to_be_visible()
    await look(page, "laporan-saya")
    await page.goto(f"{site}/")
    await page.wait_for_selector("html.ready")
    await page.goto(f"{site}/#anda")
    await form.goto(f"{site}/")
    await form.locator("#anda").screenshot(path=PICTURES / "formulir-anda.png")
    for name, path in (("data", "/akun/data"), ("kontak", "/akun/kontak/email"), ("hapus", "/akun/hapus")):
        await page.goto(f"{site}{path}")
        await look(page, name)
    await later(pool)
    await page.goto(f"{site}/akun/kontak/email")
    await page.get_by_label("Email baru").fill(OTHER)
    await page.get_by_role("button", name="Kirim kodenya").click()
    await look(page, "kontak-kode")
    await page.get_by_label("Kode di kontak baru").fill(await code_to(sink, OTHER, 1))
    await page.get_by_label("Kode di kontak yang sekarang").fill(await code_to(sink, MAIL, 2))
    await page.get_by_role("button", name="Ganti kontak").click()
    await look(page, "data-tersimpan")
    await later(pool)
    await page.goto(f"{site}/akun/hapus")
    await page.get_by_label("Hapus juga data pribadi").check()
    await page.get_by_role("button", name="Kirim kode untuk menghapus").click()
    await look(page, "hapus-kode")
    await page.get_by_label("Kode", exact=True).fill(await code_to(sink, OTHER, 2))
    await page.get_by_role("button", name="Hapus akun saya").click()
    await expect(page.get_by_role("heading", name="Akun dihapus")).to_be_visible()
    await look(page, "dihapus")

    assert 3 == await pool.fetchval("""SELECT count(*) FROM complaints WHERE follow_ups @> '[{"right": "erasure"}]'""")
    for each in (context, other, sender):
        await each.close()
