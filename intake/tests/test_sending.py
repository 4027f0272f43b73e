"""Many tickets concurrently: each in order, none held up by another, nothing lost or knowingly repeated."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from chassis.database import Pool
from intake.notices import NewNotice, Notice, NoticeKind, OutcomeUnknown, Send, TryLater, add_notices
from intake.reports import Report, ReportState, note_report
from intake.sending import Pace, send_notices
from testing.waiting import finish, within

pytestmark = pytest.mark.connected
FAST = Pace(at_once=5, per_s=1000)
NONE_PENDING = "count(*) FILTER (WHERE state = 'pending') = 0"
QuietUntil = Callable[[datetime], datetime | None]


async def add(pool: Pool, *names: str, kind: NoticeKind = NoticeKind.STEP) -> None:
    """Add a notice for each ``ticket-key``, to the ticket's own number."""
    tickets = [(name, *name.split("-")) for name in names]
    async with pool.acquire() as db, db.transaction():
        await add_notices(db, [NewNotice(ticket, kind, key, name, f"+62 {ticket}") for name, ticket, key in tickets])


@asynccontextmanager
async def sending(
    pool: Pool, send: Send, pace: Pace = FAST, quiet_until: QuietUntil | None = None, networks: Mapping[str, Pace] = {}
) -> AsyncIterator[None]:
    sender = asyncio.create_task(send_notices(pool, "sms", send, pace=pace, quiet_until=quiet_until, networks=networks))
    yield
    sender.cancel()
    await finish(sender)


async def until(pool: Pool, condition: str) -> None:
    """Wait until ``condition`` about the notices holds."""
    async with asyncio.timeout(60):
        while not await pool.fetchval(f"SELECT {condition} FROM notices"):
            await asyncio.sleep(0.02)


class Vendor:
    """Takes each notice after a moment; records their order, and how many it had in hand at most.

    It takes none before it has had ``waits_for`` in hand.
    """

    def __init__(self, takes_s: float = 0.02, waits_for: int = 0) -> None:
        self.takes_s, self.taken, self.in_hand, self.most = takes_s, list[str](), list[Notice](), 0
        self.twice_to_one, self.waits_for, self.full = False, waits_for, asyncio.Event()

    async def __call__(self, notice: Notice) -> None:
        self.twice_to_one |= notice.address in {other.address for other in self.in_hand}
        self.in_hand.append(notice)
        self.most = max(self.most, len(self.in_hand))
        if self.most >= self.waits_for:
            self.full.set()
        await within(self.full.wait())
        await asyncio.sleep(self.takes_s)
        self.in_hand.remove(notice)
        self.taken.append(notice.text)


async def test_many_tickets_are_told_at_once_and_no_more_than_the_gateway_may_have_in_hand(pool: Pool) -> None:
    vendor = Vendor(waits_for=FAST.at_once)
    names = [f"T{n}-{key}" for key in range(3) for n in range(12)]
    await add(pool, *names)
    async with sending(pool, vendor):
        await until(pool, NONE_PENDING)

    assert (5, False) == (vendor.most, vendor.twice_to_one)
    assert sorted(names) == sorted(vendor.taken)
    each = {name.split("-")[0]: [taken for taken in vendor.taken if taken.startswith(f"{name[:-1]}")] for name in names}
    assert {ticket: [f"{ticket}-{key}" for key in range(3)] for ticket in each} == each


async def test_messages_beyond_the_daily_budget_wait_but_emergency_numbers_do_not(pool: Pool) -> None:
    noon = timezone(timedelta(hours=12 - datetime.now(UTC).hour))  # a zone whose day does not end during the test
    vendor, pace = Vendor(), Pace(at_once=1, per_s=1000, a_day=3, zone=noon)
    await add(pool, "T1-1", "T2-1")
    async with sending(pool, vendor, pace):
        await until(pool, NONE_PENDING)
    await add(pool, "T3-1", "T4-1", "T5-1")
    await add(pool, "T6-1", kind=NoticeKind.DANGER)
    async with sending(pool, vendor, pace):  # another process, which must know what the first has sent
        await until(
            pool,
            """count(*) FILTER (WHERE next_try_at > now() + interval '10 h') = 2
               AND bool_or(kind = 'danger' AND state = 'sent')""",
        )

    assert ["T1-1", "T2-1", "T3-1", "T6-1"] == vendor.taken
    day = datetime.now(noon).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert {day} == {row[0] for row in await pool.fetch("SELECT next_try_at FROM notices WHERE state = 'pending'")}
    assert day.timestamp() == REGISTRY.get_sample_value(
        "lapor_replies_paused_until_timestamp_seconds", {"channel": "sms"}
    )


async def test_two_tickets_of_one_citizen_are_told_one_after_the_other(pool: Pool) -> None:
    vendor = Vendor()
    async with pool.acquire() as db:
        await add_notices(db, [NewNotice(f"T{n}", NoticeKind.STEP, "1", f"{n}", "+62 one") for n in range(8)])
    async with sending(pool, vendor):
        await until(pool, NONE_PENDING)

    assert (1, [str(n) for n in range(8)]) == (vendor.most, vendor.taken)


async def test_a_ticket_in_trouble_holds_up_nobody_else(pool: Pool) -> None:
    told, goes_on = list[str](), asyncio.Event()

    async def vendor(notice: Notice) -> None:
        if notice.ticket == "HANGS":
            await within(goes_on.wait())
        if notice.ticket == "LATER":
            raise TryLater("busy", after_s=600)
        if notice.ticket == "BUG":
            raise KeyError("x")
        told.append(notice.text)

    await add(pool, "HANGS-1", "LATER-1", "BUG-1", *(f"T{n}-1" for n in range(20)))
    async with sending(pool, vendor):
        await until(pool, "count(*) FILTER (WHERE state = 'sent') = 20")
        goes_on.set()
        await until(pool, "count(*) FILTER (WHERE state = 'sent') = 21")

    assert "HANGS-1" == told[-1]


async def test_a_network_that_hangs_holds_up_no_other(pool: Pool) -> None:
    told, goes_on = list[str](), asyncio.Event()

    async def vendor(notice: Notice) -> None:
        if notice.thread and notice.thread.startswith("x:"):
            await within(goes_on.wait())
        told.append(notice.text)

    threads = [*(f"x:{n}" for n in range(9)), "facebook:1", "whatsapp:1", "xyz:1"]
    async with pool.acquire() as db:
        await add_notices(db, [NewNotice(f"T{t}", NoticeKind.STEP, "1", t, f"@{t}", thread=t) for t in threads])
    async with sending(pool, vendor, networks=dict.fromkeys(("x", "facebook", "whatsapp"), FAST)):
        await until(pool, "count(*) FILTER (WHERE state = 'sent') = 2")
        assert {"facebook:1", "whatsapp:1"} == set(told)
        goes_on.set()
        await until(pool, "count(*) FILTER (WHERE state = 'sent') = 11")

    assert sorted(threads[:-1]) == sorted(told)


async def test_a_network_that_wants_nothing_is_given_nothing_meanwhile(pool: Pool) -> None:
    tried = list[str]()

    async def vendor(notice: Notice) -> None:
        tried.append(notice.text)
        if notice.thread == "x:0":
            raise TryLater("blocked", after_s=600, everything=True)

    threads = [*(f"x:{n}" for n in range(4)), "facebook:1"]
    one = Pace(at_once=1, per_s=1000)
    async with pool.acquire() as db:
        await add_notices(db, [NewNotice(f"T{t}", NoticeKind.STEP, "1", t, f"@{t}", thread=t) for t in threads])
    async with sending(pool, vendor, networks={"x": one, "facebook": one}):
        await until(pool, "count(*) FILTER (WHERE state = 'sent') = 1 AND sum(attempts) = 2")
        await add(pool, "F-1")
        await pool.execute("UPDATE notices SET thread = 'facebook:2' WHERE ticket = 'F'")
        await until(pool, "count(*) FILTER (WHERE state = 'sent') = 2")
        ends = REGISTRY.get_sample_value("lapor_replies_paused_until_timestamp_seconds", {"channel": "x"}) or 0

    assert ["x:0"] == [text for text in tried if text.startswith("x")]
    assert 590 < ends - time.time() <= 600


async def test_possibly_sent_message_is_left_to_an_operator_on_a_repeating_network(pool: Pool) -> None:
    vendor, once = Vendor(), replace(FAST, repeats=False)
    await add(pool, "A-1", "B-1")
    await pool.execute("UPDATE notices SET thread = 'whatsapp:+62'")
    await pool.execute("UPDATE notices SET began_at = now(), forget = true WHERE ticket = 'A'")
    async with sending(pool, vendor, networks={"whatsapp": once}):
        await until(pool, NONE_PENDING)

    assert ["B-1"] == vendor.taken
    rows = await pool.fetch("SELECT state, address, sent_at IS NOT NULL AS counted FROM notices ORDER BY ticket")
    assert [("unknown", "", True), ("sent", "+62 B", True)] == [tuple(row) for row in rows]


async def test_sending_rate_stays_within_the_gateway_limit(pool: Pool) -> None:
    vendor, began = Vendor(0), time.monotonic()
    await add(pool, *(f"T{n}-1" for n in range(18)))
    async with sending(pool, vendor, Pace(at_once=20, per_s=10)):
        await until(pool, NONE_PENDING)

    assert 0.75 < time.monotonic() - began


async def test_stopped_sender_marks_all_messages_under_way(pool: Pool) -> None:
    vendor = Vendor(waits_for=6)  # so that none ends before the stop
    await add(pool, *(f"T{n}-1" for n in range(9)))
    async with sending(pool, vendor):
        async with asyncio.timeout(60):
            while len(vendor.in_hand) < 5:
                await asyncio.sleep(0.01)
        asyncio.get_running_loop().call_later(0.1, vendor.full.set)  # while it is being stopped

    states = [row["state"] for row in await pool.fetch("SELECT state FROM notices ORDER BY id")]
    assert ["sent"] * 5 + ["pending"] * 4 == states


def morning(at: datetime) -> datetime | None:
    """Return a morning five hours ahead, so that it is always night."""
    return at + timedelta(hours=5)


async def test_deferrable_messages_wait_for_morning_but_answers_and_danger_do_not(pool: Pool) -> None:
    vendor = Vendor()
    await add(pool, "A-1", "B-1")
    await add(pool, "A-2", kind=NoticeKind.ANSWER)
    await add(pool, "B-2", kind=NoticeKind.DANGER)
    await add(pool, "C-1", kind=NoticeKind.RECEIPT)
    await add(pool, "B-3", kind=NoticeKind.APOLOGY)
    async with pool.acquire() as db:
        await add_notices(db, [NewNotice("D", NoticeKind.STEP, "1", "D-1", "+62 D", urgent=True)])
    async with sending(pool, vendor, quiet_until=morning):
        await until(pool, "count(*) FILTER (WHERE state = 'sent') = 4")
        await until(pool, "count(*) FILTER (WHERE quiet) = 2")

    assert ["A-2", "B-2", "C-1", "D-1"] == sorted(vendor.taken)
    wait = [row[0] for row in await pool.fetch("SELECT next_try_at FROM notices WHERE quiet ORDER BY id")]
    assert all(timedelta(hours=4.9) < at - datetime.now(UTC) <= timedelta(hours=5) for at in wait)


async def test_a_night_is_no_delay_of_ours(pool: Pool) -> None:
    def measured() -> float:
        return REGISTRY.get_sample_value("lapor_reply_seconds_count", {"channel": "sms"}) or 0.0

    before = measured()
    await add(pool, "A-1")
    async with sending(pool, Vendor(), quiet_until=morning):
        await until(pool, "count(*) FILTER (WHERE quiet) = 1")
    await pool.execute("UPDATE notices SET next_try_at = now()")
    async with sending(pool, Vendor()):
        await until(pool, NONE_PENDING)

    assert 0 == measured() - before


async def test_in_the_morning_they_are_told_in_order(pool: Pool) -> None:
    vendor = Vendor()
    await add(pool, "A-1", "A-2", "B-1")
    async with sending(pool, vendor, quiet_until=morning):
        await until(pool, "count(*) FILTER (WHERE quiet) = 2")
    await pool.execute("UPDATE notices SET next_try_at = now() WHERE quiet")
    async with sending(pool, vendor):
        await until(pool, NONE_PENDING)

    assert ["A-1", "A-2"] == [text for text in vendor.taken if text[0] == "A"]


SENDER = """
import asyncio, sys
from chassis.database import open_pool
from intake.sending import Pace, send_notices

async def send(notice):
    print(notice.text, flush=True)
    if sys.argv[2] == "hangs" and int(notice.key) > 3:
        await asyncio.Event().wait()

async def main():
    pace = Pace(at_once=6, per_s=1000, patience_s=float(sys.argv[3]))
    await send_notices(await open_pool(sys.argv[1]), "sms", send, pace=pace)

asyncio.run(main())
"""


async def run_sender(dsn: str, how: str, patience_s: float) -> asyncio.subprocess.Process:
    command = (sys.executable, "-c", SENDER, dsn, how, str(patience_s))
    return await asyncio.create_subprocess_exec(*command, env=os.environ, stdout=subprocess.PIPE)


async def test_messages_of_a_killed_process_are_resent_unless_already_reported(
    pool: Pool, dsn: str, tmp_path: Path
) -> None:
    await add(pool, *(f"T{n}-{n}" for n in range(10)))
    first = await run_sender(dsn, "hangs", 0)
    assert first.stdout
    # Each of the first four is marked before its place becomes free, so these are the last ones in hand.
    before = [(await within(first.stdout.readline())).decode().strip() for _ in range(10)]
    first.kill()
    await within(first.wait())
    sent = {row[0] for row in await pool.fetch("SELECT text FROM notices WHERE state = 'sent'")}
    died_with = {row["text"]: row for row in await pool.fetch("SELECT * FROM notices WHERE state = 'pending'")}
    reported = sorted(died_with)[:3]
    second = await run_sender(dsn, "goes on", 1.5)
    assert second.stdout
    for text in reported:
        await note_report(pool, "sms", Report(own_id=f"{died_with[text]['id']}-0", state=ReportState.ACCEPTED))
    await until(pool, NONE_PENDING)
    second.kill()
    again = (await within(second.stdout.read())).decode().split()
    await within(second.wait())

    assert sorted(f"T{n}-{n}" for n in range(10)) == sorted(before)
    assert sent == {f"T{n}-{n}" for n in range(4)}
    assert sorted(set(died_with) - set(reported)) == sorted(again)
    assert {"sent"} == {row[0] for row in await pool.fetch("SELECT state FROM notices")}


async def test_messages_a_process_died_with_are_counted(pool: Pool) -> None:
    def counted() -> float:
        labels = {"channel": "sms", "result": "died_with"}
        return REGISTRY.get_sample_value("lapor_replies_total", labels) or 0.0

    before = counted()
    await add(pool, "A-1", "B-1")
    await pool.execute("UPDATE notices SET began_at = now() WHERE ticket = 'A'")
    async with sending(pool, Vendor()):
        await until(pool, NONE_PENDING)

    assert 1 == counted() - before


async def test_a_report_that_is_quicker_than_the_answer_holds(pool: Pool) -> None:
    """The gateway reports, and then its answer is lost or the connection breaks: nobody is told twice."""

    async def vendor(notice: Notice) -> None:
        state = {"F": ReportState.FAILED}.get(notice.ticket, ReportState.ACCEPTED)
        await note_report(pool, "sms", Report(own_id=f"{notice.id}-0", state=state, detail="27"))
        if notice.ticket == "U":
            raise OutcomeUnknown("silent")
        if notice.ticket == "D":
            raise TryLater("died", after_s=0.01, perhaps=True)

    await add(pool, "U-1", "D-1", "F-1", "S-1")
    async with sending(pool, vendor):
        await until(pool, NONE_PENDING)
        await until(pool, "min(attempts) = 1")

    rows = {row["ticket"]: (row["state"], row["attempts"]) for row in await pool.fetch("SELECT * FROM notices")}
    assert {"U": ("sent", 1), "D": ("sent", 1), "F": ("refused", 1), "S": ("sent", 1)} == rows


async def test_gateway_message_id_is_stored(pool: Pool) -> None:
    async def vendor(notice: Notice) -> str:
        return f"SM{notice.key}"

    await add(pool, "A-7")
    async with sending(pool, vendor):
        await until(pool, NONE_PENDING)

    assert "SM7" == await pool.fetchval("SELECT gateway_id FROM notices")
