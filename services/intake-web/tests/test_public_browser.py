"""The public pages, and those that ask before something is sent or ends: in each state, light and dark.

Pictures go to build/pictures/public.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from listed_views import NOW, number, tell, view
from playwright.async_api import Browser, expect

from chassis.database import Pool
from contracts.vocabulary import Status
from intake.contacts import mark_of, token_of
from intake.texts import Texts
from intake_web.adapters.postgres import PostgresStore
from intake_web.app import SERVICE
from intake_web.settings import WebSettings
from testing import browsers
from testing.browsers import answering, phone
from testing.waiting import BOUND_S

pytestmark = pytest.mark.connected

PICTURES = Path(__file__).parents[3] / "build" / "pictures" / "public"
look = partial(browsers.look, PICTURES)
MAIL = "siti@contoh.id"
LATE = {"missed": NOW - timedelta(days=1), "deadline_at": NOW - timedelta(days=1)}
DONE = {"status": Status.CLOSED, "unit": "DLH", "category": "sampah_kebersihan", "kecamatan": "Marioriawa"}


@pytest.fixture
def settings(make_settings: Callable[..., WebSettings], web_port: int) -> WebSettings:
    return make_settings(web_port=web_port, web_public_url=None)


@pytest.fixture
async def site(pool: Pool, settings: WebSettings, texts: Texts, website_on: Callable[..., Any]) -> AsyncIterator[str]:
    """The website on a real database and a real port."""
    receipt = partial(texts.receipt, SERVICE)
    store = PostgresStore(pool, settings, SERVICE, lambda: None, within_s=BOUND_S, receipt=receipt)
    async with answering(website_on(store, settings), settings.web_port):
        yield settings.public_url


_EMPTY = ("/laporan", "/angka", "/data", "/draf", "/formulir", "/luring", "/belum-terkirim", "/masuk/SPG-W0AB-12CDS/x")


@pytest.mark.parametrize("path", _EMPTY)
async def test_each_page_where_nothing_is_yet(browser: Browser, site: str, path: str) -> None:
    context = await phone(browser)
    page = await context.new_page()

    await page.goto(site + path)

    await look(page, f"kosong{path.replace('/', '-')}")
    await context.close()


async def test_the_list_the_figures_and_the_data_with_complaints(
    browser: Browser, site: str, pool: Pool, texts: Texts
) -> None:
    views = [view(n) for n in range(3, 24)]
    await tell(pool, texts, view(1, deadline_at=NOW + timedelta(days=3)), view(2, **LATE), *views, view(30, **DONE))
    context = await phone(browser)
    page = await context.new_page()

    await page.goto(f"{site}/laporan")
    await look(page, "daftar")
    await page.emulate_media(forced_colors="active")
    await browsers.picture(page, PICTURES / "daftar-sistem.png")
    marks = await page.locator(".stand").evaluate_all(
        "all => all.map((each) => getComputedStyle(each, '::before').backgroundColor)"
    )
    assert marks[0] != marks[1], "what is late is told apart, also where colours are the system's"
    await page.emulate_media(forced_colors="none")
    await page.get_by_role("link", name="Laporan sebelumnya").click()
    await look(page, "daftar-akhir")
    await page.goto(f"{site}/laporan?kecamatan=Marioriawa&keadaan=done")
    await expect(page.locator(".listing li")).to_have_count(1)
    await look(page, "daftar-dipilih")
    await page.goto(f"{site}/laporan?kecamatan=Citta")
    await look(page, "daftar-tidak-ada")
    await page.goto(f"{site}/laporan/{number(1)}")
    await page.get_by_role("button", name="Saya juga mengalaminya").click()
    await expect(page.get_by_text("Dukungan Anda tercatat")).to_be_in_viewport()
    await look(page, "didukung")
    await page.goto(f"{site}/angka")
    await look(page, "angka")
    await page.goto(f"{site}/data")
    for each in await page.get_by_text("Arti kolomnya").all():
        await each.click()
    await look(page, "data")
    await context.close()


async def test_form_without_scripts_checks_the_complaint_before_sending(browser: Browser, site: str) -> None:
    context = await phone(browser)  # axe is a script
    await context.route("**/*.js?*", lambda route: route.abort())
    page = await context.new_page()
    await page.goto(site)
    await look(page, "tanpa-skrip")
    await page.get_by_label("Isi laporan").fill("Rumah tetangga kebakaran")
    await page.get_by_role("button", name="Periksa dulu").click()
    await look(page, "tanpa-skrip-bahaya")
    await page.get_by_role("button", name="Ubah tulisan").click()
    await page.get_by_label("Isi laporan").fill("Jalan berlubang besar")
    await page.get_by_role("button", name="Periksa dulu").click()
    await look(page, "tanpa-skrip-periksa")
    await context.close()


async def test_unsubscribing_asks_first_and_can_be_undone(browser: Browser, site: str, settings: WebSettings) -> None:
    plain = await phone(browser, java_script_enabled=False)
    form = await plain.new_page()
    await form.goto(site)
    await form.get_by_label("Isi laporan").fill("Jalan berlubang besar di depan pasar")
    await form.get_by_label("Email").fill(MAIL)
    await form.get_by_role("button", name="Kirim laporan").click()
    await form.wait_for_url("**/laporan/SPG-*")
    await plain.close()
    page = await (context := await phone(browser)).new_page()

    token = token_of(mark_of(settings.installation_namespace, "email", MAIL))
    await page.goto(f"{site}/kabari/{token}")
    await look(page, "kabari")
    await page.goto(f"{site}/berhenti/{token}")
    await look(page, "berhenti")
    await page.get_by_role("button", name="Hentikan kabar").click()
    await look(page, "berhenti-sudah")
    await page.get_by_role("button", name="Kirim kabar lagi").click()
    await look(page, "berhenti-tidak-jadi")
    await context.close()
