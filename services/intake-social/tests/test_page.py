"""The page on Facebook, pushed and polled, by the real facebook-sdk against the stand-in, into a real PostgreSQL."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

import facebook
import httpx
import pytest

from chassis.database import Pool
from contracts.vocabulary import Status
from intake.complaint_view import ComplaintView, save_views
from intake_social.adapters.facebook import FacebookPage
from intake_social.app import send
from intake_social.page import read_page
from intake_social.post import Desk
from testing.notices import send_while
from testing.standins import post

pytestmark = pytest.mark.connected
OURS = "LaporSoppeng"
SAID = "Lampu jalan padam di Desa Jampu"
OTHER = "Sampah menumpuk di Desa Jampu sejak seminggu"


def writes(base: str, text: str = SAID, name: str = "Andi", **more: str) -> str:
    return str(post(f"{base}/graph/post", name=name, text=text, **more)["id"])


def messages(base: str, text: str = SAID, name: str = "Andi") -> str:
    return str(post(f"{base}/graph/message", name=name, text=text)["id"])


def fault(base: str, kind: str) -> None:
    assert httpx.post(f"{base}/graph/fault", json={"kind": kind}).status_code == 201


def told(base: str) -> list[str]:
    return [each["text"] for each in httpx.get(f"{base}/sent").json()]


async def look(desk: Desk, page: FacebookPage) -> None:
    """Poll as a process does that has just started."""
    await read_page(replace(desk, known={}), page)


async def answer(desk: Desk, pool: Pool, page: FacebookPage) -> None:
    """Send all waiting notices."""
    await pool.execute("UPDATE notices SET next_try_at = now()")
    say = partial(send, {"facebook": page.answer}, desk.texts.social, "")
    await send_while(pool, say, "SELECT EXISTS (SELECT FROM notices WHERE state = 'pending')")


async def eventually(look: Callable[[], Awaitable[object]]) -> None:
    """Let others run until ``look`` returns something true."""
    async with asyncio.timeout(60):
        while not await look():
            await asyncio.sleep(0.02)


async def complaints(pool: Pool) -> list[tuple[str, str]]:
    rows = await pool.fetch("SELECT thread, text FROM complaints ORDER BY received_at")
    return [tuple(row) for row in rows]


async def added(pool: Pool) -> list[str]:
    rows = await pool.fetch("SELECT jsonb_path_query(follow_ups, '$[*].text') #>> '{}' AS text FROM complaints")
    return [row["text"] for row in rows]


async def asks(pool: Pool) -> str:
    """Let the unit ask the reporter of the only complaint something. Return the ticket."""
    number = str(await pool.fetchval("SELECT ticket FROM complaints"))
    async with pool.acquire() as db:
        await save_views(db, {number: ComplaintView(ticket=number, seq=5, status=Status.WAITING_FOR_REPORTER)})
    return number


@pytest.mark.usefixtures("open_door")
async def test_the_handshake_is_answered(base: str) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{base}/graph/handshake")

    assert {"subscribed": True} == answer.json()


@pytest.mark.usefixtures("open_door")
async def test_pushed_post_is_stored_at_once_and_polling_does_not_double_it(
    base: str, desk: Desk, pool: Pool, page: FacebookPage
) -> None:
    made = writes(base)
    await eventually(partial(complaints, pool))
    await look(desk, page)

    assert [(f"facebook:{made}", SAID)] == await complaints(pool)
    assert (1, []) == (await pool.fetchval("SELECT count(*) FROM notices"), await added(pool))


@pytest.mark.usefixtures("open_door")
async def test_polled_post_is_not_doubled_by_a_late_push(base: str, desk: Desk, pool: Pool, page: FacebookPage) -> None:
    fault(base, "hook_late")
    polled = (f"facebook:{writes(base)}", SAID)
    await look(desk, page)
    before = await complaints(pool)
    pushed = (f"facebook:{writes(base, OTHER, name='Budi')}", OTHER)  # the late push arrives before this one

    async def both() -> bool:
        return len(await complaints(pool)) > 1

    await eventually(both)

    assert [polled] == before
    assert ([polled, pushed], []) == (await complaints(pool), await added(pool))


@pytest.mark.usefixtures("open_door")
async def test_polled_post_is_not_doubled_by_repeated_pushes(
    base: str, desk: Desk, pool: Pool, page: FacebookPage
) -> None:
    fault(base, "hook_lost")
    made = writes(base)
    await look(desk, page)
    before = await complaints(pool)
    fault(base, "hook_twice")
    edited = post(f"{base}/graph/edit", id=made, text=SAID)["id"]  # the same words again

    assert [(f"facebook:{edited}", SAID)] == before
    await look(desk, page)
    assert (before, []) == (await complaints(pool), await added(pool))


async def test_a_first_look_takes_what_was_written_within_a_day_and_nothing_older(
    base: str, desk: Desk, pool: Pool, page: FacebookPage
) -> None:
    hour_s = 3600
    writes(base, "Selokan tersumbat di Desa Jampu", ago_s=str(25 * hour_s))
    post(f"{base}/graph/message", name="Citra", text="Sampah menumpuk di Desa Jampu", ago_s=str(25 * hour_s))
    made = writes(base, name="Budi", ago_s=str(23 * hour_s))
    await look(desk, page)

    assert [(f"facebook:{made}", SAID)] == await complaints(pool)


@pytest.mark.usefixtures("open_door")
async def test_a_push_that_is_signed_wrongly_is_left_to_who_asks(
    base: str, desk: Desk, pool: Pool, page: FacebookPage
) -> None:
    fault(base, "hook_wrong_signature")
    writes(base)
    await look(desk, page)

    assert 1 == len(await complaints(pool))


async def test_own_comment_is_added_and_a_strangers_complaint_stands_alone(
    base: str, desk: Desk, pool: Pool, page: FacebookPage
) -> None:
    made = writes(base)
    await look(desk, page)
    writes(base, "Tiangnya juga miring", parent=made)
    writes(base, "setuju", name="Budi", parent=made)
    writes(base, "Sampah menumpuk di Desa Jampu sudah dua minggu", name="Citra", parent=made)
    for _ in range(2):
        await look(desk, page)

    assert ["Tiangnya juga miring"] == await added(pool)
    assert [SAID, "Sampah menumpuk di Desa Jampu sudah dua minggu"] == [text for _, text in await complaints(pool)]


async def test_under_our_own_posts_only_who_calls_us_is_taken(
    base: str, desk: Desk, pool: Pool, page: FacebookPage
) -> None:
    ours = writes(base, "Selamat hari jadi Soppeng", name=OURS)
    writes(base, "Jayalah Soppeng, lampu jalan di Desa Jampu padam semua", parent=ours)
    calling = writes(base, "#LAPOR lampu jalan padam di Desa Jampu", name="Budi", parent=ours)
    await look(desk, page)
    writes(base, "sudah tiga malam", name="Budi", parent=calling)
    await look(desk, page)

    assert [(f"facebook:{calling}", "lampu jalan padam di Desa Jampu")] == await complaints(pool)
    assert ["sudah tiga malam"] == await added(pool)


async def test_a_post_elsewhere_that_names_the_page_is_a_complaint(
    base: str, desk: Desk, pool: Pool, page: FacebookPage
) -> None:
    made = writes(base, elsewhere="yes")
    await look(desk, page)

    assert [(f"facebook:{made}", SAID)] == await complaints(pool)


async def test_comment_answers_the_unit_without_a_number(base: str, desk: Desk, pool: Pool, page: FacebookPage) -> None:
    made = writes(base)
    await look(desk, page)
    await answer(desk, pool, page)
    await asks(pool)
    receipt = next(e["id"] for e in comments(base, made))
    writes(base, "Dusun Lompengeng", parent=receipt)  # under our own words, as people do
    await look(desk, page)

    assert ["Dusun Lompengeng"] == await added(pool)
    assert told(base)[0].startswith("Terima kasih")


def comments(base: str, post_id: str) -> list[Any]:
    library = facebook.GraphAPI("standin-page-token")
    library.version = "v26.0"
    proof = hmac.new(b"app-secret", b"standin-page-token", hashlib.sha256).hexdigest()
    return list(library.get_connections(post_id, "comments", appsecret_proof=proof)["data"])


@pytest.mark.usefixtures("open_door")
async def test_messenger_is_answered_there_and_what_is_asked_is_answered_there(
    base: str, desk: Desk, pool: Pool, page: FacebookPage
) -> None:
    messages(base)
    await eventually(partial(complaints, pool))
    await answer(desk, pool, page)
    number = await asks(pool)
    messages(base, "Dusun Lompengeng")
    await eventually(partial(added, pool))
    await look(desk, page)
    assert (["Dusun Lompengeng"], 1) == (await added(pool), len(await complaints(pool)))
    assert [True] == [number in text for text in told(base)]


async def test_a_message_is_no_public_post_and_nobody_is_told_to_delete_it(
    base: str, desk: Desk, pool: Pool, page: FacebookPage
) -> None:
    messages(base, f"{SAID}, WA 0812-3456-7890")
    await look(desk, page)

    assert ["receipt"] == [row["kind"] for row in await pool.fetch("SELECT kind FROM notices")]


@pytest.mark.usefixtures("open_door")
async def test_deleted_post_is_forgotten_and_its_complaint_goes_on(base: str, pool: Pool) -> None:
    made = writes(base)
    await eventually(partial(complaints, pool))
    await pool.execute("UPDATE complaints SET registered_at = now()")
    post(f"{base}/graph/delete", id=made)

    async def forgotten() -> bool:
        return [(f"facebook:{made}:quiet", "")] == await complaints(pool)

    await eventually(forgotten)


async def answers(pool: Pool) -> list[str]:
    return [row["text"] for row in await pool.fetch("SELECT text FROM notices")]


@pytest.mark.usefixtures("open_door")
async def test_a_photo_without_a_word_that_is_pushed_is_answered_once_with_what_is_missing(
    base: str, desk: Desk, pool: Pool, page: FacebookPage
) -> None:
    post(f"{base}/graph/message", name="Andi", photo="yes")
    await eventually(partial(answers, pool))
    await look(desk, page)

    assert [True] == ["masih kosong" in text for text in await answers(pool)]


async def test_a_photo_without_a_word_that_no_push_told_is_answered_too(
    base: str, desk: Desk, pool: Pool, page: FacebookPage
) -> None:
    post(f"{base}/graph/message", name="Andi", photo="yes")
    await look(desk, page)

    assert [True] == ["masih kosong" in text for text in await answers(pool)]
