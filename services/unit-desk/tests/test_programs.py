"""The page where the head of a unit gives its programs what they need."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

import httpx
import pytest
from desk_office import LogIn
from desk_site import SIZES, look, page_of
from playwright.async_api import Browser

from chassis.database import Pool
from testing.waiting import within
from unit_desk.adapters import keys
from unit_desk.handlers.visit import Desk
from unit_desk.people import Person

pytestmark = pytest.mark.connected
FORM = {"system": "simpu", "contact": "Bidang Bina Marga", "rights": "both", "days": "365"}


async def key_from(web: httpx.AsyncClient, **typed: str) -> str:
    page = await web.post("/program/kunci", data={**FORM, **typed})
    found = re.search(r"lapor_[\w-]{43}", page.text)
    assert found, page.text
    return found[0]


async def test_a_head_makes_a_key_which_is_shown_once_and_opens_the_unit(
    log_in: LogIn, guest: httpx.AsyncClient
) -> None:
    web = await log_in(role="pimpinan")

    key = await key_from(web)

    assert key not in (await web.get("/program")).text
    answer = await guest.get("/api/v1/units/PUPR/events", headers={"Authorization": f"Bearer {key}"})
    assert 200 == answer.status_code


async def test_a_key_that_is_pressed_twice_is_one_and_shown_again_until_it_is_used(log_in: LogIn, pool: Pool) -> None:
    web = await log_in(role="pimpinan")
    (form_id,) = re.findall(r'name="id" value="([^"]+)"', (await web.get("/program")).text)

    first, second = await within(asyncio.gather(key_from(web, id=form_id), key_from(web, id=form_id)))
    other = await key_from(web, id=form_id, system="web-dinas")
    await pool.execute("UPDATE keys SET used_at = now()")
    page = await web.post("/program/kunci", data={**FORM, "id": form_id})

    assert (first, True, 2) == (second, first != other, await pool.fetchval("SELECT count(*) FROM keys"))
    assert (200, []) == (page.status_code, re.findall(r"lapor_[\w-]{43}", page.text))


async def test_a_head_revokes_a_key_and_it_opens_nothing_at_once(
    log_in: LogIn, guest: httpx.AsyncClient, pool: Pool
) -> None:
    web = await log_in(role="pimpinan")
    headers = {"Authorization": f"Bearer {await key_from(web, rights='read')}"}
    before = await guest.get("/api/v1/units/PUPR/events", headers=headers)

    answer = await web.post(f"/program/kunci/{await pool.fetchval('SELECT id FROM keys')}/cabut")

    assert (200, 303) == (before.status_code, answer.status_code)
    assert 401 == (await guest.get("/api/v1/units/PUPR/events", headers=headers)).status_code
    audit = await pool.fetch("SELECT act FROM audit WHERE about LIKE 'kunci %' AND person IS NOT NULL ORDER BY n")
    assert ["buat kunci", "cabut kunci"] == [row["act"] for row in audit]


@pytest.mark.parametrize(
    ("typed", "name"), [({"system": "SIM PU"}, "system"), ({"contact": ""}, "contact"), ({"system": ""}, "system")]
)
async def test_invalid_field_is_explained_beside_it(log_in: LogIn, typed: dict[str, str], name: str) -> None:
    web = await log_in(role="pimpinan")

    page = await web.post("/program/kunci", data={**FORM, **typed})

    assert (422, True) == (page.status_code, f'id="{name}-salah"' in page.text)


async def test_only_the_head_of_a_unit_issues_or_revokes_its_keys(log_in: LogIn, pool: Pool) -> None:
    clerk, head, other = await log_in(), await log_in(role="pimpinan"), await log_in(role="pimpinan", unit="PDAM")
    await key_from(head)
    key_id = await pool.fetchval("SELECT id FROM keys")

    answers = [
        await clerk.get("/program"),
        await clerk.post("/program/kunci", data=FORM),
        await clerk.post(f"/program/kunci/{key_id}/cabut"),
        await other.post("/program/kunci", data={**FORM, "unit": "PUPR"}),
        await other.post(f"/program/kunci/{key_id}/cabut"),
    ]

    assert [403, 403, 403, 403, 404] == [each.status_code for each in answers]
    assert 1 == await pool.fetchval("SELECT count(*) FROM keys WHERE revoked_at IS NULL")


async def test_an_operator_gives_keys_to_the_programs_of_every_unit(log_in: LogIn, pool: Pool) -> None:
    web = await log_in(role="operator", unit="DISKOMINFO")

    await key_from(web, unit="PDAM")

    assert "PDAM" == await pool.fetchval("SELECT unit FROM keys")


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
async def test_the_page_bars_nobody(
    browser: Browser, here: Desk, somebody: Callable[..., Awaitable[Person]], size: str
) -> None:
    head = await somebody(role="pimpinan")
    async with here.pool.acquire() as db:
        _, old = await keys.create(db, "PUPR", "simpu-lama", "Bina Marga, 0484 21111", ["read"], 365, head)
        await keys.revoke(db, old["id"], ["PUPR"], head)
        await keys.create(db, "PUPR", "web-dinas", "Bidang Bina Marga, 0484 21111", ["read", "reply"], 365, head)
    page = await page_of(browser, here, head, size)
    await page.goto(f"{here.settings.public_url}/program")
    await look(page, "program", size)
    await page.fill("#system", "SIM PU")
    await page.fill("#contact", "Bina Marga")
    await page.get_by_role("button", name="Buat kunci").click()
    await look(page, "program-salah", size)
    await page.fill("#system", "simpu")
    await page.get_by_role("button", name="Buat kunci").click()

    await look(page, "program-kunci", size)
    assert (await page.locator("code.secret").inner_text()).startswith("lapor_")
