"""A citizen's browser, from the empty form to the complaint's page: without JavaScript, with it, and by keyboard."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, Route, expect

from chassis.changes import Changes
from chassis.database import Pool
from contracts import ticket
from contracts.events import DerivationDay
from intake.complaint_view import CHANGED, ComplaintView, Step, announce, save_views
from intake.texts import Texts
from intake_web.adapters.postgres import PostgresStore
from intake_web.app import SERVICE
from intake_web.settings import WebSettings
from testing.browsers import ARGS, answering, launched
from testing.pictures import HEIC, opened, photo
from testing.waiting import BOUND_S, within

pytestmark = pytest.mark.connected

DUE: dict[str, Any] = {
    "deadline_at": datetime(2026, 12, 3, 16, tzinfo=UTC),
    "derivation": [DerivationDay(date=date(2026, 12, 3), counted=True, reason="hari kerja 1")],
}


@pytest.fixture
async def site(
    pool: Pool, make_settings: Callable[..., WebSettings], website_on: Callable[..., Any], web_port: int
) -> AsyncIterator[str]:
    """The website on a real database and a real port."""
    settings = make_settings(web_port=web_port, web_public_url=None)
    store = PostgresStore(pool, settings, SERVICE, lambda: None, within_s=BOUND_S)
    changes = Changes(CHANGED)
    async with answering(website_on(store, settings, changes=changes), web_port, changes.listen(pool)):
        yield settings.public_url


async def _stands(pool: Pool, number: str, status: str) -> None:
    async with pool.acquire() as db:
        await save_views(
            db, {number: ComplaintView(ticket=number, seq=3, status=status, unit="PUPR", **DUE)}, also=announce
        )


async def test_a_complaint_by_form_reaches_its_page(page: Page, site: str, pool: Pool) -> None:
    await page.goto(site)
    await page.get_by_label("Isi laporan").fill("Jalan berlubang di depan pasar,\nmotor sering jatuh.")
    await page.get_by_label("Patokan atau alamat").fill("Lalabata")
    await page.get_by_label("Nomor HP").fill("dua belas")
    await page.get_by_label("Rahasia").check()

    await page.get_by_role("button", name="Kirim laporan").click()
    await expect(page.get_by_role("alert")).to_contain_text("Nomor HP tidak dikenali")
    await expect(page.get_by_role("alert")).to_be_focused()
    await expect(page.get_by_label("Isi laporan")).to_have_value("Jalan berlubang di depan pasar,\nmotor sering jatuh.")
    await expect(page.get_by_label("Rahasia")).to_be_checked()
    await page.get_by_label("Nomor HP").fill("0812 3456 7890")
    await page.get_by_role("button", name="Kirim laporan").click()

    await expect(page.get_by_role("status")).to_contain_text("sudah kami terima")
    number = await page.get_by_role("heading", level=1).inner_text()
    assert ticket.parse(number) == number
    row = await pool.fetchrow("SELECT ticket, text, phone FROM complaints JOIN reporters USING (reporter_ref)")
    assert tuple(row) == (number, "Jalan berlubang di depan pasar,\nmotor sering jatuh.", "0812 3456 7890")


async def test_photos_go_with_the_form_and_their_sender_sees_them(page: Page, site: str, pool: Pool) -> None:
    files: Any = [
        {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": photo()},
        {"name": "IMG_2.HEIC", "mimeType": "image/heic", "buffer": HEIC},
    ]
    await page.goto(site)
    await page.get_by_label("Isi laporan").fill("Jalan berlubang di depan pasar")
    await page.get_by_label("Nomor HP").fill("dua belas")
    await page.locator("#photo").set_input_files(files)
    await page.get_by_role("button", name="Kirim laporan").click()
    await expect(page.get_by_text("2 foto sudah kami terima")).to_be_visible()
    await page.get_by_label("Nomor HP").fill("")
    await page.get_by_role("button", name="Kirim laporan").click()

    await expect(page.get_by_role("heading", name="Foto Anda")).to_be_visible()
    sources = [str(await each.get_attribute("src")) for each in await page.locator(".photos img").all()]
    small = [opened(await (await page.request.get(site + each)).body()).size for each in sources]
    large = [opened(await (await page.request.get(site + each.removesuffix("?kecil"))).body()).size for each in sources]
    assert ([(320, 240), (64, 48)], [(1280, 960), (64, 48)]) == (small, large)
    assert 2 == await pool.fetchval("SELECT count(*) FROM uploads WHERE complaint_id IS NOT NULL")


async def test_a_file_that_is_no_photo_is_said_at_its_field(page: Page, site: str, texts: Texts) -> None:
    files: Any = [{"name": "surat.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7" + b"x" * 2_000_000}]
    await page.goto(site)
    await page.get_by_label("Isi laporan").fill("Jalan berlubang di depan pasar")
    await page.locator("#photo").set_input_files(files)
    await page.get_by_role("button", name="Kirim laporan").click()

    await expect(page.get_by_role("alert")).to_contain_text(texts.web["photo_kind"])
    await expect(page.locator("#photo")).to_have_attribute("aria-invalid", "true")
    await expect(page.get_by_label("Isi laporan")).to_have_value("Jalan berlubang di depan pasar")


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

    await page.get_by_role("link", name="Tambah keterangan").click()
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
    await page.get_by_label("Apa yang belum beres?").fill("Masih padam")
    await page.get_by_role("button", name="Buka kembali").click()
    await page.get_by_role("link", name="Data pribadi saya").click()
    await page.get_by_label("Menghapus data pribadi saya").check()
    await page.get_by_role("button", name="Kirim").click()
    await expect(page.get_by_role("status")).to_contain_text("sudah kami terima")

    items = json.loads(await pool.fetchval("SELECT follow_ups FROM complaints"))
    assert [("rating", "Lama sekali"), ("reopen", "Masih padam"), ("rights_request", None)] == [
        (item["kind"], item.get("text")) for item in items
    ]


async def test_nothing_is_wider_than_a_small_phone(page: Page, site: str, browser: Browser) -> None:
    with_script = await browser.new_page(viewport={"width": 320, "height": 640})
    for path in ("/", "/lacak", "/nowhere", "/cara-kerja"):
        await with_script.goto(f"{site}{path}")
        assert await with_script.evaluate("document.documentElement.scrollWidth") <= 320
    await with_script.close()


@pytest.fixture
async def scripted(browser: Browser) -> AsyncIterator[Page]:
    """A page on a small phone with JavaScript."""
    context = await browser.new_context(viewport={"width": 360, "height": 740}, locale="id-ID")
    context.set_default_timeout(1000 * BOUND_S)
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    yield page
    await context.close()


async def _on(page: Page) -> None:
    """Go on to the next step of the form."""
    before = page.url
    await page.get_by_role("button", name="Lanjut").click()
    await page.wait_for_url(lambda url: url != before and "#" in url)


async def _sent(page: Page, site: str, *, steps: int = 0) -> str:
    await page.goto(site)
    await page.get_by_label("Isi laporan").fill("Lampu jalan padam di Desa Paroto")
    for _ in range(steps):
        await _on(page)
    await page.get_by_role("button", name="Kirim laporan").click()
    await page.wait_for_url("**/laporan/*")
    return page.url.rpartition("/")[2].partition("?")[0]


async def _asks(pool: Pool, number: str) -> None:
    step = Step(
        seq=4,
        kind="waiting_for_reporter",
        at=datetime.now(UTC),
        unit="PUPR",
        text=f"{number}: PU bertanya: tiang nomor berapa?",
        message="Tiang nomor berapa?",
    )
    view = ComplaintView(ticket=number, seq=4, status="waiting_for_reporter", unit="PUPR", steps=[step], **DUE)
    async with pool.acquire() as db:
        await save_views(db, {number: view}, also=announce)


async def test_the_page_changes_by_itself_says_so_and_leaves_alone_what_is_being_written(
    scripted: Page, site: str, pool: Pool
) -> None:
    number = await _sent(scripted, site, steps=5)
    await expect(scripted.locator(".what")).to_contain_text("sudah kami terima")

    await _stands(pool, number, "in_progress")
    await expect(scripted.locator(".what")).to_contain_text("sedang mengerjakannya")
    await expect(scripted.locator("#siar")).to_contain_text("Ada kabar baru. Dinas Pekerjaan Umum")
    assert "sedang ditangani" in await scripted.title()
    await _asks(pool, number)
    await scripted.get_by_label("Jawaban Anda").fill("Tiang nomor tujuh")
    async with pool.acquire() as db:
        await save_views(
            db, {number: ComplaintView(ticket=number, seq=6, status="resolved", unit="PUPR")}, also=announce
        )

    await expect(scripted.locator(".what")).to_contain_text("menyatakan masalah ini selesai")
    await expect(scripted.get_by_label("Jawaban Anda")).to_have_value("Tiang nomor tujuh")
    await expect(scripted.get_by_role("heading", name="Sudah beres?")).to_be_visible()


async def test_where_no_stream_is_to_be_had_the_page_asks_again(scripted: Page, site: str, pool: Pool) -> None:
    await scripted.route("**/kabar", lambda route: route.fulfill(status=429))
    await scripted.clock.install()
    number = await _sent(scripted, site, steps=5)
    await scripted.wait_for_load_state("networkidle")

    await _stands(pool, number, "in_progress")
    await scripted.clock.fast_forward(31_000)

    await expect(scripted.locator(".what")).to_contain_text("sedang mengerjakannya")


async def test_page_asks_again_for_a_change_lost_on_a_bad_connection(scripted: Page, site: str, pool: Pool) -> None:
    await scripted.clock.install()
    number, cut = await _sent(scripted, site, steps=5), asyncio.Event()
    await expect(scripted.locator(".what")).to_contain_text("sudah kami terima")

    async def away(route: Route) -> None:
        await route.abort()
        cut.set()

    await scripted.route(f"**/laporan/{number}?*", away)
    await _stands(pool, number, "in_progress")
    await within(cut.wait())
    await scripted.unroute(f"**/laporan/{number}?*")
    await scripted.clock.run_for(5_100)

    await expect(scripted.locator(".what")).to_contain_text("sedang mengerjakannya")


async def test_a_page_that_came_to_its_end_asks_nothing_more(scripted: Page, site: str, pool: Pool) -> None:
    asked: list[str] = []
    await scripted.clock.install()
    number = await _sent(scripted, site, steps=5)
    async with scripted.expect_response(lambda answer: answer.url.endswith("/kabar") and answer.status == 204):
        await _stands(pool, number, "closed")
    await expect(scripted.locator(".what")).to_contain_text("sudah selesai dan ditutup")

    scripted.on("request", lambda request: asked.append(request.url))
    for _ in range(2):
        await scripted.clock.fast_forward(31_000)
        await scripted.evaluate("fetch('/robots.txt')")

    assert [f"{site}/robots.txt"] * 2 == asked


async def test_a_question_is_answered_by_keys_alone_and_the_page_says_that_it_arrived(
    scripted: Page, site: str, pool: Pool
) -> None:
    number = await _sent(scripted, site, steps=5)
    await _asks(pool, number)
    await scripted.goto(f"{site}/laporan/{number}")
    keys, reached = scripted.keyboard, list[str]()

    async def tab_to(name: str) -> None:
        for _ in range(12):
            await keys.press("Tab")
            now = "document.activeElement.innerText || document.activeElement.id"
            reached.append(await scripted.evaluate(now))
            if name in reached[-1]:
                return
        raise AssertionError(reached)

    await tab_to("Langsung ke isi")
    await keys.press("Enter")
    await tab_to("jawaban-saya")
    await keys.type("Tiang nomor tujuh")
    await tab_to("Kirim jawaban")
    await keys.press("Enter")

    await expect(scripted.get_by_text("Jawaban Anda sudah kami terima")).to_be_visible()
    await expect(scripted.get_by_label("Jawaban Anda")).to_have_count(0)
    await expect(scripted.get_by_role("region", name="Yang Anda tulis")).to_contain_text("Tiang nomor tujuh")


async def test_a_mark_is_shown_and_not_asked_for_again(page: Page, site: str, pool: Pool) -> None:
    number = await _sent(page, site)
    await _stands(pool, number, "resolved")
    await page.goto(f"{site}/laporan/{number}")
    await expect(page.get_by_text("Nilai 4 atau 5 menutup laporan ini untuk seterusnya")).to_be_visible()
    await page.get_by_label("2 kurang").check()
    await page.get_by_role("button", name="Kirim nilai").click()

    await expect(page.get_by_text("Anda memberi nilai 2 dari 5")).to_be_visible()
    await expect(page.get_by_role("button", name="Kirim nilai")).to_have_count(0)
    await expect(page.get_by_label("Apa yang belum beres?")).to_be_visible()


async def test_cancelling_asks_whether_that_is_meant(page: Page, site: str, pool: Pool) -> None:
    number = await _sent(page, site)
    await page.get_by_role("link", name="Batalkan laporan").click()
    await expect(page.get_by_text("pembatalan tidak bisa ditarik kembali")).to_be_visible()
    await page.get_by_role("link", name="Tidak jadi").click()
    assert "[]" == await pool.fetchval("SELECT follow_ups FROM complaints WHERE ticket = $1", number)

    await page.get_by_role("link", name="Batalkan laporan").click()
    await page.get_by_role("button", name="Ya, batalkan laporan").click()

    await expect(page.get_by_role("status")).to_contain_text("membatalkan sudah kami terima")
    items = json.loads(await pool.fetchval("SELECT follow_ups FROM complaints WHERE ticket = $1", number))
    assert ["cancel"] == [item["kind"] for item in items]


async def test_reporter_coming_from_another_site_is_recognised(page: Page, site: str) -> None:
    number = await _sent(page, site)
    await page.route("http://elsewhere.example/", lambda route: route.fulfill(
        content_type="text/html", body=f'<a href="{site}/laporan/{number}">Laporan saya</a>'
    ))  # fmt: skip
    await page.goto("http://elsewhere.example/")
    await page.get_by_role("link", name="Laporan saya").click()

    await expect(page.get_by_role("link", name="Tambah keterangan")).to_be_visible()
    await expect(page.get_by_role("heading", name="Yang Anda tulis")).to_be_visible()


async def test_letters_twice_as_large_run_over_no_edge(site: str, pool: Pool) -> None:
    async with launched([*ARGS, "--blink-settings=defaultFontSize=32"]) as browser:
        page = await browser.new_page(viewport={"width": 360, "height": 740}, java_script_enabled=False)
        number = await _sent(page, site)
        await _asks(pool, number)

        for address in (f"{site}/laporan/{number}", site, f"{site}/privasi", f"{site}/laporan/{number}/batal"):
            await page.goto(address)
            over = """[...document.querySelectorAll("body *")].filter((each) => each.checkVisibility()
                && !each.closest(".skip, .trap, .visually-hidden")
                && each.getBoundingClientRect().right > innerWidth + 1).map((each) => each.outerHTML.slice(0, 80))"""
            assert [] == await page.evaluate(over)
            numbers = "[...document.querySelectorAll('.calls b, .dial b')].map((each) => each.getClientRects().length)"
            assert set() == set(await page.evaluate(numbers)) - {1}, f"a number to call is broken: {address}"
        assert 32 < await page.locator("body").evaluate("each => parseFloat(getComputedStyle(each).fontSize)")


async def test_each_page_is_small_with_all_its_scripts_and_asks_nobody_else(
    browser: Browser, scripted: Page, site: str
) -> None:
    number = await _sent(scripted, site, steps=5)
    weights: dict[str, float] = {}
    asked: set[str] = set()

    def note(event: Any) -> None:
        url = urlsplit(event["request"]["url"])
        if url.scheme != "data":  # a drawing in the page itself
            asked.add(url.netloc)

    def count(path: str, event: Any) -> None:
        weights[path] += event["encodedDataLength"]

    for path in ("/", f"/laporan/{number}", "/laporan", "/angka", "/lacak", "/draf", "/tentang"):
        context = await browser.new_context(viewport={"width": 360, "height": 740})
        page, weights[path] = await context.new_page(), 0
        devtools = await context.new_cdp_session(page)
        devtools.on("Network.loadingFinished", partial(count, path))
        devtools.on("Network.requestWillBeSent", note)
        await devtools.send("Network.enable")
        await page.goto(site + path, wait_until="load")
        await context.close()

    assert {urlsplit(site).netloc} == asked
    assert {} == {path: weight for path, weight in weights.items() if not 1_000 < weight <= 60_000}
    print(weights)
