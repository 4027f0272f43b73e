"""Telling citizens: in order for each ticket, one at a time, once."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from chassis.database import Pool
from intake.notices import (
    NewNotice,
    Notice,
    NoticeKind,
    OutcomeUnknown,
    Refused,
    Revision,
    Send,
    TryLater,
    add_notices,
    revise_notices,
)
from intake.sending import MOST_FAILURES, send_notices
from testing.waiting import finish, within

pytestmark = pytest.mark.connected


async def add(pool: Pool, *notices: tuple[str, str]) -> None:
    """Add a step for each (ticket, key); its text is both."""
    async with pool.acquire() as db, db.transaction():
        await add_notices(
            db, [NewNotice(t, NoticeKind.STEP, key, f"{t} {key}", address="+62811") for t, key in notices]
        )


async def states(pool: Pool) -> dict[str, tuple[str, int, str | None]]:
    rows = await pool.fetch("SELECT text, state, attempts, detail FROM notices ORDER BY id")
    return {row["text"]: (row["state"], row["attempts"], row["detail"]) for row in rows}


@asynccontextmanager
async def sending(pool: Pool, send: Send) -> AsyncIterator[None]:
    sender = asyncio.create_task(send_notices(pool, "sms", send))
    yield
    sender.cancel()
    await finish(sender)


async def until(pool: Pool, condition: str) -> None:
    """Wait until ``condition`` about the notices holds."""
    async with asyncio.timeout(60):
        while not await pool.fetchval(f"SELECT {condition} FROM notices"):
            await asyncio.sleep(0.02)


NONE_PENDING = "count(*) FILTER (WHERE state = 'pending') = 0"


class Vendor:
    """Takes notices; ``trouble`` lists by text the errors to raise, in turn."""

    def __init__(self, **trouble: list[Exception]) -> None:
        self.trouble, self.taken, self.at_once, self.most = trouble, list[str](), 0, 0

    async def __call__(self, notice: Notice) -> None:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if errors := self.trouble.get(notice.text.replace(" ", "_")):
            raise errors.pop(0)
        self.taken.append(notice.text)


async def test_a_ticket_hears_of_its_changes_in_order_one_at_a_time(pool: Pool) -> None:
    vendor = Vendor(A_1=[TryLater("busy", after_s=0.1)])
    await add(pool, ("A", "1"), ("A", "2"), ("B", "1"), ("A", "3"), ("B", "2"))
    async with sending(pool, vendor):
        await until(pool, NONE_PENDING)
    assert (["A 1", "A 2", "A 3"], ["B 1", "B 2"], 1) == (
        [text for text in vendor.taken if text[0] == "A"],
        [text for text in vendor.taken if text[0] == "B"],
        vendor.most,
    )
    assert "B 1" == vendor.taken[0]


async def test_two_senders_send_each_notice_once(pool: Pool) -> None:
    vendor = Vendor()
    await add(pool, *((ticket, str(n)) for ticket in "ABC" for n in range(5)))
    async with sending(pool, vendor), sending(pool, vendor):
        await until(pool, NONE_PENDING)
    assert (15, 15, 1) == (len(vendor.taken), len(set(vendor.taken)), vendor.most)


async def test_stopped_sender_first_marks_the_message_it_is_sending(pool: Pool) -> None:
    def told_so_far() -> float:
        return REGISTRY.get_sample_value("lapor_reply_seconds_count", {"channel": "sms"}) or 0

    told = told_so_far()
    begun, goes_on = asyncio.Event(), asyncio.Event()

    async def slow(notice: Notice) -> None:
        begun.set()
        await within(goes_on.wait())

    await add(pool, ("A", "1"), ("A", "2"))
    sender = asyncio.create_task(send_notices(pool, "sms", slow))
    await asyncio.wait_for(begun.wait(), 10)
    sender.cancel()
    await asyncio.sleep(0)
    goes_on.set()
    await finish(sender)
    assert {"A 1": ("sent", 1, None), "A 2": ("pending", 0, None)} == await states(pool)
    assert told_so_far() == told + 1


async def test_notice_added_before_is_not_added_again(pool: Pool) -> None:
    vendor = Vendor()
    await add(pool, ("A", "1"))
    async with sending(pool, vendor):
        await until(pool, NONE_PENDING)
        await add(pool, ("A", "1"), ("A", "2"))
        await until(pool, NONE_PENDING)
    assert ["A 1", "A 2"] == vendor.taken


async def test_a_refusal_or_an_unknown_outcome_ends_one_notice_and_the_next_goes_on(pool: Pool) -> None:
    vendor = Vendor(A_1=[Refused("no such number")], A_2=[OutcomeUnknown("no answer")])
    await add(pool, ("A", "1"), ("A", "2"), ("A", "3"))
    async with sending(pool, vendor):
        await until(pool, NONE_PENDING)
    assert {
        "A 1": ("refused", 1, "no such number"),
        "A 2": ("unknown", 1, "no answer"),
        "A 3": ("sent", 1, None),
    } == await states(pool)


async def test_a_failure_nobody_foresaw_holds_up_no_other_ticket(pool: Pool) -> None:
    vendor = Vendor(A_1=[KeyError("a secret")] * 2)
    await add(pool, ("A", "1"), ("A", "2"), ("B", "1"))
    async with sending(pool, vendor):
        await until(pool, "count(*) FILTER (WHERE ticket = 'B' AND state = 'sent') = 1")
        await until(pool, "count(*) FILTER (WHERE ticket = 'A' AND attempts > 0) = 1")
        assert ("pending", 1, "KeyError") == (await states(pool))["A 1"]
        await until(pool, NONE_PENDING)
    assert ["B 1", "A 1", "A 2"] == vendor.taken


async def test_a_notice_that_we_stumble_over_silences_its_ticket_for_a_while_only(pool: Pool) -> None:
    await add(pool, ("A", "1"), ("A", "2"), ("B", "1"))
    await pool.execute("UPDATE notices SET failures = $1 WHERE text = 'A 1'", MOST_FAILURES - 1)
    async with sending(pool, Vendor(A_1=[KeyError("x")])):
        await until(pool, NONE_PENDING)
    assert await states(pool) == {
        "A 1": ("unknown", 1, "KeyError"),
        "A 2": ("sent", 1, None),
        "B 1": ("sent", 1, None),
    }


@pytest.mark.parametrize("error", [TryLater("busy"), KeyError("x")])
async def test_a_vendor_that_is_away_for_weeks_is_still_tried_every_five_minutes(pool: Pool, error: Exception) -> None:
    await add(pool, ("A", "1"))
    await pool.execute("UPDATE notices SET attempts = 5000")
    async with sending(pool, Vendor(A_1=[error])):
        await until(pool, "count(*) FILTER (WHERE attempts = 5001) = 1")
    wait = await pool.fetchval("SELECT extract(epoch FROM next_try_at - now()) FROM notices")
    assert 280 < wait <= 300


async def test_the_vendors_own_pause_is_kept(pool: Pool) -> None:
    await add(pool, ("A", "1"))
    async with sending(pool, Vendor(A_1=[TryLater("throttled", after_s=900)])):
        await until(pool, "count(*) FILTER (WHERE attempts = 1) = 1")
    assert 880 < await pool.fetchval("SELECT extract(epoch FROM next_try_at - now()) FROM notices")


async def test_a_notice_without_an_address_goes_to_the_tickets_reporter_and_to_nobody_else(pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO reporters (reporter_ref, channel, address) VALUES ('r', 'x', '42'), ('n', 'x', NULL)"
    )
    for key, ref in (("K", "r"), ("N", "n")):
        await pool.execute(
            """INSERT INTO complaints (complaint_id, ticket, channel, gateway, external_id, reporter_ref, text,
                                       fingerprint, thread, received_event, received_at)
               VALUES ($1, $1, 'x', 'x', $1, $2, 't', '', 'x:7', '', now())""",
            key,
            ref,
        )
    async with pool.acquire() as db:
        await add_notices(db, [NewNotice(ticket, NoticeKind.STEP, "1", "halo") for ticket in ("K", "N", "UNKNOWN")])
    assert [("K", "42", "x:7")] == [tuple(r) for r in await pool.fetch("SELECT ticket, address, thread FROM notices")]


async def wait(pool: Pool, ticket: str, after_s: float) -> None:
    """Add a receipt that waits ``after_s`` seconds."""
    async with pool.acquire() as db:
        receipt = NewNotice(ticket, NoticeKind.RECEIPT, "", f"{ticket} receipt", "+62811", after_s=after_s)
        await add_notices(db, [receipt])


async def revise(pool: Pool, ticket: str, text: str) -> list[str]:
    """Revise the receipt; return the tickets of those that were already sent."""
    async with pool.acquire() as db:
        return [r.ticket for r in await revise_notices(db, [Revision(ticket, NoticeKind.RECEIPT, "", text)])]


async def test_a_receipt_waits_for_better_words_and_what_follows_waits_behind_it(pool: Pool) -> None:
    vendor = Vendor()
    await wait(pool, "A", 600)
    await add(pool, ("A", "1"), ("B", "1"))
    async with sending(pool, vendor):
        await until(pool, "count(*) FILTER (WHERE state = 'sent') = 1")
        assert ["B 1"] == vendor.taken
        assert [] == await revise(pool, "A", "A receipt with its due date")
        await until(pool, NONE_PENDING)
    assert ["B 1", "A receipt with its due date", "A 1"] == vendor.taken


async def test_a_receipt_goes_without_its_due_date_when_that_does_not_come_in_time(pool: Pool) -> None:
    vendor = Vendor()
    await wait(pool, "A", 0.3)
    async with sending(pool, vendor):
        await until(pool, NONE_PENDING)
        assert ["A"] == await revise(pool, "A", "too late")
        await add(pool, ("A", "1"))
        await until(pool, NONE_PENDING)
    assert ["A receipt", "A 1"] == vendor.taken


async def test_possibly_sent_notice_is_not_revised(pool: Pool) -> None:
    """A receipt without an answer is sent again with the same words: the vendor may recognise it by them."""
    tried: list[str] = []

    async def vendor(notice: Notice) -> None:
        tried.append(notice.text)
        if len(tried) == 1:
            assert ["A"] == await revise(pool, "A", "other words")
            raise TryLater("hang-up", after_s=0.1)

    await wait(pool, "A", 0.1)
    async with sending(pool, vendor):
        await until(pool, "count(*) FILTER (WHERE attempts = 1) = 1")
        assert ["A"] == await revise(pool, "A", "other words")
        await until(pool, NONE_PENDING)
    assert ["A receipt", "A receipt"] == tried


SENDER = """
import asyncio, sys
from chassis.database import open_pool
from intake.sending import send_notices

async def send(notice):
    print(notice.text, flush=True)

async def main():
    await send_notices(await open_pool(sys.argv[1]), "sms", send)

asyncio.run(main())
"""


async def test_a_crash_between_sending_and_marking_repeats_one_notice_at_most(
    pool: Pool, dsn: str, tmp_path: Path
) -> None:
    await add(pool, ("A", "1"), ("A", "2"), ("B", "1"))
    heard: list[str] = []
    point = f"notify.after_send_before_mark@{tmp_path / 'crashed'}"
    for crash_at in (point, point):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SENDER, dsn, env={**os.environ, "CRASH_AT": crash_at}, stdout=subprocess.PIPE
        )
        assert process.stdout
        if (tmp_path / "crashed").exists():
            await until(pool, NONE_PENDING)
            process.kill()
        heard += (await within(process.stdout.read())).decode().split("\n")[:-1]
        assert -signal.SIGKILL == await within(process.wait())
    assert (["A 1", "A 1", "A 2"], ["B 1"]) == ([h for h in heard if h[0] == "A"], [h for h in heard if h[0] == "B"])


async def test_a_restart_neither_loses_nor_doubles_a_receipt_that_waits(pool: Pool, dsn: str) -> None:
    await wait(pool, "A", 600)
    await add(pool, ("B", "1"))
    heard: list[str] = []
    for condition in ("count(*) FILTER (WHERE ticket = 'B' AND state = 'sent') = 1", NONE_PENDING):
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", SENDER, dsn, stdout=subprocess.PIPE)
        assert process.stdout
        await until(pool, condition)
        process.kill()
        heard += (await within(process.stdout.read())).decode().split("\n")[:-1]
        await within(process.wait())
        await revise(pool, "A", "A receipt with its due date")
    assert ["B 1", "A receipt with its due date"] == heard
