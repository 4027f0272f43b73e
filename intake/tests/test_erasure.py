"""Erased data is nowhere in an intake's database and never comes back; its reporter is told once more."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chassis import outbox
from chassis.batch import BatchHandler
from chassis.database import Pool
from contracts import topics
from contracts.events import ComplaintErased, ComplaintUpdated, Data, FollowUp
from contracts.signature import HEADER, sign
from intake.additions import follow_up
from intake.notices import NewNotice, Notice, NoticeKind, add_notices
from intake.projection import story_handler
from intake.set_aside import put_aside
from intake.submissions import Accepted, IntakeSettings, Submission, accept, is_owner, republish_unregistered
from testing.events import an_updated
from testing.fakes import message
from testing.fixtures import texts_of
from testing.notices import send_while

pytestmark = pytest.mark.connected
Settings = Callable[..., IntakeSettings]
AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
REGION = Path(__file__).parents[2] / "region" / "soppeng"
ADDRESS = "+6281234567890"
SMS = Submission(
    channel="sms",
    gateway="kannel",
    external_id="kenari-luar",
    text="kenari-teks",
    place="kenari-tempat",
    occurred="kenari-kapan",
    name="kenari-nama",
    phone="kenari-hp",
    email="kenari-surel",
    secret="kenari-rahasia",
    address=ADDRESS,
    thread="x:1708",
)
ADDED = FollowUp(id="a1", kind="addition", at=AT, text="kenari-tambahan")
PLANTED = ("kenari", ADDRESS)
ANY_ADDRESS = "SELECT EXISTS (SELECT FROM farewells)"


@pytest.fixture
def steps(pool: Pool) -> BatchHandler[Any]:
    return BatchHandler(pool, story_handler("intake-sms", texts_of(REGION), notify=True, event_key=b"key"))


_ids = itertools.count()


async def hear(steps: BatchHandler[Any], *events: Data) -> None:
    await steps([message(data, event_id=f"e{next(_ids)}").record for data in events])


async def take(pool: Pool, settings: Settings, submission: Submission = SMS) -> Accepted:
    return await accept(pool, settings(), "intake-sms", submission, lambda view: f"{view.ticket} kenari-tanda")


def step(it: Accepted, seq: int, kind: str, **facts: Any) -> ComplaintUpdated:
    return an_updated(seq, kind, complaint_id=it.complaint_id, ticket=it.ticket, received_at=AT, **facts)


def order(it: Accepted, **facts: Any) -> ComplaintErased:
    return ComplaintErased(
        complaint_id=it.complaint_id, ticket=it.ticket, origin="intake-sms", by="DISKOMINFO", reason="diminta",
        asked_at=AT, **facts,
    )  # fmt: skip


async def found(pool: Pool, *needles: str) -> dict[str, list[str]]:
    """Return the tables in which each of ``needles`` occurs, also as bytes."""
    tables = [r["t"] for r in await pool.fetch("SELECT tablename AS t FROM pg_tables WHERE schemaname = 'public'")]
    rows = {table: [r["row"] for r in await pool.fetch(f"SELECT t::text AS row FROM {table} t")] for table in tables}
    places = {needle: [t for t in tables if _stands(needle, rows[t])] for needle in needles}
    return {needle: where for needle, where in places.items() if where}


def _stands(needle: str, rows: list[str]) -> bool:
    return any(form in row for row in rows for form in (needle, needle.encode().hex()))


async def with_a_story(pool: Pool, settings: Settings, steps: BatchHandler[Any]) -> Accepted:
    """Make a complaint with everything it can have: an addition, notices, answers to its number, a story with words."""
    it = await take(pool, settings)
    assert await follow_up(pool, settings(), "intake-sms", it.ticket, ADDED)
    async with pool.acquire() as db:
        await add_notices(db, [NewNotice(ADDRESS, NoticeKind.ANSWER, "7", "kenari-jawaban", ADDRESS)])
    await hear(steps, step(it, 0, "registered"), step(it, 1, "routed", reason="kenari-alasan"))
    await hear(steps, step(it, 2, "in_progress", message="kenari-kabar"))
    assert {"kenari", ADDRESS} == (await found(pool, *PLANTED)).keys()
    return it


async def test_nothing_of_a_person_is_left_but_the_address_for_one_last_word(
    pool: Pool, make_settings: Settings, steps: BatchHandler[Any]
) -> None:
    it = await with_a_story(pool, make_settings, steps)
    await hear(steps, order(it))
    assert {ADDRESS: ["farewells"]} == await found(pool, *PLANTED)
    tombstones = await pool.fetch("SELECT topic, key, value, headers::text FROM outbox ORDER BY topic")
    signatures = [dict(json.loads(each["headers"]))[HEADER].encode() for each in tombstones]
    assert [sign(b"key", it.complaint_id.encode(), None)[1]] * 2 == signatures
    assert [(topics.FOLLOWED_UP, None), (topics.RECEIVED, None)] == [(t["topic"], t["value"]) for t in tombstones]
    assert all(it.complaint_id.encode() == t["key"] and it.ticket in t["headers"] for t in tombstones)
    assert '\\"intake-sms.reporters\\": 1' in tombstones[0]["headers"]


async def test_erasure_removes_published_records_kept_for_republishing(
    pool: Pool, make_settings: Settings, steps: BatchHandler[Any]
) -> None:
    it = await with_a_story(pool, make_settings, steps)
    await pool.execute(outbox._MOVE, [row["seq"] for row in await pool.fetch("SELECT seq FROM outbox")])
    assert "published" in (await found(pool, "kenari"))["kenari"]
    await hear(steps, order(it))
    assert {ADDRESS: ["farewells"]} == await found(pool, *PLANTED)


async def test_erasure_removes_set_aside_messages_of_the_same_number(
    pool: Pool, make_settings: Settings, steps: BatchHandler[Any]
) -> None:
    it, digits = await take(pool, make_settings), ADDRESS.removeprefix("+").encode()
    for content in (b"from=%2B" + digits + b"&raw=kenari", b"from=%2B" + digits + b"9&raw=lain", b"from=1" + digits):
        await put_aside(pool, "intake-sms", "kannel-mo", content, ValueError(), lambda: None)
    await hear(steps, order(it))
    left = [bytes(row["content"]) for row in await pool.fetch("SELECT content FROM set_aside ORDER BY id")]
    assert [b"from=%2B" + digits + b"9&raw=lain", b"from=1" + digits] == left


async def test_its_reporter_hears_that_it_is_done_and_then_even_the_address_is_gone(
    pool: Pool, make_settings: Settings, steps: BatchHandler[Any]
) -> None:
    it, sent = await with_a_story(pool, make_settings, steps), list[tuple[str, str]]()

    async def send(notice: Notice) -> None:
        sent.append((notice.address, notice.text))

    await hear(steps, order(it), step(it, 3, "cancelled"))
    done = step(it, 4, "noted", status="cancelled", note="rights_done", message="Sudah dihapus.")
    await hear(steps, done, order(it, done_at=AT))
    await send_while(pool, send, ANY_ADDRESS)
    [(address, text)] = sent
    assert (ADDRESS, True) == (address, "Sudah dihapus." in text)
    assert {} == await found(pool, *PLANTED)


async def test_a_crash_after_the_last_notice_leaves_no_address(
    pool: Pool, make_settings: Settings, steps: BatchHandler[Any]
) -> None:
    it = await with_a_story(pool, make_settings, steps)
    await hear(steps, order(it))
    await hear(steps, step(it, 4, "noted", status="cancelled", note="rights_done", message="Sudah dihapus."))
    await pool.execute("UPDATE notices SET state = 'sent'")  # marked as sent, and then the process was killed

    async def send(notice: Notice) -> None:
        raise AssertionError

    await send_while(pool, send, ANY_ADDRESS)
    assert {} == await found(pool, *PLANTED)


async def test_erasure_keeps_words_of_others_and_other_complaints_of_the_reporter(
    pool: Pool, make_settings: Settings, steps: BatchHandler[Any]
) -> None:
    it = await with_a_story(pool, make_settings, steps)
    other = await take(
        pool,
        make_settings,
        Submission(channel="sms", gateway="kannel", external_id="2", text="lampu", address="+62811"),
    )
    again = await take(
        pool, make_settings, Submission(channel="sms", gateway="kannel", external_id="3", text="jalan", address=ADDRESS)
    )
    await pool.execute("UPDATE reporters SET asked_back = '{}', asked_at = now() WHERE address = $1", ADDRESS)
    await hear(steps, order(it))
    assert 0 == await pool.fetchval("SELECT count(*) FROM reporters WHERE asked_back IS NOT NULL")
    texts = {r["ticket"]: r["text"] for r in await pool.fetch("SELECT ticket, text FROM complaints")}
    assert {it.ticket: "", other.ticket: "lampu", again.ticket: "jalan"} == texts
    assert {"+62811", ADDRESS} == {
        r["address"] for r in await pool.fetch("SELECT address FROM reporters WHERE address > ''")
    }
    assert await pool.fetchval("SELECT count(*) FROM notices WHERE ticket = $1", again.ticket) == 1


async def test_the_same_message_again_is_still_known_and_nothing_of_it_is_stored(
    pool: Pool, make_settings: Settings, steps: BatchHandler[Any]
) -> None:
    it = await with_a_story(pool, make_settings, steps)
    await hear(steps, order(it))
    again = await take(pool, make_settings)
    assert (it.ticket, False) == (again.ticket, again.fresh)
    assert not await follow_up(pool, make_settings(), "intake-sms", it.ticket, ADDED)
    assert not await is_owner(pool, make_settings(), it.ticket, "kenari-rahasia")
    assert {ADDRESS: ["farewells"]} == await found(pool, *PLANTED)


async def test_the_repair_publishes_nothing_that_is_erased(
    pool: Pool, make_settings: Settings, steps: BatchHandler[Any]
) -> None:
    it = await take(pool, make_settings)
    await hear(steps, order(it))
    await pool.execute("UPDATE complaints SET registered_at = NULL, received_at = now() - interval '1 day'")
    woken = asyncio.Event()
    repairing = asyncio.create_task(republish_unregistered(pool, make_settings(repair_after_s=0.01), woken.set))
    await asyncio.sleep(0.3)  # some thirty rounds
    repairing.cancel()
    assert not woken.is_set()
    assert [] == await pool.fetch("SELECT FROM outbox WHERE value IS NOT NULL")


async def test_a_restored_backup_is_erased_again_by_the_last_record_of_the_ledger(
    pool: Pool, make_settings: Settings, steps: BatchHandler[Any]
) -> None:
    """The backup has also brought back an unpublished event. Nobody is told twice."""
    it = await with_a_story(pool, make_settings, steps)
    await hear(steps, order(it, done_at=AT, erased={"intake-sms.notices": 3}))
    assert {} == await found(pool, *PLANTED)
    assert [] == await pool.fetch("SELECT FROM outbox WHERE value IS NOT NULL")


async def test_an_order_about_another_intakes_complaint_deletes_nothing_here(
    pool: Pool, make_settings: Settings, steps: BatchHandler[Any]
) -> None:
    it = await with_a_story(pool, make_settings, steps)
    data = order(it)
    foreign = ComplaintErased(**{f: getattr(data, f) for f in data.__struct_fields__} | {"origin": "intake-web"})
    await hear(steps, foreign)
    assert "complaints" in (await found(pool, "kenari"))["kenari"]
