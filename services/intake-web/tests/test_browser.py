"""A citizen's browser, with JavaScript off, from the empty form to the page of the complaint."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from chassis.database import Pool
from chassis.http_server import WebServer
from contracts import ticket
from contracts.events import DerivationDay
from intake.complaint_view import ComplaintView, save_views
from intake.texts import Texts
from intake_web.adapters.postgres import PostgresStore
from intake_web.app import SERVICE, build_app
from intake_web.settings import WebSettings
from lapor.processes.ports import HOST, choose
from testing.programs import program

pytestmark = pytest.mark.connected

DUE: dict[str, Any] = {
    "deadline_at": datetime(2026, 12, 3, 16, tzinfo=UTC),
    "derivation": [DerivationDay(date=date(2026, 12, 3), counted=True, reason="hari kerja 1")],
}
ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = program("chromium", "chromium-browser", "google-chrome", debian="chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        await browser.close()


@pytest.fixture
async def site(
    pool: Pool, make_settings: Callable[..., WebSettings], texts: Texts, tmp_path: Path
) -> AsyncIterator[str]:
    """The website on a real database and a real port."""
    port = choose({"web": 0}, tmp_path / "ports.json")["web"]
    settings = make_settings(web_port=port, web_public_url=None)
    store = PostgresStore(pool, settings, SERVICE, lambda: None, within_s=5)
    server = WebServer(build_app(store, settings, texts), HOST, port, stop_within_s=1)
    running = asyncio.create_task(server.run())
    async with asyncio.timeout(10):
        while not server.answers:
            await asyncio.sleep(0.01)
    yield settings.public_url
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page of a small phone without JavaScript."""
    context = await browser.new_context(
        java_script_enabled=False, viewport={"width": 360, "height": 740}, locale="id-ID"
    )
    context.set_default_timeout(15_000)
    yield await context.new_page()
    await context.close()


async def _stands(pool: Pool, number: str, status: str) -> None:
    async with pool.acquire() as db:
        await save_views(db, {number: ComplaintView(ticket=number, seq=3, status=status, unit="PUPR", **DUE)})


async def test_a_complaint_by_form_reaches_its_page(page: Page, site: str, pool: Pool) -> None:
    await page.goto(site)
    await page.get_by_label("Isi laporan").fill("Jalan berlubang di depan pasar,\nmotor sering jatuh.")
    await page.get_by_label("Tempat kejadian").fill("Lalabata")
    await page.get_by_label("Nomor HP").fill("dua belas")
    await page.get_by_label("Rahasia").check()

    await page.get_by_role("button", name="Kirim laporan").click()
    await expect(page.get_by_role("alert")).to_contain_text("Nomor HP tidak dikenali")
    await expect(page.get_by_label("Isi laporan")).to_have_value("Jalan berlubang di depan pasar,\nmotor sering jatuh.")
    await expect(page.get_by_label("Rahasia")).to_be_checked()
    await page.get_by_label("Nomor HP").fill("0812 3456 7890")
    await page.get_by_role("button", name="Kirim laporan").click()

    await expect(page.get_by_role("status")).to_contain_text("sudah kami terima")
    number = await page.get_by_role("heading", level=1).inner_text()
    assert ticket.parse(number) == number
    row = await pool.fetchrow("SELECT ticket, text, phone FROM complaints JOIN reporters USING (reporter_ref)")
    assert tuple(row) == (number, "Jalan berlubang di depan pasar,\nmotor sering jatuh.", "0812 3456 7890")


async def test_going_back_and_sending_again_asks_before_it_is_a_second_complaint(
    page: Page, site: str, pool: Pool
) -> None:
    await page.goto(site)
    await page.get_by_label("Isi laporan").fill("Lampu jalan padam")
    await page.get_by_role("button", name="Kirim laporan").click()
    number = await page.get_by_role("heading", level=1).inner_text()

    await page.go_back()
    await expect(page.get_by_label("Isi laporan")).to_have_value("Lampu jalan padam")
    await page.get_by_role("button", name="Kirim laporan").click()

    await expect(page.get_by_role("alert")).to_contain_text("sudah pernah terkirim")
    await expect(page.get_by_role("alert")).to_contain_text(number)
    assert await pool.fetchval("SELECT count(*) FROM complaints") == 1
    await page.get_by_role("button", name="Kirim laporan").click()
    await expect(page.get_by_role("status")).to_contain_text("sudah kami terima")
    assert await pool.fetchval("SELECT count(*) FROM complaints") == 2


async def test_the_reporter_adds_something_and_finds_the_complaint_by_its_number(page: Page, site: str) -> None:
    await page.goto(site)
    await page.get_by_label("Isi laporan").fill("Lampu jalan padam")
    await page.get_by_role("button", name="Kirim laporan").click()
    number = await page.get_by_role("heading", level=1).inner_text()

    await page.get_by_role("link", name="Tambah keterangan atau batalkan").click()
    await page.get_by_label("Keterangan", exact=True).fill("Tiang nomor 7")
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.get_by_role("status")).to_contain_text("Tambahan Anda sudah kami terima")

    await page.get_by_role("link", name="Lacak", exact=True).click()
    await page.get_by_label("Nomor laporan").fill(number.lower().replace("-", " "))
    await page.get_by_role("button", name="Lacak").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(number)


async def test_the_reporter_rates_the_answer_opens_it_again_and_uses_a_right(page: Page, site: str, pool: Pool) -> None:
    await page.goto(site)
    await page.get_by_label("Isi laporan").fill("Lampu jalan padam")
    await page.get_by_role("button", name="Kirim laporan").click()
    number = await page.get_by_role("heading", level=1).inner_text()
    await _stands(pool, number, "routed")
    await page.goto(f"{site}/laporan/{number}")
    await page.get_by_text("Bagaimana dihitung?").click()
    await expect(page.get_by_text("hari kerja 1")).to_be_visible()

    await _stands(pool, number, "resolved")
    await page.goto(f"{site}/laporan/{number}")
    await page.get_by_label("2 kurang").check()
    await page.get_by_label("Komentar").fill("Lama sekali")
    await page.get_by_role("button", name="Kirim nilai").click()
    await expect(page.get_by_role("status")).to_contain_text("sudah kami terima")
    await page.get_by_text("Belum beres? Buka kembali laporan ini").click()
    await page.get_by_label("Apa yang belum beres?").fill("Masih padam")
    await page.get_by_role("button", name="Buka kembali").click()
    await page.get_by_role("link", name="Tanggapan lain").click()
    await page.get_by_label("Menghapus data pribadi saya").check()
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.get_by_role("status")).to_contain_text("sudah kami terima")

    items = json.loads(await pool.fetchval("SELECT follow_ups FROM complaints"))
    assert [("rating", "Lama sekali"), ("reopen", "Masih padam"), ("rights_request", None)] == [
        (item["kind"], item.get("text")) for item in items
    ]


async def test_nothing_is_wider_than_a_small_phone(page: Page, site: str, browser: Browser) -> None:
    with_script = await browser.new_page(viewport={"width": 320, "height": 640})
    for path in ("/", "/lacak", "/nowhere"):
        await with_script.goto(f"{site}{path}")
        assert await with_script.evaluate("document.documentElement.scrollWidth") <= 320
    await with_script.close()
