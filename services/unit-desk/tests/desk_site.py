"""The desk on a real port in Chromium, and a unit's work at eight o'clock; conftest.py has the fixtures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from desk_office import PASSWORD, Tell, website_of
from playwright.async_api import Browser, Page

from chassis.database import Pool
from chassis.http_server import WebServer
from contracts import ticket
from contracts.events import Candidate, DerivationDay, Evidence, FollowUp, Place, Similar, Support
from intake.files import Files
from lapor.processes.ports import HOST, any_free
from testing import browsers
from testing.browsers import SCHEMES
from testing.waiting import BOUND_S, finish
from unit_desk.adapters import accounts
from unit_desk.adapters.proofs import Photos
from unit_desk.courier import Courier
from unit_desk.handlers.visit import Desk
from unit_desk.people import Person
from unit_desk.rules import Rules
from unit_desk.settings import DeskSettings

PICTURES = Path(__file__).parents[3] / "build" / "pictures" / "unit-desk"
NOW = datetime.now(UTC).replace(microsecond=0)
NUMBERS = [ticket.mint(channel) for channel in ("web", "sms", "sms", "x", "sms", "web", "sms", "sms", "web")]
ROAD, LAMP, POLE, WATER, CARD, ACCUSED, NOBODYS, FIRE, OLD = NUMBERS
SIZES = {"hp": (360, 740), "meja": (1280, 860)}
ROAD_TEXT = "Jalan di depan SD 12 Lapajung berlubang besar sejak dua minggu. Motor sering jatuh, apalagi kalau hujan."
RICE_TEXT = (
    "Air kotor mengalir ke sawah kami dari saluran di atas, ikan di kolam mati. Sudah lapor kepala desa, belum ada "
    "tindakan."
)
PHOTO = Evidence(url="https://lapor.soppengkab.go.id/e/1", media_type="image/jpeg", sha256="0", bytes=640_000)
ADDED = FollowUp(id="1", kind="addition", at=NOW - timedelta(hours=20), text="Tadi pagi ada anak sekolah jatuh lagi.")
DAYS = [
    DerivationDay(date=(NOW + timedelta(days=n)).date(), counted=n > 0, reason=reason)
    for n, reason in enumerate(["hari 0 (hari mulai)", "hari kerja 1", "hari kerja 2", "hari kerja 3"])
]


@pytest.fixture(scope="session")
def desk_port() -> int:
    """One port for all tests: a website knows its address, and is made once."""
    return any_free()


@pytest.fixture
async def here(
    pool: Pool, rules: Rules, make_settings: Callable[..., DeskSettings], tmp_path: Path, desk_port: int
) -> AsyncIterator[Desk]:
    """The desk on a real port."""
    settings = make_settings(desk_port=desk_port, desk_public_url=None)
    courier = Courier(pool=pool, key=settings.key, allowed=[ip_network("127.0.0.0/8")])
    photos = Photos(pool, Files(f"file://{tmp_path}/proofs"), settings.public_url)
    desk = Desk(pool=pool, settings=settings, rules=rules, wake=lambda: None, courier=courier, photos=photos)
    server = WebServer(website_of(desk), HOST, desk_port, stop_within_s=1)
    running = asyncio.create_task(server.run())
    async with asyncio.timeout(60):
        while not server.answers:
            await asyncio.sleep(0.01)
    yield desk
    running.cancel()
    await finish(running)


async def page_of(browser: Browser, desk: Desk, person: Person | None, size: str, **more: Any) -> Page:
    width, height = SIZES[size]
    context = await browser.new_context(viewport={"width": width, "height": height}, locale="id-ID", **more)
    context.set_default_timeout(1000 * BOUND_S)
    if person:
        token = await accounts.begin(desk.pool, person.id)
        await context.add_cookies([{"name": desk.cookie_name, "value": token, "url": desk.settings.public_url}])
    return await context.new_page()


async def enter(page: Page, person: Person) -> None:
    """Log in with the form on the page."""
    await page.get_by_label("Surel").fill(person.email)
    await page.get_by_label("Kata sandi").fill(PASSWORD)
    await page.get_by_role("button", name="Masuk", exact=True).click()


async def hold(page: Page) -> None:
    """Keep a page that waits for an answer from reloading, as after its last reload, so that it can be looked at."""
    await page.add_init_script("sessionStorage.setItem(location.pathname, 15)")


async def look(page: Page, name: str, size: str) -> None:
    """Take a picture, and find barriers: axe's findings, overflowing elements, and targets that are too small."""
    for scheme in SCHEMES if browsers.PICTURES else ():
        await page.emulate_media(color_scheme=scheme)
        await browsers.picture(page, PICTURES / f"{name}-{size}-{scheme}.png")
    await page.emulate_media(color_scheme="light")
    assert [] == await browsers.violations(page)
    if size == "hp":  # the wide page has the same colours
        assert [] == await browsers.in_the_dark(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    small = await page.evaluate(
        """() => [...document.querySelectorAll("a, button, summary, textarea, select, input:not([type=hidden])")]
            .filter((each) => each.checkVisibility() && !each.closest(".skip, .visually-hidden, p, dd, h2, .notice"))
            .map((each) => [each.outerHTML.slice(0, 90), (each.labels?.[0] ?? each).getBoundingClientRect().height,
                            each.getBoundingClientRect().height])
            .filter(([, label, own]) => Math.max(label, own) < 43.5)"""
    )
    assert small == []


@pytest.fixture
async def morning(tell: Tell) -> None:
    """The complaints that a unit and the sorting desk find at eight o'clock."""
    lalabata = Place(kecamatan="Lalabata", desa="Lapajung")
    road: dict[str, Any] = {
        "complaint_id": "road", "ticket": ROAD, "channel": "web", "category": "jalan_jembatan", "type": "pengaduan",
        "urgency": "sedang", "place": lalabata, "place_stated": "Lalabata, depan SD 12",
        "received_at": NOW - timedelta(days=4), "deadline_at": NOW - timedelta(hours=50), "derivation": DAYS,
        "text": ROAD_TEXT,
        "occurred": "sejak dua minggu", "reporters": 3, "merged": [ticket.mint("sms"), ticket.mint("sms")],
        "candidates": [Candidate(category="jalan_jembatan", confidence=0.93, evidence=["jalan", "berlubang"])],
        "evidence": [PHOTO],
        "support": [Support(unit="KEC-LALABATA", status="in_progress", message="Kami pasang rambu sementara")],
        "follow_ups": [ADDED],
    }  # fmt: skip
    await tell(**road, seq=1, reason="kategori jalan dan jembatan")
    await tell(**road, seq=3, status="in_progress", why="breached", stage="completion")
    await tell(
        **{**road, "unit": "PUPR"}, seq=3, status="in_progress", reader="SETDA", why="escalated", stage="completion"
    )
    await tell(
        complaint_id="pole", ticket=POLE, seq=1, category="jalan_jembatan", type="pengaduan", urgency="darurat",
        text="Jembatan gantung di Cabenge hampir putus, anak sekolah masih lewat",
        place=Place(kecamatan="Lilirilau", desa="Cabenge"),
        received_at=NOW - timedelta(minutes=25), deadline_at=NOW + timedelta(minutes=95),
    )  # fmt: skip
    await tell(
        complaint_id="lamp", ticket=LAMP, seq=2, status="acknowledged", category="drainase_banjir", type="pengaduan",
        urgency="sedang", text="Got di pasar sentral tersumbat, airnya masuk kios", place=Place(kecamatan="Lalabata"),
        received_at=NOW - timedelta(days=2), deadline_at=NOW + timedelta(hours=7),
    )  # fmt: skip
    await tell(
        complaint_id="water", ticket=WATER, seq=4, status="in_progress", channel="x", category="jalan_jembatan",
        type="aspirasi", urgency="rendah", text="Kapan jalan Takalalla dilebarkan?", rahasia=True,
        received_at=NOW - timedelta(days=1), deadline_at=NOW + timedelta(days=3),
    )  # fmt: skip
    await tell(
        complaint_id="card", ticket=CARD, seq=3, role="support", unit="PUPR", status="in_progress",
        support=[Support(unit="PUPR")], category="sampah_kebersihan", type="pengaduan", urgency="sedang",
        text="Sampah menumpuk di tepi jalan poros dan menutup selokan", place=Place(kecamatan="Liliriaja"),
        received_at=NOW - timedelta(days=1), deadline_at=NOW + timedelta(days=2),
    )  # fmt: skip
    await tell(
        complaint_id="old", ticket=OLD, seq=9, status="resolved", why="rated", category="jalan_jembatan", channel="web",
        text="Jembatan kayu lapuk", place=lalabata, received_at=NOW - timedelta(days=20),
        follow_ups=[FollowUp(id="1", kind="rating", at=NOW, rating=2, text="Papannya masih goyang")],
    )  # fmt: skip
    sorting: dict[str, Any] = {"unit": "DISKOMINFO", "lane": "triage", "type": "pengaduan"}
    await tell(
        **sorting, complaint_id="nobody", ticket=NOBODYS, seq=1, category="air_bersih", urgency="sedang",
        text=RICE_TEXT,
        place=Place(kecamatan="Marioriawa", desa="Batu-Batu"), received_at=NOW - timedelta(hours=3),
        deadline_at=NOW + timedelta(hours=5), reason="belum pasti: dua kategori hampir sama kuat",
        candidates=[
            Candidate(category="air_bersih", confidence=0.41, evidence=["air", "saluran"]),
            Candidate(category="lingkungan_pohon", confidence=0.36, evidence=["air kotor", "ikan mati"]),
            Candidate(category="pertanian_perikanan", confidence=0.12, evidence=["sawah", "kolam"]),
        ],
        similar=[Similar(ticket=ticket.mint("sms"), score=0.81, reason="tempat sama, 2 hari sebelumnya")],
    )  # fmt: skip
    await tell(
        **sorting, complaint_id="fire", ticket=FIRE, seq=1, category="lainnya", urgency="tinggi",
        text="Tolong ada pohon besar miring ke kabel listrik di depan masjid", place=Place(kecamatan="Lalabata"),
        received_at=NOW - timedelta(minutes=12),
        deadline_at=NOW + timedelta(hours=1), reason="dikembalikan oleh PUPR: bukan jalan kabupaten",
        candidates=[
            Candidate(category="listrik_energi", confidence=0.52, evidence=["kabel listrik"]),
            Candidate(category="lingkungan_pohon", confidence=0.31, evidence=["pohon miring"]),
        ],
    )  # fmt: skip
