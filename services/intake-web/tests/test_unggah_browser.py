"""Photos that the page uploads as soon as they are chosen: over a bad connection, a reload, a restart, in two tabs.

Real Chromium, a real PostgreSQL, and between them a connection that can be cut; some tests have no network at all.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect
from test_form_browser import look, written
from test_form_browser import opened as visit

from chassis.database import Pool
from chassis.http_server import with_heads
from intake.texts import Texts
from intake_web.adapters.postgres import PostgresStore
from intake_web.app import SERVICE, build_app
from intake_web.settings import WebSettings
from lapor.processes.ports import HOST, choose
from testing.browsers import answering
from testing.clips import clip
from testing.pictures import HEIC, PLACE, of_size, opened, photo
from testing.waiting import BOUND_S, finish, within

pytestmark = pytest.mark.connected

TEXT = "Jalan di depan SD 12 berlubang besar sejak dua minggu."
SENT = "SELECT text FROM complaints ORDER BY received_at"
COUNT = "SELECT count(*) FROM uploads WHERE complaint_id IS NOT NULL"
CREATED = "SELECT count(*) FROM uploads"
READY = "SELECT count(*) FROM uploads WHERE state = 'ready'"
#: Checks whether this device stores so many photos.
LEFT = """count => new Promise(resolve => {
  indexedDB.open("lapor").onsuccess = ({ target: { result: database } }) => {
    database.transaction("photos").objectStore("photos").count().onsuccess = ({ target: { result } }) => {
      database.close();
      resolve(result === count);
    };
  };
})"""


class Line:
    """A proxy from its own ``port`` to the ``target`` port of this machine.

    After ``most`` bytes each connection breaks; ``sent`` counts all bytes that went out. ``slow_s`` passes after each
    piece of 16 kB; ``cut`` lets nothing through.
    """

    def __init__(self, port: int) -> None:
        self.target, self.port = port, 0
        self.most, self.sent, self.breaks, self.slow_s, self.cut = 10**12, 0, 0, 0.0, False
        self.open = set[asyncio.StreamWriter]()

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._carry, HOST, 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    def hang_up(self) -> None:
        """Break all open connections."""
        for each in self.open:
            each.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            writer.transport.abort()
            return
        try:
            there, here = await asyncio.open_connection(HOST, self.target)
        except OSError:  # the website is restarting
            writer.transport.abort()
            return
        self.open |= {writer, here}
        back = asyncio.create_task(self._copy(there, writer))
        with suppress(OSError):
            await self._out(reader, here)
        here.close()  # the bytes sent so far arrive
        writer.transport.abort()
        self.open -= {writer, here}
        await finish(back)

    async def _out(self, reader: asyncio.StreamReader, here: asyncio.StreamWriter) -> None:
        left = self.most
        while left > 0 and (data := await within(reader.read(min(16_384, left)))):
            here.write(data)
            await here.drain()
            left, self.sent = left - len(data), self.sent + len(data)
            await asyncio.sleep(self.slow_s)
        if left <= 0:
            self.breaks += 1

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):  # also a connection on which nothing came for long
            while data := await within(reader.read(65_536)):
                writer.write(data)
                await writer.drain()
        writer.close()  # the browser would ask for more on it, and wait for an answer


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    line = Line(choose({"web": 0}, tmp_path / "ports.json")["web"])
    server = await line.start()
    yield line
    server.close()
    line.hang_up()


@pytest.fixture
async def restart(
    pool: Pool, make_settings: Callable[..., WebSettings], texts: Texts, line: Line
) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """Starts the website, or restarts it with an empty memory. Returns its address behind the proxy."""
    settings = make_settings(web_port=line.target, web_public_url=f"http://127.0.0.1:{line.port}")
    running = AsyncExitStack()

    async def start() -> str:
        await running.aclose()
        receipt = partial(texts.receipt, SERVICE)
        store = PostgresStore(pool, settings, SERVICE, lambda: None, within_s=BOUND_S, receipt=receipt)
        await running.enter_async_context(answering(with_heads(build_app(store, settings, texts)), line.target))
        return settings.public_url

    async with running:
        yield start


@pytest.fixture
async def site(restart: Callable[[], Awaitable[str]]) -> str:
    return await restart()


def jpeg(content: bytes, name: str = "IMG_1.jpg") -> Any:
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}


def heic(least: int) -> Any:
    """Make a photo that Chromium can't decode, and sends unchanged; readers skip `free` (ISO/IEC 14496-12, 8.1.2)."""
    free = least.to_bytes(4, "big") + b"free" + bytes(least - 8)
    return {"name": "IMG_2.heic", "mimeType": "image/heic", "buffer": HEIC + free}


async def at_photos(page: Page, text: str = TEXT) -> None:
    await written(page, text)
    for _ in range(3):
        before = page.url
        await page.get_by_role("button", name="Lanjut").click()
        await page.wait_for_function("before => location.href !== before", arg=before)
    await expect(page.get_by_role("heading", name="Ada foto?")).to_be_focused()


async def choose_files(page: Page, *files: Any) -> None:
    await page.locator("#photo").set_input_files(list(files))


async def are_ready(page: Page, count: int) -> None:
    await expect(page.locator(".shot.ready")).to_have_count(count, timeout=60_000)


async def send(page: Page) -> None:
    """Go to the last step, and send the form."""
    await page.goto(page.url.partition("#")[0] + "#periksa")
    await page.get_by_role("button", name="Kirim laporan").click()


async def is_sent(page: Page) -> None:
    await page.wait_for_url("**/laporan/*")
    await expect(page.get_by_text("Kode akses laporan ini")).to_be_visible()


async def until_received(pool: Pool, most: int) -> int:
    """Wait until a part of an upload has arrived, but not all; return its bytes."""
    async with asyncio.timeout(60):
        while not (received := await pool.fetchval("SELECT max(received) FROM uploads")):
            await asyncio.sleep(0.02)
    assert 0 < received < most
    return int(received)


async def test_a_photo_goes_when_it_is_chosen_small_and_without_its_place(
    context: BrowserContext, site: str, pool: Pool, line: Line, tmp_path: Path
) -> None:
    whole = of_size(5_000_000)
    page = await visit(context, site)
    await at_photos(page)
    before = line.sent
    await choose_files(page, jpeg(whole))
    await are_ready(page, 1)
    went = line.sent - before
    await expect(page.locator("canvas.drawn")).to_have_count(1)
    assert 0 == await pool.fetchval("SELECT count(*) FROM complaints")
    await send(page)
    await is_sent(page)
    await expect(page.locator(".photos img")).to_have_count(1)
    (large,) = (tmp_path / "evidence").rglob("large.jpg")
    await page.wait_for_function(LEFT, arg=0)

    assert went < 2_500_000
    assert (1280, 1280) == opened(large.read_bytes()).size
    assert 1 == await pool.fetchval(COUNT)


async def test_five_megabytes_arrive_over_a_line_that_breaks_every_500_kb(
    context: BrowserContext, site: str, pool: Pool, line: Line
) -> None:
    page = await visit(context, site)
    begun = list[int]()
    page.on("request", lambda request: begun.append(int(request.headers.get("upload-offset", -1))))
    await at_photos(page)
    line.most, before = 500_000, line.sent
    line.hang_up()
    await choose_files(page, heic(5_000_000))
    await are_ready(page, 1)
    went, breaks, line.most = line.sent - before, line.breaks, 10**12
    await send(page)
    await is_sent(page)

    begun = [offset for offset in begun if offset >= 0]
    assert breaks >= 10
    # Each piece begins where the server's copy ends. How much of a broken piece arrived depends on connection and
    # machine: most of it, at least half.
    assert sorted(begun) == begun
    assert went < 10_000_000
    assert 1 == await pool.fetchval(COUNT)


@pytest.mark.parametrize("what", ["reload", "restart", "both"])
async def test_upload_resumes_after_a_reload_or_restart_without_resending(
    context: BrowserContext, site: str, restart: Callable[[], Awaitable[str]], pool: Pool, line: Line, what: str
) -> None:
    size = 3_000_000
    page = await visit(context, site)
    await at_photos(page)
    line.slow_s, before = 0.01, line.sent
    await choose_files(page, heic(size))
    await until_received(pool, size)
    if what != "reload":
        line.hang_up()
        await restart()
    if what != "restart":
        await page.reload()
        await page.wait_for_selector("html.ready")
        await expect(page.get_by_role("heading", name="Ada foto?")).to_be_visible()
    line.slow_s = 0
    await are_ready(page, 1)
    went = line.sent - before
    await send(page)
    await is_sent(page)

    assert went < size + 1_200_000
    assert 1 == await pool.fetchval(COUNT)


async def test_a_report_with_photos_without_a_network_goes_when_there_is_one(
    context: BrowserContext, site: str, pool: Pool
) -> None:
    page = await visit(context, site)
    await page.evaluate("navigator.serviceWorker.ready")
    await context.set_offline(True)
    await page.goto(site)
    await page.wait_for_selector("html.ready")
    await at_photos(page)
    await choose_files(page, jpeg(photo()), jpeg(photo("JPEG", 1200, 1600)))
    await expect(page.locator("canvas.drawn")).to_have_count(2)
    await expect(page.locator(".shot.cut")).to_have_count(1)
    await look(page, "foto-luring")
    await send(page)
    await expect(page.get_by_text("Belum terkirim, tersimpan di HP ini.")).to_be_visible()
    assert [] == await pool.fetch(SENT)

    await context.set_offline(False)
    await is_sent(page)
    await expect(page.locator(".photos img")).to_have_count(2)
    assert ([TEXT], 2) == ([row["text"] for row in await pool.fetch(SENT)], await pool.fetchval(COUNT))


async def test_several_drafts_keep_each_its_own_photos_and_go_from_their_list(
    context: BrowserContext, site: str, pool: Pool
) -> None:
    page = await visit(context, site)
    await page.evaluate("navigator.serviceWorker.ready")
    await context.set_offline(True)
    for count in (1, 2):
        await page.goto(site)
        await page.wait_for_selector("html.ready")
        await at_photos(page, f"Lampu jalan nomor {count} padam")
        await choose_files(page, *[jpeg(photo("JPEG", 640 + n, 480)) for n in range(count)])
        await expect(page.locator("canvas.drawn")).to_have_count(count)
    await page.goto(f"{site}/draf")
    await expect(page.get_by_text("belum terkirim", exact=True)).to_have_count(2)
    await expect(page.locator("#draf [data-photos]")).to_have_text(["2 foto", "1 foto"])
    await look(page, "foto-draf")

    await context.set_offline(False)
    for left in (1, 0):
        await page.get_by_role("button", name="Kirim", exact=True).first.click()
        await is_sent(page)
        await page.goto(f"{site}/draf")
        await expect(page.locator("#draf li")).to_have_count(left)
    found = await pool.fetch("SELECT complaint_id, count(*) FROM uploads GROUP BY complaint_id ORDER BY 2")
    assert [1, 2] == [row[1] for row in found if row["complaint_id"]]


async def test_two_tabs_with_one_draft_send_each_photo_once_and_show_the_same(
    context: BrowserContext, site: str, pool: Pool, line: Line
) -> None:
    one = await visit(context, site)
    await at_photos(one)
    other = await visit(context, one.url)
    await expect(other.get_by_role("heading", name="Ada foto?")).to_be_visible()
    line.slow_s = 0.005
    await choose_files(one, heic(1_000_000))
    await expect(other.locator(".shot")).to_have_count(1)
    await choose_files(other, jpeg(photo()))
    for page in (one, other):
        await are_ready(page, 2)
    line.slow_s = 0
    assert 2 == await pool.fetchval(READY)

    await other.get_by_role("button", name="Hapus foto 1").click()
    await expect(one.locator(".shot")).to_have_count(1)
    for page in (one, other):
        await send(page)
        await page.wait_for_url("**/laporan/*")
    assert (1, 1) == (await pool.fetchval("SELECT count(*) FROM complaints"), await pool.fetchval(COUNT))


async def test_a_draft_that_two_tabs_changed_becomes_two_with_the_same_photos(
    context: BrowserContext, site: str, pool: Pool
) -> None:
    one = await visit(context, site)
    await at_photos(one)
    await choose_files(one, jpeg(photo()))
    await are_ready(one, 1)
    other = await visit(context, one.url)
    await are_ready(other, 1)
    for page, text in ((one, "Jalan berlubang di pasar"), (other, "Jalan berlubang di sungai")):
        await page.goto(page.url.partition("#")[0] + "#apa")
        await page.get_by_label("Isi laporan").fill(text)
        await page.get_by_label("Isi laporan").blur()
    await expect(other.get_by_text("disimpan sebagai draf tersendiri")).to_be_visible()
    for page in (one, other):
        await send(page)
        await page.wait_for_url("**/laporan/*")

    assert (2, 2) == (await pool.fetchval("SELECT count(*) FROM complaints"), await pool.fetchval(COUNT))


async def test_refused_photo_gives_its_reason_and_the_complaint_can_go_without_it(
    context: BrowserContext, site: str, pool: Pool, texts: Texts
) -> None:
    page = await visit(context, site)
    await at_photos(page)
    await choose_files(page, jpeg(photo()), jpeg(b"GIF89a" + bytes(500)))
    await expect(page.locator(".shot.failed")).to_contain_text(texts.web["photo_kind"])
    await expect(page.locator("[data-live]")).to_contain_text("Foto 2: ")
    await are_ready(page, 1)
    await look(page, "foto-gagal")
    await page.reload()
    await page.wait_for_selector("html.ready")
    await expect(page.locator(".shot.failed")).to_contain_text(texts.web["photo_kind"])
    await send(page)
    await expect(page.get_by_text(texts.web["photos_failed"])).to_be_visible()
    assert [] == await pool.fetch(SENT)
    await look(page, "foto-gagal-kirim")
    await page.get_by_role("button", name="Lihat foto").click()
    await expect(page.get_by_role("heading", name="Ada foto?")).to_be_visible()
    await send(page)
    await page.get_by_role("button", name="Kirim tanpa foto ini").click()
    await is_sent(page)

    assert 1 == await pool.fetchval(COUNT)


async def test_complaint_can_be_sent_without_waiting_for_its_photo(
    context: BrowserContext, site: str, pool: Pool, texts: Texts, line: Line
) -> None:
    page = await visit(context, site)
    await at_photos(page)
    line.slow_s = 1
    await choose_files(page, heic(2_000_000))
    await expect(page.locator(".shot.sending")).to_be_visible()
    await look(page, "foto-dikirim")
    await send(page)
    await expect(page.get_by_text(texts.web["photos_first"])).to_be_visible()
    await look(page, "foto-ditunggu")
    await page.get_by_role("button", name="Kirim laporan").click()  # pressing it again changes nothing
    await expect(page.get_by_role("heading", name="Periksa jawaban Anda")).to_be_visible()
    await expect(page.get_by_text(texts.web["photos_first"])).to_have_count(1)
    await page.get_by_role("button", name="Kirim tanpa menunggu").click()
    await is_sent(page)

    assert ([TEXT], 0) == ([row["text"] for row in await pool.fetch(SENT)], await pool.fetchval(COUNT))


async def test_a_cut_line_is_said_and_pressing_goes_on(context: BrowserContext, site: str, line: Line) -> None:
    page = await visit(context, site)
    await at_photos(page)
    line.slow_s = 0.2
    await choose_files(page, heic(2_000_000))
    await expect(page.locator(".shot.sending .how")).to_contain_text("%")
    line.cut = True
    line.hang_up()
    await expect(page.locator(".shot.cut .how")).to_contain_text("Sambungan terputus")
    await expect(page.locator("[data-live]")).to_contain_text("Foto 1: Sambungan terputus")
    await look(page, "foto-terputus")
    line.cut, line.slow_s = False, 0
    await page.get_by_role("button", name="Coba lagi foto 1").click()

    await are_ready(page, 1)


@pytest.mark.parametrize("pressed", [False, True])
async def test_the_place_in_a_photo_goes_along_only_if_that_is_pressed(
    context: BrowserContext, site: str, pool: Pool, pressed: bool
) -> None:
    page = await visit(context, site)
    await at_photos(page)
    await choose_files(page, jpeg(photo()))
    await are_ready(page, 1)
    if pressed:
        await page.get_by_role("button", name="Pakai lokasi dari foto").click()
        await expect(page.get_by_text("ikut dikirim sebagai lokasi laporan").first).to_be_visible()
        await look(page, "foto-lokasi")
    await send(page)
    await is_sent(page)

    sent = await pool.fetchval(
        "SELECT convert_from(received_event, 'UTF8')::json #>> '{data,position}' FROM complaints"
    )
    there = {"lat": pytest.approx(PLACE[0], abs=1e-5), "lon": pytest.approx(PLACE[1], abs=1e-5), "metres": 100}
    assert (there if pressed else None) == (json.loads(sent) if sent else None)


async def test_five_at_most_and_what_is_removed_leaves_nothing(
    context: BrowserContext, site: str, pool: Pool, texts: Texts
) -> None:
    page = await visit(context, site)
    await at_photos(page)
    await choose_files(page, *[jpeg(photo("JPEG", 640 + n, 480)) for n in range(6)])
    await are_ready(page, 5)
    await expect(page.get_by_text("Paling banyak 5 foto; yang selebihnya")).to_be_visible()
    await expect(page.locator("#photo")).to_be_disabled()
    await look(page, "foto-lima")
    await page.set_viewport_size({"width": 1280, "height": 740})
    await page.emulate_media(color_scheme="dark")
    await look(page, "foto-lima-1280")
    for _ in range(5):
        await page.get_by_role("button", name="Hapus foto 1").click()

    await expect(page.locator(".shot")).to_have_count(0)
    await expect(page.locator("#photo")).to_be_focused()
    async with asyncio.timeout(60):
        while await pool.fetchval(CREATED):
            await asyncio.sleep(0.05)


async def test_photos_of_an_addition_go_the_same_way(
    context: BrowserContext, site: str, pool: Pool, line: Line, texts: Texts
) -> None:
    page = await visit(context, site)
    await at_photos(page)
    await send(page)
    await is_sent(page)
    number = page.url.rpartition("/")[2].partition("?")[0]
    await page.goto(f"{site}/laporan/{number}/tambahan")
    await page.get_by_label("Keterangan").fill("Ini fotonya.")
    line.slow_s = 0.01
    await choose_files(page, heic(1_500_000))
    await until_received(pool, 1_500_000)
    await page.reload()
    line.slow_s = 0
    await are_ready(page, 1)
    await choose_files(page, jpeg(b"GIF89a" + bytes(500)))
    await expect(page.locator(".shot.failed")).to_contain_text(texts.web["photo_kind"])
    await page.get_by_label("Keterangan").fill("Ini fotonya.")
    await page.get_by_role("button", name="Kirim", exact=True).click()
    await look(page, "foto-tambahan")
    await page.get_by_role("button", name="Kirim tanpa foto ini").click()
    await page.wait_for_url("**terkirim=addition*")
    await expect(page.locator(".photos img")).to_have_count(1)
    await page.wait_for_function(LEFT, arg=0)
    await page.goto(f"{site}/laporan/{number}/tambahan")
    await page.wait_for_load_state("networkidle")

    await expect(page.locator(".shot")).to_have_count(0)
    assert 1 == await pool.fetchval(COUNT)


async def test_a_page_sends_it_shows_a_still_and_plays_it(
    context: BrowserContext,
    site: str,
    pool: Pool,
) -> None:
    page = await visit(context, site)
    await at_photos(page)
    film = {"name": "VID_1.webm", "mimeType": "video/webm", "buffer": clip(3, "webm")}
    await choose_files(page, film)
    await are_ready(page, 1)
    assert "Video 1" == await page.locator(".shot b").text_content()
    await expect(page.locator(".shot canvas.drawn")).to_have_count(1)
    await look(page, "360-video")
    await send(page)
    await is_sent(page)
    await look(page, "360-video-laporan")
    await page.locator("video").evaluate("film => { film.muted = true; return film.play(); }")

    await page.wait_for_function("() => document.querySelector('video').currentTime > 0.3")
    assert 1 == await pool.fetchval("SELECT count(*) FROM uploads WHERE media_type = 'video/mp4'")


async def test_overlong_video_is_rejected_before_upload(
    context: BrowserContext,
    site: str,
    pool: Pool,
    texts: Texts,
) -> None:
    page = await visit(context, site)
    await at_photos(page)
    await choose_files(page, {"name": "VID_2.webm", "mimeType": "video/webm", "buffer": clip(63, "webm", 64, 36)})

    await expect(page.locator(".shot.failed")).to_contain_text(texts.web["video_long"])
    assert 0 == await pool.fetchval("SELECT count(*) FROM uploads")
