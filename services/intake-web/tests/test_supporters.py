"""Supporters are counted, and the count is published; those who leave a contact are notified of changes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest
from listed_views import number, view
from test_senders import NONE_WAITS, running, settings, sink, until

from chassis.database import Pool
from contracts import codec
from contracts.events import ComplaintSupported
from contracts.vocabulary import Status
from intake.complaint_view import ComplaintView, save_views
from intake.contacts import Medium, agree, mark_of, silence, token_of
from intake.export import export
from intake.texts import Texts
from intake_web.adapters import listings, supporters
from intake_web.messages import followed
from intake_web.senders import A_DAY
from intake_web.settings import WebSettings
from lapor.demo.player import somebody
from testing.mail import Sink
from testing.waiting import within

pytestmark = pytest.mark.connected
__all__ = ["settings", "sink"]
MAIL, PHONE = "siti@contoh.id", "0812 3456 7890"
T = number(1)
Tell = Callable[..., Any]


@pytest.fixture
def tell(pool: Pool, texts: Texts) -> Tell:
    """Stores views as the intake stores a batch, and notifies their followers."""

    async def also(db: Any, views: Any) -> None:
        await listings.keep(texts.zone, db, views)
        await supporters.tell(partial(followed, texts, "followed_step"), db, views)

    async def keep(*views: ComplaintView) -> None:
        async with pool.acquire() as db, db.transaction():
            await save_views(db, {each.ticket: each for each in views}, also=also)

    return keep


async def support(kept: httpx.AsyncClient, ticket: str = T, **typed: str) -> httpx.Response:
    """Support it as another browser, from another address."""
    kept.cookies.clear()
    answer = await kept.post(f"/laporan/{ticket}/dukung", data=typed, headers=somebody())
    assert not answer.is_server_error, answer.text
    return answer


async def told(pool: Pool) -> list[tuple[str, str, str]]:
    rows = await pool.fetch("SELECT medium, address, text FROM notices WHERE kind = 'followed' ORDER BY id")
    return [tuple(row) for row in rows]


async def published(pool: Pool) -> list[Any]:
    return [codec.decode(row["value"]) for row in await pool.fetch("SELECT value FROM outbox ORDER BY seq")]


async def test_router_learns_the_number_of_supporters_but_not_their_identity(
    kept: httpx.AsyncClient, pool: Pool, tell: Tell
) -> None:
    await tell(view(1))

    for mail in ("", MAIL):
        await support(kept, email=mail)

    events = await published(pool)
    assert [ComplaintSupported(ticket=T, supporters=n) for n in (1, 2)] == [event.data for event in events]
    assert [T, T] == [event.subject for event in events]


async def test_the_same_browser_again_is_counted_and_told_once(kept: httpx.AsyncClient, pool: Pool, tell: Tell) -> None:
    await tell(view(1))
    await support(kept)

    await kept.post(f"/laporan/{T}/dukung")

    assert ([1], {T: 1}) == (
        [event.data.supporters for event in await published(pool)],
        await supporters.supporters(pool, [T]),
    )


async def test_many_at_once_are_all_counted_and_the_last_count_is_told(
    kept: httpx.AsyncClient, pool: Pool, tell: Tell
) -> None:
    await tell(view(1))

    await within(asyncio.gather(*(supporters.support(pool, "intake-web", T, bytes([n])) for n in range(12))))

    assert [*range(1, 13)] == sorted(event.data.supporters for event in await published(pool))
    assert {T: 12} == await supporters.supporters(pool, [T])


async def test_a_change_of_the_complaint_leaves_the_count_as_it_is(
    kept: httpx.AsyncClient, pool: Pool, tell: Tell
) -> None:
    await tell(view(1))
    await support(kept)

    await tell(view(1, status=Status.IN_PROGRESS, seq=4))

    page = await kept.get(f"/laporan/{T}")
    assert ({T: 1}, True) == (await supporters.supporters(pool, [T]), "<b>1 warga lain</b>" in page.text)
    assert 1 == (await kept.get(f"/v1/complaints/{T}")).json()["supporters"]


async def test_supporter_with_a_contact_is_notified_of_each_status_change(
    kept: httpx.AsyncClient, pool: Pool, tell: Tell
) -> None:
    await tell(view(1))

    answer = await support(kept, email=MAIL, phone=PHONE)
    await tell(view(1, status=Status.ACKNOWLEDGED, seq=4))
    await tell(view(1, status=Status.ACKNOWLEDGED, seq=5, rating=None))
    await tell(view(1, status=Status.RESOLVED, seq=6))

    assert (303, f"/laporan/{T}?didukung=kabar") == (answer.status_code, answer.headers["location"])
    assert [(address, text) for medium, address, text in await told(pool) if medium == "email"] == [
        (MAIL, f"Anda akan dikabari tentang laporan {T} yang Anda dukung. Sekarang: diteruskan."),
        (MAIL, f"Laporan {T} yang Anda dukung: diterima petugas."),
        (MAIL, f"Laporan {T} yang Anda dukung: selesai ditangani."),
    ]
    assert {"+6281234567890"} == {address for medium, address, _ in await told(pool) if medium == "sms"}


@pytest.mark.parametrize("status", [Status.ROUTED, Status.RETURNED, Status.WAITING_FOR_REPORTER])
async def test_supporter_is_not_notified_of_routing_returns_or_questions(
    kept: httpx.AsyncClient, pool: Pool, tell: Tell, status: str
) -> None:
    await tell(view(1, status=Status.ACKNOWLEDGED))
    await support(kept, email=MAIL)

    await tell(view(1, status=status, seq=4))

    assert 1 == len(await told(pool))


@pytest.mark.parametrize("facts", [{"rahasia": True}, {"listed": False}])
async def test_supporter_hears_nothing_once_the_complaint_is_unlisted_or_confidential(
    kept: httpx.AsyncClient, pool: Pool, tell: Tell, facts: dict[str, Any]
) -> None:
    await tell(view(1))
    await support(kept, email=MAIL)

    await tell(view(1, status=Status.RESOLVED, seq=4, **facts))

    assert 1 == len(await told(pool))


async def test_the_same_contact_follows_a_complaint_once_and_others_too(
    kept: httpx.AsyncClient, pool: Pool, tell: Tell
) -> None:
    await tell(view(1), view(2))

    for ticket in (T, T, number(2)):
        await support(kept, ticket, email=MAIL)
    await tell(view(1, status=Status.RESOLVED, seq=4))

    assert [T, number(2), T] == [re.findall(r"SPG-\S{4}-\w{5}", text)[0] for _, _, text in await told(pool)]


async def test_a_double_click_follows_once(pool: Pool, texts: Texts, tell: Tell) -> None:
    await tell(view(1))
    word = partial(followed, texts, "followed")

    await within(asyncio.gather(*(supporters.follow(pool, UUID(int=1), T, {"email": MAIL}, word) for _ in range(8))))

    assert (1, 1) == (len(await told(pool)), await pool.fetchval("SELECT count(*) FROM followers"))


async def test_unsubscribed_supporter_stays_silenced_when_their_address_is_typed_again(
    kept: httpx.AsyncClient, pool: Pool, tell: Tell
) -> None:
    await tell(view(1))
    await support(kept, email=MAIL)
    await silence(pool, await pool.fetchval("SELECT mark FROM contacts"))

    await tell(view(1, status=Status.RESOLVED, seq=4))
    await tell(view(2))
    await support(kept, number(2), email=MAIL)

    states = [row["state"] for row in await pool.fetch("SELECT state FROM notices WHERE kind = 'followed'")]
    assert ["dropped"] == states


async def test_the_link_in_a_message_stops_it(kept: httpx.AsyncClient, pool: Pool, tell: Tell) -> None:
    await tell(view(1))
    await support(kept, email=MAIL)
    token = token_of(await pool.fetchval("SELECT mark FROM contacts"))

    stopped = await kept.post(f"/berhenti/{token}", headers=somebody())
    await tell(view(1, status=Status.RESOLVED, seq=4))

    assert (200, 1) == (stopped.status_code, len(await told(pool)))


async def test_a_contact_that_cannot_be_read_is_asked_for_again_and_nothing_is_counted(
    kept: httpx.AsyncClient, pool: Pool, tell: Tell
) -> None:
    await tell(view(1))

    page = await support(kept, email="siti@contoh", phone="123")

    assert (400, 2) == (page.status_code, page.text.count('aria-invalid="true"'))
    assert ({}, 'value="siti@contoh"' in page.text) == (await supporters.supporters(pool, [T]), True)


async def test_subscribing_without_a_contact_is_rejected_with_a_request_for_one(
    kept: httpx.AsyncClient, pool: Pool, tell: Tell
) -> None:
    await tell(view(1))

    page = await support(kept, kabari="1", email="  ")

    assert (400, True, []) == (page.status_code, "Tulis email atau nomor HP" in page.text, await told(pool))


async def test_one_contact_can_not_be_used_for_many_complaints_at_once(
    kept: httpx.AsyncClient, pool: Pool, tell: Tell
) -> None:
    await tell(*(view(n) for n in range(1, 13)))

    answers = [await support(kept, number(n), email=MAIL) for n in range(1, 13)]

    assert [303] * 10 + [429] * 2 == [answer.status_code for answer in answers]
    assert 10 == len(await told(pool))


async def test_with_the_complaint_goes_who_followed_it(kept: httpx.AsyncClient, pool: Pool, tell: Tell) -> None:
    await tell(view(1))
    await support(kept, email=MAIL)

    await tell(ComplaintView(ticket=T, erased=True))

    left = [await pool.fetchval(f"SELECT count(*) FROM {table}") for table in ("followers", "contacts", "reporters")]
    assert [0, 0, 0] == left


async def test_a_month_after_it_ended_the_contact_is_forgotten_and_not_before(
    kept: httpx.AsyncClient, pool: Pool, tell: Tell
) -> None:
    await tell(view(1), view(2))
    for n in (1, 2):
        await support(kept, number(n), email=MAIL)
    await tell(view(1, status=Status.CLOSED, seq=4))
    async with pool.acquire() as db:
        soon = await supporters.forget(db)
        await db.execute("UPDATE followers SET ended_at = ended_at - interval '31 days'")
        later = await supporters.forget(db)

    left = [row["ticket"] for row in await pool.fetch("SELECT ticket FROM followers")]
    assert ({"followers": 0}, {"followers": 1}, [number(2)]) == (soon, later, left)


async def test_personal_data_export_includes_followed_complaints_and_messages(
    kept: httpx.AsyncClient, pool: Pool, tell: Tell
) -> None:
    await tell(view(1))
    await support(kept, email=MAIL)

    async with pool.acquire() as db:
        known = await export(db, MAIL)

    assert ([], [MAIL]) == (known["complaints"], [each["address"] for each in known["following"]])
    assert [MAIL] == [each["address"] for each in known["messages"]]


async def test_its_page_asks_for_a_contact_only_after_it_was_supported(kept: httpx.AsyncClient, tell: Tell) -> None:
    await tell(view(1))
    strangers = [(await kept.get(f"/laporan/{T}?didukung={how}")).text for how in ("1", "kabar")]
    before = (await kept.get(f"/laporan/{T}")).text
    await support(kept)

    pages = [before, *[(await kept.get(f"/laporan/{T}?didukung={how}")).text for how in ("1", "kabar")]]

    assert [True, True] == ["Saya juga mengalaminya" in page and "Terima kasih" not in page for page in strangers]
    assert [False, True, False] == ['name="email"' in page for page in pages]
    assert ["Saya juga mengalaminya", "Kabari saya", "Anda akan dikabari"] == [
        next(said for said in ("Saya juga mengalaminya", "Kabari saya", "Anda akan dikabari") if said in page)
        for page in pages
    ]


async def test_supporter_is_mailed_at_most_five_times_a_day(
    kept: httpx.AsyncClient, pool: Pool, settings: WebSettings, texts: Texts, sink: Sink, tell: Tell
) -> None:
    await agree(pool, mark_of(settings.installation_namespace, Medium.EMAIL, MAIL))
    await tell(*(view(n) for n in range(1, A_DAY + 1)))
    for n in range(1, A_DAY + 1):
        await support(kept, number(n), email=MAIL)
    await tell(view(1, status=Status.RESOLVED, seq=4))

    async with running(pool, settings, texts):
        await until(pool, NONE_WAITS)

    assert [MAIL] * A_DAY == [str(mail["To"]) for mail in sink.mails]
    assert all(str(mail["List-Unsubscribe"]).startswith("<https://lapor.example/berhenti/") for mail in sink.mails)
    assert f"Anda akan dikabari tentang laporan {T}" in " ".join(str(sink.mails[0].get_content()).split())
