"""The promises of every channel of social media, whatever its network. A new one is added to ``CHANNELS`` of
``social_channels.py``, and passes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import httpx
import pytest
from social_channels import CHANNELS

from chassis.database import Pool
from contracts import ticket
from intake.notices import Notice, OutcomeUnknown, TryLater
from intake.posts import ROOM
from intake_social import whatsapp_talk
from intake_social.adapters import x
from intake_social.adapters.facebook import FacebookPage
from intake_social.adapters.whatsapp import WhatsApp
from intake_social.app import send
from intake_social.mentions import read_mentions
from intake_social.page import read_page
from intake_social.post import Desk
from testing.channel_contract import (  # noqa: F401 - pytest collects them here
    SAID,
    Door,
    test_answer_to_a_unit_needs_no_number,
    test_call_for_help_and_what_it_left_out_are_one_complaint,
    test_its_receipt_arrives_where_it_was_written_and_names_the_ticket,
    test_personal_data_leaves_the_service_masked,
    test_repeated_message_is_one_complaint_on_every_channel,
)
from testing.notices import send_while
from testing.standins import X_SECRETS, mention, post

pytestmark = pytest.mark.connected
NUMBER = "170800000000003"


@dataclass(kw_only=True)
class Channel:
    """How to write to a channel, look at it and answer there; ``wrong`` answers with wrong credentials.

    ``vendor``: the vendor whose faults it has. ``comes_again``: push an item again under its id; an item that is polled
    is found again by itself.
    """

    name: str
    vendor: str
    write: Any
    writes: Callable[..., str]
    look: Any
    wrong: Any
    base: str
    comes_again: Callable[[str, str], None] = lambda post_id, text: None
    known: set[str] = field(default_factory=set)

    def fault(self, kind: str) -> None:
        assert httpx.post(f"{self.base}/{self.vendor}/fault", json={"kind": kind}).status_code == 201

    def told(self) -> list[str]:
        return [each["text"] for each in httpx.get(f"{self.base}/sent").json()]


@pytest.fixture(params=CHANNELS)
async def channel(
    request: pytest.FixtureRequest,
    base: str,
    client: Any,
    desk: Desk,
    pool: Pool,
    page: FacebookPage,
    open_door: None,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Channel]:
    async with httpx.AsyncClient(trust_env=False) as http:
        yield MAKE[request.param](base, desk, pool, client=client, page=page, http=http)


def of_x(base: str, desk: Desk, pool: Pool, *, client: Any, **_: Any) -> Channel:
    def writes(text: str, answers: str = "") -> str:
        return mention(base, f"@LaporSoppeng {text}", **({"in_reply_to": answers} if answers else {}))

    async def look() -> None:
        await read_mentions(replace(desk, known={}), client, await x.whoami(client))

    async def wrong(post_id: str, text: str, _own_id: str) -> None:
        secrets: dict[str, Any] = dict.fromkeys(X_SECRETS, "wrong")
        async with x.connect(**secrets, api_url=f"{base}/x") as stranger:
            await x.reply(stranger, post_id, text)

    return Channel(
        name="x", vendor="x", write=partial(x.reply, client), writes=writes, look=look, wrong=wrong, base=base
    )


def of_facebook(base: str, desk: Desk, pool: Pool, *, page: FacebookPage, **_: Any) -> Channel:
    def writes(text: str, answers: str = "") -> str:
        return str(post(f"{base}/graph/post", name="Andi", text=text, **({"parent": answers} if answers else {}))["id"])

    return on_facebook(base, desk, page, "facebook", writes)


def of_messenger(base: str, desk: Desk, pool: Pool, *, page: FacebookPage, **_: Any) -> Channel:
    def writes(text: str, answers: str = "") -> str:
        return str(post(f"{base}/graph/message", name="Andi", text=text)["id"])

    return on_facebook(base, desk, page, "messenger", writes)


def on_facebook(base: str, desk: Desk, page: FacebookPage, name: str, writes: Callable[..., str]) -> Channel:
    async def look() -> None:
        await read_page(replace(desk, known={}), page)

    async def wrong(target: str, text: str, own_id: str) -> None:
        stranger = FacebookPage(
            page_id="170800000000001", token="wrong", app_id="app", app_secret="s", graph_url=f"{base}/graph"
        )
        await stranger.answer(target, text, own_id)

    return Channel(name=name, vendor="graph", write=page.answer, writes=writes, look=look, wrong=wrong, base=base)


def of_whatsapp(base: str, desk: Desk, pool: Pool, *, http: httpx.AsyncClient, **_: Any) -> Channel:
    """WhatsApp only pushes: its ``look`` waits until the message came."""
    waiting = 0

    def writes(text: str, answers: str = "", **again: str) -> str:
        nonlocal waiting
        waiting = len(desk.known)
        return str(post(f"{base}/whatsapp/message", **{"from": "6281234567890", "text": text, **again})["id"])

    def comes_again(post_id: str, text: str) -> None:
        desk.known.clear()  # as in another process
        writes(text, id=post_id)

    async def look() -> None:
        async with asyncio.timeout(60):
            while len(desk.known) == waiting:
                await asyncio.sleep(0.02)

    def by(token: str) -> Any:
        whatsapp = WhatsApp(http, phone_number_id=NUMBER, token=token, graph_url=f"{base}/whatsapp")
        return partial(whatsapp_talk.write, pool, whatsapp)

    right = by("standin-whatsapp-token")
    return Channel(
        name="whatsapp",
        vendor="whatsapp",
        write=right,
        writes=writes,
        look=look,
        wrong=by("wrong"),
        base=base,
        comes_again=comes_again,
    )


MAKE: dict[str, Callable[..., Channel]] = {
    "x": of_x,
    "facebook": of_facebook,
    "messenger": of_messenger,
    "whatsapp": of_whatsapp,
}


async def answer(desk: Desk, pool: Pool, channel: Channel) -> None:
    """Send all waiting notices."""
    await pool.execute("UPDATE notices SET next_try_at = now()")
    say = partial(send, {channel_of(channel): channel.write}, desk.texts.social, "")
    await send_while(pool, say, "SELECT EXISTS (SELECT FROM notices WHERE state = 'pending')")


def channel_of(channel: Channel) -> str:
    return "facebook" if channel.name == "messenger" else channel.name


@pytest.fixture
def door(channel: Channel, desk: Desk, pool: Pool) -> Door:
    """The channel as the contract of all channels knows it."""

    async def write(text: str) -> str:
        written = channel.writes(text)
        await channel.look()
        return written

    async def again(post_id: str, text: str) -> None:
        channel.comes_again(post_id, text)
        await channel.look()

    async def reply(post_id: str, text: str) -> None:
        channel.writes(text, post_id)
        await channel.look()

    async def told() -> list[str]:
        await answer(desk, pool, channel)
        return channel.told()

    name = channel_of(channel)
    return Door(channel=name, origin="intake-social", pool=pool, write=write, again=again, reply=reply, told=told)


async def test_the_id_of_what_was_said_is_kept(channel: Channel, pool: Pool, desk: Desk) -> None:
    channel.writes(SAID)
    await channel.look()
    await answer(desk, pool, channel)

    assert await pool.fetchval("SELECT gateway_id <> '' FROM notices")


async def test_an_answer_whose_confirmation_is_lost_is_said_once(channel: Channel, pool: Pool, desk: Desk) -> None:
    channel.writes(SAID)
    await channel.look()
    notice, writes = await waiting(pool), {channel_of(channel): channel.write}
    channel.fault("lost_answer")
    with pytest.raises((TryLater, OutcomeUnknown)) as lost:
        await send(writes, desk.texts.social, "", notice)
    if lost.type is TryLater:
        await send(writes, desk.texts.social, "", notice)

    assert 1 == len(channel.told())


async def test_a_throttle_puts_an_answer_off_and_refused_credentials_do(
    channel: Channel, pool: Pool, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel.writes(SAID)
    await channel.look()
    notice = await waiting(pool)
    channel.fault("throttle")
    with pytest.raises(TryLater) as throttled:
        await send({channel_of(channel): channel.write}, desk.texts.social, "", notice)
    with pytest.raises(TryLater, match="not authorized"):
        await send({channel_of(channel): channel.wrong}, desk.texts.social, "", notice)

    assert (throttled.value.after_s or 0) > 60
    assert [] == channel.told()


async def waiting(pool: Pool) -> Notice:
    (row,) = await pool.fetch("SELECT id, ticket, kind, key, address, thread, text, attempts FROM notices")
    return Notice(**row)


@pytest.mark.parametrize("name", CHANNELS)
def test_each_has_room_for_words_and_a_door_of_tickets(name: str) -> None:
    assert ROOM[name] >= 280
    assert name == "messenger" or "M" == ticket.DOORS[name]
