"""Complaints of a unit that may be the same: by words, category and place; and the page's offers for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from desk_office import NUMBER, PAGE, LogIn, Tell
from desk_site import ROAD, SIZES, look, page_of
from playwright.async_api import Browser, expect

from chassis.database import Pool
from contracts.events import ComplaintSnapshot, Place
from testing.events import NOW, a_snapshot
from unit_desk.handlers.visit import Desk
from unit_desk.people import Person
from unit_desk.similar import SHOWN, ranked

TEXT = "Jalan di depan SD 12 Lapajung berlubang besar, motor sering jatuh"
OTHER = "SPG-S4K7-Q2MDN"


def one(text: str = TEXT, desa: str | None = "Lapajung", **facts: Any) -> ComplaintSnapshot:
    place = Place(kecamatan="Lalabata", desa=desa)
    return a_snapshot(**{"text": text, "place": place, "category": "jalan_jembatan", "ticket": OTHER, **facts})


ME = one(ticket=NUMBER)


@pytest.mark.parametrize(
    "other",
    [
        one(),
        one("Motor jatuh karena jalan berlubang di Lapajung"),
        one("Motor jatuh karena jalan berlubang", desa=None),
        one("Aspal rusak dekat masjid Lapajung, jalan licin sekali waktu hujan deras"),
        one("motor sering jatuh di jalan berlubang", category="perhubungan_parkir"),
        one(status="closed"),
    ],
    ids=["the same words", "other words", "no village", "same matter and village", "another matter", "done already"],
)
def test_similar_complaint_is_found_with_a_reason(other: ComplaintSnapshot) -> None:
    [found] = ranked(ME, [other])

    assert (OTHER, True) == (found.complaint.ticket, "sama" in found.reason)


@pytest.mark.parametrize(
    "other",
    [
        one(desa="Ompo"),
        one("Jembatan kayu lapuk papannya hilang"),
        one("Jalan gelap", desa=None),
        one(rahasia=True),
        one(restricted=True),
        one("", erased=True),
    ],
    ids=["another village", "other words", "one word", "confidential", "restricted", "erased"],
)
def test_unrelated_or_unreadable_complaint_is_left_out(other: ComplaintSnapshot) -> None:
    assert [] == ranked(ME, [other])


def test_a_confidential_complaint_is_compared_with_none_and_the_likeliest_come_first() -> None:
    many = [one("Jalan berlubang, motor jatuh" + " kata lain" * n, ticket=f"SPG-S4K7-Q2M{n}N") for n in range(5)]

    assert [] == ranked(one(ticket=NUMBER, rahasia=True), [one()])
    assert SHOWN == len(ranked(ME, many))
    assert OTHER == ranked(ME, [*many, one()])[0].complaint.ticket
    assert [] == ranked(one(ticket=NUMBER, merged=[OTHER]), [one()])


@pytest.mark.connected
async def test_recent_similar_complaints_are_shown_and_triage_offers_a_merge(
    log_in: LogIn, tell: Tell, pool: Pool
) -> None:
    place, road = Place(kecamatan="Lalabata", desa="Lapajung"), {"category": "jalan_jembatan", "text": TEXT}
    old = {"received_at": NOW - timedelta(days=100), "ticket": "SPG-S000-00015", "complaint_id": "old"}
    sorting = {"unit": "DISKOMINFO", "lane": "triage"}
    await tell(**road, place=place)
    await tell(**road, place=place, complaint_id="same", ticket=OTHER, status="in_progress")
    await tell(**road, place=place, **old)
    await tell(**road, place=place, unit="DLH", complaint_id="theirs", ticket="SPG-S000-00023")
    for n, number in enumerate(("SPG-S000-00031", "SPG-S000-0004X")):
        await tell(**road, place=place, **sorting, complaint_id=f"sort-{n}", ticket=number)

    page = (await (await log_in()).get(PAGE)).text
    operator = await log_in(unit="DISKOMINFO", role="operator")
    queue = (await operator.get("/laporan/SPG-S000-00031")).text
    form = (await operator.get("/laporan/SPG-S000-00031/gabungkan?ke=SPG-S000-0004X")).text

    assert [True, False, False, False] == [
        f'/laporan/{each}"' in page for each in (OTHER, "SPG-S000-00015", "SPG-S000-00023", "SPG-S000-00031")
    ]
    assert ("Mungkin sama" in page, "Gabungkan ke ini" in page) == (True, False)
    listed = await pool.fetch("SELECT tickets FROM audit WHERE act = 'baca di daftar' ORDER BY n")
    assert [[OTHER], ["SPG-S000-0004X"]] == [row["tickets"] for row in listed]
    assert "/laporan/SPG-S000-00031/gabungkan?ke=SPG-S000-0004X" in queue
    assert 'value="SPG-S000-0004X"' in form


@pytest.mark.connected
@pytest.mark.parametrize("size", SIZES)
async def test_similar_complaint_opens_by_keyboard(
    browser: Browser, here: Desk, morning: None, somebody: Callable[..., Awaitable[Person]], tell: Tell, size: str
) -> None:
    there = Place(kecamatan="Lalabata", desa="Lapajung")
    text = "Lubang besar di jalan depan sekolah Lapajung, tadi ada motor jatuh"
    received = datetime.now(UTC) - timedelta(days=2)
    await tell(
        complaint_id="twin", ticket=OTHER, text=text, place=there, category="jalan_jembatan", received_at=received
    )
    page = await page_of(browser, here, await somebody(name="Andi Rahmawati"), size)
    await page.goto(f"{here.settings.public_url}/laporan/{ROAD}")
    await look(page, "serupa", size)

    await page.get_by_role("region", name="Mungkin sama").get_by_role("link").focus()
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", name=OTHER)).to_be_visible()
    await page.context.close()
