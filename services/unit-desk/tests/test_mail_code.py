"""How a person without a password logs in: by a code that is mailed to them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from uuid import UUID

import httpx
import pytest
from desk_office import LogIn
from desk_post import Moved, text_of, turn

from chassis.database import Pool
from testing.mail import Sink
from testing.waiting import within
from unit_desk.adapters import accounts
from unit_desk.adapters.login_codes import MOST_WRONG
from unit_desk.adapters.proofs import Photos
from unit_desk.courier import Courier
from unit_desk.handlers.visit import Desk
from unit_desk.letters import code_in, token_in
from unit_desk.rules import Rules
from unit_desk.sending import Post

pytestmark = pytest.mark.connected
EMAIL = "rahma@contoh.id"
INVITATIONS = "SELECT count(*) FROM messages WHERE kind = 'invitation'"


@pytest.fixture
def desk(pool: Pool, rules: Rules, post: Post, photos: Photos) -> Desk:
    """A desk that sends mail."""
    courier = Courier(pool=pool, key=post.settings.key)
    return Desk(
        pool=pool,
        settings=post.settings,
        rules=rules,
        wake=lambda: None,
        courier=courier,
        photos=photos,
    )


@pytest.fixture
async def rahma(desk: Desk) -> None:
    """A clerk who was invited, and has no password."""
    async with desk.pool.acquire() as db:
        await accounts.invite(db, EMAIL, "Rahma", "PUPR", "petugas", None)


async def asks(guest: httpx.AsyncClient, email: str = EMAIL) -> httpx.Response:
    return await guest.post("/masuk/kode", data={"email": email, "lanjut": "/laporan/SPG-S000-00007"})


async def enters(guest: httpx.AsyncClient, code: str, email: str = EMAIL) -> httpx.Response:
    return await guest.post("/masuk/kode/isi", data={"email": email, "code": code, "lanjut": "/laporan/SPG-S000-00007"})


async def code_of(pool: Pool, post: Post, sink: Sink, clock: Moved) -> str:
    """Have the code sent, and read it."""
    clock.now = await pool.fetchval("SELECT now()")
    await turn(pool, post)
    found = re.search(r"LAPOR!: (\d{6})\n", text_of(sink.mails[-1]))
    assert found
    return found[1]


async def test_a_clerk_without_a_password_comes_in_by_a_code_and_is_led_where_they_wanted(
    guest: httpx.AsyncClient, pool: Pool, post: Post, sink: Sink, rahma: None, clock: Moved
) -> None:
    asked = await asks(guest, " Rahma@contoh.id ")
    code = await code_of(pool, post, sink, clock)

    entered = await enters(guest, f"{code[:3]} {code[3:]}")

    assert (200, 303) == (asked.status_code, entered.status_code)
    assert "/laporan/SPG-S000-00007" == entered.headers["location"]
    assert 200 == (await guest.get("/")).status_code
    assert f"{code} adalah kode masuk Anda" == sink.mails[0]["Subject"]


async def test_a_code_is_good_once(
    guest: httpx.AsyncClient, pool: Pool, post: Post, sink: Sink, rahma: None, clock: Moved
) -> None:
    await asks(guest)
    code = await code_of(pool, post, sink, clock)

    assert [303, 422] == [(await enters(guest, code)).status_code for _ in range(2)]


async def test_a_code_is_good_for_ten_minutes(
    guest: httpx.AsyncClient, pool: Pool, post: Post, sink: Sink, rahma: None, clock: Moved
) -> None:
    await asks(guest)
    code = await code_of(pool, post, sink, clock)
    await pool.execute("UPDATE login_codes SET expires_at = expires_at - interval '10 minutes'")

    assert 422 == (await enters(guest, code)).status_code


async def test_a_newer_code_ends_the_older_one(
    guest: httpx.AsyncClient, pool: Pool, post: Post, sink: Sink, rahma: None, clock: Moved
) -> None:
    await asks(guest)
    old = await code_of(pool, post, sink, clock)
    await asks(guest)
    new = await code_of(pool, post, sink, clock)

    assert [422, 303] == [(await enters(guest, code)).status_code for code in (old, new)]


async def test_mailed_code_is_void_after_a_few_wrong_guesses(
    guest: httpx.AsyncClient, desk: Desk, pool: Pool, post: Post, sink: Sink, rahma: None, clock: Moved
) -> None:
    await asks(guest)
    code = await code_of(pool, post, sink, clock)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    answers = [(await enters(guest, wrong)).status_code for _ in range(MOST_WRONG)]
    held = (await enters(guest, code)).status_code
    await desk.delays.right(EMAIL, "127.0.0.1")  # as if the guesses came from many places

    assert ([422] * MOST_WRONG, 429) == (answers, held)
    assert 422 == (await enters(guest, code)).status_code


@pytest.mark.parametrize(
    ("who", "more"),
    [
        ("siapa@contoh.id", ""),
        (EMAIL, "UPDATE people SET password = 'x'"),  # a person with a password uses it
        (EMAIL, "UPDATE people SET role = 'pimpinan'"),  # a mailbox alone must not open a role that can harm many
        (EMAIL, "UPDATE people SET code_key = 1"),
        (EMAIL, "UPDATE people SET left_at = now()"),
    ],
    ids=["nobody", "password", "head", "codes", "left"],
)
async def test_ineligible_person_gets_the_same_page_but_no_mailed_code(
    guest: httpx.AsyncClient, pool: Pool, rahma: None, who: str, more: str
) -> None:
    right = (await asks(guest)).text
    await pool.execute("DELETE FROM messages")
    await pool.execute("DELETE FROM login_codes")
    await pool.execute(more or "SELECT 1")

    answer = await asks(guest, who)

    assert (200, right) == (answer.status_code, answer.text.replace(who, EMAIL))
    assert 0 == await pool.fetchval("SELECT count(*) FROM messages")
    assert 422 == (await enters(guest, "000000", who)).status_code


async def test_codes_are_not_asked_for_without_end(guest: httpx.AsyncClient, rahma: None) -> None:
    answers = [(await asks(guest)).status_code for _ in range(6)]

    assert ([200] * 5, 429) == (answers[:5], answers[5])


async def test_code_requests_stay_open_after_a_login_and_for_a_busy_office(
    guest: httpx.AsyncClient, desk: Desk, pool: Pool, post: Post, sink: Sink, rahma: None, clock: Moved
) -> None:
    for _ in range(5):
        await asks(guest)
    await enters(guest, await code_of(pool, post, sink, clock))
    others = [(await asks(guest, f"petugas{n}@contoh.id")).status_code for n in range(40)]

    assert ([200] * 40, 200) == (others, (await asks(guest)).status_code)


async def test_without_a_mail_server_there_is_no_such_way(guest: httpx.AsyncClient, desk: Desk) -> None:
    offered = (await guest.get("/masuk")).text
    object.__setattr__(desk, "settings", desk.settings.model_copy(update={"smtp_url": None}))

    answers = [(await guest.get("/masuk/kode")).status_code, (await asks(guest)).status_code]

    assert [404, 404] == answers
    assert "/masuk/kode" in offered
    assert "/masuk/kode" not in (await guest.get("/masuk")).text


async def test_invited_person_gets_a_working_link_by_mail(
    guest: httpx.AsyncClient,
    pool: Pool,
    post: Post,
    sink: Sink,
    clock: Moved,
    log_in: Callable[..., Awaitable[httpx.AsyncClient]],
) -> None:
    head = await log_in(role="pimpinan")
    form = {"email": "andi@contoh.id", "name": "Andi Mappa", "role": "petugas"}
    page = await head.post("/orang", data=form)
    clock.now = await pool.fetchval("SELECT now()")
    await turn(pool, post)

    found = re.search(r"https://meja.example(/undangan/\S+)", text_of(sink.mails[-1]))
    assert found
    assert "Dikirim lewat surel ke andi@contoh.id." in page.text
    assert "Selamat datang, Andi Mappa" in (await guest.get(found[1])).text
    assert ["andi@contoh.id"] == [mail["To"] for mail in sink.mails]


def test_a_code_derives_from_the_key_and_the_message_alone() -> None:
    message, other = UUID(int=1), UUID(int=2)
    made = [(code_in(key, which), token_in(key, which)) for key in (b"a", b"b") for which in (message, other)]

    assert 4 == len({code for code, _ in made}) == len({token for _, token in made})
    assert all(len(code) == 6 and code.isdigit() and len(token) == 32 for code, token in made)


async def test_invitation_pressed_twice_sends_one_mail_and_a_new_form_another(
    log_in: LogIn, guest: httpx.AsyncClient, pool: Pool
) -> None:
    head = await log_in(role="pimpinan")
    form = {"email": "baru@contoh.id", "name": "Baso Amir", "role": "petugas"}

    async def press(form_id: str) -> str:
        page = await head.post("/orang", data={**form, "id": form_id})
        link: str = re.findall(r"/undangan/[\w-]{32}", page.text)[0]
        return link

    first, second = await within(asyncio.gather(press("one"), press("one")))
    opens, mails = (await guest.get(first)).status_code, await pool.fetchval(INVITATIONS)
    third = await press("two")

    assert 'name="id"' in (await head.get("/orang")).text
    assert (first, 200, 1) == (second, opens, mails)
    assert (True, 404, 2) == (third != first, (await guest.get(first)).status_code, await pool.fetchval(INVITATIONS))
