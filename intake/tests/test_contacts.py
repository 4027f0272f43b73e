"""Reporters at the website are told by the best of their contacts, and by all when they are asked to do something."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from chassis.batch import BatchHandler
from chassis.database import Pool
from contracts.events import ComplaintErased, ComplaintUpdated, Data
from intake.bounds import Bounds
from intake.contacts import (
    Contact,
    Medium,
    agree,
    exact_mark,
    find_contacts,
    find_link,
    find_marked,
    hear,
    inbox_of,
    mark_in,
    mark_of,
    renew_marks,
    shown,
    silence,
    token_of,
)
from intake.erasure import erase
from intake.export import export
from intake.notices import Notice, Send, TryLater, Undeliverable
from intake.projection import story_handler
from intake.retention import sweep_once
from intake.sending import Mark, send_notices
from intake.submissions import Accepted, IntakeSettings, Submission, accept
from testing.events import an_updated
from testing.fakes import message
from testing.fixtures import texts_of
from testing.waiting import finish, within

connected = pytest.mark.connected
Settings = Callable[..., IntakeSettings]
REGION = Path(__file__).parents[2] / "region" / "soppeng"
AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
MAIL, PHONE = "andi.kenari@contoh.id", "+6281234567890"
BOTH = {Medium.EMAIL: MAIL, Medium.SMS: PHONE}
INSTALLATION = UUID(int=1)
_ids = itertools.count()


@pytest.fixture
def steps(pool: Pool) -> BatchHandler[Any]:
    return BatchHandler(pool, story_handler("intake-web", texts_of(REGION), notify=True, event_key=b"key"))


async def heard(steps: BatchHandler[Any], *events: Data) -> None:
    await steps([message(data, event_id=f"e{next(_ids)}").record for data in events])


async def take(pool: Pool, settings: Settings, contacts: dict[Any, str], **more: Any) -> Accepted:
    sent = Submission(
        **{"channel": "web", "gateway": "form", "external_id": str(next(_ids)), "text": "lampu mati", **more},
        contacts=contacts,
        phone=contacts.get(Medium.SMS),
        email=contacts.get(Medium.EMAIL),
    )
    return await accept(pool, settings(), "intake-web", sent, lambda view: f"{view.ticket} diterima")


def step(it: Accepted, seq: int, kind: str, **facts: Any) -> ComplaintUpdated:
    known = {"origin": "intake-web", "channel": "web", "received_at": AT, "status": kind, **facts}
    return an_updated(seq, kind, complaint_id=it.complaint_id, ticket=it.ticket, **known)


async def told(pool: Pool) -> list[tuple[str, str, str]]:
    """Return (medium, kind, the subject after the ticket) of each notice, in the order in which they were added."""
    rows = await pool.fetch("SELECT medium, kind, ticket, subject FROM notices ORDER BY id")
    return [(row["medium"], row["kind"], row["subject"].removeprefix(f"{row['ticket']}: ")) for row in rows]


@asynccontextmanager
async def sending(
    pool: Pool, medium: str, send: Send, bounds: Bounds | None = None, mark: Mark | None = None
) -> AsyncIterator[None]:
    sender = asyncio.create_task(send_notices(pool, medium, send, bounds, medium=medium, mark=mark))
    yield
    sender.cancel()
    await finish(sender)


async def until(pool: Pool, condition: str) -> None:
    async with asyncio.timeout(60):
        while not await pool.fetchval(f"SELECT {condition} FROM notices"):
            await asyncio.sleep(0.02)


ASKED = "Dinas Pekerjaan Umum dan Penataan Ruang bertanya kepada Anda"


@connected
@pytest.mark.parametrize(
    ("contacts", "beside"),
    [
        (BOTH, [("email", "receipt"), ("email", "step"), ("email", "step"), ("sms", "step")]),
        ({Medium.EMAIL: MAIL}, [("email", "receipt"), ("email", "step"), ("email", "step")]),
        ({Medium.SMS: PHONE}, [("sms", "receipt"), ("sms", "step"), ("sms", "step")]),
        ({}, []),
    ],
    ids=["both", "mail", "phone", "none"],
)
async def test_mail_tells_all_and_a_phone_beside_it_what_asks_for_something(
    pool: Pool, make_settings: Settings, steps: BatchHandler[Any], contacts: dict[Any, str], beside: list[Any]
) -> None:
    it = await take(pool, make_settings, contacts)
    await pool.execute("UPDATE notices SET revisable = false")  # the receipt is on its way
    await heard(steps, step(it, 1, "in_progress"), step(it, 2, "waiting_for_reporter", message="Di mana?"))

    found = await told(pool)
    assert beside == sorted((medium, kind) for medium, kind, _ in found)
    assert {ASKED: bool(contacts)} == {ASKED: ASKED in [subject for _, _, subject in found]}


@connected
async def test_emergency_number_is_sent_to_every_contact_at_once(pool: Pool, make_settings: Settings) -> None:
    await take(pool, make_settings, BOTH, danger=["fire"])

    rows = await pool.fetch("SELECT medium, kind, next_try_at <= now() AS due FROM notices ORDER BY medium")
    assert [("email", "danger", True), ("sms", "danger", True)] == [tuple(row) for row in rows]


@connected
async def test_an_anonymous_complaint_keeps_no_contact(pool: Pool, make_settings: Settings) -> None:
    it = await take(pool, make_settings, BOTH, anonim=True)

    assert ([], []) == (await find_contacts(pool, it.ticket), await told(pool))
    assert (None, None) == tuple(await pool.fetchrow("SELECT phone, email FROM reporters"))


@connected
async def test_the_pages_word_and_the_messages_differ_in_where_to_answer(
    pool: Pool, make_settings: Settings, steps: BatchHandler[Any]
) -> None:
    it = await take(pool, make_settings, {Medium.EMAIL: MAIL})
    await heard(steps, step(it, 1, "waiting_for_reporter", message="Di mana?"))

    page = json.loads(await pool.fetchval("SELECT body FROM stories"))["steps"][0]["text"]
    text = await pool.fetchval("SELECT text FROM notices WHERE kind = 'step'")
    assert ("Jawab di halaman ini.", "Jawablah di halaman laporan.") == (page[-21:], text[-28:])


@connected
async def test_a_dead_address_is_given_up_and_the_phone_tells_the_rest(
    pool: Pool, make_settings: Settings, steps: BatchHandler[Any], caplog: pytest.LogCaptureFixture
) -> None:
    it = await take(pool, make_settings, BOTH)
    await pool.execute("UPDATE notices SET next_try_at = now()")
    await heard(steps, step(it, 1, "in_progress"))

    async def no_such_address(_: Notice) -> None:
        raise Undeliverable("550 5.1.1")

    async with sending(pool, "email", no_such_address):
        await until(pool, "count(*) FILTER (WHERE state = 'pending') = 0")
    await heard(steps, step(it, 2, "closed"))

    rows = await pool.fetch("SELECT medium, kind, state, detail FROM notices ORDER BY id")
    assert [
        ("email", "receipt", "refused", "550 5.1.1"),
        ("email", "step", "refused", "550 5.1.1"),
        ("sms", "step", "pending", None),
    ] == [tuple(row) for row in rows]
    assert [("email", True), ("sms", False)] == [(c.medium, c.failed) for c in await find_contacts(pool, it.ticket)]
    assert ["contact_given_up"] == [r.getMessage() for r in caplog.records if r.name == "intake.sending"]
    assert not [r for r in caplog.records if MAIL in str(vars(r))]


#: Addresses of the same inbox, by inbox.
INBOXES = {
    "korban@contoh.id": ["korban@contoh.id", "Korban@CONTOH.id", "korban+x@contoh.id", "korban+1+2@contoh.id"],
    "korban.tiga@contoh.id": ["korban.tiga@contoh.id", "korban.tiga+@contoh.id"],
    "korbantiga@gmail.com": ["korban.tiga@gmail.com", "KorbanTiga+lapor@googlemail.com", "k.o.r.b.a.n.tiga@gmail.com"],
    "+x@contoh.id": ["+x@contoh.id"],
    "+6281234567890": ["+6281234567890"],
    "a@b@contoh.id": ["A@b@contoh.id"],
}


@connected
async def test_postgresql_and_python_agree_on_the_inbox_of_an_address(pool: Pool) -> None:
    for inbox, written in INBOXES.items():
        for each in written:
            said = await pool.fetchval("SELECT inbox_of($1)", each)
            assert [inbox, inbox] == [inbox_of(each), said], each


def test_sign_in_is_bound_to_the_exact_address_of_an_inbox() -> None:
    plain, tagged = ("korban@contoh.id", "korban+x@contoh.id")

    assert mark_of(INSTALLATION, "email", plain) == mark_of(INSTALLATION, "email", tagged)
    assert exact_mark(INSTALLATION, "email", plain) != exact_mark(INSTALLATION, "email", tagged)


@connected
async def test_inbox_gets_five_messages_a_day_in_any_spelling_and_none_after_a_stop(
    pool: Pool, make_settings: Settings
) -> None:
    written = [f"korban.tiga+{n}@gmail.com" for n in range(4)] + ["KorbanTiga@gmail.com"] * 4
    for address in written:
        await take(pool, make_settings, {Medium.EMAIL: address})
    await pool.execute("UPDATE notices SET next_try_at = now()")
    to: list[str] = []

    async def send(notice: Notice) -> None:
        to.append(notice.address)

    async with sending(pool, "email", send, Bounds(later="", last=lambda _: "", all_a_day=5)):
        await until(pool, "count(*) FILTER (WHERE state = 'pending') = 0")
        await silence(pool, mark_of(INSTALLATION, Medium.EMAIL, written[-1]))
        stopped = await take(pool, make_settings, {Medium.EMAIL: "korbantiga+y@googlemail.com"})

    assert 5 == len(to)
    assert [] == await pool.fetch("SELECT FROM notices WHERE ticket = $1", stopped.ticket)


@connected
async def test_an_old_link_and_an_old_stop_hold_when_marks_become_those_of_inboxes(
    pool: Pool, make_settings: Settings, steps: BatchHandler[Any]
) -> None:
    address = "andi.kenari+lapor@gmail.com"
    before, now = exact_mark(INSTALLATION, "email", address), mark_of(INSTALLATION, "email", address)
    it = await take(pool, make_settings, {Medium.EMAIL: address})
    await pool.execute("UPDATE contacts SET mark = $1", before)  # as an earlier release stored it
    await pool.execute("DELETE FROM agreements")
    await pool.execute("INSERT INTO agreements (mark, asked_by, agreed_at) VALUES ($1, 0, now())", before)
    await pool.execute("INSERT INTO silenced (mark) VALUES ($1)", before)

    for _ in range(2):  # at each start
        await renew_marks(pool, INSTALLATION)
    states = [await find_marked(pool, each) for each in (before, now)]
    async with pool.acquire() as db:
        await hear(db, before)
    heard = await find_marked(pool, now)
    another = await take(pool, make_settings, {Medium.EMAIL: address})
    await silence(pool, before)
    stopped = await take(pool, make_settings, {Medium.EMAIL: "andikenari@gmail.com"})

    assert [(True, False)] * 2 == [(each.stopped, each.awaits_yes) for each in states if each]
    assert heard
    assert not heard.stopped
    told = "SELECT ticket FROM notices WHERE state = 'pending' OR detail = 'stopped' ORDER BY id"
    assert [it.ticket, another.ticket] == [row["ticket"] for row in await pool.fetch(told)]
    assert await pool.fetchval("SELECT why FROM untold WHERE ticket = $1", stopped.ticket) == "stopped"


def mark(notice: Notice) -> bytes:
    return mark_of(INSTALLATION, Medium.EMAIL, notice.address)


@connected
async def test_the_first_message_to_an_inbox_asks_and_what_follows_waits_for_a_yes(
    pool: Pool, make_settings: Settings, steps: BatchHandler[Any]
) -> None:
    first = await take(pool, make_settings, {Medium.EMAIL: "korban@contoh.id"})
    second = await take(pool, make_settings, {Medium.EMAIL: "Korban+x@contoh.id"})
    others = await take(pool, make_settings, {Medium.EMAIL: MAIL})
    sent: list[tuple[str, str, bool]] = []

    async def send(notice: Notice) -> None:
        sent.append((notice.ticket, notice.kind, notice.asks))
        if len(sent) == 1:
            raise TryLater("the mail server is away", after_s=0)

    await pool.execute("UPDATE notices SET next_try_at = now(), revisable = false")
    async with sending(pool, "email", send, mark=mark):
        await until(pool, "count(*) FILTER (WHERE state = 'sent') = 2 AND bool_or(next_try_at = 'infinity')")
        await heard(steps, step(first, 1, "in_progress"))
        await take(pool, make_settings, {Medium.EMAIL: "korban@contoh.id"}, danger=["fire"])
        await until(pool, "count(*) FILTER (WHERE state = 'sent') = 3 AND count(*) FILTER (WHERE quiet) = 2")
        before = sent.copy()
        (contact,) = await find_contacts(pool, first.ticket)
        await agree(pool, mark_of(INSTALLATION, Medium.EMAIL, "korban@contoh.id"))
        await until(pool, "bool_and(state = 'sent')")

    of_first = (first.ticket, "receipt", True)
    assert [of_first, of_first, (others.ticket, "receipt", True)] == sorted(
        before[:3], key=lambda it: it[0] != first.ticket
    )
    assert ("danger", False) == before[3][1:]
    assert [(second.ticket, "receipt", False), (first.ticket, "step", False)] == sent[4:]
    assert contact.awaits_yes
    assert [False] == [each.awaits_yes for each in await find_contacts(pool, first.ticket)]


@connected
@pytest.mark.parametrize("ends", ["erased", "dropped", "refused"])
async def test_where_the_message_that_was_to_ask_never_went_the_next_one_asks(
    pool: Pool, make_settings: Settings, ends: str
) -> None:
    first = await take(pool, make_settings, {Medium.EMAIL: MAIL})
    asked: list[tuple[str, bool]] = []

    async def send(notice: Notice) -> None:
        asked.append((notice.ticket, notice.asks))
        if len(asked) == 1:
            raise TryLater("the mail server is away", after_s=3600)

    await pool.execute("UPDATE notices SET next_try_at = now(), revisable = false")
    async with sending(pool, "email", send, mark=mark):
        await until(pool, "bool_and(attempts = 1)")
        if ends == "erased":
            async with pool.acquire() as db, db.transaction():
                await erase(db, "intake-web", b"k" * 16, first.complaint_id, first.ticket, tell=False)
        else:
            await pool.execute("UPDATE notices SET state = $1", ends)
        next_one = await take(pool, make_settings, {Medium.EMAIL: MAIL})
        await pool.execute(
            "UPDATE notices SET next_try_at = now(), revisable = false WHERE ticket = $1", next_one.ticket
        )
        await until(pool, "count(*) FILTER (WHERE state = 'sent') = 1")
        third = await take(pool, make_settings, {Medium.EMAIL: MAIL})
        await pool.execute("UPDATE notices SET next_try_at = now(), revisable = false WHERE ticket = $1", third.ticket)
        await until(pool, "bool_or(next_try_at = 'infinity')")

    assert [(first.ticket, True), (next_one.ticket, True)] == asked
    assert "waits awaits_yes" == await pool.fetchval("SELECT says FROM notices WHERE ticket = $1", third.ticket)


@connected
async def test_message_awaiting_consent_for_a_month_is_dropped_and_the_desk_told_why(
    pool: Pool, make_settings: Settings, steps: BatchHandler[Any]
) -> None:
    it = await take(pool, make_settings, {Medium.EMAIL: MAIL})

    async def send(_: Notice) -> None:
        pass

    async with sending(pool, "email", send, mark=mark):
        await until(pool, "bool_and(state = 'sent')")
        await heard(steps, step(it, 1, "in_progress"))
        await until(pool, "bool_or(next_try_at = 'infinity')")
    says = "SELECT says FROM notices WHERE kind = 'step'"
    waiting = await pool.fetchval(says)
    await pool.execute("UPDATE notices SET created_at = now() - interval '31 days' WHERE kind = 'step'")
    await sweep_once(pool, "intake-web", b"key", {})

    assert ("waits awaits_yes", "never_sent awaits_yes") == (waiting, await pool.fetchval(says))


@connected
async def test_a_stop_of_before_inboxes_were_known_holds(pool: Pool, make_settings: Settings) -> None:
    await pool.execute("INSERT INTO silenced (mark) VALUES ($1)", exact_mark(INSTALLATION, "email", "a+x@contoh.id"))
    it = await take(pool, make_settings, {Medium.EMAIL: "a+x@contoh.id"})

    assert [] == await pool.fetch("SELECT FROM notices WHERE ticket = $1", it.ticket)


@connected
async def test_unsubscribed_contact_is_sent_nothing_until_it_subscribes_again(
    pool: Pool, make_settings: Settings, steps: BatchHandler[Any]
) -> None:
    mark = mark_of(INSTALLATION, Medium.EMAIL, MAIL.upper())
    first = await take(pool, make_settings, BOTH)
    link = await find_link(pool, INSTALLATION, first.ticket, 45)
    await silence(pool, mark)
    second = await take(pool, make_settings, {Medium.EMAIL: MAIL})
    await heard(steps, step(first, 1, "in_progress"), step(second, 1, "in_progress"), step(first, 2, "resolved"))

    assert link
    assert await find_link(pool, INSTALLATION, first.ticket, 45) is None
    assert Contact(medium="email", shown="a…@contoh.id", stopped=True) == await find_marked(pool, mark)
    rows = await pool.fetch("SELECT medium, state, detail FROM notices ORDER BY id")
    assert [("email", "dropped", "stopped"), ("sms", "pending", None)] == [tuple(row) for row in rows]

    await hear(pool, mark)
    await heard(steps, step(second, 2, "closed"))
    assert ("email", "step", "ditutup") == (await told(pool))[-1]


@connected
async def test_a_medium_that_hangs_holds_up_no_other(
    pool: Pool, make_settings: Settings, steps: BatchHandler[Any]
) -> None:
    it, taken = await take(pool, make_settings, BOTH, danger=["fire"]), list[str]()
    hangs, goes_on = asyncio.Event(), asyncio.Event()

    async def hang(_: Notice) -> None:
        hangs.set()
        await within(goes_on.wait())

    async def take_it(notice: Notice) -> None:
        await within(hangs.wait())
        taken.append(notice.ticket)

    mail = asyncio.create_task(send_notices(pool, "email", hang, medium="email"))
    async with sending(pool, "sms", take_it):
        await until(pool, "count(*) FILTER (WHERE medium = 'sms' AND state = 'sent') = 1")
    assert [it.ticket] == taken
    goes_on.set()
    mail.cancel()
    await finish(mail)


@connected
@pytest.mark.parametrize("said_yes", [True, False])
async def test_erasure_removes_contacts_and_says_farewell_only_to_consenting_ones(
    pool: Pool, make_settings: Settings, steps: BatchHandler[Any], said_yes: bool
) -> None:
    it, sent = await take(pool, make_settings, BOTH), list[tuple[str, str]]()
    # The receipt asked its inbox for consent.
    asked_by = await pool.fetchval("UPDATE notices SET state = 'sent' WHERE medium = 'email' RETURNING id")
    inbox = mark_of(INSTALLATION, "email", MAIL)
    await pool.execute("INSERT INTO agreements (mark, asked_by) VALUES ($1, $2)", inbox, asked_by)
    if said_yes:
        await agree(pool, mark_of(INSTALLATION, Medium.EMAIL, MAIL))
    order: dict[str, Any] = {
        "complaint_id": it.complaint_id,
        "ticket": it.ticket,
        "origin": "intake-web",
        "by": "DISKOMINFO",
        "reason": "diminta",
        "asked_at": AT,
    }
    done = step(it, 9, "noted", note="erased", code="erased", status="closed")
    await heard(steps, step(it, 1, "registered"), ComplaintErased(**order), done)

    async def by_mail(notice: Notice) -> None:
        sent.append((notice.address, notice.text))

    async with sending(pool, "email", by_mail, mark=mark), asyncio.timeout(60):
        while await pool.fetchval("SELECT EXISTS (SELECT FROM farewells)"):
            await asyncio.sleep(0.02)
    assert ([MAIL] if said_yes else []) == [address for address, _ in sent]
    assert all("sudah kami hapus" in text for _, text in sent)
    tables = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for table in tables:
        for row in await pool.fetch(f"SELECT t::text AS row FROM {table['tablename']} t"):
            assert not [known for known in (MAIL, PHONE) if known in row["row"]], table["tablename"]


@connected
async def test_a_person_is_given_what_was_sent_to_them_by_any_contact(pool: Pool, make_settings: Settings) -> None:
    it = await take(pool, make_settings, BOTH)

    for wanted in (it.ticket, MAIL, PHONE):
        known = await export(pool, wanted)
        assert [[MAIL, PHONE]] == [sorted(each["told_at"], reverse=True) for each in known["complaints"]]
        assert [(MAIL, f"{it.ticket} diterima")] == [(each["address"], each["text"]) for each in known["messages"]]


@connected
async def test_the_secret_link_ends_with_the_pass(pool: Pool, make_settings: Settings) -> None:
    it = await take(pool, make_settings, {Medium.EMAIL: MAIL})
    other = await take(pool, make_settings, {Medium.EMAIL: MAIL})
    by_phone = await take(pool, make_settings, {Medium.SMS: PHONE})
    link = await find_link(pool, INSTALLATION, it.ticket, 45)

    assert link
    assert link == await find_link(pool, INSTALLATION, it.ticket, 45)
    assert link != await find_link(pool, UUID(int=2), it.ticket, 45)
    assert link != await find_link(pool, INSTALLATION, other.ticket, 45)
    assert await find_link(pool, INSTALLATION, by_phone.ticket, 45) is None
    await pool.execute("UPDATE contacts SET created_at = created_at - interval '46 days'")
    assert await find_link(pool, INSTALLATION, it.ticket, 45) is None


def test_a_token_is_read_back_and_nothing_else_is() -> None:
    mark = mark_of(INSTALLATION, Medium.EMAIL, MAIL)
    token = token_of(mark)

    assert mark == mark_in(token)
    assert [None] * 5 == [mark_in(each) for each in ("", "x", token[:-1], f"{token}=", "é" * 22)]
    assert mark != mark_of(INSTALLATION, Medium.SMS, MAIL)


@pytest.mark.parametrize(
    ("medium", "address", "says"),
    [
        (Medium.EMAIL, MAIL, "a…@contoh.id"),
        (Medium.SMS, PHONE, "0812…90"),
        (Medium.SMS, "+60123456789", "+601…89"),
    ],
)
def test_a_contact_is_shown_so_that_only_its_owner_knows_it_again(medium: str, address: str, says: str) -> None:
    assert says == shown(medium, address)
