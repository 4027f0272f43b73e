"""Sending messages: servers that are away, silent, or refuse, and a process that dies while it sends."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from desk_office import Tell
from desk_post import Moved, states, text_of, texts, told_to, turn

from chassis.database import Pool
from contracts import ticket
from intake import gateway as sms_gateway
from testing.background import kept_running
from testing.mail import Sink
from testing.waiting import PATIENCE, within
from unit_desk import metrics
from unit_desk.adapters import notices
from unit_desk.dispatch import tell as decide
from unit_desk.notices import Medium
from unit_desk.people import Person
from unit_desk.sending import MOST_TRIES, Post, posting

pytestmark = pytest.mark.connected
MakeStaff = Callable[..., Awaitable[Person]]
MAIL_ONLY = (Medium.EMAIL,)


async def test_mail_server_that_returns_after_hours_gets_all_news_in_one_mail(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(email="rahma@contoh.id")
    await sink.stop()
    numbers = [ticket.mint("sms") for _ in range(4)]
    for n, number in enumerate(numbers):
        await tell(complaint_id=f"{n}", ticket=number)
        await turn(pool, post)
        clock.on(minutes=40)
        await turn(pool, post)
    waiting = await states(pool)
    await sink.start()
    clock.on(hours=1, minutes=10)

    await turn(pool, post)

    assert [("email", "gathered", "pending")] == waiting
    assert [("rahma@contoh.id", "4 laporan dengan kabar baru")] == told_to(sink)
    assert [] == [number for number in numbers if number not in text_of(sink.mails[0])]


async def test_mail_delayed_for_a_day_is_dropped_unless_fresh_news_joined_it(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(email="rahma@contoh.id", unwanted=["morning"])
    await staff(unit="PDAM", email="andi@contoh.id", unwanted=["morning"])
    await sink.stop()
    for unit in ("PUPR", "PDAM"):
        await tell(unit, complaint_id=unit, ticket=ticket.mint("sms"))
    for hours in (1.1, 20):
        await turn(pool, post)
        clock.on(hours=hours)
    await turn(pool, post)
    await tell(complaint_id="new", ticket=ticket.mint("sms"))
    await turn(pool, post)
    clock.on(hours=1.1)
    await turn(pool, post)
    await sink.start()
    clock.on(hours=6)

    await turn(pool, post)

    assert [("rahma@contoh.id", "2 laporan dengan kabar baru")] == told_to(sink)
    assert ["dropped", "sent"] == sorted(state for _, _, state in await states(pool))


async def test_a_danger_is_tried_again_within_seconds_of_a_server_that_was_away(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(email="rahma@contoh.id")
    await sink.stop()
    await tell(urgency="darurat")
    for _ in range(8):
        await turn(pool, post)
        clock.on(seconds=10)
    await sink.start()

    await turn(pool, post)

    assert ["rahma@contoh.id"] == [to for to, _ in told_to(sink)]


async def test_after_an_hour_without_mail_and_sms_each_is_told_once_and_of_danger_first(
    pool: Pool, post: Post, sink: Sink, gateway: str, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(email="rahma@contoh.id", phone="+628110000001", unwanted=["morning"])
    await staff(unit="PDAM", email="andi@contoh.id", phone="+628110000002", unwanted=["morning"])
    late, new, danger, worse = numbers = [ticket.mint("sms") for _ in range(4)]
    coming: dict[int, tuple[str, dict[str, Any]]] = {
        0: ("PUPR", {"ticket": new}),
        20: ("PUPR", {"ticket": danger, "urgency": "darurat"}),
        30: ("PUPR", {"ticket": worse, "urgency": "darurat"}),
        50: ("PDAM", {"ticket": late, "why": "breached", "stage": "completion"}),
    }
    await sink.stop()

    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away", request=request)

    async with sms_gateway.client(post.settings, httpx.MockTransport(away)) as http:
        cut = replace(post, send_sms=sms_gateway.sender(post.settings, http))
        for minute in range(0, 60, 10):
            if minute in coming:
                unit, facts = coming[minute]
                await tell(unit, complaint_id=facts["ticket"], at=clock(), **facts)
            await turn(pool, cut)
            clock.on(minutes=10)
    before = [*sink.mails, *texts(gateway)]
    await sink.start()
    for _ in range(6):
        await turn(pool, post)
        clock.on(minutes=11)

    assert [] == before
    assert ["rahma@contoh.id", "andi@contoh.id", "rahma@contoh.id"] == [to for to, _ in told_to(sink)]
    said = [text_of(mail) for mail in sink.mails]
    assert [[danger, worse], [late], [new]] == [[each for each in numbers if each in text] for text in said]
    assert ["+628110000001", "+628110000002"] == [to for to, _ in texts(gateway)]
    assert [True, True] == [number in text for number, (_, text) in zip((danger, late), texts(gateway), strict=True)]
    assert {"sent"} == {state for _, _, state in await states(pool)}


async def test_a_list_of_the_morning_that_could_not_go_out_is_not_sent_in_the_afternoon(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(unwanted=["new"])
    await tell()
    clock.to(7, 30)
    await sink.stop()
    await turn(pool, post)
    await sink.start()
    clock.on(hours=6)

    await turn(pool, post)

    assert ([], ("email", "morning", "dropped")) == (sink.mails, (await states(pool))[-1])


async def test_an_sms_that_got_no_answer_may_have_gone_out_and_is_not_repeated(
    pool: Pool, post: Post, gateway: str, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(phone="+628110000001")
    asked = []

    def silent(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise httpx.ReadTimeout("nothing came", request=request)

    async with sms_gateway.client(post.settings, httpx.MockTransport(silent)) as http:
        hanging = replace(post, send_sms=sms_gateway.sender(post.settings, http))
        await tell(urgency="darurat")
        for _ in range(3):
            await turn(pool, hanging, only=(Medium.SMS,))
            clock.on(minutes=5)

    assert (1, ("sms", "alarm", "maybe_sent")) == (len(asked), (await states(pool))[1])


async def test_a_gateway_that_can_not_be_reached_is_tried_again(
    pool: Pool, post: Post, gateway: str, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(phone="+628110000001")
    await tell(urgency="darurat")

    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away", request=request)

    async with sms_gateway.client(post.settings, httpx.MockTransport(away)) as http:
        await turn(pool, replace(post, send_sms=sms_gateway.sender(post.settings, http)))
    clock.on(seconds=11)
    await turn(pool, post)

    assert 1 == len(texts(gateway))


async def test_an_address_that_nobody_has_is_given_up_and_can_be_sent_to_again_by_hand(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(email="rahma@contoh.id")
    sink.answers["RCPT"] = ["550 5.1.1 no such user"]
    await tell(urgency="darurat")
    await turn(pool, post)
    (row,) = await notices.log(pool, ["PUPR"], failed=True)

    again = await notices.again(pool, row["id"], ["PUPR"], clock())
    await turn(pool, post)

    assert ("refused", "PUPR", 1) == (row["state"], again, len(sink.mails))
    assert [] == await notices.log(pool, None, failed=True)
    assert None is await notices.again(pool, row["id"], ["PUPR"], clock())


async def test_head_cannot_see_or_resend_messages_of_another_unit(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(unit="PDAM")
    sink.answers["RCPT"] = ["550 5.1.1 no such user"]
    await tell("PDAM", urgency="darurat")
    await turn(pool, post)
    (row,) = await notices.log(pool, None, failed=True)

    assert ([], None) == (
        await notices.log(pool, ["PUPR"]),
        await notices.again(pool, row["id"], ["PUPR"], clock()),
    )


async def test_interrupted_message_is_resent_with_the_same_id_up_to_a_limit(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff()
    await tell(urgency="darurat")
    for _ in range(MOST_TRIES + 2):
        await turn(pool, post)
        await pool.execute("UPDATE messages SET state = 'sending' WHERE state = 'sent'")  # as if killed before the mark
        await notices.take_up(pool, Medium.EMAIL, MOST_TRIES)

    assert (MOST_TRIES, 1) == (len(sink.mails), len({mail["Message-ID"] for mail in sink.mails}))
    assert [("email", "alarm", "maybe_sent")] == await states(pool)


SENDER = """
import asyncio, sys
from desk_post import *
from kabupaten import load
from desk_office import REGION
from unit_desk.rules import PARTS, rules_of
from unit_desk.sending import send_all
from unit_desk.settings import DeskSettings
from chassis.database import open_pool

async def main():
    settings = DeskSettings()
    pool = await open_pool(str(settings.database_url))
    office = Office(rules=rules_of(load(REGION, *PARTS)), media=settings.media)
    await send_all(pool, Post(office=office, settings=settings), Medium.EMAIL)

asyncio.run(main())
"""


async def test_a_sender_that_is_killed_between_sending_and_marking_sends_it_once_more(
    pool: Pool, dsn: str, sink: Sink, post: Post, tell: Tell, staff: MakeStaff, tmp_path: Path
) -> None:
    await staff(email="rahma@contoh.id")
    await tell(urgency="darurat")
    async with pool.acquire() as db:
        await decide(db, post.office)
    await pool.execute(
        "UPDATE messages SET next_try_at = now(), created_at = now(), fresh_at = now()"
    )  # the process has its own clock
    env = {
        "PATH": os.environ["PATH"], "PYTHONPATH": os.path.dirname(__file__), "DATABASE_URL": dsn, "HTTP_PORT": "9",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9", "KAFKA_USERNAME": "unit-desk", "KAFKA_PASSWORD": "unused",
        "REGION_DIR": str(post.settings.region_dir), "DESK_PORT": "10", "DESK_KEY": "key-of-the-desk-of-the-test",
        "EVIDENCE_URL": f"file://{tmp_path}/proofs",
        "SMTP_URL": f"smtp://127.0.0.1:{sink.port}", "MAIL_FROM": "LAPOR! <lapor@contoh.id>",
        "CRASH_AT": f"desk.after_send_before_mark@{tmp_path}/crashed",
    }  # fmt: skip
    ends = []
    for _ in range(2):
        sender = await asyncio.create_subprocess_exec(sys.executable, "-c", SENDER, env=env, stderr=subprocess.PIPE)
        async with asyncio.timeout(40):
            while sender.returncode is None and (await states(pool))[0][2] != "sent":
                await asyncio.sleep(0.05)
        if sender.returncode is None:
            sender.terminate()
        ends.append(await within(sender.wait()))

    assert -signal.SIGKILL == ends[0]
    assert (2, 1) == (len(sink.mails), len({mail["Message-ID"] for mail in sink.mails}))
    assert [("email", "alarm", "sent")] == await states(pool)


async def test_a_notice_of_danger_is_out_within_ten_seconds_of_its_word(
    pool: Pool, post: Post, sink: Sink, gateway: str, tell: Tell, staff: MakeStaff
) -> None:
    await staff(email="rahma@contoh.id", phone="+628110000001")
    before = metrics.DANGER_S.labels("email")._sum.get()
    async with posting(pool, post.settings, post.rules) as tasks, kept_running(tasks):
        await asyncio.sleep(1)  # they wait for work, as they do most of the time
        await tell(urgency="darurat")
        async with asyncio.timeout(PATIENCE * 10):
            while not sink.mails:
                await asyncio.sleep(0.02)
            while not await asyncio.to_thread(texts, gateway):
                await asyncio.sleep(0.02)

    assert metrics.DANGER_S.labels("email")._sum.get() > before
