"""The report form in a browser with JavaScript: step by step, without a network, in two tabs, on a keyboard."""

from __future__ import annotations

import gzip
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from contracts.events import Position
from intake.complaint_view import ComplaintView, Step
from intake_web.assets import ASSETS
from intake_web.settings import WebSettings
from testing.browsers import ARGS, LOOKED_AT, answering, barriers, chromium, phone, picture, walk

pytestmark = pytest.mark.connected

#: The pictures, for people to look at; git ignores them.
PICTURES = Path(__file__).parents[3] / "build" / "pictures" / "form"
#: Checks whether this device stores a draft with that text.
KEPT = """text => new Promise(resolve => {
  indexedDB.open("lapor").onsuccess = ({ target: { result: database } }) => {
    database.transaction("drafts").objectStore("drafts").getAll().onsuccess = ({ target: { result } }) => {
      database.close();
      resolve(result.some(draft => draft.fields.text === text));
    };
  };
})"""
#: Measures the difference of two pictures, in steps of 255 for each value of each pixel.
APART = """async urls => {
  const [one, other] = await Promise.all(urls.map(async url => {
    const image = Object.assign(new Image(), { src: url });
    await image.decode();
    const paper = new OffscreenCanvas(image.width, image.height).getContext("2d");
    paper.drawImage(image, 0, 0);
    return paper.getImageData(0, 0, image.width, image.height).data;
  }));
  if (one.length !== other.length) return 255;
  return one.reduce((sum, each, n) => sum + Math.abs(each - other[n]), 0) / one.length;
}"""
TOLD = "Jalan di depan SD 12 berlubang besar sejak dua minggu."
HERE = {"latitude": -4.35, "longitude": 119.88, "accuracy": 30}


@pytest.fixture
async def site(
    fake: Any, make_settings: Callable[..., WebSettings], website_on: Callable[..., Any], web_port: int
) -> AsyncIterator[str]:
    """The website on a store in memory and a real port."""
    settings = make_settings(web_port=web_port, web_public_url=None)
    async with answering(website_on(fake, settings), web_port):
        yield settings.public_url


async def opened(context: BrowserContext, url: str) -> Page:
    page = await context.new_page()
    await page.goto(url)
    await page.wait_for_selector("html.ready")
    return page


async def on(page: Page) -> None:
    """Go on to the next step."""
    before = page.url
    await page.get_by_role("button", name="Lanjut", exact=True).click()
    await page.wait_for_url(lambda url: url != before and "#" in url)


async def written(page: Page, text: str) -> None:
    """Write ``text``, and wait until this device stores it."""
    await page.get_by_label("Isi laporan").fill(text)
    await expect(page.get_by_text("Tersimpan di HP ini sebagai draf.")).to_be_visible()
    await page.wait_for_url("**/?draf=*")


async def to_the_end(page: Page) -> None:
    for _ in range(5):
        await on(page)


async def look(page: Page, name: str) -> None:
    """Check that axe finds no barrier and nothing is wider than the screen, and store a picture."""
    await picture(page, PICTURES / f"{name}.png")
    assert {} == await barriers(page), name


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", LOOKED_AT)
async def test_every_state_is_without_barriers(browser: Browser, site: str, fake: Any, scheme: Any, width: int) -> None:
    size = {"width": width, "height": 740}
    context = await phone(browser, viewport=size, color_scheme=scheme, geolocation=HERE, permissions=["geolocation"])
    page = await opened(context, site)

    async def seen(name: str) -> None:
        await look(page, f"{scheme}-{width}-{name}")
        if (scheme, width) == ("light", 360):
            assert [] == await walk(page), name

    await seen("01-apa")
    await page.get_by_role("button", name="Lanjut", exact=True).click()
    await expect(page.get_by_text("Isi laporan masih kosong")).to_be_visible()
    await seen("02-kosong")
    await written(page, TOLD)
    await on(page)
    await page.get_by_label("Desa atau kelurahan").select_option(label="Desa Paroto")
    await page.get_by_role("button", name="Pakai lokasi saya").click()
    await expect(page.get_by_text("Lokasi Anda ikut dikirim.")).to_be_visible()
    await seen("03-di-mana")
    await on(page)
    await seen("04-kapan")
    await on(page)
    await seen("04-foto")
    await on(page)
    await page.get_by_label("Nomor HP").fill("dua")
    await seen("05-anda")
    await on(page)
    await expect(page.get_by_text("Sejak kapan? Boleh dilewati.")).to_have_count(0)
    await expect(page.locator(".answers").get_by_text("sudah disebut di isi laporan")).to_be_visible()
    there = page.locator(".answers .spot")
    await expect(there).to_have_text("Lokasi dari HP Anda, kurang lebih 30 m. Lihat di peta")
    await expect(there.get_by_role("link")).to_have_attribute("href", re.compile(r"mlat=-4\.35000&mlon=119\.88000"))
    await seen("06-periksa")
    await page.get_by_role("button", name="Kirim laporan").click()
    await expect(page.get_by_text("Nomor HP tidak dikenali").first).to_be_visible()
    await page.wait_for_selector("html.ready")
    await expect(page.locator("#ringkas").get_by_role("alert")).to_be_focused()
    await seen("07-salah")
    await page.get_by_label("Anonim").check()
    await expect(page.get_by_label("Nomor HP")).to_be_hidden()
    await on(page)
    await page.get_by_role("button", name="Kirim laporan").click()
    await page.wait_for_url("**/laporan/*")
    await seen("08-terima")
    await page.goto(f"{site}/draf")
    await expect(page.locator("#nomor-nomor .told")).to_have_text(TOLD)
    await expect(page.locator("#nomor-nomor [data-status]")).to_have_text("Diterima")
    await seen("09-terkirim")
    await page.goto(site)
    await page.wait_for_selector("html.ready")
    await written(page, "Rumah tetangga kebakaran, masih ada orang di dalam")
    await on(page)
    await seen("10-bahaya")
    await page.get_by_role("button", name="Lanjut mengisi").click()
    await page.wait_for_url("**#di-mana")
    for _ in range(4):
        await on(page)
    await context.set_offline(True)
    await page.get_by_role("button", name="Kirim laporan").click()
    await expect(page.get_by_text("Belum terkirim, tersimpan di HP ini.")).to_be_visible()
    await seen("11-luring")
    await page.goto(f"{site}/draf")
    await expect(page.get_by_text("Dikirim begitu ada jaringan.")).to_be_visible()
    await seen("12-draf")
    ((kept, _),) = fake.taken.values()
    assert ("Desa Paroto, Kecamatan Lilirilau", Position(lat=-4.35, lon=119.88, metres=30)) == (
        kept.place,
        kept.position,
    )
    await context.close()


async def test_without_a_script_what_asks_first_keeps_what_was_typed(page: Page, site: str, fake: Any) -> None:
    await page.goto(site)
    await page.get_by_label("Isi laporan").fill("Rumah tetangga kebakaran")
    await page.get_by_role("button", name="Periksa dulu").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Telepon 113")
    await page.get_by_role("button", name="Ubah tulisan").click()
    await page.get_by_label("Isi laporan").fill("Jalan berlubang besar")
    await page.get_by_role("button", name="Periksa dulu").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Periksa jawaban Anda")
    await page.get_by_role("button", name="Ubah tempat").click()
    await page.get_by_label("Patokan atau alamat").fill("Cabenge")
    await page.get_by_role("button", name="Kirim laporan").click()
    await expect(page.get_by_text("Kode akses laporan ini")).to_be_visible()

    ((kept, _),) = fake.taken.values()
    assert ("Jalan berlubang besar", "Cabenge") == (kept.text, kept.place)


async def test_all_steps_by_keyboard_alone(context: BrowserContext, site: str, fake: Any) -> None:
    page = await opened(context, site)
    keys = page.keyboard

    async def tab_to(name: str) -> None:
        """Press Tab until the element with this accessible name, or this text, has the focus."""
        for _ in range(30):
            await keys.press("Tab")
            at = "document.activeElement"
            if name in await page.evaluate(f"({at}.labels?.[0] ?? {at}).textContent"):
                return
        raise AssertionError(f"not reached by Tab: {name}")

    await tab_to("Isi laporan")
    await keys.type("Jalan berlubang besar")
    await tab_to("Lanjut")
    await keys.press("Enter")
    await expect(page.get_by_role("heading", name="Di mana?")).to_be_focused()
    await tab_to("Patokan atau alamat")
    await keys.type("Cabenge")
    await keys.press("Enter")  # goes on, and sends nothing
    await expect(page.get_by_role("heading", name="Kapan?")).to_be_focused()
    await tab_to("Lanjut")
    await keys.press("Enter")
    await expect(page.get_by_role("heading", name="Ada foto?")).to_be_focused()
    await tab_to("Lanjut")
    await keys.press("Enter")
    await tab_to("Anonim")
    await keys.press("Space")
    await tab_to("Lanjut")
    await keys.press("Enter")
    await expect(page.get_by_role("heading", name="Periksa jawaban Anda")).to_be_focused()
    assert {} == fake.taken
    await tab_to("Kirim laporan")
    await keys.press("Enter")
    await page.wait_for_url("**/laporan/*")

    ((kept, _),) = fake.taken.values()
    assert ("Jalan berlubang besar", "Cabenge", True) == (kept.text, kept.place, kept.anonim)


async def test_back_and_forward_go_through_the_steps_and_lose_nothing(context: BrowserContext, site: str) -> None:
    page = await opened(context, site)
    await written(page, "Lampu jalan padam")
    await on(page)
    await page.get_by_label("Patokan atau alamat").fill("Cabenge")
    await on(page)

    await page.go_back()
    await expect(page.get_by_role("heading", name="Di mana?")).to_be_focused()
    await expect(page.get_by_label("Patokan atau alamat")).to_have_value("Cabenge")
    await page.go_back()
    await expect(page.get_by_label("Isi laporan")).to_have_value("Lampu jalan padam")
    await page.go_forward()
    await page.go_forward()
    await expect(page.get_by_role("heading", name="Kapan?")).to_be_focused()
    await page.reload()
    await expect(page.get_by_role("heading", name="Kapan?")).to_be_visible()
    await page.go_back()
    await expect(page.get_by_label("Patokan atau alamat")).to_have_value("Cabenge")


async def ready(page: Page) -> None:
    """Wait until the device stores all it needs without a network."""
    await page.evaluate("navigator.serviceWorker.ready")


async def test_sent_without_a_network_it_waits_and_is_one_complaint(
    context: BrowserContext, site: str, fake: Any
) -> None:
    page = await opened(context, site)
    await ready(page)
    await context.set_offline(True)
    await page.goto(site)  # pages that were never loaded with a network, too
    await page.wait_for_selector("html.ready")
    await written(page, "Lampu jalan padam")
    await to_the_end(page)
    await page.get_by_role("button", name="Kirim laporan").click()
    await expect(page.get_by_text("Belum terkirim, tersimpan di HP ini.")).to_be_visible()
    await page.get_by_role("button", name="Kirim laporan").click()
    assert {} == fake.taken

    await context.set_offline(False)
    await page.wait_for_url("**/laporan/*")
    await page.goto(f"{site}/draf")
    await expect(page.get_by_text("Tidak ada laporan yang belum terkirim.")).to_be_visible()

    assert ["Lampu jalan padam"] == [sent.text for sent, _ in fake.taken.values()]


async def test_offline_draft_is_sent_only_when_its_writer_presses_send(
    context: BrowserContext, site: str, fake: Any
) -> None:
    page = await opened(context, site)
    await ready(page)
    await context.set_offline(True)
    await written(page, "Lampu jalan padam")
    await context.set_offline(False)
    await page.goto(f"{site}/draf")
    await expect(page.get_by_text("belum terkirim", exact=True)).to_be_visible()
    await page.wait_for_load_state("networkidle")
    assert {} == fake.taken

    await page.get_by_role("button", name="Kirim").click()
    await page.wait_for_url("**/laporan/*")
    assert 1 == len(fake.taken)


async def test_two_tabs_with_one_draft_overwrite_nothing_and_send_it_once(
    context: BrowserContext, site: str, fake: Any
) -> None:
    one = await opened(context, site)
    await written(one, "Lampu jalan padam")
    other = await opened(context, one.url)
    await expect(other.get_by_label("Isi laporan")).to_have_value("Lampu jalan padam")
    await to_the_end(one)
    await to_the_end(other)
    for page in (one, other):
        await page.get_by_role("button", name="Kirim laporan").click()
        await page.wait_for_url("**/laporan/*")
    assert 1 == len(fake.taken)

    one, other = await opened(context, site), await opened(context, site)
    await written(one, "Sampah menumpuk")
    await other.goto(one.url)
    await expect(other.get_by_label("Isi laporan")).to_have_value("Sampah menumpuk")
    await one.get_by_label("Isi laporan").fill("Sampah menumpuk di pasar")
    await one.get_by_label("Isi laporan").blur()
    await other.wait_for_function(KEPT, arg="Sampah menumpuk di pasar")
    await other.get_by_label("Isi laporan").fill("Sampah menumpuk di sungai")
    await expect(other.get_by_text("disimpan sebagai draf tersendiri")).to_be_visible()
    await other.goto(f"{site}/draf")
    await expect(other.locator("#draf .told")).to_have_count(2)
    assert ["Sampah menumpuk di pasar", "Sampah menumpuk di sungai"] == sorted(
        await other.locator("#draf .told").all_inner_texts()
    )


async def test_without_a_database_the_draft_stays_and_is_sent_with_its_own_key(
    context: BrowserContext, site: str, fake: Any
) -> None:
    page = await opened(context, site)
    await written(page, "Lampu jalan padam")
    await to_the_end(page)
    fake.down = True
    await page.get_by_role("button", name="Kirim laporan").click()
    await expect(page.get_by_text("BELUM kami terima")).to_be_visible()
    await page.goto(f"{site}/draf")
    await expect(page.locator("#draf .told")).to_have_text("Lampu jalan padam")
    await expect(page.get_by_text("Belum berhasil terkirim.")).to_be_visible()
    fake.down = False
    await page.get_by_role("button", name="Kirim").click()
    await page.wait_for_url("**/laporan/*")

    assert 1 == len(fake.taken)


async def reported(page: Page) -> str:
    """Send a report, and return its number."""
    await written(page, "Lampu jalan padam")
    await to_the_end(page)
    await page.get_by_role("button", name="Kirim laporan").click()
    await page.wait_for_url("**/laporan/*")
    return page.url.rpartition("/")[2].partition("?")[0]


async def test_a_receipt_that_is_opened_again_leaves_another_draft_alone(
    context: BrowserContext, site: str, fake: Any
) -> None:
    page = await opened(context, site)
    await reported(page)
    await page.wait_for_function(f"async text => !await ({KEPT})(text)", arg="Lampu jalan padam")
    receipt = f"{page.url.partition('?')[0]}?baru={next(iter(fake.taken))[:8]}"
    await page.goto(site)
    await page.wait_for_selector("html.ready")
    await written(page, "Sampah menumpuk")
    await to_the_end(page)
    fake.down = True
    await page.get_by_role("button", name="Kirim laporan").click()
    await expect(page.get_by_text("BELUM kami terima")).to_be_visible()
    fake.down = False

    await page.goto(receipt)
    await expect(page.get_by_text("Kode akses laporan ini")).to_be_visible()
    assert await page.evaluate(KEPT, "Sampah menumpuk")
    await page.goto(f"{site}/draf")

    await expect(page.locator("#nomor-nomor a")).to_have_count(2)  # the waiting draft was sent, too
    assert ["Lampu jalan padam", "Sampah menumpuk"] == [sent.text for sent, _ in fake.taken.values()]


async def test_a_report_that_waits_is_tried_again_as_long_as_its_page_is_open(
    context: BrowserContext, site: str, fake: Any
) -> None:
    page = await context.new_page()
    await page.clock.install()
    await page.goto(site)
    await page.wait_for_selector("html.ready")
    await written(page, "Lampu jalan padam")
    await to_the_end(page)
    await context.set_offline(True)
    await page.get_by_role("button", name="Kirim laporan").click()
    await expect(page.get_by_text("Belum terkirim, tersimpan di HP ini.")).to_be_visible()
    fake.down = True
    await context.set_offline(False)
    await expect(page.get_by_text("Layanan sedang terganggu atau terlalu ramai.")).to_be_visible()
    await look(page, "dicoba-lagi")
    fake.down = False

    await page.clock.fast_forward(31_000)

    await page.wait_for_url("**/laporan/*")
    assert 1 == len(fake.taken)


async def test_waiting_report_deleted_in_another_tab_is_not_sent(context: BrowserContext, site: str, fake: Any) -> None:
    page = await opened(context, site)
    await ready(page)
    await written(page, "Lampu jalan padam")
    await to_the_end(page)
    await context.set_offline(True)
    await page.get_by_role("button", name="Kirim laporan").click()
    await expect(page.get_by_text("Belum terkirim, tersimpan di HP ini.")).to_be_visible()
    other = await context.new_page()
    await other.goto(f"{site}/draf")
    await other.get_by_role("button", name="Hapus").click()
    await expect(other.get_by_text("Tidak ada laporan yang belum terkirim.")).to_be_visible()

    await context.set_offline(False)

    await expect(page.get_by_text("Draf ini sudah terkirim atau dihapus di tab lain.")).to_be_visible()
    assert {} == fake.taken


@pytest.mark.parametrize(
    ("status", "where", "label", "button"),
    [
        ("waiting_for_reporter", "", "Jawaban Anda", "Kirim jawaban"),
        ("resolved", "", "Komentar boleh kosong", "Kirim nilai"),
        ("resolved", "", "Apa yang belum beres?", "Buka kembali"),
        ("in_progress", "/tambahan", "Keterangan", "Kirim"),
    ],
)
async def test_addition_written_offline_is_kept_and_shown_as_unsent(
    context: BrowserContext, site: str, fake: Any, status: str, where: str, label: str, button: str
) -> None:
    page = await opened(context, site)
    await ready(page)
    number = await reported(page)
    asked = Step(seq=3, kind="waiting_for_reporter", at=datetime(2026, 11, 24, tzinfo=UTC), text="?", message="Mana?")
    fake.stories[number] = ComplaintView(ticket=number, status=status, unit="PUPR", seq=3, steps=[asked])
    await page.goto(f"{site}/laporan/{number}{where}")
    await page.wait_for_selector("form[data-on]")
    for each in await page.locator("details.more summary").all():
        await each.click()
    if button == "Kirim nilai":
        await page.get_by_text("4 baik").click()
    await page.get_by_label(label).fill("Tiang nomor tujuh")
    await context.set_offline(True)

    await page.get_by_role("button", name=button, exact=True).click()

    await expect(page.get_by_text("Tidak ada jaringan, belum terkirim.")).to_be_visible()
    await expect(page.get_by_label(label)).to_have_value("Tiang nomor tujuh")
    await look(page, f"tambahan-luring-{status}-{button.split()[-1]}")
    assert {} == fake.added
    await context.set_offline(False)
    await page.get_by_role("button", name=button, exact=True).click()
    await page.wait_for_url("**?terkirim=*")
    assert ["Tiang nomor tujuh"] == [each.text for each in fake.added[number]]


async def test_unstored_page_opened_offline_reports_the_missing_network(context: BrowserContext, site: str) -> None:
    page = await opened(context, site)
    await ready(page)
    number = await reported(page)
    await page.wait_for_function(f"async text => !await ({KEPT})(text)", arg="Lampu jalan padam")
    await context.set_offline(True)

    await page.goto(f"{site}/laporan/{number}")

    await expect(page.get_by_role("heading", level=1)).to_have_text("Tidak ada jaringan")
    await look(page, "luring")
    await page.goto(f"{site}/draf")
    await expect(page.get_by_text("Sedang tidak ada jaringan.")).to_be_visible()
    await look(page, "draf-luring")
    await context.set_offline(False)
    await page.goto(f"{site}/laporan/{number}")
    await expect(page.get_by_role("heading", level=1)).to_have_text(number)


async def test_questions_of_the_server_appear_where_they_can_be_answered(
    context: BrowserContext, site: str, fake: Any
) -> None:
    for n in range(2):
        page = await opened(context, site)
        await written(page, "Lampu jalan padam")
        await to_the_end(page)
        await page.get_by_role("button", name="Kirim laporan").click()
        if n == 0:
            await page.wait_for_url("**/laporan/*")
    await expect(page.get_by_role("alert")).to_contain_text("sudah pernah terkirim")
    await expect(page.locator("#ringkas").get_by_role("alert")).to_be_focused()
    assert 1 == len(fake.taken)
    await page.get_by_role("button", name="Kirim laporan").click()
    await page.wait_for_url("**/laporan/*")
    assert 2 == len(fake.taken)

    page = await opened(context, site)
    await written(page, "Terima kasih, lampu jalan di depan sekolah sudah diperbaiki.")
    await to_the_end(page)
    await page.get_by_role("button", name="Kirim laporan").click()
    await expect(page.locator(".notice[role=status]")).to_be_focused()
    await page.goto(f"{site}/draf")
    await expect(page.locator("#draf .told")).to_have_count(1)


async def test_danger_is_answered_while_it_is_written_and_one_press_sends(
    context: BrowserContext, site: str, fake: Any
) -> None:
    page = await opened(context, site)
    await page.get_by_label("Isi laporan").fill("Rumah tetangga kebakaran")
    await expect(page.locator("#bahaya").get_by_role("link", name="113")).to_be_visible()
    await page.get_by_role("button", name="Lanjut", exact=True).click()
    await expect(page.locator(".wall h2")).to_be_focused()
    await page.go_back()
    await expect(page.get_by_label("Isi laporan")).to_have_value("Rumah tetangga kebakaran")
    await page.get_by_role("button", name="Lanjut", exact=True).click()
    await page.get_by_role("button", name="Kirim laporan sekarang").click()
    await page.wait_for_url("**/laporan/*")

    assert 1 == len(fake.taken)


async def test_where_a_device_is_it_is_asked_only_when_that_is_pressed(browser: Browser, site: str, fake: Any) -> None:
    context = await phone(browser)  # nobody granted the permission
    await context.add_init_script(
        "window.asked = 0; const locate = navigator.geolocation.getCurrentPosition;"
        "navigator.geolocation.getCurrentPosition = function (...a) { asked += 1; return locate.apply(this, a); }"
    )
    page = await opened(context, site)
    await written(page, "Lampu jalan padam")
    await on(page)
    assert 0 == await page.evaluate("asked")
    await page.get_by_role("button", name="Pakai lokasi saya").click()
    await expect(page.get_by_text("Lokasi tidak ditemukan atau tidak diizinkan.")).to_be_visible()
    assert 1 == await page.evaluate("asked")
    await context.close()


async def test_secret_link_opens_elsewhere_and_leaves_no_code_in_the_address(
    browser: Browser, context: BrowserContext, site: str
) -> None:
    page = await opened(context, site)
    await written(page, "Pungli di kantor")
    await to_the_end(page)
    await page.get_by_role("button", name="Kirim laporan").click()
    await page.get_by_text("Buka dari HP lain").click()
    link = await page.locator("#tautan").inner_text()
    elsewhere = await phone(browser)
    other = await elsewhere.new_page()

    await other.goto(link)
    await expect(other.get_by_label("Kode akses")).to_have_value(link.partition("#")[2])
    assert "#" not in other.url
    await look(other, "buka")
    await other.get_by_role("button", name="Buka").click()
    await expect(other.get_by_role("link", name="Tambah keterangan")).to_be_visible()
    await elsewhere.close()


@pytest.mark.parametrize(("confidential", "listed"), [(False, 1), (True, 0)], ids=["", "confidential"])
async def test_a_code_is_shown_once_and_a_confidential_number_is_not_listed_on_the_device(
    context: BrowserContext, site: str, confidential: bool, listed: int
) -> None:
    page = await opened(context, site)
    await written(page, "Pungli di kantor")
    for _ in range(4):
        await on(page)
    if confidential:
        await page.get_by_label("Rahasia").check()
    await on(page)
    await page.get_by_role("button", name="Kirim laporan").click()
    await expect(page.get_by_text("Kode akses laporan ini")).to_be_visible()
    await page.wait_for_url(lambda url: "?" not in url)
    number = await page.get_by_role("heading", level=1).inner_text()

    await page.reload()
    await expect(page.get_by_role("link", name="Tambah keterangan")).to_be_visible()
    await expect(page.get_by_text("Kode akses laporan ini")).to_have_count(0)
    await page.goto(f"{site}/draf")
    await expect(page.get_by_text("Tidak ada laporan yang belum terkirim.")).to_be_visible()
    await expect(page.get_by_role("link", name=number)).to_have_count(listed)


async def test_code_and_secret_link_are_copied_as_they_stand(browser: Browser, site: str) -> None:
    context = await phone(browser, permissions=["clipboard-read", "clipboard-write"])
    page = await opened(context, site)
    await written(page, "Pungli di kantor")
    await to_the_end(page)
    await page.get_by_role("button", name="Kirim laporan").click()
    await expect(page.get_by_text("Kode akses laporan ini")).to_be_visible()

    await page.get_by_text("Buka dari HP lain").click()
    for name, at in (("Salin kode", "#kode"), ("Salin tautan", "#tautan")):
        await page.get_by_role("button", name=name).click()
        await expect(page.get_by_text("Tersalin")).to_be_visible()
        assert await page.locator(at).text_content() == await page.evaluate("navigator.clipboard.readText()")
        await expect(page.get_by_role("button", name=name)).to_have_text(name)
    assert 1 == await page.get_by_role("button", name="Cetak").count()
    await context.close()


async def test_it_can_be_installed(site: str, tmp_path: Path) -> None:
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=chromium(), args=ARGS
        )
        page = await opened(context, site)
        await ready(page)
        devtools = await context.new_cdp_session(page)
        found = await devtools.send("Page.getInstallabilityErrors")
        manifest = await devtools.send("Page.getAppManifest")
        await context.close()

    assert ([], []) == (found["installabilityErrors"], manifest["errors"])


@pytest.mark.parametrize(("scripts", "most"), [(False, 60_000), (True, 120_000)], ids=["no script", "script"])
async def test_a_first_visit_is_small(browser: Browser, site: str, scripts: bool, most: int) -> None:
    context = await phone(browser, java_script_enabled=scripts)
    page = await context.new_page()
    devtools = await context.new_cdp_session(page)
    sizes: list[float] = []
    devtools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    await devtools.send("Network.enable")
    await page.goto(site)
    await page.wait_for_load_state("networkidle")
    await context.close()

    assert len(sizes) >= 3 + scripts
    assert sum(sizes) <= most


@pytest.mark.parametrize(
    ("name", "size", "margin"), [("lapor-192", 192, 0), ("lapor-512", 512, 0), ("lapor-maskable-512", 512, 61)]
)
async def test_the_icons_are_those_of_the_drawing(browser: Browser, name: str, size: int, margin: int) -> None:
    page = await browser.new_page(viewport={"width": size, "height": size})
    ground, inner = "#0b6e5f" if margin else "transparent", size - 2 * margin
    css = f"html {{background: {ground}}} body {{margin: {margin}px}} svg {{display: block; width: {inner}px}}"
    await page.set_content(f"<style>{css}</style>{ASSETS['lapor.svg'].decode()}")
    PICTURES.mkdir(parents=True, exist_ok=True)
    drawn = await page.screenshot(path=PICTURES / f"{name}.png", omit_background=True)
    urls = [f"data:image/png;base64,{b64encode(each).decode()}" for each in (drawn, ASSETS[f"{name}.png"])]
    apart = await page.evaluate(APART, urls)
    await page.close()

    assert apart < 1, f"draw it anew: {PICTURES}/{name}.png is what lapor.svg looks like"


def test_all_scripts_together_are_small() -> None:
    scripts = b"".join(content for name, content in ASSETS.items() if name.endswith(".js"))

    assert len(gzip.compress(scripts)) <= 40_000
