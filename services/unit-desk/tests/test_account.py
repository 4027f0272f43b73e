"""A person's own account: all sessions end at once, and another password needs the old one or a mailed code."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from desk_office import PASSWORD, URL
from desk_post import Moved, text_of, turn
from desk_site import ROAD, SIZES, enter, look, page_of
from playwright.async_api import Browser, expect

from chassis.database import Pool
from testing.mail import Sink
from unit_desk.adapters import accounts
from unit_desk.adapters.login_codes import MOST_WRONG
from unit_desk.app import build_app
from unit_desk.handlers.visit import Desk
from unit_desk.people import Person
from unit_desk.sending import Post
from unit_desk.settings import DeskSettings

pytestmark = pytest.mark.connected
Somebody = Callable[..., Awaitable[Person]]
NEW = "tongkang hijau menari senja"


@pytest.fixture
def make_settings(make_settings: Callable[..., DeskSettings], sink: Sink) -> Callable[..., DeskSettings]:
    """Settings of a desk that sends mail."""

    def make(**given: Any) -> DeskSettings:
        usual = {"smtp_url": f"smtp://127.0.0.1:{sink.port}", "mail_from": "LAPOR! Soppeng <lapor@contoh.id>"}
        return make_settings(**{**usual, **given})

    return make


@pytest.fixture
def browser_of(desk: Desk) -> Callable[[str], httpx.AsyncClient]:
    """Makes a browser that has the cookie ``token``."""
    app: Any = build_app(desk)

    def make(token: str) -> httpx.AsyncClient:
        made = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url=URL, headers={"Sec-Fetch-Site": "same-origin"}
        )
        made.cookies.set(desk.cookie_name, token)
        return made

    return make


Browsers = Callable[[str], httpx.AsyncClient]


async def is_in(web: httpx.AsyncClient) -> bool:
    answer = await web.get("/saya")
    assert answer.status_code in (200, 303)
    return answer.status_code == 200


async def change(web: httpx.AsyncClient, **given: str) -> httpx.Response:
    return await web.post("/saya/sandi", data={"password": NEW, "again": NEW, **given})


async def acts(pool: Pool, person: Person) -> list[str]:
    rows = await pool.fetch("SELECT act FROM audit WHERE person = $1 ORDER BY n", person.id)
    return [row["act"] for row in rows]


async def test_a_stolen_cookie_is_worth_nothing_once_all_devices_are_left(
    desk: Desk, pool: Pool, somebody: Somebody, browser_of: Browsers
) -> None:
    person, other = await somebody(), await somebody(name="Andi")
    cookie, elsewhere, theirs = [await accounts.begin(pool, each.id) for each in (person, person, other)]
    mine, thief, phone, colleague = map(browser_of, (cookie, cookie, elsewhere, theirs))
    before = [await is_in(each) for each in (mine, thief, phone, colleague)]

    left = await mine.post("/saya/keluar")

    assert (303, "/masuk") == (left.status_code, left.headers["location"])
    assert "Max-Age=0" in left.headers["set-cookie"]
    assert ([True] * 4, [False, False, False, True]) == (
        before, [await is_in(each) for each in (mine, thief, phone, colleague)],
    )  # fmt: skip
    assert ["keluar dari semua perangkat"] == await acts(pool, person)


async def test_another_password_ends_every_session_and_who_changed_it_has_a_new_one(
    desk: Desk, pool: Pool, somebody: Somebody, browser_of: Browsers, guest: httpx.AsyncClient
) -> None:
    person = await somebody()
    cookie, elsewhere = [await accounts.begin(pool, person.id) for _ in range(2)]
    mine, thief, phone = map(browser_of, (cookie, cookie, elsewhere))

    changed = await change(mine, old=PASSWORD)
    new = browser_of(changed.cookies[desk.cookie_name])
    entered = [
        (await guest.post("/masuk", data={"email": person.email, "password": each})).status_code
        for each in (PASSWORD, NEW)
    ]

    assert (303, [False, False, True]) == (
        changed.status_code, [await is_in(each) for each in (thief, phone, new)],
    )  # fmt: skip
    assert ([422, 303], ["ganti kata sandi", "gagal masuk", "masuk"]) == (entered, await acts(pool, person))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"old": "kerbau biru menyanyi malam"}, "Bukan kata sandi Anda yang sekarang"),
        ({}, "Bukan kata sandi Anda yang sekarang"),
        ({"code": "123456"}, "Kode tidak cocok"),
        ({"code": ""}, "Kode tidak cocok"),
        ({"old": PASSWORD, "password": "pendek", "again": "pendek"}, "paling sedikit 15 huruf"),
        ({"old": PASSWORD, "again": f"{NEW}x"}, "Tidak sama"),
    ],
)
async def test_invalid_password_change_is_refused_and_explained(
    pool: Pool, somebody: Somebody, browser_of: Browsers, given: dict[str, str], says: str
) -> None:
    person = await somebody()
    web = browser_of(await accounts.begin(pool, person.id))
    before = await pool.fetchval("SELECT password FROM people WHERE id = $1", person.id)

    answer = await change(web, **given)

    assert (422, True) == (answer.status_code, says in answer.text)
    assert before == await pool.fetchval("SELECT password FROM people WHERE id = $1", person.id)
    assert await is_in(web)


async def test_five_wrong_old_passwords_block_further_tries(
    pool: Pool, somebody: Somebody, browser_of: Browsers
) -> None:
    web = browser_of(await accounts.begin(pool, (await somebody()).id))
    codes = [(await change(web, old=f"tebakan yang salah {n}")).status_code for n in range(6)]

    assert [422] * 5 + [429] == codes
    assert 429 == (await change(web, old=PASSWORD)).status_code


async def code_of(web: httpx.AsyncClient, pool: Pool, post: Post, sink: Sink, clock: Moved) -> str:
    """Ask for a code, and read it in the mail."""
    assert 303 == (await web.post("/saya/kode")).status_code
    clock.now = await pool.fetchval("SELECT now()")
    await turn(pool, post)
    found = re.search(r"kata sandi Anda di meja unit LAPOR!: (\d{6})", text_of(sink.mails[-1]))
    assert found
    return found[1]


@pytest.mark.parametrize("role", ["petugas", "pimpinan"])
async def test_forgotten_password_is_changed_with_a_mailed_code_valid_once(
    desk: Desk, pool: Pool, post: Post, sink: Sink, clock: Moved, somebody: Somebody, browser_of: Browsers, role: str
) -> None:
    person = await somebody(role=role)
    web = browser_of(await accounts.begin(pool, person.id))
    code = await code_of(web, pool, post, sink, clock)
    login = await web.post("/masuk/kode/isi", data={"email": person.email, "code": code})

    changed = await change(web, code=f" {code[:3]} {code[3:]} ")
    again = await change(browser_of(changed.cookies[desk.cookie_name]), code=code)

    assert (422, 303, 422) == (login.status_code, changed.status_code, again.status_code)
    assert person.email == sink.mails[-1]["To"]


async def test_after_some_wrong_codes_the_right_one_is_wrong_too(
    pool: Pool, post: Post, sink: Sink, clock: Moved, somebody: Somebody, browser_of: Browsers, desk: Desk
) -> None:
    person = await somebody()
    web = browser_of(await accounts.begin(pool, person.id))
    code = await code_of(web, pool, post, sink, clock)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for _ in range(MOST_WRONG):
        await change(web, code=wrong)
    await pool.execute("DELETE FROM guesses")  # as after waiting

    assert 422 == (await change(web, code=code)).status_code


async def test_somebody_without_a_password_chooses_one(
    desk: Desk, pool: Pool, post: Post, sink: Sink, clock: Moved, somebody: Somebody, browser_of: Browsers
) -> None:
    person = await somebody()
    await pool.execute("UPDATE people SET password = NULL WHERE id = $1", person.id)
    web = browser_of(await accounts.begin(pool, person.id))
    page = await web.get("/saya")

    changed = await change(web, code=await code_of(web, pool, post, sink, clock))

    assert ("Pilih kata sandi" in page.text, "Kata sandi sekarang" in page.text) == (True, False)
    assert 303 == changed.status_code


@pytest.mark.parametrize("size", SIZES)
async def test_the_page_bars_nobody_and_a_password_is_changed_on_it(
    browser: Browser, here: Desk, pool: Pool, somebody: Somebody, size: str
) -> None:
    person = await somebody(name="Andi Rahmawati")
    await accounts.begin(pool, person.id)
    page = await page_of(browser, here, person, size)
    await page.goto(f"{here.settings.public_url}/kabar")
    await page.get_by_role("main").get_by_role("link", name="Akun saya").click()
    await look(page, "akun", size)
    await page.get_by_label("Kata sandi sekarang").fill("kerbau biru menyanyi malam")
    for name in ("Kata sandi baru", "Sekali lagi"):
        await page.get_by_label(name).fill(NEW)
    await page.get_by_role("button", name="Ganti kata sandi", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("Bukan kata sandi Anda yang sekarang")
    await look(page, "akun-salah", size)
    await page.get_by_role("button", name="Lupa? Kirim kode ke surel saya").click()
    await expect(page.get_by_label("Kode 6 angka")).to_be_visible()
    await look(page, "akun-kode", size)
    await page.goto(f"{here.settings.public_url}/saya")
    await page.get_by_label("Kata sandi sekarang").fill(PASSWORD)
    for name in ("Kata sandi baru", "Sekali lagi"):
        await page.get_by_label(name).fill(NEW)
    await page.get_by_role("button", name="Ganti kata sandi", exact=True).click()
    await expect(page.get_by_role("status")).to_contain_text("Kata sandi diganti")
    await expect(page.get_by_text("Perangkat lain", exact=True)).to_have_count(0)
    await page.get_by_role("button", name="Keluar dari semua perangkat").click()
    await expect(page.get_by_role("heading", name="Masuk ke meja unit")).to_be_visible()


async def test_typed_text_is_restored_after_the_session_ended(
    browser: Browser, here: Desk, morning: None, somebody: Somebody, pool: Pool
) -> None:
    person = await somebody(name="Andi Rahmawati")
    page = await page_of(browser, here, person, "meja")
    form = f"{here.settings.public_url}/laporan/{ROAD}/tanya"
    await page.goto(form)
    await page.get_by_label("Pertanyaan untuk warga").fill("Di depan rumah nomor berapa?")
    await pool.execute("DELETE FROM sessions WHERE person = $1", person.id)
    await page.get_by_role("button", name="Lihat dulu").click()

    await enter(page, person)
    await expect(page.get_by_label("Pertanyaan untuk warga")).to_have_value("Di depan rumah nomor berapa?")

    await page.get_by_role("button", name="Lihat dulu").click()
    await page.get_by_role("button", name="Kirim").click()
    await page.wait_for_url("**balasan=*")
    assert [] == await page.evaluate("Object.keys(sessionStorage).filter((name) => name.startsWith('tulisan '))")
    await page.context.close()


async def test_a_note_outlives_a_session_too(
    browser: Browser, here: Desk, morning: None, somebody: Somebody, pool: Pool
) -> None:
    person, said = await somebody(name="Andi Rahmawati"), "Sudah dua kali telepon, belum ada yang datang."
    page = await page_of(browser, here, person, "meja")
    words = page.get_by_label("Catatan", exact=True)
    save = page.get_by_role("region", name="Catatan unit").get_by_role("button", name="Simpan")
    await page.goto(f"{here.settings.public_url}/laporan/{ROAD}")
    await words.fill(said)
    await pool.execute("DELETE FROM sessions WHERE person = $1", person.id)
    await save.click()

    await enter(page, person)
    await expect(words).to_have_value(said)
    await save.click()
    await expect(page.get_by_role("listitem").filter(has_text=said)).to_be_visible()
    await expect(words).to_have_value("")
    await page.reload()
    await expect(words).to_have_value("")
    await page.context.close()
