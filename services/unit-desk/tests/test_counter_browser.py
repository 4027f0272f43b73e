"""The counter in Chromium, with the real website: a process of its own, on a database of its own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import psycopg
import pytest
from desk_office import REGION, website_of
from desk_site import PICTURES, enter, hold, look, page_of
from playwright.async_api import Browser, Page, expect

import intake
from chassis.database import Pool
from chassis.http_server import WebServer
from lapor.processes.ports import HOST, choose
from testing.browsers import violations
from testing.waiting import finish
from unit_desk.adapters.intake import Intake
from unit_desk.adapters.proofs import Photos
from unit_desk.courier import Courier
from unit_desk.handlers.visit import Desk
from unit_desk.people import Person
from unit_desk.rules import Rules
from unit_desk.settings import DeskSettings

pytestmark = pytest.mark.connected
Somebody = Callable[..., Awaitable[Person]]
MIGRATIONS = [intake.MIGRATIONS, Path(__file__).parents[2] / "intake-web" / "migrations"]
TEXT = "Pipa air di depan masjid Paroto bocor sejak awal bulan, airnya menggenangi jalan."


@dataclass(frozen=True, kw_only=True)
class Website:
    """The website's process, and a key for the counter."""

    url: str
    dsn: str
    env: dict[str, str]
    key: str

    def start(self) -> subprocess.Popen[bytes]:
        """Start it; it answers a moment later."""
        return subprocess.Popen([sys.executable, "-m", "intake_web", "run"], env=self.env)


def new_website(dsn: str, folder: Path) -> Website:
    ports = choose({"web": 0, "health": 0}, folder / "web-ports.json")
    env = {
        "PATH": os.environ["PATH"],
        "KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:9",
        "KAFKA_USERNAME": "intake-web",
        "KAFKA_PASSWORD": "unused",
        "DATABASE_URL": dsn,
        "REGION_DIR": str(REGION),
        "HTTP_PORT": str(ports["health"]),
        "WEB_PORT": str(ports["web"]),
        "INSTALLATION_NAMESPACE": "00000000-0000-4000-8000-000000000001",
        "EVENT_KEY": "key-of-the-intake-of-the-test",
        "EVIDENCE_URL": f"file://{folder}/evidence",
        "KANNEL_SEND_URL": f"http://{HOST}:9/cgi-bin/sendsms",
        "KANNEL_USERNAME": "lapor",
        "KANNEL_PASSWORD": "kannel-word",
    }
    command = [sys.executable, "-m", "intake_web", "key", "create", "loket", "--contact", "x", "--right", "counter"]
    key = subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
    return Website(url=f"http://{HOST}:{ports['web']}", dsn=dsn, env=env, key=key)


@pytest.fixture
def website(new_database: Callable[..., str], tmp_path: Path) -> Website:
    """A website that does not run yet."""
    return new_website(new_database(*MIGRATIONS), tmp_path)


@pytest.fixture(scope="module")
def started(new_database: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    website = new_website(new_database(*MIGRATIONS), tmp_path_factory.mktemp("website"))
    process = website.start()
    yield website
    process.kill()
    process.wait(10)


@pytest.fixture
def running(started: Website) -> Website:
    """The website that all tests here share, without the complaints sent to it before."""
    with psycopg.connect(started.dsn) as db:
        db.execute("TRUNCATE complaints, reporters CASCADE")
    return started


@pytest.fixture
async def here(
    request: pytest.FixtureRequest,
    pool: Pool,
    rules: Rules,
    make_settings: Callable[..., DeskSettings],
    desk_port: int,
    photos: Photos,
) -> AsyncIterator[Desk]:
    """The desk on a real port, with the key for the counter."""
    website = request.getfixturevalue("running" if "running" in request.fixturenames else "website")
    settings = make_settings(desk_port=desk_port, desk_public_url=None)
    courier = Courier(pool=pool, key=settings.key)
    desk = Desk(pool=pool, settings=settings, rules=rules, wake=lambda: None, courier=courier, photos=photos)
    desk = replace(desk, intake=(api := Intake(website.url, website.key)))
    server = WebServer(website_of(desk), HOST, desk_port, stop_within_s=1)
    serving = asyncio.create_task(server.run())
    async with asyncio.timeout(60):
        while not server.answers:
            await asyncio.sleep(0.01)
    yield desk
    serving.cancel()
    await finish(serving)
    await api.close()


async def answers(website: Website) -> None:
    async with asyncio.timeout(90), httpx.AsyncClient(trust_env=False) as http:
        while True:
            try:
                if (await http.get(f"{website.url}/lacak")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)


def complaints(website: Website) -> list[tuple[str, str, str]]:
    with psycopg.connect(website.dsn) as db:
        return db.execute(
            "SELECT c.channel, c.text, r.phone FROM complaints c JOIN reporters r USING (reporter_ref)"
        ).fetchall()


async def fill(page: Page, desk: Desk) -> None:
    await page.goto(f"{desk.settings.public_url}/loket")
    await page.get_by_label("Surat").check()
    await page.get_by_label("Isi laporan").fill(TEXT)
    await page.get_by_label("Desa atau kelurahan").select_option(label="Desa Paroto")
    await page.get_by_label("Nama warga").fill("Hj. Sitti")
    await page.get_by_label("Nomor HP warga").fill("0812 3456 7890")


@pytest.mark.parametrize(("size", "script"), [("hp", True), ("meja", True), ("hp", False)])
async def test_a_letter_becomes_a_complaint_of_its_citizen_with_a_receipt(
    browser: Browser, here: Desk, running: Website, somebody: Somebody, size: str, script: bool
) -> None:
    await answers(running)
    page = await page_of(browser, here, await somebody(), size, java_script_enabled=script)
    await page.goto(f"{here.settings.public_url}/loket")
    if script:
        await look(page, "loket-kosong", size)
    await page.get_by_role("button", name="Periksa dulu").click()
    if script:  # without a script the browser itself refuses empty fields
        await page.locator("textarea").evaluate("(each) => each.form.noValidate = true")
        await page.get_by_role("button", name="Periksa dulu").click()
        await expect(page.get_by_role("alert")).to_contain_text("Pilih bagaimana laporan ini sampai.")
        await look(page, "loket-salah", size)

    await fill(page, here)
    await page.get_by_role("button", name="Periksa dulu").click()
    await expect(page.get_by_text("Desa Paroto, Kecamatan Lilirilau")).to_be_visible()
    if script:
        await look(page, "loket-periksa", size)
    await page.get_by_role("button", name="Kirim laporan").click()
    await expect(page.get_by_role("heading", name="Tanda terima laporan")).to_be_visible()
    if script:
        await look(page, "loket-tanda", size)

    code = await page.locator(".slip .big").nth(1).inner_text()
    number = await page.locator(".slip .big").nth(0).inner_text()
    assert [("loket", TEXT, "0812 3456 7890")] == complaints(running)
    async with httpx.AsyncClient(base_url=running.url, trust_env=False) as citizen:
        opened = await citizen.post(f"/laporan/{number}", data={"secret": code})
        assert TEXT in (await citizen.get(f"/laporan/{number}", cookies=opened.cookies)).text
    await page.context.close()


async def test_the_receipt_fits_a_roll_and_half_a_sheet(
    browser: Browser, here: Desk, running: Website, somebody: Somebody
) -> None:
    await answers(running)
    page = await page_of(browser, here, await somebody(), "meja")
    await fill(page, here)
    await page.get_by_role("button", name="Periksa dulu").click()
    await page.get_by_role("button", name="Kirim laporan").click()
    await expect(page.get_by_role("button", name="Cetak")).to_be_visible()

    await page.emulate_media(media="print")
    wide = []
    for name, (width, height) in {"80mm": (265, 900), "a5": (521, 756)}.items():
        await page.set_viewport_size({"width": width, "height": height})
        await page.screenshot(path=PICTURES / f"loket-cetak-{name}.png", full_page=True)
        wide.append(await page.evaluate("document.documentElement.scrollWidth - innerWidth"))
        assert [] == await violations(page)

    assert [0, 0] == [max(0, each) for each in wide]
    assert await page.evaluate("document.documentElement.scrollHeight") <= 756
    assert not await page.get_by_role("button", name="Cetak").is_visible()
    await page.context.close()


async def test_counter_text_survives_a_lost_session_until_it_is_sent(
    browser: Browser, here: Desk, running: Website, somebody: Somebody, pool: Pool
) -> None:
    await answers(running)
    person = await somebody()
    page = await page_of(browser, here, person, "meja")
    await fill(page, here)
    await pool.execute("DELETE FROM sessions WHERE person = $1", person.id)
    await page.get_by_role("button", name="Periksa dulu").click()

    await enter(page, person)
    await expect(page.locator("textarea#text")).to_have_value(TEXT)
    await fill(page, here)
    await page.get_by_role("button", name="Periksa dulu").click()
    await page.get_by_role("button", name="Kirim laporan").click()
    await expect(page.get_by_role("button", name="Cetak")).to_be_visible()
    await page.goto(f"{here.settings.public_url}/loket")
    await expect(page.locator("textarea#text")).to_have_value("")
    await page.context.close()


async def test_a_call_is_typed_in_and_sent_with_the_keyboard_alone(
    browser: Browser, here: Desk, running: Website, somebody: Somebody
) -> None:
    await answers(running)
    page = await page_of(browser, here, await somebody(), "meja")
    await page.goto(f"{here.settings.public_url}/loket")

    await reach(page, "way-datang")
    await page.keyboard.press("ArrowDown")
    await reach(page, "text")
    await page.keyboard.type(TEXT)
    await reach(page, "phone")
    await page.keyboard.type("081234567890")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Periksa sebelum dikirim")).to_be_visible()
    await reach(page, "", "Kirim laporan")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Tanda terima laporan")).to_be_visible()

    assert [("loket", TEXT, "081234567890")] == complaints(running)
    assert "(telepon)" in await page.locator(".when-taken").inner_text()
    await page.context.close()


async def reach(page: Page, ident: str, text: str = "") -> None:
    """Press Tab until the element with this id or ``text`` has the focus, which must be visible."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        found, said, outline = await page.evaluate(
            "(({id, innerText}, style) => [id, innerText ?? '', style.outlineStyle])"
            "(document.activeElement, getComputedStyle(document.activeElement))"
        )
        if (ident and found == ident) or (text and said.strip().startswith(text)):
            assert outline != "none"
            return
    raise AssertionError(f"{ident or text} is not reached with Tab")


async def test_while_the_website_is_away_nothing_is_lost_and_nothing_doubled(
    browser: Browser, here: Desk, website: Website, somebody: Somebody
) -> None:
    page = await page_of(browser, here, await somebody(), "hp")
    await hold(page)
    await fill(page, here)
    await page.get_by_role("button", name="Periksa dulu").click()
    await page.get_by_role("button", name="Kirim laporan").click()
    await expect(page.get_by_role("heading", name="Belum terkirim")).to_be_visible()
    await expect(page.get_by_text(TEXT)).to_be_visible()
    await look(page, "loket-tunggu", "hp")

    process = website.start()
    try:
        await answers(website)
        await page.get_by_role("button", name="Coba kirim sekarang").click()
        await expect(page.get_by_role("heading", name="Tanda terima laporan")).to_be_visible()
    finally:
        process.kill()
        process.wait(10)

    assert [("loket", TEXT, "0812 3456 7890")] == complaints(website)
    await page.context.close()


async def test_danger_says_first_whom_to_call(browser: Browser, here: Desk, somebody: Somebody) -> None:
    for size in ("hp", "meja"):
        page = await page_of(browser, here, await somebody(), size)
        await fill(page, here)
        await page.get_by_label("Isi laporan").fill("Rumah tetangga kebakaran, masih ada orang di dalam")
        await page.get_by_role("button", name="Periksa dulu").click()
        await expect(page.get_by_role("link", name="113")).to_be_visible()
        await look(page, "loket-bahaya", size)
        await page.get_by_role("button", name="Lanjut memeriksa laporan").click()
        await expect(page.get_by_role("heading", name="Periksa sebelum dikirim")).to_be_visible()
        await page.context.close()
