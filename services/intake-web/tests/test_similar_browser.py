"""Similar complaints in a browser: with and without JavaScript, on a phone and a desktop, and by keyboard."""

from __future__ import annotations

import re
from typing import Any

import pytest
from listed_views import number, view
from msgspec import structs
from playwright.async_api import Browser, BrowserContext, Page, expect
from test_form_browser import KEPT, look, on, opened, site, written

from intake.texts import Texts
from intake_web.listing import listing
from testing.browsers import LOOKED_AT, phone

pytestmark = pytest.mark.connected
__all__ = ["site"]

#: Checks whether a draft of this device has the category.
IN_A_DRAFT = """async category => (await (await import("/static/drafts.js")).all()).some(
  draft => draft.fields.category === category)"""
HOLE = "Jalan di depan pasar berlubang besar, motor sering jatuh."
THEIRS = ("Mungkin ini sudah dilaporkan", "Bukan, lanjut kirim")


@pytest.fixture(autouse=True)
def known(fake: Any, texts: Texts) -> None:
    """Two complaints that may be the same, and the story of the first."""
    rows = [listing(view(n, desa=desa), texts.zone) for n, desa in ((1, "Bila"), (2, None))]
    fake.like = [row for row in rows if row]
    fake.stories[number(1)] = structs.replace(view(1), steps=[])


async def to_place(page: Page) -> None:
    await written(page, HOLE)
    await on(page)
    await page.get_by_label("Desa atau kelurahan").select_option(label="Kelurahan Bila")
    await expect(page.get_by_role("heading", name=THEIRS[0])).to_be_visible()


async def to_check(page: Page) -> None:
    for _ in range(4):
        await on(page)
    await expect(page.get_by_role("heading", name="Periksa jawaban Anda")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", LOOKED_AT)
async def test_it_is_shown_where_it_is_and_before_it_is_sent_without_barriers(
    browser: Browser, site: str, scheme: Any, width: int
) -> None:
    context = await phone(browser, viewport={"width": width, "height": 740}, color_scheme=scheme)
    page = await opened(context, site)
    await to_place(page)
    await look(page, f"{scheme}-{width}-serupa-di-mana")
    await to_check(page)
    await expect(page.get_by_role("heading", name=THEIRS[0])).to_be_visible()
    await expect(page.get_by_text("Sepertinya tentang Jalan dan jembatan.")).to_be_visible()
    await expect(page.get_by_text("Sepertinya keluhan. Pilih sendiri bila bukan itu.")).to_be_visible()
    await look(page, f"{scheme}-{width}-serupa-periksa")
    await context.close()


async def test_supporting_a_similar_complaint_sends_none_and_deletes_the_draft(
    context: BrowserContext, site: str, fake: Any
) -> None:
    page = await opened(context, site)
    await to_place(page)

    await page.get_by_role("button", name="Ini sama: dukung").first.click()

    await page.wait_for_url(f"**/laporan/{number(1)}?didukung=1")
    await expect(page.get_by_text("Dukungan Anda tercatat.")).to_be_visible()
    await page.wait_for_function(f"async text => !await ({KEPT})(text)", arg=HOLE)
    assert ({}, 1) == (fake.taken, len(fake.supported[number(1)]))
    await page.get_by_label("Email").fill("siti@contoh.id")
    await page.get_by_role("button", name="Kabari saya").click()
    await page.wait_for_url("**?didukung=kabar")
    ((ticket, contacts, _),) = fake.followed
    assert (number(1), {"email": "siti@contoh.id"}) == (ticket, contacts)


@pytest.mark.parametrize(
    ("why", "says"),
    [
        ("no network", "BELUM terkirim"),
        ("no database", "BELUM kami terima"),
        ("not listed any more", "Periksa lagi nomor laporan"),
    ],
)
async def test_draft_is_kept_until_the_support_is_counted(
    context: BrowserContext, site: str, fake: Any, why: str, says: str
) -> None:
    page = await opened(context, site)
    await page.evaluate("navigator.serviceWorker.ready")
    await to_place(page)
    fake.down = why == "no database"
    fake.like = [] if why == "not listed any more" else fake.like
    await context.set_offline(why == "no network")

    await page.get_by_role("button", name="Ini sama: dukung").first.click()
    await expect(page.get_by_text(re.compile(says))).to_be_visible()
    assert page.url.endswith(f"/laporan/{number(1)}/dukung")

    fake.down = False
    await context.set_offline(False)
    await page.goto(f"{site}/draf")
    await expect(page.locator("#draf .told")).to_have_text(HOLE)
    assert {} == fake.supported


async def test_another_matter_goes_on_and_is_not_asked_about_again(
    context: BrowserContext, site: str, fake: Any
) -> None:
    page = await opened(context, site)
    await to_place(page)

    await page.get_by_role("button", name=THEIRS[1]).click()

    await expect(page.get_by_role("heading", name=THEIRS[0])).to_be_hidden()
    await expect(page.get_by_role("button", name="Lanjut", exact=True)).to_be_focused()
    await to_check(page)
    await expect(page.get_by_role("heading", name=THEIRS[0])).to_be_hidden()
    await page.get_by_role("button", name="Kirim laporan").click()
    await page.wait_for_url("**/laporan/*")
    assert [HOLE] == [sent.text for sent, _ in fake.taken.values()]


async def test_all_of_it_by_keyboard_alone(context: BrowserContext, site: str, fake: Any) -> None:
    page = await opened(context, site)
    await to_place(page)
    await page.get_by_label("Patokan atau alamat").focus()
    for _ in range(10):
        await page.keyboard.press("Tab")
        if "Ini sama" in await page.evaluate("document.activeElement.textContent"):
            break

    await page.keyboard.press("Enter")

    await page.wait_for_url(f"**/laporan/{number(1)}?didukung=1")
    assert {} == fake.taken


async def test_in_danger_nothing_of_it_is_shown(context: BrowserContext, site: str) -> None:
    page = await opened(context, site)
    await written(page, "Rumah tetangga kebakaran di Kelurahan Bila, Kecamatan Lalabata, masih ada orang di dalam")
    await on(page)
    await expect(page.get_by_role("heading", name="Telepon 113")).to_be_visible()

    await page.get_by_role("button", name="Lanjut mengisi").click()
    await page.wait_for_url("**#di-mana")
    await page.get_by_label("Desa atau kelurahan").select_option(label="Kelurahan Bila")
    await page.wait_for_load_state("networkidle")

    await expect(page.get_by_role("heading", name=THEIRS[0])).to_be_hidden()


async def test_the_category_is_suggested_can_be_chosen_and_is_kept_with_the_draft(
    context: BrowserContext, site: str, fake: Any
) -> None:
    page = await opened(context, site)
    await written(page, HOLE)
    await on(page)
    await to_check(page)
    await expect(page.locator(".answers").get_by_text("Biarkan sistem menentukan")).to_be_visible()

    await page.get_by_role("button", name="Ubah tentang", exact=True).click()
    await expect(page.get_by_label("Tentang", exact=True)).to_be_focused()
    await page.get_by_label("Tentang", exact=True).select_option(label="Drainase dan banjir")
    await page.wait_for_function(IN_A_DRAFT, arg="drainase_banjir")
    await page.reload()
    await page.wait_for_selector("html.ready")
    await expect(page.get_by_label("Tentang", exact=True)).to_have_value("drainase_banjir")
    await on(page)
    await to_check(page)
    await expect(page.locator(".answers").get_by_text("Drainase dan banjir")).to_be_visible()
    await page.get_by_role("button", name="Kirim laporan").click()
    await page.wait_for_url("**/laporan/*")

    assert ["drainase_banjir"] == [sent.suggested_category for sent, _ in fake.taken.values()]


@pytest.mark.parametrize("width", [360, 1280])
async def test_without_a_script_it_stands_on_the_page_that_asks_once_more(
    browser: Browser, site: str, fake: Any, width: int
) -> None:
    context = await phone(browser, java_script_enabled=False, viewport={"width": width, "height": 740})
    page = await context.new_page()
    await page.goto(site)
    await page.get_by_label("Isi laporan").fill(HOLE)
    await page.get_by_label("Desa atau kelurahan").select_option(label="Kelurahan Bila")
    await page.get_by_role("button", name="Periksa dulu").click()
    await page.screenshot(path=f"build/pictures/form/{width}-tanpa-skrip-serupa.png", full_page=True)

    await page.get_by_role("button", name="Ini sama: dukung").first.click()

    await expect(page.get_by_text("Dukungan Anda tercatat.")).to_be_visible()
    assert ({}, 1) == (fake.taken, len(fake.supported[number(1)]))
    await context.close()


async def test_without_a_script_another_matter_is_sent_at_one_press(browser: Browser, site: str, fake: Any) -> None:
    context = await phone(browser, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(site)
    await page.get_by_label("Isi laporan").fill(HOLE)
    await page.get_by_label("Desa atau kelurahan").select_option(label="Kelurahan Bila")
    await page.get_by_role("button", name="Periksa dulu").click()

    await page.get_by_role("button", name=THEIRS[1]).click()

    await page.wait_for_url("**/laporan/*")
    assert [HOLE] == [sent.text for sent, _ in fake.taken.values()]
    await context.close()
