"""The sheet on paper: its content, who gets it, and that it is one page of A4."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import pytest
from desk_office import NUMBER, PAGE, LogIn, Tell
from desk_site import PICTURES, ROAD, page_of
from playwright.async_api import Browser

from chassis.database import Pool
from contracts.events import FollowUp, Place
from testing.events import NOW
from unit_desk.handlers.visit import Desk
from unit_desk.people import Person

pytestmark = pytest.mark.connected


async def test_printed_sheet_holds_all_a_head_needs_and_is_audited(log_in: LogIn, tell: Tell, pool: Pool) -> None:
    added = FollowUp(id="1", kind="addition", at=NOW, text="Tadi pagi ada yang jatuh")
    place = Place(kecamatan="Lalabata", desa="Lapajung")
    await tell(text="Jalan berlubang di depan SD 12", category="jalan_jembatan", place=place, follow_ups=[added])
    web = await log_in()

    page = (await web.get(f"{PAGE}/cetak")).text

    wanted = ["Jalan berlubang di depan SD 12", "Tadi pagi ada yang jatuh", NUMBER, "Lapajung, Lalabata", "qr-code"]
    wanted += ["Dinas Pekerjaan Umum", "Pemerintah Kabupaten Soppeng", "Jalan dan jembatan", "Diteruskan kepada"]
    assert [] == [each for each in wanted if each not in page]
    assert "cetak" == await pool.fetchval("SELECT act FROM audit WHERE ticket = $1 ORDER BY n DESC LIMIT 1", NUMBER)


async def test_sheet_is_refused_to_people_who_may_not_read_the_complaint(log_in: LogIn, tell: Tell) -> None:
    await tell(text="Guru memukul murid", rahasia=True)
    other, watcher, clerk = await log_in(unit="DLH"), await log_in(unit="SETDA", role="pemantau"), await log_in()

    pages = [await web.get(f"{PAGE}/cetak?unit=PUPR") for web in (other, watcher, clerk)]
    await tell(text="", seq=5, why="erased", erased=True)
    gone = await clerk.get(f"{PAGE}/cetak")

    assert [404, 403, 200, 404] == [page.status_code for page in (*pages, gone)]
    assert [False, False, True] == ["Guru memukul murid" in page.text for page in pages]


async def test_it_is_one_page_of_a4(
    browser: Browser, here: Desk, morning: None, somebody: Callable[..., Awaitable[Person]]
) -> None:
    page = await page_of(browser, here, await somebody(name="Andi Rahmawati"), "meja")
    await page.goto(f"{here.settings.public_url}/laporan/{ROAD}/cetak")
    PICTURES.mkdir(parents=True, exist_ok=True)

    pdf = await page.pdf(path=PICTURES / "lembar.pdf", prefer_css_page_size=True, print_background=True)

    assert 1 == len(re.findall(rb"/Type\s*/Page\b", pdf))
    [box] = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert (595, 842) == tuple(round(float(each)) for each in box)
    await page.context.close()
