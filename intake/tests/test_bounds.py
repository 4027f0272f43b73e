"""How much one citizen is sent: counted in the database, so that a restart forgets nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from chassis.database import Pool
from intake.bounds import Bounds
from intake.notices import NewNotice, Notice, NoticeKind, TryLater, add_notices
from intake.sending import Pace, send_notices
from testing.waiting import finish

pytestmark = pytest.mark.connected
BOUNDS = Bounds(later="nanti lagi", last=lambda ticket: f"Selengkapnya: {ticket}" if ticket.startswith("SPG") else "")


class Phone:
    """Records the notices that arrive at each address; the first ``away`` attempts fail."""

    def __init__(self, away: int = 0) -> None:
        self.away, self.got = away, dict[str, list[str]]()

    async def __call__(self, notice: Notice) -> None:
        if self.away > 0:
            self.away -= 1
            raise TryLater("away", after_s=0.01)
        self.got.setdefault(notice.address, []).append(notice.text)


def notice(ticket: str, name: str, text: str, address: str = "+62811") -> NewNotice:
    kind, _, key = name.partition("-")
    return NewNotice(ticket, NoticeKind(kind), key, text, address)


async def tell(
    pool: Pool,
    *notices: tuple[str, str],
    address: str = "+62811",
    phone: Phone | None = None,
    bounds: Bounds = BOUNDS,
    pace: Pace = Pace(),  # noqa: B008
) -> list[str]:
    """Add a notice for each (ticket, kind-key), with the latter as its text; return what ``address`` got."""
    phone = phone or Phone()
    async with pool.acquire() as db, db.transaction():
        await add_notices(db, [notice(ticket, name, name, address) for ticket, name in notices])
    sender = asyncio.create_task(send_notices(pool, "sms", phone, bounds, pace=pace))
    async with asyncio.timeout(60):
        while await pool.fetchval("SELECT count(*) FROM notices WHERE state = 'pending'"):
            await asyncio.sleep(0.02)
    sender.cancel()
    await finish(sender)
    return phone.got.get(address, [])


async def age(pool: Pool, minutes: float) -> None:
    """Make sent notices ``minutes`` older."""
    await pool.execute("UPDATE notices SET sent_at = sent_at - make_interval(secs => $1)", minutes * 60)


async def states(pool: Pool) -> dict[str, int]:
    return {row[0]: row[1] for row in await pool.fetch("SELECT state, count(*) FROM notices GROUP BY state")}


def limited() -> float:
    return REGISTRY.get_sample_value("lapor_replies_total", {"channel": "sms", "result": "limited"}) or 0.0


def answers(start: int, count: int, kind: str = "answer") -> list[tuple[str, str]]:
    return [("SPG-1", f"{kind}-{n}") for n in range(start, start + count)]


async def test_ten_answers_an_hour_then_one_word_and_then_silence(pool: Pool) -> None:
    before = limited()
    first = await tell(pool, *answers(0, 100))
    silence = await tell(pool, *answers(100, 5))
    await age(pool, 61)
    later = await tell(pool, *answers(200, 2))

    assert [*(f"answer-{n}" for n in range(10)), "nanti lagi"] == first
    assert [] == silence
    assert ["answer-200", "answer-201"] == later
    assert {"sent": 13, "dropped": 94} == await states(pool)
    assert {"limited"} == {row[0] for row in await pool.fetch("SELECT detail FROM notices WHERE state = 'dropped'")}
    assert limited() - before == 94


async def test_an_outage_lifts_no_bound(pool: Pool) -> None:
    steps = [("SPG-1", f"step-{n}") for n in range(12)]

    assert BOUNDS.automatic_a_day == len(await tell(pool, *steps, phone=Phone(away=1)))
    assert {"sent": BOUNDS.automatic_a_day, "dropped": 12 - BOUNDS.automatic_a_day} == await states(pool)


async def test_hourly_limit_slides_and_its_notice_is_not_repeated_for_each_answer(pool: Pool) -> None:
    for n in range(10):
        await tell(pool, *answers(n, 1))
        await age(pool, 5)
    said = await tell(pool, *answers(10, 1))
    await age(pool, 11)
    room = await tell(pool, *answers(11, 2))
    after = await tell(pool, *answers(13, 3))

    assert ["nanti lagi"] == said
    assert ["answer-11"] == room
    assert [] == after


async def test_receipts_and_hints_count_as_answers_and_steps_and_others_numbers_do_not(pool: Pool) -> None:
    mixed = [("SPG-1", "receipt-"), ("+62811", "format-2026"), ("SPG-2", "again-2026"), *answers(0, 7)]
    await tell(pool, *mixed)

    assert ["nanti lagi"] == await tell(pool, ("SPG-3", "receipt-"))
    assert ["step-1"] == await tell(pool, ("SPG-3", "step-1"))
    assert ["answer-x"] == await tell(pool, ("SPG-9", "answer-x"), address="+62822")


async def test_five_automatic_ones_a_day_and_the_last_says_where_there_is_more(pool: Pool) -> None:
    steps = [(f"SPG-{n}", f"{('step', 'deadline')[n % 2]}-{n}") for n in range(9)]
    got = await tell(pool, *steps)
    other = await tell(pool, ("SPG-2", "step-9"), ("SPG-1", "apology-1"))
    answered = await tell(pool, ("SPG-2", "answer-1"))
    await age(pool, 24 * 60 + 1)
    tomorrow = await tell(pool, ("SPG-1", "step-99"))

    assert [reason for _, reason in steps[:4]] == got[:4]
    assert ["step-4 Selengkapnya: SPG-4"] == got[4:]
    assert [] == other
    assert ["answer-1"] == answered
    assert ["step-99"] == tomorrow


async def test_how_a_complaint_ends_and_what_is_danger_goes_out_all_the_same(pool: Pool) -> None:
    await tell(pool, *((f"SPG-{n}", "step-1") for n in range(7)))
    async with pool.acquire() as db:
        ends = replace(notice("SPG-1", "step-2", "selesai"), ends=True)
        urgent = replace(notice("SPG-2", "step-2", "menuju lokasi"), urgent=True)
        await add_notices(db, [ends, urgent, notice("SPG-3", "danger-1", "hubungi 112")])

    assert ["selesai", "menuju lokasi", "hubungi 112"] == await tell(pool)
    assert [] == await tell(pool, ("SPG-4", "step-3"))


async def test_an_end_is_told_past_the_bound_of_all_kinds_too(pool: Pool) -> None:
    full = replace(BOUNDS, all_a_day=2)
    await tell(pool, *answers(0, 3), bounds=full)
    async with pool.acquire() as db:
        await add_notices(db, [replace(notice("SPG-1", "step-2", "selesai"), ends=True)])

    assert ["selesai"] == await tell(pool, bounds=full)


async def test_forty_of_all_kinds_a_day_for_one_address(pool: Pool) -> None:
    got = await tell(pool, *((f"SPG-{n}", "danger-1") for n in range(50)))
    other = await tell(pool, ("SPG-99", "danger-1"), address="+62822")

    assert 40 == len(got)
    assert [text for text in got if "Selengkapnya" in text] == [got[-1]]
    assert ["danger-1"] == other
    assert {"sent": 41, "dropped": 10} == await states(pool)


async def test_a_last_answer_about_no_ticket_stays_as_it_is(pool: Pool) -> None:
    await tell(pool, *((f"SPG-{n}", "danger-1") for n in range(39)))

    assert ["format-2026"] == await tell(pool, ("+62811", "format-2026"))


async def test_retried_message_keeps_its_words_however_long_it_takes(pool: Pool) -> None:
    await tell(pool, *((f"SPG-{n}", "step-1") for n in range(4)))
    got = await tell(pool, ("SPG-99", "step-1"), phone=Phone(away=3))

    assert ["step-1 Selengkapnya: SPG-99"] == got
    assert {"sent": 5} == await states(pool)


async def test_possibly_sent_message_is_repeated_though_others_used_up_the_limit(pool: Pool) -> None:
    await tell(pool, *((f"SPG-{n}", "step-1") for n in range(5)))
    async with pool.acquire() as db:
        await add_notices(db, [notice("SPG-99", "step-1", "tried")])
    await pool.execute("UPDATE notices SET began_at = now() WHERE state = 'pending'")

    assert ["tried"] == await tell(pool)


async def test_a_crash_before_the_first_try_adds_nothing_twice(pool: Pool) -> None:
    await tell(pool, *((f"SPG-{n}", "step-1") for n in range(4)))
    async with pool.acquire() as db:
        await add_notices(db, [notice("SPG-99", "step-1", "step-1 Selengkapnya: SPG-99")])

    assert ["step-1 Selengkapnya: SPG-99"] == await tell(pool)


@pytest.mark.parametrize("n_at_once", [2, 16])
async def test_bounds_hold_however_many_are_sent_at_once(pool: Pool, n_at_once: int) -> None:
    pace = Pace(at_once=n_at_once, per_s=1000)
    phone = Phone()
    people = [f"+6281{n}" for n in range(4)]
    async with pool.acquire() as db:
        await add_notices(db, [notice(f"SPG-{n}", "step-1", "x", people[n % 4]) for n in range(60)])
    await tell(pool, phone=phone, pace=pace)

    assert dict.fromkeys(people, 5) == {who: len(got) for who, got in phone.got.items()}
