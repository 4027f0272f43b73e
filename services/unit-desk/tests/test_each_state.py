"""Each page in each state, in Chromium on phone and desktop: axe, width, size of targets. Pictures: build/pictures."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from desk_office import Tell
from desk_site import CARD, LAMP, NOBODYS, OLD, PICTURES, POLE, ROAD, SIZES, WATER, hold, look, page_of
from litestar.exceptions import ClientException, HTTPException
from playwright.async_api import Browser, expect

from contracts.events import ReplyAnswer
from testing import browsers
from unit_desk.adapters import accounts
from unit_desk.handlers.visit import Desk, Expired, NotAllowed, NotYours
from unit_desk.people import Person

pytestmark = pytest.mark.connected

#: By name: the person who looks, and the address.
PAGES: dict[str, tuple[str, str]] = {
    "masuk": ("", "/masuk"),
    "tidak-ada": ("", "/undangan/salah"),
    "daftar": ("petugas", "/"),
    "untuk-dilihat": ("petugas", "/?daftar=lihat"),
    "tugas-kosong": ("petugas", "/?daftar=saya"),
    "semua": ("petugas", "/?daftar=semua"),
    "cari": ("petugas", "/?daftar=semua&cari=jembatan&status=resolved"),
    "tak-cocok": ("petugas", "/?cari=zzz"),
    "laporan": ("petugas", f"/laporan/{ROAD}"),
    "laporan-darurat": ("petugas", f"/laporan/{POLE}"),
    "laporan-bantu": ("petugas", f"/laporan/{CARD}"),
    "laporan-dinilai": ("petugas", f"/laporan/{OLD}"),
    "laporan-pimpinan": ("pimpinan", f"/laporan/{ROAD}"),
    "lembar": ("petugas", f"/laporan/{ROAD}/cetak"),
    "terima": ("petugas", f"/laporan/{POLE}/terima"),
    "selesaikan": ("petugas", f"/laporan/{ROAD}/selesaikan"),
    "tanya": ("petugas", f"/laporan/{LAMP}/tanya"),
    "limpahkan": ("petugas", f"/laporan/{LAMP}/limpahkan"),
    "kembalikan": ("petugas", f"/laporan/{LAMP}/kembalikan"),
    "orang": ("pimpinan", "/orang"),
    "triase": ("operator", "/triase"),
    "teruskan": ("operator", f"/laporan/{NOBODYS}/teruskan"),
    "perbaiki": ("operator", f"/laporan/{NOBODYS}/perbaiki"),
    "gabungkan": ("operator", f"/laporan/{NOBODYS}/gabungkan"),
    "tolak": ("operator", f"/laporan/{NOBODYS}/tolak"),
    "pemantau": ("pemantau", "/"),
    "pemantau-rahasia": ("pemantau", f"/laporan/{WATER}?unit=PUPR"),
    "pemantau-laporan": ("pemantau", f"/laporan/{ROAD}?unit=PUPR"),
    "pemantau-arahan": ("pemantau", f"/laporan/{ROAD}/arahan?unit=PUPR"),
    "semua-unit": ("operator", "/?daftar=lintas"),
    "operator-cari": ("operator", "/?daftar=semua&unit=PUPR"),
    "operator-laporan": ("operator", f"/laporan/{ROAD}"),
    "operator-rahasia": ("operator", f"/laporan/{WATER}"),
    "operator-selesai": ("operator", f"/laporan/{OLD}"),
    "alihkan": ("operator", f"/laporan/{ROAD}/alihkan?unit=PUPR"),
    "alihkan-rahasia": ("operator", f"/laporan/{WATER}/alihkan?unit=PUPR"),
    "jenis": ("operator", f"/laporan/{ROAD}/jenis?unit=PUPR"),
    "mendesak": ("petugas", f"/laporan/{LAMP}/mendesak"),
    "batalkan-operator": ("operator", f"/laporan/{OLD}/batalkan?unit=PUPR"),
}
UNITS = {"operator": "DISKOMINFO", "pemantau": "SETDA"}
#: Pages where nothing has come yet, as in :data:`PAGES`.
EMPTY: dict[str, tuple[str, str]] = {
    "kosong": ("petugas", "/"),
    "kosong-lihat": ("petugas", "/?daftar=lihat"),
    "kosong-semua": ("petugas", "/?daftar=semua"),
    "kosong-pemantau": ("pemantau", "/"),
    "kosong-triase": ("operator", "/triase"),
    "kosong-lintas": ("operator", "/?daftar=lintas"),
    "kosong-orang": ("pimpinan", "/orang"),
    "kosong-program": ("pimpinan", "/program"),
    "kosong-kabar": ("operator", "/kabar"),
    "kosong-terkirim": ("operator", "/kabar/terkirim"),
    "kosong-warga": ("operator", "/kabar/warga"),
}
#: The errors of requests, by the status of the answer.
ERRORS: dict[int, Callable[[], Exception]] = {
    400: lambda: ClientException("bad"),
    403: NotAllowed,
    404: NotYours,
    410: Expired,
    413: lambda: HTTPException(status_code=413),
    500: lambda: RuntimeError("a bug"),
    503: ConnectionRefusedError,
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
async def test_each_page(
    browser: Browser, here: Desk, morning: None, somebody: Callable[..., Awaitable[Person]], name: str, size: str
) -> None:
    role, path = PAGES[name]
    person = await somebody(unit=UNITS.get(role, "PUPR"), role=role, name="Andi Rahmawati") if role else None
    if name == "orang":
        await somebody(name="Baso Amir")
    page = await page_of(browser, here, person, size)

    await page.goto(f"{here.settings.public_url}{path}")

    await look(page, name, size)
    await page.context.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", EMPTY)
async def test_each_list_where_nothing_has_come_yet(
    browser: Browser, here: Desk, somebody: Callable[..., Awaitable[Person]], name: str, size: str
) -> None:
    role, path = EMPTY[name]
    person = await somebody(unit=UNITS.get(role, "PUPR"), role=role, name="Andi Rahmawati")
    page = await page_of(browser, here, person, size)

    answer = await page.goto(f"{here.settings.public_url}{path}")

    assert answer
    assert 200 == answer.status
    await look(page, name, size)
    await page.context.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("status", ERRORS)
async def test_each_error_has_a_page_that_leads_back(
    browser: Browser, here: Desk, monkeypatch: pytest.MonkeyPatch, status: int, size: str
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise ERRORS[status]()

    monkeypatch.setattr(accounts, "who", fail)
    page = await page_of(browser, here, None, size)
    await page.context.add_cookies([{"name": here.cookie_name, "value": "x", "url": here.settings.public_url}])

    answer = await page.goto(here.settings.public_url)

    assert answer
    assert status == answer.status
    await look(page, f"galat-{status}", size)
    await expect(page.get_by_role("link", name="Ke daftar kerja")).to_be_visible()
    await page.context.close()


async def test_with_the_colours_of_the_system_one_tab_is_the_one_that_is_open(
    browser: Browser, here: Desk, morning: None, somebody: Callable[..., Awaitable[Person]]
) -> None:
    page = await page_of(browser, here, await somebody(name="Andi Rahmawati"), "hp")
    await page.goto(here.settings.public_url)

    await page.emulate_media(forced_colors="active")

    await browsers.picture(page, PICTURES / "daftar-sistem.png")
    lines = await page.locator(".tabs a").evaluate_all(
        "all => all.map((each) => [getComputedStyle(each).borderBottomColor, each.matches('[aria-current]')])"
    )
    seen = {color for color, current in lines if current}
    assert not seen & {color for color, current in lines if not current}
    await page.context.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "name", ["menunggu", "ditolak-sistem", "berubah", "tidak-lagi", "terhapus", "arahan", "undangan", "undangan-jadi"]
)
async def test_page_is_accessible_in_each_state(  # noqa: C901 - each state has its own way there
    browser: Browser,
    here: Desk,
    morning: None,
    somebody: Callable[..., Awaitable[Person]],
    tell: Tell,
    name: str,
    size: str,
) -> None:
    person = await somebody(role="pimpinan" if name == "undangan-jadi" else "petugas", name="Andi Rahmawati")
    page = await page_of(browser, here, person, size)
    url = here.settings.public_url
    lamp = {"complaint_id": "lamp", "ticket": LAMP, "text": "Got di pasar tersumbat", "category": "drainase_banjir"}

    async def ask() -> None:
        await page.goto(f"{url}/laporan/{LAMP}/tanya")
        await page.get_by_label("Pertanyaan untuk warga").fill("Kios nomor berapa?")

    async def send() -> None:
        await page.get_by_role("button", name="Lihat dulu").click()
        async with page.expect_navigation():
            await page.get_by_role("button", name="Kirim sekarang").click()

    match name:
        case "menunggu":
            await hold(page)
            await ask()
            await send()
            await here.pool.execute("UPDATE outbox SET created_at = created_at - interval '1 minute'")
            await page.goto(f"{url}/laporan/{LAMP}")
            await expect(page.get_by_text("1 balasan menunggu dikirim.")).to_be_visible()
        case "ditolak-sistem":
            await ask()
            await send()
            reply_id = str(await here.pool.fetchval("SELECT id FROM replies"))
            refused = ReplyAnswer(
                event_id=reply_id, accepted=False, code="wrong_status", reason="laporan sudah ditutup"
            )
            await tell(**lamp, seq=2, status="acknowledged", why="replied", reply=refused)
            await page.goto(f"{url}/laporan/{LAMP}")
            await expect(page.get_by_text("Perbaiki dan coba lagi")).to_be_visible()
        case "berubah":
            await ask()
            await tell(**lamp, seq=3, status="acknowledged", why="followed-up")
            await page.get_by_role("button", name="Lihat dulu").click()
            await expect(page.get_by_role("alert")).to_contain_text("berubah sejak Anda membukanya")
        case "tidak-lagi":
            await ask()
            await tell(**lamp, seq=3, status="closed", why="withdrawn")
            await page.get_by_role("button", name="Lihat dulu").click()
            await expect(page.get_by_role("alert")).to_contain_text("tidak dapat dilakukan lagi")
        case "terhapus":
            await tell(**{**lamp, "text": ""}, seq=9, why="erased", erased=True)
            await page.goto(f"{url}/laporan/{LAMP}")
        case "arahan":
            watcher = await somebody(unit="SETDA", role="pemantau", name="Sekretaris Daerah")
            other = await page_of(browser, here, watcher, size)
            await other.goto(f"{url}/laporan/{ROAD}?unit=PUPR")
            await other.get_by_label("Catatan").fill("Tolong selesaikan sebelum hujan.")
            await other.get_by_role("button", name="Simpan").click()
            await other.context.close()
            await page.goto(f"{url}/laporan/{ROAD}")
            await expect(page.get_by_text("Arahan Sekretaris Daerah")).to_be_visible()
        case "undangan":
            async with here.pool.acquire() as db:
                token = await accounts.invite(db, "k@contoh.id", "Ibu Kepala", "PUPR", "pimpinan", None)
            await page.goto(f"{url}/undangan/{token}")
            await expect(page.get_by_role("img", name="Kode QR")).to_be_visible()
        case "undangan-jadi":
            await page.goto(f"{url}/orang")
            await page.get_by_label("Nama").fill("Baso Amir")
            await page.get_by_label("Surel dinas").fill("baso@contoh.id")
            await page.get_by_role("button", name="Buat undangan").click()
            await expect(page.get_by_text("Undangan untuk Baso Amir siap.")).to_be_visible()

    await look(page, name, size)
    await page.context.close()


DONE = "Got di pasar sentral sudah dikeruk tadi pagi, dan airnya mengalir lagi."
#: The forms to fill in: the person, the act, and the fields by their labels.
ACTS: dict[str, tuple[str, str, dict[str, str]]] = {
    "alihkan-lihat": ("operator", "alihkan", {"Unit yang mengerjakan": "DLH", "Mengapa": "Pohonnya yang menutup got"}),
    "arahan-lihat": ("pemantau", "arahan", {"Apa yang harus": "Kirim tim hari ini, sebelum hujan turun lagi."}),
    "jenis-lihat": ("operator", "jenis", {"Jenis yang benar": "aspirasi"}),
    "mendesak-lihat": (
        "petugas",
        "mendesak",
        {"Tingkatnya menjadi": "tinggi", "Mengapa": "Jalan ke sekolah, anak jatuh"},
    ),
    "mendesak-salah": ("petugas", "mendesak", {"Mengapa": "cepat"}),
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ACTS)
async def test_corrective_act_is_previewed_before_it_is_sent(
    browser: Browser, here: Desk, morning: None, somebody: Callable[..., Awaitable[Person]], name: str, size: str
) -> None:
    role, slug, fields = ACTS[name]
    person = await somebody(unit=UNITS.get(role, "PUPR"), role=role, name="Andi Rahmawati")
    page = await page_of(browser, here, person, size)
    await page.goto(f"{here.settings.public_url}/laporan/{ROAD}/{slug}?unit=PUPR")

    for label, value in fields.items():
        field = page.get_by_label(label)
        await (
            field.select_option(value) if await field.evaluate("it => it.tagName") == "SELECT" else field.fill(value)
        )
    await page.get_by_role("button", name="Lihat dulu").click()

    shown = (
        page.get_by_role("alert") if name.endswith("salah") else page.get_by_role("heading", name="Yang dibaca warga")
    )
    await expect(shown).to_be_visible()
    await look(page, name, size)
    await page.context.close()


@pytest.mark.parametrize("size", SIZES)
async def test_undo_is_offered_on_the_page_until_ten_minutes_have_passed(
    browser: Browser, here: Desk, morning: None, somebody: Callable[..., Awaitable[Person]], tell: Tell, size: str
) -> None:
    page = await page_of(browser, here, await somebody(name="Andi Rahmawati"), size)
    url = f"{here.settings.public_url}/laporan/{LAMP}"
    lamp = {"complaint_id": "lamp", "ticket": LAMP, "text": "Got di pasar tersumbat", "category": "drainase_banjir"}
    await page.goto(f"{url}/selesaikan")
    await page.get_by_label("Apa yang sudah dikerjakan").fill(DONE)
    await page.get_by_role("button", name="Lihat dulu").click()
    await page.get_by_role("button", name="Kirim sekarang").click()
    await expect(page.get_by_role("status").first).to_contain_text("dikirim")
    reply_id = str(await here.pool.fetchval("SELECT id FROM replies"))
    await here.pool.execute("DELETE FROM outbox")
    await tell(**lamp, seq=3, status="resolved", why="replied", reply=ReplyAnswer(event_id=reply_id, accepted=True))

    await page.goto(f"{url}?balasan={reply_id}")
    await look(page, "dapat-dibatalkan", size)
    await page.get_by_role("link", name="Batalkan tindakan").click()
    await expect(page.locator(".bubble")).to_contain_text("ralat, kabar terakhir kami batalkan.")
    await look(page, "batalkan", size)
    await page.get_by_role("button", name="Tambahkan kalimat").click()
    await page.get_by_label("Mengapa dibatalkan?").fill("Salah nomor laporan")
    await page.get_by_role("button", name="Lihat dulu").click()
    await expect(page.locator(".bubble")).to_contain_text("Laporan masih ditangani Dinas PUPR: Salah nomor laporan.")
    await here.pool.execute("UPDATE replies SET at = at - interval '11 minutes'")
    await page.get_by_role("button", name="Kirim sekarang").click()
    await expect(page.get_by_role("alert")).to_contain_text("Sudah lewat 10 menit")
    await look(page, "terlalu-lambat", size)
    await page.goto(url)
    await expect(page.get_by_text("Minta Dinas Kominfo membatalkannya.")).to_be_visible()
    await look(page, "tak-dapat-dibatalkan", size)
    await page.context.close()
