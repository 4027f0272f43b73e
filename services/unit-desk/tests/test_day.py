"""A clerk's day in Chromium: on a phone, at a desk with the keyboard alone, and without a script."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from desk_office import PASSWORD, Tell, sent
from desk_site import FIRE, LAMP, NOBODYS, POLE, ROAD, look, page_of
from playwright.async_api import Browser, Page, expect

from chassis.database import Pool
from unit_desk.handlers.visit import Desk
from unit_desk.people import Person

pytestmark = pytest.mark.connected
Somebody = Callable[..., Awaitable[Person]]
DONE = "Lubang di depan SD 12 Lapajung sudah ditambal aspal pada Jumat pagi, sepanjang 4 meter."


async def enter(page: Page, desk: Desk, person: Person) -> None:
    await page.goto(desk.settings.public_url)
    await page.get_by_label("Surel").fill(person.email)
    await page.get_by_label("Kata sandi").fill(PASSWORD)
    await page.get_by_role("button", name="Masuk").click()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_a_complaint_is_answered_on_a_phone(
    browser: Browser,
    here: Desk,
    morning: None,
    somebody: Somebody,
    pool: Pool,
    script: bool,
) -> None:
    page = await page_of(browser, here, None, "hp", java_script_enabled=script)
    await enter(page, here, await somebody(name="Andi Rahmawati"))

    # The most urgent complaint stands first, and is acknowledged with two presses.
    first = page.get_by_role("listitem").filter(has=page.locator("article")).first
    await expect(first).to_contain_text("Darurat")
    await page.get_by_role("link", name="Jembatan gantung").click()
    await page.get_by_role("link", name="Terima").click()
    await expect(page.get_by_text(f"{POLE} sudah diterima Dinas PUPR.")).to_be_visible()
    await page.get_by_role("button", name="Terima").click()
    await expect(page.get_by_text("Menunggu dikirim.", exact=True)).to_be_visible()

    # Another one is resolved: begun with a ready sentence, refused with its gaps, previewed as the citizen gets it.
    await page.goto(f"{here.settings.public_url}/laporan/{ROAD}")
    await page.get_by_role("link", name="Selesaikan").click()
    await page.get_by_role("button", name="Lubang di …").click()
    await expect(page.get_by_role("textbox", name="Apa yang sudah dikerjakan")).to_have_value(
        "Lubang di … sudah ditambal pada …, sepanjang … meter."
    )
    await page.get_by_role("button", name="Lihat dulu").click()
    await expect(page.get_by_role("alert")).to_contain_text("Masih ada … yang belum diisi.")
    if script:
        await look(page, "selesaikan-salah", "hp")
    await page.get_by_role("textbox", name="Apa yang sudah dikerjakan").fill(DONE)
    await page.get_by_role("button", name="Lihat dulu").click()
    await expect(page.locator(".bubble")).to_contain_text(DONE)
    if script:
        await look(page, "selesaikan-lihat", "hp")
    await page.get_by_role("button", name="Kirim sekarang").dblclick()
    await expect(page.get_by_role("status").first).to_contain_text("dikirim")

    assert ["acknowledge", "resolve"] == [said.action for _, said in await sent(pool)]
    await page.context.close()


async def test_a_complaint_is_answered_with_the_keyboard_alone(
    browser: Browser,
    here: Desk,
    morning: None,
    somebody: Somebody,
    pool: Pool,
) -> None:
    page = await page_of(browser, here, await somebody(), "meja")
    await page.goto(f"{here.settings.public_url}/laporan/{LAMP}")

    await reach(page, "Tanya warga")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/tanya")
    await expect(page.get_by_role("textbox", name="Pertanyaan untuk warga")).to_be_focused()
    await page.keyboard.type("Kios nomor berapa yang kena air?")
    await reach(page, "Lihat dulu")
    await page.keyboard.press("Enter")
    await expect(page.locator(".bubble")).to_contain_text("Kios nomor berapa yang kena air?")
    await reach(page, "Kirim sekarang")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**balasan=**")

    assert [("ask", "Kios nomor berapa yang kena air?")] == [(s.action, s.message) for _, s in await sent(pool)]
    await page.context.close()


async def reach(page: Page, name: str) -> None:
    """Press Tab until the element ``name`` has the focus, which must be visible."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        said, outline = await page.evaluate(
            "[document.activeElement.innerText ?? '', getComputedStyle(document.activeElement).outlineStyle]"
        )
        if said.strip().startswith(name):
            assert outline != "none"
            return
    raise AssertionError(f"{name} is not reached with Tab")


async def test_two_keys_decide_a_complaint_in_triage(
    browser: Browser,
    here: Desk,
    morning: None,
    somebody: Somebody,
    pool: Pool,
) -> None:
    page = await page_of(browser, here, await somebody(unit="DISKOMINFO", role="operator"), "meja")
    await page.goto(f"{here.settings.public_url}/triase")
    await expect(page.get_by_text("Dengan papan ketik")).to_be_visible()

    await page.keyboard.press("1")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**baru=**")
    await expect(page.get_by_role("status")).to_contain_text(f"{FIRE} diputuskan")
    await page.keyboard.press("j")
    await page.keyboard.press("2")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**baru={NOBODYS}")

    decided = [(said.ticket, said.action, said.unit or said.category) for _, said in await sent(pool)]
    assert [(FIRE, "correct", "lingkungan_pohon"), (FIRE, "dispose", "DLH")] == decided[:2]
    assert [(NOBODYS, "correct", "lingkungan_pohon"), (NOBODYS, "dispose", "DLH")] == decided[2:]
    await expect(page.get_by_text("Tidak ada yang menunggu dipilah.")).to_be_visible()
    await page.context.close()


@pytest.mark.parametrize("width", [1120, 1280])
async def test_the_menu_and_who_is_here_stand_on_one_line_of_a_desk(
    browser: Browser, here: Desk, morning: None, somebody: Somebody, width: int
) -> None:
    person = await somebody(unit="DISKOMINFO", role="operator", name="Andi Rahmawati Nurhaedah Saleh")
    page = await page_of(browser, here, person, "meja")
    await page.set_viewport_size({"width": width, "height": 860})
    await page.goto(here.settings.public_url)

    lines = await page.evaluate(
        "[...document.querySelectorAll('.brand b, .top nav a, .who button')].map((each) => {"
        " const box = each.getBoundingClientRect(); return [box.top + box.height / 2, box.left, box.right]; })"
    )

    assert max(middle for middle, _, _ in lines) - min(middle for middle, _, _ in lines) < 20
    assert sorted(left for _, left, _ in lines) == [left for _, left, _ in lines]
    assert all(right <= lines[n + 1][1] for n, (_, _, right) in enumerate(lines[:-1]))
    await page.context.close()


async def test_list_signs_are_readable_without_colours(
    browser: Browser,
    here: Desk,
    morning: None,
    somebody: Somebody,
) -> None:
    page = await page_of(browser, here, await somebody(), "meja", forced_colors="active")
    await page.goto(here.settings.public_url)

    signs: Any = await page.evaluate("[...document.querySelectorAll('.item .sign')].map((s) => s.innerText.trim())")

    assert {"Darurat", "Terlambat 2 hari"} <= set(signs), json.dumps(signs)
    await page.context.close()


async def test_a_page_that_is_gone_back_to_is_asked_for_again(
    browser: Browser,
    here: Desk,
    morning: None,
    somebody: Somebody,
    tell: Tell,
) -> None:
    person = await somebody()
    page = await page_of(browser, here, person, "meja")
    await page.goto(f"{here.settings.public_url}/laporan/{LAMP}")

    async with page.expect_navigation():
        await page.get_by_role("button", name="Keluar").click()
    await page.go_back()

    await expect(page.get_by_role("heading", name="Masuk ke meja unit")).to_be_visible()
    await page.context.close()
