"""A person's own tabs: the filters of a list are stored under a name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

import pytest
from desk_office import LogIn, Tell
from desk_site import SIZES, look, page_of
from playwright.async_api import Browser, expect

from chassis.database import Pool
from contracts.events import Place
from unit_desk.adapters import accounts
from unit_desk.adapters.filters import MOST
from unit_desk.handlers.visit import Desk
from unit_desk.people import Person

pytestmark = pytest.mark.connected
Somebody = Callable[..., Awaitable[Person]]


async def test_saved_filter_is_a_tab_of_its_owner_until_deleted(log_in: LogIn, somebody: Somebody, tell: Tell) -> None:
    await tell(complaint_id="a", ticket="SPG-S4K7-Q2MDN", text="Lampu padam", place=Place(kecamatan="Lalabata"))
    await tell(complaint_id="b", text="Jalan berlubang", place=Place(kecamatan="Ganra"))
    person = await somebody()
    web, colleague = await log_in(person), await log_in()

    kept = await web.post("/saringan", data={"nama": "  Kota  ", "daftar": "semua", "kecamatan": "Lalabata"})
    page = await web.get(kept.headers["location"])
    other = await colleague.get("/")
    await web.post("/saringan/hapus", data={"nama": "Kota"})

    assert {"daftar": "semua", "kecamatan": "Lalabata"} == dict(parse_qsl(kept.headers["location"][2:]))
    assert ["Lampu padam" in page.text, "Jalan berlubang" in page.text] == [True, False]
    assert ['aria-current="page">Kota</a>' in page.text, "Kota" in other.text] == [True, False]
    assert "Kota</a>" not in (await web.get("/")).text


async def test_the_same_name_is_another_list_then_and_too_many_are_said(log_in: LogIn, pool: Pool) -> None:
    web = await log_in()
    for n in range(MOST):
        await web.post("/saringan", data={"nama": f"Tab {n}", "cari": "x"})

    again = await web.post("/saringan", data={"nama": "Tab 0", "cari": "lampu"})
    more = await web.post("/saringan", data={"nama": "Lagi", "cari": "got"})
    page = await web.get(more.headers["location"])

    assert ("/?cari=lampu", MOST) == (again.headers["location"], await pool.fetchval("SELECT count(*) FROM filters"))
    assert f"Sudah ada {MOST} tab" in page.text


async def test_nothing_but_a_list_is_kept_and_who_leaves_leaves_none(
    desk: Desk, log_in: LogIn, somebody: Somebody, pool: Pool
) -> None:
    person = await somebody()
    web = await log_in(person)

    await web.post("/saringan", data={"nama": "Kosong"})
    await web.post("/saringan", data={"nama": "<b>", "cari": "a&b=c", "jahat": "https://evil.example"})
    assert ["cari=a%26b%3Dc"] == [row["query"] for row in await pool.fetch("SELECT query FROM filters")]
    assert "&lt;b&gt;</a>" in (await web.get("/")).text
    async with desk.pool.acquire() as db:
        await accounts.leave(db, person, None)

    assert 0 == await pool.fetchval("SELECT count(*) FROM filters")


@pytest.mark.parametrize("size", SIZES)
async def test_a_tab_is_made_and_taken_away_in_a_browser(
    browser: Browser, here: Desk, morning: None, somebody: Somebody, size: str
) -> None:
    page = await page_of(browser, here, await somebody(name="Andi Rahmawati"), size)
    await page.goto(f"{here.settings.public_url}/?kecamatan=Lalabata")
    await page.get_by_label("Simpan sebagai tab").fill("Lalabata")
    await look(page, "saringan", size)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="Lalabata", exact=True)).to_have_attribute("aria-current", "page")
    await look(page, "saringan-tab", size)

    await page.get_by_text("Cari dan saring").click()
    await page.get_by_role("button", name="Hapus tab Lalabata").click()

    await expect(page.get_by_role("link", name="Lalabata", exact=True)).to_have_count(0)
    await page.context.close()
