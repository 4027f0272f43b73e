"""Deletions on a network: the words and the author's name go, the complaint goes on."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from chassis.database import Pool
from intake.complaint_view import ComplaintView, save_views
from intake.service import Context, Parts
from intake_social import whatsapp_talk
from intake_social.adapters import x
from intake_social.adapters.facebook import FacebookPage
from intake_social.app import parts
from intake_social.deletions import forget, forget_deleted
from intake_social.mentions import look_for_deleted, read_mentions
from intake_social.page import take_hook
from intake_social.post import Desk
from intake_social.spending import PRICES
from testing.standins import mention

pytestmark = pytest.mark.connected
PAGE, NUMBER, WHO = "170800000000001", "170800000000003", "6281234567890"
SAID = "Jalan rusak di Desa Jampu, telepon 081234567890"


async def registered(pool: Pool, status: str = "routed") -> None:
    """Mark all complaints as registered by the router."""
    rows = await pool.fetch("UPDATE complaints SET registered_at = now() RETURNING ticket")
    views = {row["ticket"]: ComplaintView(ticket=row["ticket"], seq=1, status=status, unit="PUPR") for row in rows}
    async with pool.acquire() as db:
        await save_views(db, views)


async def kept(pool: Pool) -> list[tuple[str, str, str | None]]:
    query = "SELECT thread, text, name FROM complaints JOIN reporters USING (reporter_ref) ORDER BY thread"
    return [tuple(row) for row in await pool.fetch(query)]


async def deletes(base: str, post_id: str) -> None:
    async with httpx.AsyncClient() as http:
        await http.post(f"{base}/x/delete", json={"id": post_id})


async def test_a_post_that_is_deleted_is_forgotten_and_others_stay(
    base: str, client: Any, desk: Desk, pool: Pool
) -> None:
    goes, stays = mention(base, "@LaporSoppeng jalan rusak"), mention(base, "@LaporSoppeng lampu mati", handle="lain")
    await read_mentions(desk, client, await x.whoami(client))
    await registered(pool)
    await deletes(base, goes)

    assert [1, 0] == [await forget_deleted(desk, client) for _ in range(2)]
    assert [(f"x:{goes}:quiet", "", None), (f"x:{stays}", "lampu mati", "lain")] == await kept(pool)
    assert 2 == await pool.fetchval("SELECT count(*) FROM stories")


async def test_the_name_stays_as_long_as_another_post_of_theirs_does(
    base: str, client: Any, desk: Desk, pool: Pool
) -> None:
    goes, stays = (mention(base, f"@LaporSoppeng {what}") for what in ("jalan rusak", "lampu mati"))
    await read_mentions(desk, client, await x.whoami(client))
    await registered(pool)

    assert 1 == await forget(desk, "x", [goes])
    assert [(f"x:{goes}:quiet", "", "warga"), (f"x:{stays}", "lampu mati", "warga")] == await kept(pool)


async def test_deleted_post_is_kept_until_the_router_knows_it(base: str, client: Any, desk: Desk, pool: Pool) -> None:
    goes = mention(base, "@LaporSoppeng jalan rusak")
    await read_mentions(desk, client, await x.whoami(client))

    assert 0 == await forget(desk, "x", [goes])
    await registered(pool)
    assert 1 == await forget(desk, "x", [goes])


async def test_closed_complaint_is_forgotten_when_its_post_is_deleted_or_after_60_days(
    base: str, client: Any, desk: Desk, pool: Pool
) -> None:
    goes, stays = (mention(base, f"@LaporSoppeng {what}") for what in ("jalan rusak", "lampu mati"))
    await read_mentions(desk, client, await x.whoami(client))
    await registered(pool, status="closed")
    await deletes(base, goes)

    assert 1 == await forget_deleted(desk, client)
    assert [(f"x:{goes}:quiet", "", "warga"), (f"x:{stays}", "lampu mati", "warga")] == await kept(pool)

    await pool.execute("UPDATE complaints SET received_at = received_at - interval '61 d'")
    assert 0 == await forget_deleted(desk, client)
    assert [(f"x:{goes}:quiet", "", None), (f"x:{stays}", "", None)] == await kept(pool)


async def test_words_that_are_quoted_go_with_the_post_that_they_are_of(
    base: str, client: Any, desk: Desk, pool: Pool
) -> None:
    theirs = mention(base, "Jembatan Lajoa putus diterjang banjir", handle="lain", mention="no")
    mine = mention(base, "@LaporSoppeng tolong ini", quote_of=theirs)
    await read_mentions(desk, client, await x.whoami(client))
    await registered(pool)
    await deletes(base, theirs)

    assert 1 == await forget_deleted(desk, client)
    assert [(f"x:{mine}", "", None)] == await kept(pool)


async def test_twice_a_day_is_looked_and_once_a_day_paid_for(base: str, client: Any, desk: Desk, pool: Pool) -> None:
    noon = datetime.now(UTC).replace(hour=1, minute=0)
    mention(base, "@LaporSoppeng jalan rusak")
    await read_mentions(desk, client, await x.whoami(client))
    await registered(pool)
    paid = [await pool.fetchval("SELECT usd FROM spending")]
    for hours in (0, 1, 12.5, 25):
        await look_for_deleted(desk, client, noon + timedelta(hours=hours))
        paid.append(await pool.fetchval("SELECT usd FROM spending"))

    assert [PRICES["checked"], 0, 0, PRICES["checked"]] == [after - before for before, after in pairwise(paid)]


async def test_nothing_is_forgotten_for_nothing(desk: Desk) -> None:
    assert 0 == await forget(desk, "facebook", [])


# --- deletions before the post came, or before the router knows it


@pytest.fixture
async def made(desk: Desk) -> AsyncIterator[Parts]:
    context = Context(pool=desk.pool, settings=desk.settings, texts=desk.texts, wake=desk.wake)
    async with parts(context) as made:
        yield made


async def router_hears(pool: Pool, made: Parts) -> None:
    """Let the router tell that all complaints are registered."""
    tickets = [row["ticket"] for row in await pool.fetch("SELECT ticket FROM complaints")]
    views = {each: ComplaintView(ticket=each, seq=1, status="routed", registered=True) for each in tickets}
    async with pool.acquire() as db, db.transaction():
        await save_views(db, views, also=made.also)


async def pushed(desk: Desk, page: FacebookPage, channel: str, id_: str, *, deleted: bool = False) -> None:
    """Push a webhook that something with ``SAID`` was written, or ``deleted``."""
    now = int(time.time())
    if channel == "whatsapp":
        told: dict[str, Any] = {"from": WHO, "id": id_, "timestamp": str(now), "type": "text", "text": {"body": SAID}}
        if deleted:
            told |= {"id": f"{id_}-deleted", "type": "revoke", "revoke": {"original_message_id": id_}}
        contact = {"wa_id": WHO, "profile": {"name": "Andi"}}
        value: dict[str, Any] = {"metadata": {"phone_number_id": NUMBER}, "contacts": [contact], "messages": [told]}
        entry: dict[str, Any] = {"id": "1", "changes": [{"field": "messages", "value": value}]}
        body = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
        await whatsapp_talk.take_hook(desk, NUMBER, body)
        return
    if channel == "messenger":
        message = {"mid": id_, **({"is_deleted": True} if deleted else {"text": SAID})}
        more: dict[str, Any] = {"messaging": [{"sender": {"id": WHO}, "timestamp": now * 1000, "message": message}]}
    else:
        by = {"id": WHO, "name": "Andi"}
        value = {"item": "status", "post_id": id_, "from": by, "created_time": now, "message": SAID}
        more = {"changes": [{"field": "feed", "value": {**value, "verb": "remove" if deleted else "add"}}]}
    body = json.dumps({"object": "page", "entry": [{"id": PAGE, "time": now, **more}]}).encode()
    await take_hook(desk, page, PAGE, body)


@pytest.mark.parametrize(
    ("channel", "thread"),
    [
        ("facebook", "facebook:1_7:quiet"),
        ("messenger", f"facebook:person.{WHO}"),
        ("whatsapp", f"whatsapp:person.{WHO}"),
    ],
)
async def test_post_deleted_before_the_router_knows_it_is_forgotten_once_it_does(
    desk: Desk, pool: Pool, page: FacebookPage, made: Parts, channel: str, thread: str
) -> None:
    await pushed(desk, page, channel, "1_7")
    await pushed(desk, page, channel, "1_7", deleted=True)
    assert [SAID] == [text for _, text, _ in await kept(pool)]
    await router_hears(pool, made)

    assert [(thread, "", None)] == await kept(pool)
    await pushed(replace(desk, known={}), page, channel, "1_7")  # late, and after a restart
    assert [("", "[]")] == [tuple(row) for row in await pool.fetch("SELECT text, follow_ups FROM complaints")]


async def test_with_a_message_no_other_of_its_person_is_forgotten(
    desk: Desk, pool: Pool, page: FacebookPage, made: Parts
) -> None:
    await pushed(desk, page, "messenger", "m_1")
    await pool.execute("UPDATE complaints SET complaint_id = 'another', external_id = 'another'")
    await pushed(desk, page, "messenger", "m_2")
    await pushed(desk, page, "messenger", "m_2", deleted=True)
    await router_hears(pool, made)

    assert [SAID, ""] == [text for _, text, _ in await kept(pool)]


async def test_complaint_split_off_a_post_is_forgotten_with_it(
    desk: Desk, pool: Pool, page: FacebookPage, made: Parts
) -> None:
    await pushed(desk, page, "facebook", "1_7")
    await pool.execute("UPDATE complaints SET complaint_id = 'apart', external_id = 'apart'")
    await pushed(desk, page, "facebook", "1_7", deleted=True)
    await router_hears(pool, made)

    assert [("facebook:1_7:quiet", "", None)] == await kept(pool)


async def test_complaint_quoting_a_deleted_post_is_forgotten_but_can_be_answered(
    base: str, client: Any, desk: Desk, pool: Pool, made: Parts
) -> None:
    theirs = mention(base, "Jembatan Lajoa putus diterjang banjir", handle="lain", mention="no")
    mine = mention(base, "@LaporSoppeng tolong ini", quote_of=theirs)
    await read_mentions(desk, client, await x.whoami(client))
    assert 0 == await forget(desk, "x", [theirs])
    await router_hears(pool, made)

    assert [(f"x:{mine}", "", None)] == await kept(pool)


@pytest.mark.parametrize("channel", ["facebook", "messenger", "whatsapp"])
async def test_post_deleted_before_it_arrives_is_no_complaint(
    desk: Desk, pool: Pool, page: FacebookPage, channel: str
) -> None:
    await pushed(desk, page, channel, "1_7", deleted=True)
    await pushed(desk, page, channel, "1_7")
    await pushed(desk, page, channel, "1_8")

    assert [SAID] == [text for _, text, _ in await kept(pool)]
    assert 1 == await pool.fetchval("SELECT count(*) FROM complaints WHERE external_id = '1_8'")


async def test_post_deleted_during_registration_is_forgotten(
    desk: Desk, pool: Pool, page: FacebookPage, made: Parts
) -> None:
    await pushed(desk, page, "facebook", "1_7")
    async with pool.acquire() as db:
        async with db.transaction():
            await db.execute("UPDATE complaints SET registered_at = now()")
            assert made.also
            await made.also(db, {str(await db.fetchval("SELECT ticket FROM complaints")): ComplaintView(ticket="")})
            deleting = asyncio.create_task(pushed(desk, page, "facebook", "1_7", deleted=True))
            async with asyncio.timeout(60):
                while not (await db.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") or deleting.done()):
                    await asyncio.sleep(0.02)
        await deleting

    assert [("facebook:1_7:quiet", "", None)] == await kept(pool)


async def test_deletion_is_remembered_for_eight_days_and_until_the_post_is_forgotten(
    desk: Desk, pool: Pool, page: FacebookPage, made: Parts
) -> None:
    await pushed(desk, page, "facebook", "1_7")
    for id_ in ("1_7", "1_8"):
        await pushed(desk, page, "facebook", id_, deleted=True)
    await pool.execute("UPDATE removed_posts SET at = now() - interval '9 d'")
    await pushed(desk, page, "facebook", "1_9", deleted=True)
    assert made.forget
    gone = []
    async with pool.acquire() as db:
        gone.append((await made.forget(db))["removed_posts"])
        await router_hears(pool, made)
        gone.append((await made.forget(db))["removed_posts"])

    assert ([1, 1], [""]) == (gone, [text for _, text, _ in await kept(pool)])
    assert 1 == await pool.fetchval("SELECT count(*) FROM removed_posts")
