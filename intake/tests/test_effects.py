"""What is done beside saving a view: in its order, once, and in the transaction that saves the view."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chassis.database import Pool
from contracts.events import ComplaintErased, Data
from intake.complaint_view import ComplaintView, load_views
from intake.effects import Decided, Effects, carry_out, joined, load_decided, save_decided
from intake.notices import NewNotice, NoticeKind, Revision
from intake.projection import build_decide
from intake.submissions import Accepted, Submission, accept
from testing.events import an_updated
from testing.fakes import message, play
from testing.fixtures import texts_of

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
T = "SPG-S000-00007"
TEXTS = texts_of(Path(__file__).parents[2] / "region" / "soppeng")
connected = pytest.mark.connected


def notice(key: str, ticket: str = T, **more: Any) -> NewNotice:
    return NewNotice(ticket, NoticeKind.STEP, key, f"kabar {key}", **more)


def revision(ticket: str = T, **more: Any) -> Revision:
    return Revision(ticket, NoticeKind.RECEIPT, "", "diterima, dijawab Kamis", **more)


def order(ticket: str = T, complaint_id: str = "c1", **facts: Any) -> ComplaintErased:
    return ComplaintErased(
        complaint_id=complaint_id, ticket=ticket, origin="intake-sms", by="DISKOMINFO", reason="diminta", asked_at=AT,
        **facts,
    )  # fmt: skip


async def taken(pool: Pool, make_settings: Any) -> Accepted:
    """Take a complaint whose receipt waits a minute."""
    given = Submission(channel="sms", gateway="kannel", external_id="mo", text="Jalan rusak", address="+62811")
    return await accept(pool, make_settings(receipt_wait_s=60), "intake-sms", given, lambda view: "diterima")


async def told(pool: Pool) -> list[tuple[str, str]]:
    return [(row["kind"], row["text"]) for row in await pool.fetch("SELECT kind, text FROM notices ORDER BY id")]


def test_what_two_steps_have_done_is_done_in_their_order_and_the_later_order_to_erase_counts() -> None:
    first = Effects(erase=("c1", True), notices=[notice("1")], revisions=[revision()], again=["a"])
    then = Effects(erase=("c1", False), notices=[notice("2")], revisions=[revision(hold=True)], again=["b"])

    both = joined(first, then)

    assert (
        Effects(
            erase=("c1", False),
            notices=[notice("1"), notice("2")],
            revisions=[revision(), revision(hold=True)],
            again=["a", "b"],
        )
        == both
    )
    assert (first, first) == (joined(first, Effects()), joined(Effects(), first))


def test_an_erasure_leaves_only_the_last_word_of_what_its_batch_tells() -> None:
    facts: dict[str, Any] = {"complaint_id": "c1", "ticket": T, "origin": "intake-sms"}
    news = an_updated(1, "resolved", status="resolved", message="Sudah.", **facts)
    farewell = an_updated(2, "noted", status="resolved", note="erased", code="erased", **facts)
    batch: list[Data] = [news, order(), farewell, order(done_at=AT)]
    events = [message(each, event_id=f"e{n}") for n, each in enumerate(batch)]
    decide = build_decide("intake-sms", TEXTS, notify=True)

    before, _ = play(decide, events[:1])
    (ordered, _), (after, _) = play(decide, events[:3]), play(decide, events)

    assert ["1"] == [each.key for each in before[T].effects.notices]
    assert (("c1", True), ["2"]) == (ordered[T].effects.erase, [each.key for each in ordered[T].effects.notices])
    assert (("c1", False), ["2"]) == (after[T].effects.erase, [each.key for each in after[T].effects.notices])
    assert ComplaintView(ticket=T, seq=2, status="resolved", registered=True, erased=True) == after[T].view


@connected
async def test_what_is_erased_goes_before_what_is_told(pool: Pool, make_settings: Any) -> None:
    it = await taken(pool, make_settings)
    effects = Effects(erase=(it.complaint_id, True), notices=[notice("2", it.ticket, asked=True)])

    async with pool.acquire() as db, db.transaction():
        await carry_out(db, {it.ticket: effects}, service="intake-sms", event_key=b"key")

    assert [("step", "kabar 2")] == await told(pool)
    assert "" == await pool.fetchval("SELECT text FROM complaints")


@connected
@pytest.mark.parametrize(("gone", "tells", "untold"), [(False, True, False), (True, True, True), (True, False, False)])
async def test_a_date_whose_notice_has_gone_is_still_to_be_told(
    pool: Pool, make_settings: Any, gone: bool, tells: bool, untold: bool
) -> None:
    it = await taken(pool, make_settings)
    if gone:
        await pool.execute("UPDATE notices SET state = 'sent', revisable = false")
    view = ComplaintView(ticket=it.ticket, status="routed")
    effects = Effects(revisions=[revision(it.ticket, tells_deadline=tells)])

    async with pool.acquire() as db, db.transaction():
        await save_decided(db, {it.ticket: Decided(view, effects)})

    assert [("receipt", "diterima" if gone else "diterima, dijawab Kamis")] == await told(pool)
    assert (
        Decided(ComplaintView(ticket=it.ticket, status="routed", deadline_untold=untold))
        == (await load_decided(pool, [it.ticket]))[it.ticket]
    )


@connected
async def test_what_is_rolled_back_was_not_done(pool: Pool, make_settings: Any) -> None:
    it = await taken(pool, make_settings)
    decided = {it.ticket: Decided(ComplaintView(ticket=it.ticket), Effects(notices=[notice("1", it.ticket)]))}

    async def fails(*_: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with pool.acquire() as db, db.transaction():
            await save_decided(db, decided, also=fails)

    assert [("receipt", "diterima")] == await told(pool)
    assert not await pool.fetchval("SELECT EXISTS (SELECT FROM stories)")


@connected
async def test_a_view_that_an_earlier_version_stored_is_read(pool: Pool) -> None:
    gone = '"breached":false,"anonim":true,"erase":null,"notices":[],"revisions":[],"again":[]'
    body = f'{{"ticket":"{T}","seq":3,"status":"routed",{gone}}}'
    await pool.execute("INSERT INTO stories (ticket, body) VALUES ($1, $2)", T, body)

    assert {T: ComplaintView(ticket=T, seq=3, status="routed")} == await load_views(pool, [T])
