"""The website in English, in Chromium on a small phone: from the report to its page, and axe on every page."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import test_states as states
from playwright.async_api import Browser, BrowserContext, expect
from test_form_browser import KEPT

from intake.complaint_view import ComplaintView
from intake_web.settings import WebSettings

pytestmark = pytest.mark.connected

settings, site = states.settings, states.site
#: Checks whether the device stores the form in English, and no longer in Indonesian.
ONE_IS_KEPT = """async () => {
  const [english, indonesian] = await Promise.all(["en", "id"].map((code) => caches.match(`/formulir?bahasa=${code}`)));
  return Boolean(english) && !indonesian;
}"""
TEXT = "Jalan depan SD 12 Lalabata berlubang besar."


async def english(browser: Browser, site: str, settings: WebSettings, who: states.Who, **more: Any) -> BrowserContext:
    context = await states.opened(browser, site, settings, who, **more)
    await context.add_cookies([{"name": "bahasa", "value": "en", "url": site}])
    return context


async def test_a_report_in_english_from_the_form_to_its_page(
    browser: Browser, site: str, settings: WebSettings, fake: Any
) -> None:
    context = await states.opened(browser, site, settings, "stranger", viewport={"width": 360, "height": 740})
    page = await context.new_page()
    await page.goto(site)
    await page.get_by_role("link", name="English").click()
    await page.get_by_label("Your report").fill(TEXT)
    await expect(page.get_by_text("Kept on this device as a draft. Not sent yet.")).to_be_visible()
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_label("Landmark or address").fill("depan SD 12")
    for _ in range(4):
        await page.get_by_role("button", name="Continue").click()
    await states.look(page, "english-check")
    await page.get_by_role("button", name="Send the report").click()

    await expect(page.get_by_role("heading", name="Thank you, we have received your report.")).to_be_visible()
    assert "en" == await page.evaluate("document.documentElement.lang")
    await states.look(page, "english-receipt")
    await page.goto(page.url.partition("?")[0])
    await expect(page.get_by_text("We will soon pass it on to the office that handles it.")).to_be_visible()
    sent = [submission for submission, _ in fake.taken.values() if submission.text == TEXT]
    assert ["depan SD 12"] == [each.place for each in sent]
    await context.close()


async def test_a_draft_stays_while_its_writer_changes_the_language_there_and_back(
    browser: Browser, site: str, settings: WebSettings
) -> None:
    context = await states.opened(browser, site, settings, "stranger")
    page = await context.new_page()
    await page.goto(site)
    await page.get_by_label("Isi laporan").fill(TEXT)
    await page.get_by_role("button", name="Lanjut").click()
    await page.get_by_label("Patokan atau alamat").fill("depan SD 12")

    await page.get_by_role("link", name="English").click()

    await expect(page.get_by_role("heading", name="Where?")).to_be_visible()
    await expect(page.get_by_label("Landmark or address")).to_have_value("depan SD 12")
    await page.get_by_label("Landmark or address").fill("depan SD 13")
    await page.get_by_role("link", name="Bahasa Indonesia").click()
    await expect(page.get_by_label("Patokan atau alamat")).to_have_value("depan SD 13")
    await page.get_by_role("button", name="Kembali").click()
    await expect(page.get_by_label("Isi laporan")).to_have_value(TEXT)
    assert await page.evaluate(KEPT, TEXT)
    await context.close()


async def test_without_a_network_the_form_is_in_the_language_that_was_chosen(
    browser: Browser, site: str, settings: WebSettings
) -> None:
    context = await states.opened(browser, site, settings, "stranger")
    page = await context.new_page()
    await page.goto(site)
    await page.evaluate("navigator.serviceWorker.ready")
    await page.get_by_role("link", name="English").click()
    async with asyncio.timeout(60):
        while not await page.evaluate(ONE_IS_KEPT):
            await asyncio.sleep(0.05)

    await context.set_offline(True)
    await page.goto(site)

    await expect(page.get_by_role("heading", name="What happened?")).to_be_visible()
    assert "en" == await page.evaluate("document.documentElement.lang")
    await context.close()


async def test_danger_is_told_in_english_while_it_is_typed(browser: Browser, site: str, settings: WebSettings) -> None:
    context = await english(browser, site, settings, "stranger")
    page = await context.new_page()
    await page.goto(site)
    await page.get_by_label("Your report").fill("rumah terbakar, tolong")
    await page.get_by_role("button", name="Continue").click()

    await expect(page.get_by_role("heading", name="Call 113 (fire service) now.")).to_be_visible()
    await states.look(page, "english-danger")
    await context.close()


@pytest.mark.parametrize("name", ["ditanya", "selesai", "terlambat", "rahasia", "dilimpahkan", "didukung"])
async def test_a_complaint_in_english(browser: Browser, site: str, settings: WebSettings, fake: Any, name: str) -> None:
    who, facts, added, query = states.STATES[name]
    fake.stories[states.NUMBER] = ComplaintView(ticket=states.NUMBER, unit=states.UNIT, **facts)
    fake.added[states.NUMBER] = added
    context = await english(browser, site, settings, who)
    page = await context.new_page()

    await page.goto(f"{site}/laporan/{states.NUMBER}{query}")

    await states.look(page, f"english-{name}")
    await context.close()


@pytest.mark.parametrize("name", ["formulir", "lacak-salah", "tidak-ada", "tambahan", "privasi"])
async def test_another_page_in_english(
    browser: Browser, site: str, settings: WebSettings, fake: Any, name: str
) -> None:
    path, fake.down = states.PAGES[name]
    facts: dict[str, Any] = {"status": "in_progress", "seq": 3, "steps": states.WORK, **states.DUE}
    fake.stories[states.NUMBER] = ComplaintView(ticket=states.NUMBER, unit=states.UNIT, **facts)
    context = await english(browser, site, settings, "reporter")
    page = await context.new_page()

    await page.goto(f"{site}{path}")

    await states.look(page, f"english-{name}")
    await context.close()


async def test_the_frame_fits_a_narrow_screen_in_both_languages(
    browser: Browser, site: str, settings: WebSettings
) -> None:
    for make in (states.opened, english):
        context = await make(browser, site, settings, "stranger", viewport={"width": 320, "height": 640})
        page = await context.new_page()
        await page.goto(site)
        assert 320 >= await page.evaluate("document.documentElement.scrollWidth")
        await page.set_viewport_size({"width": 360, "height": 640})
        await page.screenshot(
            path=states.PICTURES / f"frame-{await page.evaluate('document.documentElement.lang')}.png"
        )
        top = await page.locator("header.top").bounding_box()
        assert top
        assert top["height"] < 100
        await context.close()
