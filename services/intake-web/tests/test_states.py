"""Each page in each state, in Chromium on a small phone: axe, width, size of targets. Pictures go to build/pictures."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest
from litestar.exceptions import MethodNotAllowedException
from playwright.async_api import Browser, BrowserContext, expect

from contracts import ticket
from contracts.events import DerivationDay, Evidence, FollowUp
from intake.complaint_view import ComplaintView, Step
from intake.files import StoreDown, StoreFull
from intake.submissions import Accepted, KeyReused, Submission
from intake_web.domain import Invalid, pass_for, say
from intake_web.handlers.problems import cross_site, unknown_ticket
from intake_web.limits import Limited
from intake_web.photos import TooLong
from intake_web.settings import WebSettings
from testing import browsers
from testing.browsers import SHORT, answering, phone
from testing.pictures import photo

pytestmark = pytest.mark.connected

PICTURES = Path(__file__).parents[3] / "build" / "pictures" / "intake-web"
look = partial(browsers.look, PICTURES, widths=(360,))
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
    step(0, "registered", f"{NUMBER} sudah kami terima.", 75),
    step(1, "routed", f"{NUMBER} diteruskan ke Dinas Pekerjaan Umum dan Penataan Ruang.", 75),
]
WORK = [
    *ROUTED,
    step(3, "in_progress", f"{NUMBER} sedang ditangani: besok ditinjau.", 30, "Besok pagi tim kami meninjau."),
]
ASKED = [
    *WORK,
    step(5, "waiting_for_reporter", f"{NUMBER}: Dinas PU bertanya: sisi mana?", 5, "Di sisi sekolah atau sisi pasar?"),
    step(6, "paused", "Jawablah paling lambat Kamis 3 Des.", 5),
]  # fmt: skip
RESOLVED = [*WORK, step(8, "resolved", f"{NUMBER} selesai ditangani: {DONE}", 2, DONE)]
APPEALED = [*RESOLVED, step(10, "appealed", f"{NUMBER}: keberatan Anda diperiksa Sekretariat Daerah.", 1)]
UPHELD = [
    *APPEALED,
    step(11, "reopened", f"{NUMBER}: keberatan Anda diterima, laporan dibuka kembali. Kami minta ditambal rata.", 0.5),
    step(12, "routed", f"{NUMBER} diteruskan ke Dinas Pekerjaan Umum dan Penataan Ruang.", 0.5),
]
PROOF = [Evidence(url="https://pu.soppengkab.go.id/1.jpg", media_type="image/jpeg", sha256="0", bytes=640_000)]
LAST = NOW + timedelta(days=14)
RATED = [FollowUp(id="1", kind="rating", at=NOW - timedelta(hours=1), rating=2, text="Masih bergelombang")]
OBJECTED = [*RATED, FollowUp(id="2", kind="appeal", at=NOW - timedelta(minutes=50), text="Hanya satu yang ditambal")]
PAST = NOW - timedelta(days=1)
APPEAL: dict[str, Any] = {"unit": "SETDA", "lane": "triage", "deadline_at": PAST, "missed": PAST}

#: By name: the viewer, the state of the complaint, the reporter's additions, and the query of the address.
STATES: dict[str, tuple[Who, dict[str, Any], list[FollowUp], str]] = {
    "terkirim": ("reporter", {"status": "received", "seq": -1}, [], "?baru=1"),
    "di-unit": ("reporter", {"status": "routed", "seq": 1, "steps": ROUTED, **DUE}, [], ""),
    "orang-lain": ("stranger", {"status": "in_progress", "seq": 3, "steps": WORK, **DUE}, [], ""),
    "dapat-didukung": ("stranger", {"status": "in_progress", "seq": 3, "steps": WORK, "listed": True, **DUE}, [], ""),
    "didukung": ("stranger", {"status": "in_progress", "seq": 3, "listed": True, **DUE}, [], "?didukung=1"),
    "dikabari": ("stranger", {"status": "in_progress", "seq": 3, "listed": True, **DUE}, [], "?didukung=kabar"),
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
    "keberatan": ("reporter", {"status": "appealed", "seq": 10, "steps": APPEALED, **APPEAL}, OBJECTED, ""),
    "keberatan-diterima": ("reporter", {"status": "routed", "seq": 12, "steps": UPHELD, **DUE}, OBJECTED, ""),
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
            "missed": DUE["deadline_at"],
            **DUE,
        },
        [],
        "",
    ),
    "rahasia": ("stranger", {"status": "in_progress", "seq": 3, "steps": WORK, "rahasia": True, **DUE}, [], ""),
    "bahaya": ("reporter", {"status": "routed", "seq": 1, "steps": ROUTED, **DUE}, [], "?bahaya=fire"),
}
#: Other pages by name: their address, and whether the database is unreachable.
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
def settings(make_settings: Callable[..., WebSettings], web_port: int) -> WebSettings:
    return make_settings(web_port=web_port, web_public_url=None)


@pytest.fixture
async def site(fake: Any, settings: WebSettings, website_on: Callable[..., Any]) -> AsyncIterator[str]:
    """The website with one complaint, on a store in memory and a real port."""
    sent = Submission(channel="web", gateway="form", external_id="k", text=TEXT, place="Lalabata, depan SD 12")
    fake.taken["k"] = sent, Accepted(ticket=NUMBER, complaint_id="c", received_at=NOW - timedelta(hours=75), fresh=True)
    async with answering(website_on(fake, settings), settings.web_port):
        yield settings.public_url


async def opened(browser: Browser, site: str, settings: WebSettings, who: Who, **more: Any) -> BrowserContext:
    context = await phone(browser, **more)
    await context.add_cookies([{"name": "dukung", "value": "a" * 22, "url": site}])
    if who == "reporter":
        value = pass_for(settings.installation_namespace, NUMBER)
        await context.add_cookies([{"name": "akses", "value": value, "url": f"{site}/laporan/{NUMBER}"}])
    return context


@pytest.mark.parametrize("name", STATES)
async def test_a_complaint_in_each_state(
    browser: Browser, site: str, settings: WebSettings, fake: Any, name: str
) -> None:
    who, facts, added, query = STATES[name]
    fake.stories[NUMBER] = ComplaintView(ticket=NUMBER, **{"unit": UNIT, **facts})
    fake.added[NUMBER], fake.everybody_supports = added, True
    context = await opened(browser, site, settings, who)
    page = await context.new_page()

    await page.goto(f"{site}/laporan/{NUMBER}{query}")

    await look(page, name)
    lines = await page.locator(".ticket").evaluate_all("all => all.map((each) => each.getClientRects().length)")
    assert {1} >= set(lines), "a number is in one piece"
    await context.close()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("di-unit", ".what"),
        ("dikerjakan", ".what"),
        ("ditanya", ".ask h2"),
        ("selesai", ".answer blockquote"),
        ("ditutup", ".answer blockquote"),
        ("ditolak", ".answer blockquote"),
        ("keberatan", ".what"),
    ],
)
async def test_what_matters_now_stands_on_the_first_screen_and_is_the_largest(
    browser: Browser, site: str, settings: WebSettings, fake: Any, name: str, words: str
) -> None:
    who, facts, added, query = STATES[name]
    fake.stories[NUMBER] = ComplaintView(ticket=NUMBER, **{"unit": UNIT, **facts})
    fake.added[NUMBER] = added
    context = await opened(browser, site, settings, who)
    page = await context.new_page()
    await page.goto(f"{site}/laporan/{NUMBER}{query}")

    size = "each => parseFloat(getComputedStyle(each).fontSize)"
    largest = await page.locator("main :not(:has(*))").evaluate_all(f"all => Math.max(...all.map({size}))")
    foot = await page.locator(words).evaluate("each => each.getBoundingClientRect().bottom")

    assert largest == await page.locator(words).evaluate(size)
    assert foot < SHORT["height"] * 2 / 3
    await context.close()


@pytest.mark.parametrize("language", ["id", "en"])
async def test_the_head_of_a_page_takes_one_row_of_a_small_telephone(
    browser: Browser, site: str, language: str
) -> None:
    context = await phone(browser)
    page = await context.new_page()
    await page.goto(f"{site}/lacak?bahasa={language}")

    rows = page.locator("header.top :is(.brand, nav, .tongue)")
    middles = await rows.evaluate_all(
        "all => all.map((each) => each.getBoundingClientRect()).map((at) => Math.round((at.top + at.bottom) / 2))"
    )

    assert [middles[0]] * 3 == middles
    await expect(page.locator("header.top .me")).to_be_visible()
    await context.close()


async def test_a_complaint_with_photos(browser: Browser, site: str, settings: WebSettings, fake: Any) -> None:
    fake.stories[NUMBER] = ComplaintView(ticket=NUMBER, unit=UNIT, status="in_progress", seq=3, steps=WORK, **DUE)
    sizes = [(640, 480), (480, 640), (900, 300)]
    fake.uploads.files = {f"{NUMBER}.{n}": photo("JPEG", *size) for n, size in enumerate(sizes)}
    context = await opened(browser, site, settings, "reporter")
    page = await context.new_page()

    await page.goto(f"{site}/laporan/{NUMBER}")
    for each in await page.locator(".photos img").all():
        await each.scroll_into_view_if_needed()
        await each.evaluate("image => image.decode()")

    await look(page, "foto")
    assert 3 == await page.locator(".photos img").count()
    await context.close()


#: The error that a request ends in, by its status.
ERRORS: dict[int, Callable[[], Exception]] = {
    400: lambda: Invalid({"nomor": say("unknown_complaint")}),
    403: cross_site,
    404: unknown_ticket,
    405: MethodNotAllowedException,
    413: lambda: TooLong(10 * 1024 * 1024),
    422: lambda: KeyReused("k"),
    429: lambda: Limited("misses", 90),
    500: lambda: RuntimeError("a bug"),
    503: StoreDown,
    507: StoreFull,
}


@pytest.mark.parametrize("status", ERRORS)
async def test_each_error_has_a_page_that_says_what_to_do(
    browser: Browser, site: str, fake: Any, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    async def fail(number: str) -> None:
        raise ERRORS[status]()

    monkeypatch.setattr(fake, "find", fail)
    page = await (context := await phone(browser)).new_page()

    answer = await page.goto(f"{site}/laporan/{NUMBER}")

    assert answer
    assert status == answer.status
    await look(page, f"galat-{status}")
    await page.set_viewport_size({"width": 1280, "height": 860})
    assert [] == await browsers.violations(page)
    assert {True} == set(await page.locator(".calm .choices a").evaluate_all("all => all.map((a) => Boolean(a.href))"))
    await context.close()


#: The mark of each stage of a complaint: its fill and its content.
MARKS = """() => [...document.querySelectorAll(".steps .mark")].map((each) => {
  const inner = getComputedStyle(each, "::after");
  return [getComputedStyle(each).backgroundColor, inner.content, inner.backgroundColor].join();
})"""


@pytest.mark.parametrize("name", ["terkirim", "dikerjakan", "terlambat", "selesai"])
async def test_with_the_colours_of_the_system_no_mark_disappears(
    browser: Browser, site: str, settings: WebSettings, fake: Any, name: str
) -> None:
    who, facts, _, query = STATES[name]
    fake.stories[NUMBER] = ComplaintView(ticket=NUMBER, **{"unit": UNIT, **facts})
    page = await (context := await opened(browser, site, settings, who)).new_page()
    await page.goto(f"{site}/laporan/{NUMBER}{query}")

    await page.emulate_media(forced_colors="active")

    await browsers.picture(page, PICTURES / f"sistem-{name}.png")
    stages = {"terkirim": 2, "dikerjakan": 3, "terlambat": 3, "selesai": 1}
    assert stages[name] == len(set(await page.evaluate(MARKS))), "past, present and future look different"
    filled, *others = await page.locator(".history li").evaluate_all(
        "all => all.map((each) => getComputedStyle(each, '::before').backgroundColor)"
    )
    assert filled not in others
    assert [] == await browsers.violations(page, browsers.COLOURS)
    await context.close()


#: The parts of a receipt that a citizen needs later, by name, with their letter size in CSS pixels.
LETTERS = """() => Object.fromEntries([...document.querySelectorAll(".receipt :is(.number, #kode, p, li), .what")]
    .filter((each) => each.checkVisibility())
    .map((each) => [each.id || each.className || each.tagName, parseFloat(getComputedStyle(each).fontSize)]))"""


@pytest.mark.parametrize("rahasia", [False, True])
async def test_number_and_code_are_the_largest_of_a_receipt_which_says_what_happens_now(
    browser: Browser, site: str, settings: WebSettings, fake: Any, rahasia: bool
) -> None:
    fake.stories[NUMBER] = ComplaintView(ticket=NUMBER, status="received", seq=-1, rahasia=rahasia)
    page = await (context := await opened(browser, site, settings, "reporter")).new_page()

    await page.goto(f"{site}/laporan/{NUMBER}?baru=1")

    sizes = await page.evaluate(LETTERS)
    assert ["number", "kode"] == sorted(sizes, key=sizes.__getitem__, reverse=True)[:2]
    assert 1 == await page.locator("#kode").evaluate("each => Math.round(each.offsetHeight / (1.8 * 16 * 1.4))")
    # No day is promised yet: the complaint may belong to another kabupaten, or tell of danger.
    await expect(page.locator(".receipt .next li").first).to_contain_text("hari jawabannya")
    await expect(page.locator(".receipt > p:not(.choices)")).to_have_count(1)
    await look(page, f"terkirim-{'rahasia' if rahasia else 'terbuka'}")
    await context.close()


#: Controls that nobody can press on paper, and links whose address is not printed.
ON_PAPER = """() => [...document.querySelectorAll("button, input, textarea, select, :not([open]) > summary, nav, a")]
    .filter((each) => each.checkVisibility() && each.getClientRects().length)
    .filter((each) => !each.matches(".brand, .ticket, .contact a, .photos a, .answer a"))
    .map((each) => each.outerHTML.slice(0, 90))"""


@pytest.mark.parametrize("name", ["terkirim", "ditanya", "selesai", "orang-lain", "dapat-didukung", "dilimpahkan"])
async def test_on_paper_a_complaint_has_no_buttons_and_no_links_to_nowhere(
    browser: Browser, site: str, settings: WebSettings, fake: Any, name: str
) -> None:
    who, facts, added, query = STATES[name]
    fake.stories[NUMBER] = ComplaintView(ticket=NUMBER, **{"unit": UNIT, **facts})
    fake.added[NUMBER] = added
    page = await (context := await opened(browser, site, settings, who)).new_page()
    await page.goto(f"{site}/laporan/{NUMBER}{query}")

    await page.emulate_media(media="print")

    await browsers.picture(page, PICTURES / f"kertas-{name}.png")
    assert [] == await page.evaluate(ON_PAPER)
    await expect(page.locator(".printed")).to_contain_text(NUMBER)
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
        ("dikabari-salah", f"/laporan/{NUMBER}?didukung=1", "Kabari saya"),
    ],
)
async def test_each_form_that_comes_back(
    browser: Browser, site: str, settings: WebSettings, fake: Any, name: str, path: str, button: str
) -> None:
    fake.stories[NUMBER] = ComplaintView(ticket=NUMBER, unit=UNIT, status="in_progress", seq=3, steps=WORK, **DUE)
    fake.everybody_supports = True
    context = await opened(browser, site, settings, "reporter")
    page = await context.new_page()
    await page.goto(f"{site}{path}")

    await page.get_by_role("button", name=button).click()

    await expect(page).to_have_title(re.compile("^Perbaiki: "))
    await look(page, name)
    await context.close()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
async def test_reasons_are_offered_that_fit_the_mark(
    browser: Browser, site: str, settings: WebSettings, fake: Any, script: bool
) -> None:
    fake.stories[NUMBER] = ComplaintView(ticket=NUMBER, unit=UNIT, status="resolved", seq=8, steps=RESOLVED, **DUE)
    context = await opened(browser, site, settings, "reporter", java_script_enabled=script)
    page = await context.new_page()
    await page.goto(f"{site}/laporan/{NUMBER}")
    rating = page.locator("form", has=page.get_by_role("button", name="Kirim nilai"))
    late, quick = (rating.get_by_label(name) for name in ("Terlalu lama", "Cepat ditangani"))

    heights = await rating.locator(".scale label").evaluate_all("(all) => all.map((each) => each.offsetHeight)")

    assert 1 == len(set(heights)), "each mark stands on one line"
    await expect(late.or_(quick)).to_have_count(2)
    assert (False, False) == (await late.is_visible(), await quick.is_visible())
    await rating.get_by_label("5 sangat baik").check()
    await quick.check()
    assert not await late.is_visible()
    await rating.get_by_label("2 kurang").check()
    await late.check()
    if script:
        await look(page, "alasan")
    await rating.get_by_role("button", name="Kirim nilai").click()
    await page.wait_for_url("**terkirim=rating")

    assert [(2, ["took_too_long"])] == [(item.rating, item.reasons) for item in fake.added[NUMBER]]
    await context.close()
