"""Hand-overs to an office with an address: begun once, over when undone, deleted when the complaint is erased."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from desk_office import PAGE, LogIn, Tell, record, sent
from desk_parties import HANDED, SAYS, HandOver, answer, of, path
from msgspec import UNSET

from chassis.batch import BatchHandler
from chassis.database import Pool
from contracts.events import ReplyAnswer, UnitRouted
from contracts.topics import unit_routed
from testing.events import a_snapshot
from unit_desk.adapters import handovers, told
from unit_desk.app import handler
from unit_desk.handlers.visit import Desk
from unit_desk.parties import MOST_ANSWERS, answer_id
from unit_desk.rules import Rules

pytestmark = pytest.mark.connected
COUNT = "SELECT count(*) FROM handovers"


async def test_a_letter_waits_for_an_office_with_an_address(hand_over: HandOver) -> None:
    it = await hand_over()

    assert ("PLN", "waits", None, None) == (it.party, it.letter, it.revoked_at, it.over_at)
    assert timedelta(days=29) < it.expires_at - datetime.now(UTC) <= timedelta(days=30)


@pytest.mark.parametrize(
    "facts",
    [
        {"target": "Kantor Pertanahan (BPN) Soppeng"},
        {"target": "Kantor yang tidak tercatat"},
        {"unit": "PUPR"},
        {"status": "closed"},
        {"erased": True},
    ],
    ids=["no address", "unknown", "another unit", "not handed over", "erased"],
)
async def test_nobody_else_is_written_to(tell: Tell, pool: Pool, facts: dict[str, Any]) -> None:
    await tell(**{**HANDED, "seq": 2, **facts})

    assert 0 == await pool.fetchval(COUNT)


async def test_office_is_written_to_about_an_old_hand_over_only_on_request(
    hand_over: HandOver, pool: Pool, desk: Desk, guest: httpx.AsyncClient, log_in: LogIn, rules: Rules
) -> None:
    it = await hand_over(at=datetime.now(UTC) - timedelta(days=3))
    async with pool.acquire() as db:
        waits = await handovers.next_letter(db)
        await handovers.remind(db, rules.targets["PLN"], datetime.now(UTC) + timedelta(days=90))
    page = await (await log_in(unit="DISKOMINFO", role="operator")).get(PAGE)

    assert (None, "sent", None, 0) == (waits, it.letter, it.sent_at, (await of(pool)).reminder)
    assert ["mungkin sudah terkirim" in page.text, "Surati lagi" in page.text] == [True, True]
    assert 200 == (await guest.get(path(desk, it))).status_code  # the office may hold this link


async def lose(pool: Pool) -> None:
    """Put the database back to before the complaint was known."""
    await pool.execute("TRUNCATE complaints, events, inbox, outbox CASCADE")


async def test_a_desk_that_has_lost_it_makes_the_same_link(
    hand_over: HandOver, tell: Tell, pool: Pool, desk: Desk
) -> None:
    at = datetime.now(UTC) - timedelta(minutes=7)
    first = await hand_over(at=at)
    await lose(pool)
    await tell(**HANDED, seq=2, at=at)
    await tell(**{**HANDED, "why": "rated"}, seq=3, at=at + timedelta(minutes=5))

    assert path(desk, first) == path(desk, await of(pool))


async def test_hand_overs_read_in_one_batch_equal_those_read_one_by_one(pool: Pool, rules: Rules, desk: Desk) -> None:
    at = datetime.now(UTC) - timedelta(minutes=9)
    back = {**HANDED, "status": "routed", "target": UNSET, "why": "undone"}
    steps = [HANDED, {**HANDED, "why": "rated"}, back, HANDED, {**HANDED, "why": "rated"}]
    records = [
        record(
            unit_routed("DISKOMINFO"),
            UnitRouted(
                why=facts["why"],
                unit="DISKOMINFO",
                complaint=a_snapshot(**{k: v for k, v in facts.items() if k != "why"}, seq=n),
            ),
            n,
            f"word-{n}",
            "c1",
            at + timedelta(minutes=n),
        )
        for n, facts in enumerate(steps, 1)
    ]
    links = []
    for size in (1, len(records)):
        await lose(pool)
        take = BatchHandler(pool, handler(rules))
        for begin in range(0, len(records), size):
            await take(records[begin : begin + size])
        links.append((await pool.fetchval(COUNT), path(desk, await of(pool))))

    assert links[0] == links[1]
    assert 2 == links[0][0]


async def test_an_older_word_that_comes_later_changes_no_hand_over(hand_over: HandOver, tell: Tell, pool: Pool) -> None:
    it = await hand_over(seq=5)
    await tell(**{**HANDED, "status": "routed", "target": UNSET, "why": "undone", "seq": 4})
    await tell(**{**HANDED, "seq": 3})

    assert (1, it) == (await pool.fetchval(COUNT), await of(pool))


@pytest.mark.parametrize(
    ("hours", "mine", "expected"),
    [(3, True, ("sent", True)), (72, True, ("sent", True)), (3, False, ("waits", False))],
    ids=["may be read again", "long ago", "another program's"],
)
async def test_an_answer_that_is_read_again_is_known_and_its_letter_not_written_again(
    hours: int, mine: bool, expected: tuple[str, bool], hand_over: HandOver, tell: Tell, pool: Pool,
) -> None:  # fmt: skip
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=hours)
    it = await hand_over(at=at)
    reply = ReplyAnswer(event_id=str(answer_id(it.id) if mine else UUID(int=9)), accepted=True)
    async with pool.acquire() as db:
        early = await handovers.next_letter(db)
    await tell(**{**HANDED, "why": "replied"}, seq=3, reply=reply, at=at + timedelta(hours=1))
    after = await of(pool)

    assert (None, *expected) == (early, after.letter, after.answered_at == at + timedelta(hours=1))


async def test_requested_letter_stays_due_when_an_earlier_answer_is_accepted(
    hand_over: HandOver, tell: Tell, pool: Pool
) -> None:
    it = await hand_over()
    await handovers.write_again(pool, it, 30)
    reply = ReplyAnswer(event_id=str(answer_id(it.id)), accepted=True)
    await tell(**{**HANDED, "why": "replied"}, seq=3, reply=reply)

    assert ("waits", True) == ((await of(pool)).letter, (await of(pool)).answered_at is not None)


async def test_both_pages_say_that_it_was_answered_where_the_words_are_lost(
    hand_over: HandOver, tell: Tell, desk: Desk, guest: httpx.AsyncClient, log_in: LogIn
) -> None:
    it = await hand_over()
    reply = ReplyAnswer(event_id=str(answer_id(it.id)), accepted=True)
    await tell(**{**HANDED, "why": "replied"}, seq=3, reply=reply)
    ours = await (await log_in(unit="DISKOMINFO", role="operator")).get(PAGE)
    theirs = await guest.get(path(desk, it))

    assert "Sudah menjawab" in ours.text
    assert "Kantor Anda sudah menjawab" in theirs.text


async def test_it_is_one_hand_over_however_often_it_is_told(hand_over: HandOver, tell: Tell, pool: Pool) -> None:
    first = await hand_over()
    again = await hand_over(seq=3, why="rated")

    assert (1, first.id) == (await pool.fetchval(COUNT), again.id)


async def test_undone_hand_over_ends_and_a_repeated_one_is_new(hand_over: HandOver, tell: Tell, pool: Pool) -> None:
    first = await hand_over()
    await tell(**{**HANDED, "status": "routed", "target": UNSET, "why": "undone", "seq": 3})
    over = await of(pool)
    second = await hand_over(seq=4)

    assert (first.id, True) == (over.id, over.over_at is not None)
    assert (True, None) == (second.id != first.id, second.over_at)


async def test_office_answer_is_relayed_once_in_the_name_of_the_office(hand_over: HandOver, pool: Pool) -> None:
    it = await hand_over()

    for _ in range(2):
        await answer(pool, it)

    ((topic, said),) = await sent(pool)
    assert ("unit.diskominfo.replied.v1", "relay", "PLN", SAYS, it.ticket) == (
        topic, said.action, said.to, said.message, said.ticket,
    )  # fmt: skip


async def test_router_verdict_is_kept_with_the_answer_of_the_office(
    hand_over: HandOver, tell: Tell, pool: Pool
) -> None:
    it = await hand_over()
    await answer(pool, it)
    await tell(**{**HANDED, "why": "replied"}, seq=3, reply=ReplyAnswer(event_id=str(UUID(int=1)), accepted=True))

    assert [(SAYS, True)] == [(each.text, each.accepted) for each in await handovers.answers(pool, it.id)]


async def test_nothing_is_taken_when_it_was_revoked_or_is_over_or_enough_was_said(
    hand_over: HandOver, pool: Pool
) -> None:
    it = await hand_over()
    for n in range(MOST_ANSWERS):
        await answer(pool, it, n)
    with pytest.raises(handovers.Closed):
        await answer(pool, it, MOST_ANSWERS)
    await pool.execute("DELETE FROM party_answers")
    for revoked, over in ((True, False), (False, True)):
        await pool.execute(
            "UPDATE handovers SET revoked_at = CASE WHEN $1 THEN now() END, over_at = CASE WHEN $2 THEN now() END",
            revoked,
            over,
        )
        with pytest.raises(handovers.Closed):
            await answer(pool, it, 9)

    assert MOST_ANSWERS == len(await sent(pool))


async def test_an_erasure_takes_the_answers_and_what_waits_to_go(hand_over: HandOver, tell: Tell, pool: Pool) -> None:
    await answer(pool, await hand_over())
    await tell(**{**HANDED, "text": "", "erased": True, "why": "erased"}, seq=9)

    assert [0, 0, 0] == [
        await pool.fetchval(f"SELECT count(*) FROM {table}") for table in ("handovers", "party_answers", "outbox")
    ]


async def test_hand_over_is_deleted_with_its_expired_complaint(hand_over: HandOver, pool: Pool) -> None:
    await answer(pool, await hand_over())
    await pool.execute("UPDATE complaints SET told_at = now() - interval '3 years'")
    async with pool.acquire() as db:
        await told.delete_old(db, {"handed_over": timedelta(days=730)})

    assert 0 == await pool.fetchval(COUNT)
