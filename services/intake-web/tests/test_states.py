"""Each page in each state, in Chromium on a small phone: axe, width, size of targets. Pictures go to build/pictures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from chassis.http_server import WebServer
from contracts import ticket
from contracts.events import DerivationDay, Evidence, FollowUp
from intake.complaint_view import ComplaintView, Step
from intake.submissions import Accepted, Submission
from intake.texts import Texts
from intake_web.app import build_app
from intake_web.domain import pass_for
from intake_web.settings import WebSettings
from lapor.processes.ports import HOST, choose
from testing.programs import program

pytestmark = pytest.mark.connected

PICTURES = Path(__file__).parents[3] / "build" / "pictures" / "intake-web"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
NOW = datetime.now(UTC).replace(microsecond=0)
NUMBER = "SPG-W0AB-12CDS"
PARENT = ticket.mint("web")
UNIT = "PUPR"
TEXT = "Jalan di depan SD 12 Lalabata berlubang besar sejak dua minggu.\nMotor sering jatuh, apalagi kalau hujan."
DONE = "Lubang sudah ditambal tim kami tadi pagi, 12 meter persegi, dan salurannya dibersihkan."
DUE: dict[str, Any] = {
    "deadline_at": datetime(2026, 12, 1, 16, tzinfo=UTC),
    "promise": "3 hari kerja",
    "derivation": [
        DerivationDay(date=date(2026, 11, 26), counted=False, reason="hari 0 (hari mulai)"),
        *(
            DerivationDay(date=date(2026, 11, 27) + timedelta(days=n), counted=n in (0, 3, 4), reason=reason)
            for n, reason in enumerate(["hari kerja 1", "Sabtu", "Minggu", "hari kerja 2", "hari kerja 3"])
        ),
    ],
}
PAUSED = {**DUE, "paused": True}
Who = Literal["reporter", "stranger"]


def step(seq: int, kind: str, text: str, hours: float, message: str = "") -> Step:
    return Step(seq=seq, kind=kind, at=NOW - timedelta(hours=hours), unit=UNIT, text=text, message=message)


ROUTED = [
    step(0, "registered", f"{NUMBER} sudah kami catat.", 75),
    step(1, "routed", f"{NUMBER} diteruskan ke Dinas Pekerjaan Umum dan Penataan Ruang.", 75),
]
WORK = [
    *ROUTED,
    step(3, "in_progress", f"{NUMBER} sedang ditangani: besok ditinjau.", 30, "Besok pagi tim kami meninjau."),
]
ASKED = [
    *WORK,
    step(5, "waiting_for_reporter", f"{NUMBER}: Dinas PU bertanya: sisi mana?", 5, "Di sisi sekolah atau sisi pasar?"),
    step(6, "paused", "Jawablah paling lambat Kamis 3 Des, sampai itu batas waktu kami hentikan.", 5),
]  # fmt: skip
RESOLVED = [*WORK, step(8, "resolved", f"{NUMBER} selesai ditangani: {DONE}", 2, DONE)]
PROOF = [Evidence(url="https://pu.soppengkab.go.id/1.jpg", media_type="image/jpeg", sha256="0", bytes=640_000)]
LAST = NOW + timedelta(days=14)
RATED = [FollowUp(id="1", kind="rating", at=NOW - timedelta(hours=1), rating=2, text="Masih bergelombang")]

#: By name: who looks, how the complaint stands, what the reporter added, and the query of the address.
STATES: dict[str, tuple[Who, dict[str, Any], list[FollowUp], str]] = {
    "terkirim": ("reporter", {"status": "received", "seq": -1}, [], "?baru=1"),
    "di-unit": ("reporter", {"status": "routed", "seq": 1, "steps": ROUTED, **DUE}, [], ""),
    "orang-lain": ("stranger", {"status": "in_progress", "seq": 3, "steps": WORK, **DUE}, [], ""),
    "dikerjakan": ("reporter", {"status": "in_progress", "seq": 3, "steps": WORK, "support": ["DLH"], **DUE}, [], ""),
    "ditanya": (
        "reporter",
        {"status": "waiting_for_reporter", "seq": 6, "steps": ASKED, **PAUSED},
        [],
        "",
    ),
    "dijawab": (
        "reporter",
        {"status": "waiting_for_reporter", "seq": 6, "steps": ASKED, "paused": True, **DUE},
        [FollowUp(id="1", kind="addition", at=NOW, text="Sisi sekolah")],
        "?terkirim=addition",
    ),
    "selesai": (
        "reporter",
        {
            "status": "resolved",
            "seq": 8,
            "steps": RESOLVED,
            "evidence": PROOF,
            "reopen_until": NOW + timedelta(days=14),
        },
        [],
        "",
    ),
    "dinilai": ("reporter", {"status": "resolved", "seq": 9, "steps": RESOLVED}, RATED, "?terkirim=rating"),
    "ditutup": ("stranger", {"status": "closed", "seq": 10, "steps": RESOLVED}, [], ""),
    "dibatalkan": (
        "reporter",
        {"status": "cancelled", "seq": 4, "steps": [*ROUTED, step(4, "cancelled", f"{NUMBER} dibatalkan.", 1)]},
        [],
        "",
    ),
    "ditolak": (
        "reporter",
        {
            "status": "rejected",
            "seq": 4,
            "steps": [
                *ROUTED,
                step(4, "rejected", f"{NUMBER} tidak dapat diproses.", 1, "Jalan ini di luar kabupaten."),
            ],
        },
        [],
        "",
    ),
    "digabung": ("reporter", {"status": "merged", "seq": 4, "steps": ROUTED, "parent": PARENT, **DUE}, [], ""),
    "dilimpahkan": (
        "reporter",
        {
            "status": "handed_over",
            "seq": 4,
            "steps": [*ROUTED, step(4, "handed_over", f"{NUMBER} dilimpahkan ke PLN: listrik.", 1)],
            "target": "PLN",
            "contact": "telepon 123, surel pln@pln.co.id atau www.pln.co.id",
        },
        [],
        "",
    ),
    "terlambat": (
        "reporter",
        {
            "status": "in_progress",
            "seq": 7,
            "steps": [*WORK, step(7, "breached", "Mohon maaf, belum dijawab sampai Selasa 1 Des.", 1)],
            "breached": True,
            **DUE,
        },
        [],
        "",
    ),
    "rahasia": ("stranger", {"status": "in_progress", "seq": 3, "steps": WORK, "rahasia": True, **DUE}, [], ""),
    "bahaya": ("reporter", {"status": "routed", "seq": 1, "steps": ROUTED, **DUE}, [], "?bahaya=fire"),
}
#: Other pages by name: their address, and whether the database is away.
PAGES = {
    "formulir": ("/", False),
    "lacak": ("/lacak", False),
    "lacak-salah": ("/lacak?nomor=SPG-W0AB", False),
    "tidak-ada": ("/tidak-ada", False),
    "gangguan": (f"/laporan/{NUMBER}", True),
    "gangguan-terkirim": (f"/laporan/{NUMBER}?baru=1", True),
    "tambahan": (f"/laporan/{NUMBER}/tambahan", False),
    "batal": (f"/laporan/{NUMBER}/batal", False),
    "data-pribadi": (f"/laporan/{NUMBER}/data-pribadi", False),
    **{name: (f"/{name}", False) for name in ("tentang", "cara-kerja", "privasi", "kontak", "aksesibilitas")},
}


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = program("chromium", "chromium-browser", "google-chrome", debian="chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        await browser.close()


@pytest.fixture
async def settings(make_settings: Callable[..., WebSettings], tmp_path: Path) -> WebSettings:
    port = choose({"web": 0}, tmp_path / "ports.json")["web"]
    return make_settings(web_port=port, web_public_url=None)


@pytest.fixture
async def site(fake: Any, settings: WebSettings, texts: Texts) -> AsyncIterator[str]:
    """The website with one complaint, on a store in memory and a real port."""
    sent = Submission(channel="web", gateway="form", external_id="k", text=TEXT, place="Lalabata, depan SD 12")
    fake.taken["k"] = sent, Accepted(ticket=NUMBER, complaint_id="c", received_at=NOW - timedelta(hours=75), fresh=True)
    server = WebServer(build_app(fake, settings, texts), HOST, settings.web_port, stop_within_s=1)
    running = asyncio.create_task(server.run())
    async with asyncio.timeout(10):
        while not server.answers:
            await asyncio.sleep(0.01)
    yield settings.public_url
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def opened(browser: Browser, site: str, settings: WebSettings, who: Who, **more: Any) -> BrowserContext:
    context = await browser.new_context(**{"viewport": {"width": 360, "height": 740}, "locale": "id-ID", **more})
    context.set_default_timeout(15_000)
    if who == "reporter":
        value = pass_for(settings.installation_namespace, NUMBER)
        await context.add_cookies([{"name": "akses", "value": value, "url": f"{site}/laporan/{NUMBER}"}])
    return context


async def look(page: Page, name: str) -> None:
    """Take a picture, and find what bars somebody: axe, what runs over the edge, and what is too small to be hit."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        await page.screenshot(path=PICTURES / f"{name}-{scheme}.png", full_page=True)
        found = await Axe().run(page, options=RULES)
        assert found.response["violations"] == [], found.generate_report()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    small = await page.evaluate(
        """() => [...document.querySelectorAll("a, button, summary, textarea, input:not([type=hidden])")]
            .filter((each) => each.checkVisibility() && !each.closest(".skip, .trap, p.hint, dd, .notice li"))
            .map((each) => [each.outerHTML.slice(0, 90), (each.labels?.[0] ?? each).getBoundingClientRect().height,
                            each.getBoundingClientRect().height])
            .filter(([, label, own]) => Math.max(label, own) < 43.5)"""
    )
    assert small == []


@pytest.mark.parametrize("name", STATES)
async def test_a_complaint_in_each_state(
    browser: Browser, site: str, settings: WebSettings, fake: Any, name: str
) -> None:
    who, facts, added, query = STATES[name]
    fake.stories[NUMBER] = ComplaintView(ticket=NUMBER, unit=UNIT, **facts)
    fake.added[NUMBER] = added
    context = await opened(browser, site, settings, who)
    page = await context.new_page()

    await page.goto(f"{site}/laporan/{NUMBER}{query}")

    await look(page, name)
    await context.close()


@pytest.mark.parametrize("name", PAGES)
async def test_each_other_page(browser: Browser, site: str, settings: WebSettings, fake: Any, name: str) -> None:
    path, fake.down = PAGES[name]
    fake.stories[NUMBER] = ComplaintView(ticket=NUMBER, unit=UNIT, status="in_progress", seq=3, steps=WORK, **DUE)
    context = await opened(browser, site, settings, "reporter")
    page = await context.new_page()

    await page.goto(f"{site}{path}")

    await look(page, name)
    await context.close()


@pytest.mark.parametrize(
    ("name", "path", "button"),
    [
        ("tambahan-salah", f"/laporan/{NUMBER}/tambahan", "Kirim"),
        ("data-pribadi-salah", f"/laporan/{NUMBER}/data-pribadi", "Kirim"),
    ],
)
async def test_each_form_that_comes_back(
    browser: Browser, site: str, settings: WebSettings, fake: Any, name: str, path: str, button: str
) -> None:
    fake.stories[NUMBER] = ComplaintView(ticket=NUMBER, unit=UNIT, status="in_progress", seq=3, steps=WORK, **DUE)
    context = await opened(browser, site, settings, "reporter")
    page = await context.new_page()
    await page.goto(f"{site}{path}")

    await page.get_by_role("button", name=button).click()

    assert (await page.title()).startswith("Perbaiki: ")
    await look(page, name)
    await context.close()
