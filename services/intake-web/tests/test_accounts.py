"""Sign-in and all that follows, over HTTP on a real PostgreSQL, with codes by mail to a real server."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx
import pytest

from chassis.database import Pool
from intake.complaint_view import ComplaintView, save_views
from intake.erasure import erase
from intake.files import StoreDown
from intake.retention import sweep_once
from intake.texts import Texts
from intake_web.adapters.accounts import Accounts, export_for_operator, forget
from intake_web.adapters.postgres import PostgresStore
from intake_web.app import SERVICE, build_app
from intake_web.codes import code_senders
from intake_web.domain import code_for
from intake_web.settings import WebSettings
from testing.background import kept_running
from testing.mail import Sink, mail_sink
from testing.suite.stacks import waiting_tasks
from testing.waiting import BOUND_S, within

pytestmark = pytest.mark.connected
MAIL, OTHER, PHONE = "andi@contoh.id", "budi@contoh.id", "+6281234567890"
SESSION = "__Host-sesi"
_ids = itertools.count()
Make = Callable[..., WebSettings]
Client = Callable[[], httpx.AsyncClient]


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with mail_sink() as sink:
        yield sink


@pytest.fixture
def texted() -> list[tuple[str, str]]:
    """Number and text of each SMS that was sent."""
    return []


@pytest.fixture
def settings(make_settings: Make, sink: Sink) -> WebSettings:
    return make_settings(smtp_url=f"smtp://127.0.0.1:{sink.port}")


@pytest.fixture
async def sending(
    pool: Pool, settings: WebSettings, texts: Texts, texted: list[tuple[str, str]]
) -> AsyncIterator[None]:
    """Sends codes as in production; the gateway accepts each SMS."""

    def gateway(request: httpx.Request) -> httpx.Response:
        texted.append((request.url.params["to"], request.url.params["text"]))
        return httpx.Response(202)

    to_gateway = httpx.AsyncClient(transport=httpx.MockTransport(gateway))
    async with to_gateway as http, kept_running(code_senders(pool, settings, texts, http)):
        yield


@pytest.fixture
async def browsers(
    pool: Pool, settings: WebSettings, client_on: Callable[..., httpx.AsyncClient]
) -> AsyncIterator[Client]:
    """Makes browsers of the same website, each with its own cookies."""
    store, made = PostgresStore(pool, settings, SERVICE, lambda: None, within_s=BOUND_S), list[httpx.AsyncClient]()

    def browser() -> httpx.AsyncClient:
        made.append(client_on(store, proxies="127.0.0.1/32"))
        return made[-1]

    yield browser
    for each in made:
        await each.aclose()


async def until(pool: Pool, condition: str = "count(*) FILTER (WHERE state = 'pending') = 0") -> None:
    try:
        async with asyncio.timeout(60):
            while not await pool.fetchval(f"SELECT {condition} FROM account_messages"):
                await asyncio.sleep(0.02)
    except TimeoutError:
        left = await pool.fetch("SELECT medium, state, sending, next_try_at - now() AS next FROM account_messages")
        raise AssertionError(f"not within 60 s: {condition}; {left}; {waiting_tasks()}") from None


def code_in(text: str) -> str:
    found = re.search(r"\b(\d{6})\b", text)
    assert found, text
    return found[1]


async def ask(pool: Pool, browser: httpx.AsyncClient, contact: str = MAIL) -> None:
    await pool.execute("UPDATE account_messages SET created_at = created_at - interval '2 h'")
    answer = await browser.post("/akun", data={"contact": contact})
    assert (303, "/akun/kode") == (answer.status_code, answer.headers["location"]), answer.text
    await until(pool)


async def sign_in(pool: Pool, browser: httpx.AsyncClient, sink: Sink, contact: str = MAIL, name: str = "Andi") -> None:
    """Sign in by mail; begin an account if none exists."""
    await ask(pool, browser, contact)
    answer = await browser.post("/akun/kode", data={"code-enter": code_in(sink.mails[-1].get_content())})
    if answer.headers["location"] == "/akun/setuju":
        answer = await browser.post("/akun/setuju", data={"name": name, "agreed": "1"})
    assert (303, "/akun") == (answer.status_code, answer.headers["location"])


async def complain(browser: httpx.AsyncClient, **more: str) -> str:
    sent = {"text": "Jalan di depan SD 12 Lalabata berlubang besar", "key": f"key-{next(_ids)}", "secret": "s" * 22}
    answer = await browser.post("/", data={**sent, **more})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removeprefix("/laporan/").partition("?")[0]


def opened(page: httpx.Response) -> bool:
    """Check whether a complaint's page is the reporter's view."""
    return "Yang Anda tulis" in page.text or "own-words" in page.text or "Kabar untuk Anda" in page.text


async def test_the_first_contact_that_is_shown_makes_an_account_once_its_owner_has_agreed(
    browsers: Client, pool: Pool, sink: Sink, sending: None, texts: Texts
) -> None:
    browser = browsers()
    await ask(pool, browser)
    shown = await browser.post("/akun/kode", data={"code-enter": code_in(sink.mails[-1].get_content())})
    nothing = await pool.fetchval("SELECT count(*) FROM accounts")
    refused = await browser.post("/akun/setuju", data={"name": "Andi"})
    still = await pool.fetchval("SELECT count(*) FROM accounts")
    agreed = await browser.post("/akun/setuju", data={"name": " Andi  Kenari ", "agreed": "1"})

    assert ("/akun/setuju", 0, 400, 0, "/akun") == (
        shown.headers["location"], nothing, refused.status_code, still, agreed.headers["location"],
    )  # fmt: skip
    assert [("Andi Kenari", MAIL, texts.account["consent_version"], texts.account["consent"])] == [
        tuple(row)
        for row in await pool.fetch(
            """SELECT a.name, k.address, c.version, c.text FROM accounts a JOIN account_contacts k USING (account_id)
               JOIN account_consents c USING (account_id)"""
        )
    ]
    assert "Andi Kenari" in (await browser.get("/akun")).text


async def test_the_cookie_of_a_session_is_for_us_alone_and_no_page_is_kept_anywhere(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    browser = browsers()
    await sign_in(pool, browser, sink)
    token = browser.cookies[SESSION]
    await ask(pool, browser)
    entered = await browser.post("/akun/kode", data={"code-enter": code_in(sink.mails[-1].get_content())})
    cookie = next(each for each in entered.headers.get_list("set-cookie") if each.startswith(SESSION))

    assert [True] * 4 == [part in cookie for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/;")]
    assert "Domain" not in cookie
    assert token != browser.cookies[SESSION]
    rows = [str(row["row"]) for row in await pool.fetch("SELECT s::text AS row FROM account_sessions s")]
    assert [] == [row for row in rows if token in row]
    pages = ["/akun", "/akun/kode", "/akun/data", "/akun/hapus", "/akun/kontak/hp", "/akun/data.json", "/"]
    assert {"no-store"} == {(await browser.get(page)).headers["cache-control"] for page in pages}


async def test_no_answer_tells_whether_a_contact_has_an_account(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    await sign_in(pool, browsers(), sink, MAIL)
    await pool.execute("UPDATE account_messages SET created_at = created_at - interval '2 h'")
    answers: dict[str, list[Any]] = {}
    for contact in (MAIL, OTHER):
        browser = browsers()
        asked = await browser.post("/akun", data={"contact": contact})
        form = await browser.get("/akun/kode")
        wrong = await browser.post("/akun/kode", data={"code-enter": "000000"})
        answers[contact] = [
            (each.status_code, each.text.replace(contact, "X"), sorted({*each.headers} - {"date"}))
            for each in (asked, form, wrong)
        ]
    await until(pool)

    assert answers[MAIL] == answers[OTHER]
    assert {MAIL, OTHER} == {to for _, (to,) in sink.envelopes[-2:]}
    told = {" ".join(mail.get_content().split()).replace(code_in(mail.get_content()), "") for mail in sink.mails[-2:]}
    assert 1 == len(told)


async def test_code_request_runs_the_same_queries_for_known_and_unknown_contacts(
    browsers: Client, pool: Pool, sink: Sink, sending: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(pool, browsers(), sink, MAIL)
    await pool.execute("UPDATE account_messages SET created_at = created_at - interval '2 h'")
    ran: dict[str, list[str]] = {MAIL: [], OTHER: []}
    whose, run = [MAIL], asyncpg.connection.Connection._execute

    async def noting(self: Any, query: str, *given: Any, **more: Any) -> Any:
        if "account_messages" not in query or "state" not in query:  # the sender's queries come at any time
            ran[whose[0]].append(query)
        return await run(self, query, *given, **more)

    monkeypatch.setattr(asyncpg.connection.Connection, "_execute", noting)
    for whose[0] in (MAIL, OTHER):
        await browsers().post("/akun", data={"contact": whose[0]})

    assert ran[MAIL] == ran[OTHER]
    assert 3 < len(ran[MAIL])
    assert [] == [each for each in ran[MAIL] if "account_contacts" in each or "accounts" in each]


async def test_a_code_is_taken_once_by_the_browser_that_asked_and_is_in_no_row(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    mine, other = browsers(), browsers()
    await ask(pool, mine)
    code = code_in(sink.mails[-1].get_content())
    rows = [str(row["row"]) for row in await pool.fetch("SELECT m::text AS row FROM account_messages m")]
    elsewhere = await other.post("/akun/kode", data={"code-enter": code})
    first = await mine.post("/akun/kode", data={"code-enter": f" {code[:3]} {code[3:]} "})
    await mine.post("/akun/setuju", data={"agreed": "1"})
    again = await mine.post("/akun/kode", data={"code-enter": code})

    assert [] == [row for row in rows if code in row]
    assert ["/akun", "/akun/setuju", "/akun"] == [each.headers["location"] for each in (elsewhere, first, again)]
    assert None is other.cookies.get(SESSION)


async def test_after_five_wrong_tries_the_right_code_is_wrong_too(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    browser = browsers()
    await ask(pool, browser)
    code = code_in(sink.mails[-1].get_content())
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    unread = await browser.post("/akun/kode", data={"code-enter": "12"})
    answers = [await browser.post("/akun/kode", data={"code-enter": wrong}) for _ in range(5)]
    right = await browser.post("/akun/kode", data={"code-enter": code})

    assert [400] * 7 == [each.status_code for each in (unread, *answers, right)]
    assert "6 angka" in unread.text
    assert ["Masih bisa dicoba 4 kali" in answers[0].text, "lima kali salah" in answers[4].text] == [True, True]
    assert "lima kali salah" in right.text
    assert 0 == await pool.fetchval("SELECT count(*) FROM account_sessions")


async def test_many_tries_at_once_are_five_and_the_right_code_twice_at_once_is_one_session(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    guesser, owner = browsers(), browsers()
    await ask(pool, guesser, OTHER)
    wrong = f"{(int(code_in(sink.mails[-1].get_content())) + 1) % 1_000_000:06}"
    await within(asyncio.gather(*(guesser.post("/akun/kode", data={"code-enter": wrong}) for _ in range(12))))
    tries = await pool.fetchval("SELECT max(tries) FROM account_messages")
    await sign_in(pool, owner, sink)
    await owner.post("/akun/keluar")
    await ask(pool, owner)
    code = code_in(sink.mails[-1].get_content())
    await within(asyncio.gather(*(owner.post("/akun/kode", data={"code-enter": code}) for _ in range(4))))

    assert (5, 1) == (tries, await pool.fetchval("SELECT count(*) FROM account_sessions"))


async def test_a_code_that_is_over_is_neither_taken_nor_sent(
    browsers: Client, pool: Pool, sink: Sink, settings: WebSettings, texts: Texts
) -> None:
    browser = browsers()
    await browser.post("/akun", data={"contact": MAIL})
    await pool.execute("UPDATE account_messages SET expires_at = now()")
    async with httpx.AsyncClient() as http, kept_running(code_senders(pool, settings, texts, http)):
        await until(pool)
    answer = await browser.post("/akun/kode", data={"code-enter": "123456"})

    assert ([], ["refused"]) == (
        sink.mails,
        [r["state"] for r in await pool.fetch("SELECT state FROM account_messages")],
    )
    assert (400, True) == (answer.status_code, "lewat waktunya" in answer.text)


async def test_code_is_mailed_once_when_the_mail_server_returns(
    browsers: Client, pool: Pool, sink: Sink, settings: WebSettings, texts: Texts
) -> None:
    await sink.stop()
    await browsers().post("/akun", data={"contact": MAIL})

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        async with httpx.AsyncClient() as http, kept_running(code_senders(pool, settings, texts, http)):
            yield

    async with running():
        await until(pool, "bool_or(sending > 0)")
    await sink.start()
    await pool.execute("UPDATE account_messages SET next_try_at = now()")
    async with running():
        await until(pool)
    async with running():
        await asyncio.sleep(0)

    assert 1 == len(sink.mails)


async def test_three_codes_an_hour_for_a_contact_from_wherever_and_the_answer_says_when(
    browsers: Client, pool: Pool
) -> None:
    answers = []
    for n in range(5):
        await pool.execute("UPDATE account_messages SET created_at = created_at - interval '10 min'")
        asked = {"x-forwarded-for": f"203.0.113.{n}"}
        answers.append(await browsers().post("/akun", data={"contact": MAIL}, headers=asked))

    assert [303, 303, 303, 429, 429] == [each.status_code for each in answers]
    assert 1800 >= int(answers[3].headers["retry-after"]) > 1700
    assert "tidak terkunci" in answers[3].text


async def test_an_inbox_gets_three_codes_an_hour_however_its_address_is_written(browsers: Client, pool: Pool) -> None:
    answers = []
    for n, written in enumerate(("a.b@gmail.com", "ab+1@gmail.com", "AB@googlemail.com", "ab+2@gmail.com", MAIL)):
        await pool.execute("UPDATE account_messages SET created_at = created_at - interval '10 min'")
        asked = {"x-forwarded-for": f"203.0.113.{n}"}
        answers.append(await browsers().post("/akun", data={"contact": written}, headers=asked))

    assert [303, 303, 303, 429, 303] == [each.status_code for each in answers]


async def test_ip_address_may_request_codes_for_ten_contacts_at_most(browsers: Client, pool: Pool) -> None:
    browser = browsers()
    answers = [await browser.post("/akun", data={"contact": f"orang{n}@contoh.id"}) for n in range(12)]

    assert [303] * 10 + [429] * 2 == [each.status_code for each in answers]


async def test_a_code_is_no_notice_so_nobody_who_was_told_enough_today_is_locked_out(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    await pool.execute(
        """INSERT INTO notices (ticket, kind, key, medium, address, text, state, sent_at)
           SELECT 'T' || n, 'receipt', '', 'email', $1, 't', 'sent', now() FROM generate_series(1, 50) AS n""",
        MAIL,
    )
    await sign_in(pool, browsers(), sink)

    assert 1 == len(sink.mails)


async def test_by_sms_a_code_is_one_sms_that_a_phone_offers_on_our_pages(
    browsers: Client, pool: Pool, sending: None, texted: list[tuple[str, str]]
) -> None:
    await ask(pool, browsers(), "0812 3456 7890")

    ((number, text),) = texted
    assert PHONE == number
    assert text.endswith(f"\n\n@lapor.example #{code_in(text)}")
    assert (True, True) == (text.isascii(), len(text) <= 160)


async def test_complaints_sent_while_signed_in_are_listed_and_open_as_the_reporters(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    phone, computer = browsers(), browsers()
    await sign_in(pool, phone, sink)
    number, hidden = await complain(phone), await complain(phone, anonim="1", text="Kantor desa tutup setiap Jumat")
    await sign_in(pool, computer, sink)
    listed, page = (await computer.get("/akun")).text, await computer.get(f"/laporan/{number}")
    stranger = await browsers().get(f"/laporan/{number}")

    assert (True, False) == (number in listed, hidden in listed)
    assert [True, False] == [opened(each) for each in (page, stranger)]
    assert [(number, "reporter", "shown to its account")] == [
        tuple(row) for row in await pool.fetch("SELECT ticket, who, what FROM reporter_accesses")
    ]


async def test_signed_in_user_cannot_open_complaints_of_others(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    mine, other = browsers(), browsers()
    await sign_in(pool, mine, sink)
    await sign_in(pool, other, sink, OTHER, "Budi")
    number = await complain(mine)
    page, added = await other.get(f"/laporan/{number}"), await other.post(f"/laporan/{number}/akun")

    assert (False, 404) == (opened(page), added.status_code)
    assert number not in (await other.get("/akun")).text


async def test_form_is_prefilled_with_name_and_contacts_of_the_signed_in_user(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    browser = browsers()
    before = (await browser.get("/")).text
    await sign_in(pool, browser, sink)
    after = (await browser.get("/")).text

    assert [False, False] == [each in before for each in ('value="Andi"', f'value="{MAIL}"')]
    assert [True, True] == [each in after for each in ('value="Andi"', f'value="{MAIL}"')]
    assert [False, False] == [each in (await browser.get("/formulir")).text for each in ("Andi", MAIL)]


async def test_a_complaint_of_before_is_added_by_its_code_or_from_the_browser_that_sent_it(
    browsers: Client, pool: Pool, sink: Sink, sending: None, settings: WebSettings
) -> None:
    other, browser = browsers(), browsers()
    elsewhere, anonymous = await complain(other), await complain(other, anonim="1", text="Kantor desa tutup")
    here = await complain(browser, text="Lampu jalan padam di Kelurahan Botto")
    await sign_in(pool, browser, sink)
    code = code_for(settings.installation_namespace, elsewhere)
    wrong = await browser.post("/akun/laporan", data={"number": elsewhere, "secret": "0000-0000-0000-0000"})
    unknown = await browser.post("/akun/laporan", data={"number": "SPG-W0AB-12CDS", "secret": code})
    added = await browser.post("/akun/laporan", data={"number": elsewhere.lower(), "secret": code})
    refused = await browser.post(
        "/akun/laporan",
        data={"number": anonymous, "secret": code_for(settings.installation_namespace, anonymous)},
    )
    kept = await browser.post(f"/laporan/{here}/akun")
    strange = await browser.post(f"/laporan/{anonymous}/akun")
    listed = (await browser.get("/akun")).text

    assert [400, 400, 303, 400, 303, 404] == [
        each.status_code for each in (wrong, unknown, added, refused, kept, strange)
    ]
    message = "Nomor dan kode akses ini tidak cocok"
    assert [True, True] == [message in each.text for each in (wrong, unknown)]
    assert "tidak disimpan di akun" in refused.text
    assert [True, False, True] == [number in listed for number in (elsewhere, anonymous, here)]


async def test_stolen_session_ends_at_sign_out_and_all_devices_can_be_signed_out(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    one, two, thief = browsers(), browsers(), browsers()
    await sign_in(pool, one, sink)
    number = await complain(one)
    one.cookies.delete("akses", domain="lapor.example", path=f"/laporan/{number}")
    await sign_in(pool, two, sink)
    thief.cookies.set(SESSION, one.cookies[SESSION], domain="lapor.example")
    stolen = await thief.get(f"/laporan/{number}")
    await one.post("/akun/keluar")
    after_one = [(await each.get("/akun")).text.count("Laporan saya") > 0 for each in (thief, two)]
    await two.post("/akun/keluar", data={"semua": "1"})
    closed = [await each.get(f"/laporan/{number}") for each in (one, two, thief)]

    assert opened(stolen)
    assert [False, True] == after_one
    assert [False] * 3 == [opened(each) for each in closed]
    assert [303] * 4 == [
        (await thief.get(page)).status_code
        for page in ("/akun/data", "/akun/data.json", "/akun/hapus", "/akun/kontak/hp")
    ]
    assert 0 == await pool.fetchval("SELECT count(*) FROM account_sessions")


async def test_signing_out_closes_the_complaint_in_that_browser(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    browser = browsers()
    await sign_in(pool, browser, sink)
    number = await complain(browser)
    signed_in = await browser.get(f"/laporan/{number}")
    await browser.post("/akun/keluar")
    after = await browser.get(f"/laporan/{number}")

    assert [True, False] == [opened(each) for each in (signed_in, after)]
    assert "no-store" == signed_in.headers["cache-control"]


async def test_a_name_has_no_control_characters_and_can_be_taken_away(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    browser = browsers()
    await sign_in(pool, browser, sink, name="An\0di\r\nKenari")
    first = await pool.fetchval("SELECT name FROM accounts")
    await browser.post("/akun/data", data={"name": " "})

    assert ("Andi Kenari", None) == (first, await pool.fetchval("SELECT name FROM accounts"))


async def test_confirmed_code_leads_on_and_is_not_asked_again(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    browser = browsers()
    await ask(pool, browser)
    await browser.post("/akun/kode", data={"code-enter": code_in(sink.mails[-1].get_content())})

    assert "/akun/setuju" == (await browser.get("/akun/kode")).headers["location"]
    assert "/akun" == (await browsers().get("/akun/kode")).headers["location"]


async def test_a_session_ends_after_thirty_days_and_its_row_goes(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    browser = browsers()
    await sign_in(pool, browser, sink)
    lasts = await pool.fetchval("SELECT ends_at - begun_at FROM account_sessions")
    await pool.execute("UPDATE account_sessions SET ends_at = now()")
    page = await browser.get("/akun")
    await sweep_once(pool, SERVICE, b"key", {}, forget)

    assert (30, True) == (lasts.days, "Masuk ke akun" in page.text)
    assert 0 == await pool.fetchval("SELECT count(*) FROM account_sessions")


async def test_a_contact_is_changed_by_a_code_to_the_new_and_one_to_the_old_which_is_told(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    browser, other = browsers(), browsers()
    await sign_in(pool, browser, sink)
    await sign_in(pool, other, sink)
    await pool.execute("UPDATE account_messages SET created_at = created_at - interval '2 h'")
    await browser.post("/akun/kontak/email", data={"contact": OTHER})
    await until(pool)
    codes = {to: code_in(m.get_content()) for (_, (to,)), m in zip(sink.envelopes[-2:], sink.mails[-2:], strict=True)}
    half = await browser.post("/akun/kode", data={"code-new": codes[OTHER], "code-own": "000000"})
    before = await pool.fetchval("SELECT address FROM account_contacts")
    changed = await browser.post("/akun/kode", data={"code-new": codes[OTHER], "code-own": codes[MAIL]})
    await until(pool)

    assert (400, MAIL) == (half.status_code, before)
    assert (303, "/akun/data?tersimpan=1") == (changed.status_code, changed.headers["location"])
    assert [(OTHER, "email")] == [tuple(r) for r in await pool.fetch("SELECT address, medium FROM account_contacts")]
    assert ([MAIL], True) == (sink.envelopes[-1][1], "baru saja diganti" in sink.mails[-1].get_content())
    assert ["Laporan saya" in (await each.get("/akun")).text for each in (browser, other)] == [True, False]


async def test_second_contact_needs_both_codes_and_is_refused_if_already_taken(
    browsers: Client, pool: Pool, sink: Sink, sending: None, texted: list[tuple[str, str]]
) -> None:
    browser, other = browsers(), browsers()
    await sign_in(pool, browser, sink)
    for each in (browser, other):
        if each is other:
            await sign_in(pool, other, sink, OTHER, "Budi")
        await pool.execute("UPDATE account_messages SET created_at = created_at - interval '2 h'")
        await each.post("/akun/kontak/hp", data={"contact": PHONE})
        await until(pool)
        codes = {"code-new": code_in(texted[-1][1]), "code-own": code_in(sink.mails[-1].get_content())}
        answer = await each.post("/akun/kode", data=codes)

    assert (409, True) == (answer.status_code, "sudah dipakai akun lain" in answer.text)
    assert [(PHONE, "Andi"), (MAIL, "Andi"), (OTHER, "Budi")] == sorted(
        tuple(row)
        for row in await pool.fetch("SELECT address, name FROM account_contacts JOIN accounts USING (account_id)")
    )


async def test_a_complaint_that_can_not_be_put_into_the_account_is_taken_all_the_same(
    browsers: Client, pool: Pool, sink: Sink, sending: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_given: object) -> bool:
        raise StoreDown

    browser = browsers()
    await sign_in(pool, browser, sink)
    monkeypatch.setattr(Accounts, "keep", away)
    number = await complain(browser)

    assert [number] == [row["ticket"] for row in await pool.fetch("SELECT ticket FROM complaints")]


async def test_all_that_is_known_can_be_taken_along_and_who_looked_is_in_it(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    browser = browsers()
    await sign_in(pool, browser, sink)
    number = await complain(browser)
    async with pool.acquire() as db:
        for_operator = await export_for_operator(db, MAIL, [number])
    answer = await browser.get("/akun/data.json")
    known = answer.json()

    assert 'attachment; filename="akun-lapor.json"' == answer.headers["content-disposition"]
    assert ("Andi", [MAIL], 1, 1) == (
        known["account"]["name"], [each["address"] for each in known["contacts"]], len(known["consents"]),
        len(known["sessions"]),
    )  # fmt: skip
    assert [(number, "Jalan di depan SD 12 Lalabata berlubang besar")] == [
        (each["ticket"], each["text"]) for each in known["complaints"]
    ]
    noted = [("owner", "begun"), ("owner", "signed in"), ("operator", "exported"), ("owner", "exported")]
    assert noted == [(each["who"], each["what"]) for each in known["accesses"]]
    assert [MAIL] == [each["contacts"][0]["address"] for each in for_operator["accounts"]]
    assert "token_hash" not in json.dumps(known)


async def test_an_account_is_deleted_by_a_fresh_code_with_its_complaints_if_that_is_wished(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    browser = browsers()
    await sign_in(pool, browser, sink)
    number = await complain(browser)
    await pool.execute("UPDATE account_messages SET created_at = created_at - interval '2 h'")
    asked = await browser.post("/akun/hapus", data={"also": "1"})
    await until(pool)
    there = await pool.fetchval("SELECT count(*) FROM accounts")
    done = await browser.post("/akun/kode", data={"code-leave": code_in(sink.mails[-1].get_content())})
    added = json.loads(await pool.fetchval("SELECT follow_ups FROM complaints WHERE ticket = $1", number))

    assert ("/akun/kode", 1, 200) == (asked.headers["location"], there, done.status_code)
    assert "sudah dihapus" in done.text
    assert [("rights_request", "erasure")] == [(each["kind"], each["right"]) for each in added]
    tables = ("accounts", "account_contacts", "account_consents", "account_sessions", "account_reporters")
    assert [0] * 5 == [await pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables]
    assert "Masuk ke akun" in (await browser.get("/akun")).text


async def test_views_and_changes_of_account_data_are_logged_without_contacts(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    browser = browsers()
    await sign_in(pool, browser, sink)
    for _ in range(2):
        await browser.get("/akun/data")
    for path, sent in (("/akun/kontak/email", {"contact": OTHER}), ("/akun/hapus", {})):
        await pool.execute("UPDATE account_messages SET created_at = created_at - interval '2 h'")
        await browser.post(path, data=sent)
    noted = await pool.fetch("SELECT * FROM identity_accesses ORDER BY at")

    assert ["begun", "signed in", "shown", "contact change asked", "deletion asked"] == [row["what"] for row in noted]
    assert not any(word in str(noted) for word in (MAIL, OTHER, "Andi"))


async def test_an_account_that_goes_leaves_its_complaints_where_they_were(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    browser = browsers()
    await sign_in(pool, browser, sink)
    await complain(browser)
    await pool.execute("UPDATE account_messages SET created_at = created_at - interval '2 h'")
    await browser.post("/akun/hapus", data={})
    await until(pool)
    await browser.post("/akun/kode", data={"code-leave": code_in(sink.mails[-1].get_content())})

    assert [("[]", None)] == [tuple(r) for r in await pool.fetch("SELECT follow_ups, erased_at FROM complaints")]


async def test_erased_complaint_disappears_from_the_account(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    browser = browsers()
    await sign_in(pool, browser, sink)
    number = await complain(browser)
    cid = await pool.fetchval("SELECT complaint_id FROM complaints")
    async with pool.acquire() as db, db.transaction():
        await erase(db, SERVICE, b"key", cid, number, tell=True)

    assert 0 == await pool.fetchval("SELECT count(*) FROM account_reporters")
    assert number not in (await browser.get("/akun")).text


async def test_an_account_unused_for_two_years_goes_and_one_that_is_used_stays(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    used, unused = browsers(), browsers()
    await sign_in(pool, used, sink)
    await sign_in(pool, unused, sink, OTHER, "Budi")
    await pool.execute("UPDATE accounts SET used_at = now() - interval '731 days'")
    await pool.execute("UPDATE account_sessions SET used_at = now() - interval '2 days'")
    await used.get("/akun")
    await pool.execute("UPDATE account_messages SET created_at = now() - interval '4 days'")
    await pool.execute(
        "INSERT INTO identity_accesses (who, what, at) VALUES ('owner', 'old', now() - interval '1826 days')"
    )
    await sweep_once(pool, SERVICE, b"key", {}, forget)

    assert ["Andi"] == [row["name"] for row in await pool.fetch("SELECT name FROM accounts")]
    assert 0 == await pool.fetchval("SELECT count(*) FROM account_messages")
    assert (1, 0) == tuple(
        await pool.fetchrow(
            """SELECT count(*) FILTER (WHERE what = 'deleted unused'), count(*) FILTER (WHERE what = 'old')
               FROM identity_accesses"""
        )
    )


async def test_changed_terms_ask_for_consent_again_and_old_consent_is_kept(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    browser = browsers()
    await sign_in(pool, browser, sink)
    await pool.execute("UPDATE account_consents SET version = '2025-01', text = 'lama', at = now() - interval '1 day'")
    sent_to = (await browser.get("/akun")).headers["location"]
    await browser.post("/akun/setuju", data={"agreed": "1"})

    assert "/akun/setuju" == sent_to
    assert 200 == (await browser.get("/akun")).status_code
    assert 2 == await pool.fetchval("SELECT count(*) FROM account_consents")


async def test_list_shows_that_a_complaint_waits_for_its_reporter(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    browser = browsers()
    await sign_in(pool, browser, sink)
    number = await complain(browser)
    async with pool.acquire() as db, db.transaction():
        await save_views(db, {number: ComplaintView(ticket=number, status="waiting_for_reporter", unit="PUPR")})

    assert "Petugas bertanya kepada Anda" in (await browser.get("/akun")).text


async def test_account_forms_sent_by_another_site_are_refused(
    browsers: Client, pool: Pool, sink: Sink, sending: None
) -> None:
    browser = browsers()
    await sign_in(pool, browser, sink)
    foreign = {"sec-fetch-site": "cross-site"}
    paths = ["/akun", "/akun/kode", "/akun/setuju", "/akun/keluar", "/akun/data", "/akun/hapus", "/akun/kontak/email"]

    assert {403} == {(await browser.post(path, headers=foreign)).status_code for path in paths}


async def test_without_mail_and_sms_there_is_no_account(pool: Pool, make_settings: Make, texts: Texts) -> None:
    settings = make_settings(smtp_url=None, kannel_send_url=None)
    store = PostgresStore(pool, settings, SERVICE, lambda: None, within_s=BOUND_S)
    transport = httpx.ASGITransport(build_app(store, settings, texts))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://lapor.example") as client:
        front, page = await client.get("/"), await client.get("/akun")

    assert (False, 404) == ('href="/akun"' in front.text, page.status_code)


async def test_with_one_medium_only_that_is_asked_for(pool: Pool, make_settings: Make, texts: Texts) -> None:
    settings = make_settings(kannel_send_url=None)
    store = PostgresStore(pool, settings, SERVICE, lambda: None, within_s=BOUND_S)
    transport = httpx.ASGITransport(build_app(store, settings, texts))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://lapor.example") as client:
        page = await client.get("/akun")
        phone = await client.post("/akun", data={"contact": "081234567890"})

    assert [True, False] == [each in page.text for each in ('type="email"', "nomor HP</label>")]
    assert 400 == phone.status_code
