"""WhatsApp's Cloud API against its stand-in: the content of webhooks, the window of a day, and failures."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.database import Pool
from intake.reports import Report, ReportState
from intake_social.adapters.errors import (
    OutsideWindow,
    SocialOutcomeUnknown,
    SocialRefused,
    SocialThrottled,
    SocialUnauthorized,
    SocialUnavailable,
)
from intake_social.adapters.whatsapp import Told, WhatsApp, read_hook
from intake_social.app import send
from intake_social.post import Desk
from intake_social.whatsapp_talk import forget_heard, take_hook, write
from testing.notices import send_while
from testing.standins import post

NUMBER, WHO = "170800000000003", "6281234567890"


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture
def whatsapp(base: str, http: httpx.AsyncClient) -> WhatsApp:
    return opened(base, http)


def opened(base: str, http: httpx.AsyncClient, **changed: str) -> WhatsApp:
    usual = {"phone_number_id": NUMBER, "token": "standin-whatsapp-token", "graph_url": f"{base}/whatsapp"}
    return WhatsApp(http, **{**usual, **changed})


def heard(base: str) -> None:
    post(f"{base}/whatsapp/message", **{"from": WHO, "text": "halo"})


def fault(base: str, kind: str) -> None:
    assert httpx.post(f"{base}/whatsapp/fault", json={"kind": kind}).status_code == 201


def told(base: str) -> list[tuple[str, str]]:
    return [(each["to"], each["text"]) for each in httpx.get(f"{base}/sent").json()]


async def test_within_a_day_of_their_message_people_are_written_to_freely(base: str, whatsapp: WhatsApp) -> None:
    heard(base)
    await whatsapp.write(WHO, "SPG-M7K4-2M9XA\nkami terima", in_window=True)

    assert [(WHO, "SPG-M7K4-2M9XA\nkami terima")] == told(base)


async def test_later_by_the_template_and_on_one_line(base: str, http: httpx.AsyncClient) -> None:
    heard(base)
    with_template = opened(base, http, template="kabar_laporan")
    await with_template.write(WHO, "selesai\n  ditangani", in_window=False)
    fault(base, "outside_window")  # Meta's clock, not ours
    await with_template.write(WHO, "selesai", in_window=True)

    assert ["Kabar dari LAPOR!: selesai ditangani", "Kabar dari LAPOR!: selesai"] == [text for _, text in told(base)]


async def test_later_without_a_template_not_at_all(base: str, whatsapp: WhatsApp) -> None:
    heard(base)
    with pytest.raises(OutsideWindow):
        await whatsapp.write(WHO, "selesai", in_window=False)

    assert [] == told(base)


@pytest.mark.parametrize(
    ("kind", "becomes"),
    [
        ("throttle", SocialThrottled), ("blocked", SocialThrottled), ("temporary", SocialUnavailable),
        ("html502", SocialUnavailable), ("expired", SocialUnauthorized), ("undeliverable", SocialRefused),
        ("lost_answer", SocialOutcomeUnknown),
    ],
)  # fmt: skip
async def test_each_trouble_in_our_words(base: str, whatsapp: WhatsApp, kind: str, becomes: type[Exception]) -> None:
    heard(base)
    fault(base, kind)

    with pytest.raises(becomes) as raised:
        await whatsapp.write(WHO, "halo", in_window=True)
    assert not any(secret in str(raised.value) for secret in (WHO, "standin-whatsapp-token"))


async def test_a_token_that_does_not_hold_is_seen_without_writing(base: str, http: httpx.AsyncClient) -> None:
    await opened(base, http).check()
    with pytest.raises(SocialUnauthorized):
        await opened(base, http, token="another").check()


async def test_unreachable_whatsapp_means_the_message_was_not_sent(http: httpx.AsyncClient) -> None:
    with pytest.raises(SocialUnavailable):
        await opened("http://127.0.0.1:9", http).write(WHO, "halo", in_window=True)


# --- the content of webhooks


def message(**given: Any) -> dict[str, Any]:
    return {
        "from": WHO,
        "id": "wamid.1",
        "timestamp": "1790000000",
        "type": "text",
        "text": {"body": "lampu mati"},
        **given,
    }


def hook(*messages: Any, number: str = NUMBER, **more: Any) -> bytes:
    value = {
        "metadata": {"phone_number_id": number},
        "contacts": [{"wa_id": WHO, "profile": {"name": "Andi"}}],
        "messages": list(messages),
        **more,
    }
    change = {"field": "messages", "value": value}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}).encode()


def read(*messages: Any, **more: Any) -> Told:
    return read_hook(hook(*messages, **more), NUMBER)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "lampu mati"),
        ({"type": "image", "image": {"id": "1", "caption": "lihat ini"}}, "lihat ini"),
        ({"type": "image", "image": {"id": "1"}}, ""),
        ({"type": "audio", "audio": {"id": "1"}}, ""),
        ({"type": "button", "button": {"text": "STATUS"}}, "STATUS"),
        ({"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"title": "NILAI 5"}}}, "NILAI 5"),
        ({"type": "location", "location": {"latitude": -4, "longitude": 119, "name": "Pos"}}, "Lokasi: Pos -4, 119"),
    ],
    ids=["text", "caption", "photo", "voice", "button", "list", "place"],
)  # fmt: skip
def test_each_kind_of_message_has_its_words(given: dict[str, Any], text: str) -> None:
    (found,) = read(message(**given)).messages

    assert ("wamid.1", WHO, "Andi", text) == (found.id, found.number, found.name, found.text)


@pytest.mark.parametrize(
    ("context", "quotes"),
    [
        ({"from": NUMBER, "id": "wamid.HB"}, "wamid.HB"),
        ({"forwarded": True}, ""),
        ({"id": None}, ""),
        ({"id": "wamid\0"}, ""),
        ("wamid.HB", ""),
        (None, ""),
    ],
    ids=["answer", "passed on", "null", "zero byte", "no object", "none"],
)
def test_quoted_message_id_is_read_from_the_context(context: Any, quotes: str) -> None:
    (said,) = read(message(context=context)).messages
    assert quotes == said.quotes


def test_reactions_and_messages_to_other_numbers_are_left_out() -> None:
    assert Told() == read(message(type="reaction"), message(type="unsupported"))
    assert Told() == read(message(), number="another")


def test_delivery_reports_are_matched_by_our_own_id() -> None:
    known = {"id": "wamid.1", "biz_opaque_callback_data": "7-0"}
    failed = {**known, "status": "failed", "errors": [{"code": 131047}]}
    arrived = [{**known, "status": each} for each in ("sent", "delivered", "read", "played")]
    found = read(statuses=[failed, *arrived, {"status": "failed", "id": "wamid.2"}]).reports

    assert [Report(own_id="7-0", state=ReportState.FAILED, detail="131047")] == found[:1]
    assert ["accepted", "delivered", "delivered"] == [each.state for each in found[1:4]]
    assert [("", "failed")] == [(each.own_id, each.state) for each in found[4:]]


@pytest.mark.parametrize("arrives", [True, False])
async def test_whether_it_arrived_is_noted_with_what_was_said(
    base: str, open_door: None, desk: Desk, whatsapp: WhatsApp, pool: Pool, arrives: bool
) -> None:
    heard(base)
    async with asyncio.timeout(60):
        while not await pool.fetchval("SELECT count(*) = 1 FROM notices"):
            await asyncio.sleep(0.02)
    if not arrives:
        fault(base, "undelivered")
    say = partial(send, {"whatsapp": partial(write, pool, whatsapp)}, desk.texts.social, "")
    await pool.execute("UPDATE notices SET next_try_at = now()")
    done = "delivered" if arrives else "failed"
    await send_while(pool, say, f"SELECT NOT EXISTS (SELECT FROM notices WHERE report = '{done}')")

    (row,) = await pool.fetch("SELECT state, detail, gateway_id FROM notices")
    assert (("sent", None) if arrives else ("refused", "failed 131026")) == (row["state"], row["detail"])
    assert row["gateway_id"].startswith("wamid.")


#: No calendar has its year, and Python raises another error for it than for one that is a little too late.
FAR = "1864712049423024120"


def test_one_message_that_cannot_be_read_holds_up_no_other() -> None:
    odd = [message(timestamp="kemarin"), message(timestamp=FAR), message(**{"from": "anonim"}), None]
    found = read(*odd, message())

    assert (1, odd) == (len(found.messages), [json.loads(each.item) for each in found.unreadable])


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda deeper: st.lists(deeper, max_size=3) | st.dictionaries(st.text(max_size=9), deeper, max_size=3),
    max_leaves=6,
)
_NAMES = st.sampled_from(["from", "id", "timestamp", "type", "text", "image", "location", "interactive"])
_MESSAGES = st.builds(lambda changed: message(**changed), st.dictionaries(_NAMES, _JSON)) | _JSON


@settings(max_examples=500)  # more of them in tests/parsers
@given(st.lists(_MESSAGES, max_size=3), _JSON)
def test_any_content_of_a_message_is_read_or_put_aside(messages: list[Any], statuses: Any) -> None:
    told = read(*messages, statuses=statuses)

    assert all(isinstance(each.item, bytes) for each in told.unreadable)


@settings(max_examples=500)  # more of them in tests/parsers
@given(st.binary(max_size=200) | _JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_that_is_no_webhook_is_put_aside(body: bytes) -> None:
    assert [] == read_hook(body, NUMBER).messages


# --- the window, as the database knows it


@pytest.mark.connected
async def test_the_window_is_a_day_from_the_last_message(
    base: str, http: httpx.AsyncClient, desk: Desk, pool: Pool
) -> None:
    heard(base)
    now = datetime.now(UTC)
    with_template = opened(base, http, template="kabar_laporan")
    early = message(timestamp=str(int((now - timedelta(hours=30)).timestamp())))
    late = message(id="wamid.2", timestamp=str(int((now - timedelta(hours=23)).timestamp())))
    for each in (late, early):  # webhooks come in any order
        await take_hook(desk, NUMBER, hook(each))
    await write(pool, with_template, f"person.{WHO}", "satu", now=now)
    await write(pool, with_template, f"person.{WHO}", "dua", now=now + timedelta(hours=2))

    assert ["satu", "Kabar dari LAPOR!: dua"] == [text for _, text in told(base)]


@pytest.mark.connected
async def test_last_contact_of_a_sender_is_forgotten_after_a_day(desk: Desk, pool: Pool) -> None:
    await take_hook(desk, NUMBER, hook(message(timestamp="1700000000")))

    async with pool.acquire() as db:
        assert [{"heard": 1}, {"heard": 0}] == [await forget_heard(db) for _ in range(2)]


@pytest.mark.connected
async def test_a_photo_without_a_word_is_answered_with_what_is_missing(desk: Desk, pool: Pool) -> None:
    await take_hook(desk, NUMBER, hook(message(type="image", image={"id": "1"})))

    (row,) = await pool.fetch("SELECT thread, text FROM notices")
    assert (f"whatsapp:person.{WHO}", True) == (row["thread"], "masih kosong" in row["text"])
