"""How people log in: password and code, invitations, sessions, and forms of another site."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from desk_office import PASSWORD, URL, LogIn

from chassis.database import Pool
from testing.waiting import within
from unit_desk import passwords
from unit_desk.adapters import accounts
from unit_desk.handlers.visit import Desk
from unit_desk.people import Person

pytestmark = pytest.mark.connected
Somebody = Callable[..., Awaitable[Person]]


async def enters(guest: httpx.AsyncClient, email: str, password: str = PASSWORD, code: str = "") -> httpx.Response:
    return await guest.post("/masuk", data={"email": email, "password": password, "code": code, "lanjut": "/orang"})


async def with_code(desk: Desk, somebody: Somebody, **who: str) -> tuple[Person, Callable[[], str]]:
    """Make a person who has codes, and a function that returns the present code."""
    person = await somebody(**who)
    await desk.pool.execute("UPDATE people SET code_key = 1 WHERE id = $1", person.id)
    secret = passwords.code_secret(desk.settings.key, person.id, 1)
    return person, lambda: passwords.code_now(secret, time.time())


async def test_right_password_logs_in_and_leads_to_the_wanted_page(
    guest: httpx.AsyncClient, somebody: Somebody
) -> None:
    person = await somebody()

    answer = await enters(guest, f" {person.email.upper()} ")

    assert (303, "/orang") == (answer.status_code, answer.headers["location"])
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-meja=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert 200 == (await guest.get("/")).status_code


@pytest.mark.parametrize("wrong", ["password", "email", "code"])
async def test_failed_login_hides_which_field_was_wrong(
    guest: httpx.AsyncClient, desk: Desk, somebody: Somebody, wrong: str
) -> None:
    person, code = await with_code(desk, somebody)
    right = {"email": person.email, "password": PASSWORD, "code": code()}

    answer = await enters(guest, **{**right, wrong: {"email": "siapa@contoh.id"}.get(wrong, "000000")})

    assert 422 == answer.status_code
    assert "Surel, kata sandi, atau kode tidak cocok." in answer.text
    assert "set-cookie" not in answer.headers


async def test_a_code_is_taken_once(guest: httpx.AsyncClient, desk: Desk, somebody: Somebody) -> None:
    person, code = await with_code(desk, somebody, role="pimpinan")
    now = code()

    assert [303, 422] == [(await enters(guest, person.email, code=now)).status_code for _ in range(2)]


async def test_a_head_without_codes_does_not_come_in(guest: httpx.AsyncClient, somebody: Somebody) -> None:
    person = await somebody(role="pimpinan")

    assert 422 == (await enters(guest, person.email)).status_code


async def test_repeated_wrong_passwords_block_even_the_right_one(guest: httpx.AsyncClient, somebody: Somebody) -> None:
    person = await somebody()
    for _ in range(6):
        await enters(guest, person.email, "salah salah salah")

    answer = await enters(guest, person.email)

    assert (429, True) == (answer.status_code, int(answer.headers["retry-after"]) > 0)


async def test_twenty_wrong_passwords_sent_at_once_are_no_more_than_five_guesses(
    guest: httpx.AsyncClient, somebody: Somebody
) -> None:
    person = await somebody()

    answers = await within(asyncio.gather(*(enters(guest, person.email, f"tebakan salah {n}") for n in range(20))))

    assert [422] * 5 + [429] * 15 == sorted(each.status_code for each in answers)


async def test_nobody_sees_anything_without_a_session(guest: httpx.AsyncClient) -> None:
    wanted = {
        "/": "/masuk?lanjut=/",
        "/laporan/SPG-S000-00007?unit=A": "/masuk?lanjut=/laporan/SPG-S000-00007%3Funit%3DA",
    }
    paths = [*wanted, "/triase", "/orang", "/laporan/SPG-S000-00007/terima"]

    answers = {path: await guest.get(path) for path in paths}

    assert {303} == {each.status_code for each in answers.values()}
    assert wanted == {path: answers[path].headers["location"] for path in wanted}


@pytest.mark.parametrize("onward", ["//contoh.id", "https://contoh.id", "/\\contoh.id", "x"])
async def test_nobody_is_led_elsewhere(guest: httpx.AsyncClient, somebody: Somebody, onward: str) -> None:
    person = await somebody()

    answer = await guest.post("/masuk", data={"email": person.email, "password": PASSWORD, "lanjut": onward})

    assert "/" == answer.headers["location"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "", "Origin": "https://contoh.id"}, 403),
        ({"Sec-Fetch-Site": ""}, 403),
        ({"Sec-Fetch-Site": "", "Origin": URL}, 303),
    ],
)
async def test_only_pages_of_the_desk_send_something(log_in: LogIn, headers: dict[str, str], status: int) -> None:
    web = await log_in()
    if not headers["Sec-Fetch-Site"]:
        del web.headers["Sec-Fetch-Site"]

    answer = await web.post("/keluar", headers={name: value for name, value in headers.items() if value})

    assert status == answer.status_code


@pytest.mark.parametrize(("column", "ago"), [("seen_at", "2 hours 1 minute"), ("begun_at", "12 hours 1 minute")])
async def test_a_session_ends_by_itself(log_in: LogIn, pool: Pool, column: str, ago: str) -> None:
    web = await log_in()
    assert 200 == (await web.get("/")).status_code

    await pool.execute(f"UPDATE sessions SET {column} = now() - '{ago}'::interval")

    assert 303 == (await web.get("/")).status_code


async def test_background_request_does_not_prolong_the_session(log_in: LogIn, pool: Pool) -> None:
    web = await log_in()
    await pool.execute("UPDATE sessions SET seen_at = now() - interval '1 hour'")
    old = "SELECT seen_at < now() - interval '30 minutes' FROM sessions"

    await web.get("/", headers={"Meja-Latar": "1"})
    assert await pool.fetchval(old)
    await web.get("/")
    assert not await pool.fetchval(old)


async def test_logout_ends_the_session(log_in: LogIn, pool: Pool) -> None:
    web = await log_in()

    await web.post("/keluar")

    assert (303, 0) == ((await web.get("/")).status_code, await pool.fetchval("SELECT count(*) FROM sessions"))


async def test_removed_person_is_logged_out_at_once(log_in: LogIn, somebody: Somebody, pool: Pool) -> None:
    person, head = await somebody(), await somebody(role="pimpinan", name="Ibu Kepala")
    web, other = await log_in(person), await log_in(head)
    assert 200 == (await web.get("/")).status_code

    await other.post(f"/orang/{person.id}/keluarkan")

    assert 303 == (await web.get("/")).status_code
    assert 422 == (await enters(web, person.email)).status_code


async def test_a_head_invites_and_the_invited_is_in(log_in: LogIn, guest: httpx.AsyncClient) -> None:
    head = await log_in(role="pimpinan")

    page = await head.post("/orang", data={"email": "Baru@Contoh.id", "name": "Baso Amir", "role": "petugas"})
    link = re.findall(rf"<code>{URL}(/undangan/\S+)</code>", page.text)[0]
    shown = await guest.get(link)
    assert "Selamat datang, Baso Amir" in shown.text
    short = await guest.post(link, data={"password": "pendek sekali", "again": "pendek sekali"})
    unlike = await guest.post(link, data={"password": PASSWORD, "again": "lain"})
    answer = await guest.post(link, data={"password": PASSWORD, "again": PASSWORD})

    assert [422, 422, 303] == [short.status_code, unlike.status_code, answer.status_code]
    assert 404 == (await guest.get(link)).status_code
    assert 303 == (await enters(guest, "baru@contoh.id")).status_code


async def test_a_head_is_invited_with_a_code(log_in: LogIn, guest: httpx.AsyncClient, desk: Desk) -> None:
    operator = await log_in(unit="DISKOMINFO", role="operator")
    form = {"email": "kepala@contoh.id", "name": "Ibu Kepala", "role": "pimpinan", "unit": "DLH"}
    page = await operator.post("/orang", data=form)
    link = re.findall(rf"<code>{URL}(/undangan/\S+)</code>", page.text)[0]

    shown = await guest.get(link)
    secret = re.findall(r"<code>([A-Z2-7 ]+)</code>", shown.text)[0].replace(" ", "")
    without = await guest.post(link, data={"password": "8 huruf!", "again": "8 huruf!"})
    code = passwords.code_now(secret, time.time())
    answer = await guest.post(link, data={"password": "8 huruf!", "again": "8 huruf!", "code": code})

    assert "<svg" in shown.text
    assert [422, 303] == [without.status_code, answer.status_code]
    found = await accounts.account(desk.pool, "kepala@contoh.id")
    assert found is not None
    assert (1, "DLH", "pimpinan") == (found.code_key, found.person.unit, found.person.role)


@pytest.mark.parametrize(
    ("me", "form"),
    [
        ({"role": "petugas"}, {"role": "petugas"}),
        ({"role": "pimpinan"}, {"role": "petugas", "unit": "DLH"}),
        ({"role": "pimpinan"}, {"role": "operator"}),
        ({"role": "operator", "unit": "DISKOMINFO"}, {"role": "operator", "unit": "PUPR"}),
        ({"role": "operator", "unit": "DISKOMINFO"}, {"role": "pemantau", "unit": "PUPR"}),
        ({"role": "operator", "unit": "DISKOMINFO"}, {"role": "petugas", "unit": "RSUD"}),
    ],
)
async def test_nobody_invites_beyond_their_own(
    log_in: LogIn, pool: Pool, me: dict[str, str], form: dict[str, str]
) -> None:
    web = await log_in(**me)

    answer = await web.post("/orang", data={"email": "x@contoh.id", "name": "Siapa Saja", **form})

    assert answer.status_code in (403, 422)
    assert 0 == await pool.fetchval("SELECT count(*) FROM people WHERE email = 'x@contoh.id'")


async def test_a_head_takes_over_no_account_of_another_unit(log_in: LogIn, somebody: Somebody, pool: Pool) -> None:
    operator = await somebody(unit="DISKOMINFO", role="operator")
    head = await log_in(role="pimpinan")

    invited = await head.post("/orang", data={"email": operator.email, "name": "Nama Lain", "role": "petugas"})
    taken_out = await head.post(f"/orang/{operator.id}/keluarkan")

    assert [422, 403] == [invited.status_code, taken_out.status_code]
    assert "DISKOMINFO" == await pool.fetchval("SELECT unit FROM people WHERE id = $1", operator.id)


async def test_an_invitation_is_over_after_three_days_and_it_is_said_whom_to_ask(
    guest: httpx.AsyncClient, pool: Pool
) -> None:
    async with pool.acquire() as db:
        token = await accounts.invite(db, "a@contoh.id", "Andi", "PUPR", "petugas", None)
    assert 200 == (await guest.get(f"/undangan/{token}")).status_code

    await pool.execute("UPDATE invitations SET expires_at = expires_at - $1::interval", timedelta(days=3))

    answers = [
        await guest.get(f"/undangan/{token}"),
        await guest.post(f"/undangan/{token}", data={"password": PASSWORD, "again": PASSWORD}),
    ]
    assert [410, 410] == [each.status_code for each in answers]
    assert ["Minta undangan baru" in each.text for each in answers] == [True, True]
    await accounts.sweep(pool)
    assert 410 == (await guest.get(f"/undangan/{token}")).status_code
    await pool.execute("UPDATE invitations SET expires_at = expires_at - $1::interval", timedelta(days=30))
    await accounts.sweep(pool)
    assert 404 == (await guest.get(f"/undangan/{token}")).status_code


async def test_a_database_that_is_away_is_said_and_what_was_sent_is_not_kept(
    guest: httpx.AsyncClient, pool: Pool, somebody: Somebody, caplog: Any
) -> None:
    person = await somebody()
    await pool.close()

    answers = [await enters(guest, person.email), await guest.get("/undangan/x")]

    assert [503, 503] == [each.status_code for each in answers]
    assert ["belum tersimpan" in answers[0].text, "belum dapat ditampilkan" in answers[1].text] == [True, True]
