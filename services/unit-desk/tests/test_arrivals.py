"""The desk shows whether messages reached the citizen, whether news of them comes first, twice or late."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from desk_office import NUMBER, PAGE, LogIn, Tell, hidden, record, sent

from chassis.batch import BatchHandler
from chassis.database import Pool
from contracts import topics
from contracts.events import ComplaintErased, ComplaintTold, ReplyAnswer, ResendAsked, UnitRouted
from contracts.vocabulary import Arrival, NoArrival
from testing.events import a_snapshot
from unit_desk.adapters import arrivals, told
from unit_desk.app import handler
from unit_desk.arrivals import placed
from unit_desk.people import Person
from unit_desk.rules import Rules

connected = pytest.mark.connected
WITA = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 28, 14, 0, tzinfo=UTC)
Arrive = Callable[..., Awaitable[None]]
_ids = itertools.count()


def a_message(**facts: Any) -> ComplaintTold:
    usual = {"complaint_id": "c1", "ticket": NUMBER, "message_id": "m1", "kind": "step", "state": "taken", "at": NOW}
    return ComplaintTold(**{**usual, "step": 2, "channel": "sms", **facts})


@pytest.fixture
def arrive(pool: Pool, rules: Rules) -> Arrive:
    """Takes in an intake's words on messages, in one batch."""
    step = BatchHandler(pool, handler(rules))

    async def said(*messages: ComplaintTold, minute: int = 0) -> None:
        at = NOW + timedelta(minutes=minute)
        await step(
            [
                record(topics.TOLD, each, n, f"told-{n}", each.complaint_id, at)
                for each in messages
                for n in [next(_ids)]
            ]
        )

    return said


async def states(pool: Pool) -> list[tuple[str, str]]:
    return [tuple(row) for row in await pool.fetch("SELECT message_id, state FROM arrivals ORDER BY 1")]


@connected
async def test_the_last_word_on_a_message_holds_whatever_comes_again(pool: Pool, arrive: Arrive) -> None:
    await arrive(a_message(state="waits"), minute=0)
    await arrive(a_message(state="delivered"), minute=2)
    await arrive(a_message(state="taken"), minute=1)

    assert [("m1", "delivered")] == await states(pool)


@connected
async def test_two_ways_of_one_message_are_two(pool: Pool, arrive: Arrive) -> None:
    await arrive(a_message(message_id="m1", channel="email"), a_message(message_id="m2"))

    assert [("m1", "taken"), ("m2", "taken")] == await states(pool)


@connected
async def test_delivery_news_before_its_complaint_is_shown_once_that_arrives(
    pool: Pool, arrive: Arrive, tell: Tell, log_in: LogIn
) -> None:
    await arrive(a_message(step=1, state="delivered"))
    await tell(complaint_id="c1", ticket=NUMBER, seq=1)
    clerk = await log_in()

    assert "Terkirim lewat SMS, sampai di ponsel" in (await clerk.get(PAGE)).text


@connected
async def test_an_erasure_takes_it_and_what_comes_after_is_not_kept(
    pool: Pool, rules: Rules, arrive: Arrive, tell: Tell
) -> None:
    await tell(complaint_id="c1", ticket=NUMBER, seq=1)
    await arrive(a_message(), a_message(complaint_id="c2", message_id="m2"))
    order = ComplaintErased(
        complaint_id="c1", ticket=NUMBER, origin="intake-sms", by="DISKOMINFO", reason="permintaan", asked_at=NOW
    )
    await BatchHandler(pool, handler(rules))([record(topics.ERASED, order, 0, "order", "c1")])
    await arrive(a_message(state="delivered"), minute=1)

    assert [("m2", "taken")] == await states(pool)


@connected
async def test_it_goes_with_its_complaint_and_with_none_after_a_while(pool: Pool, arrive: Arrive, tell: Tell) -> None:
    await arrive(a_message(complaint_id="late", message_id="late"), a_message(complaint_id="no", message_id="none"))
    await pool.execute("UPDATE arrivals SET said_at = now() - interval '91 days'")
    await tell(complaint_id="late", ticket="SPG-S000-00008", seq=1)
    await tell(complaint_id="c1", ticket=NUMBER, seq=1, status="closed")
    await arrive(a_message())
    await pool.execute("UPDATE complaints SET told_at = now() - interval '9 days' WHERE complaint_id = 'c1'")

    async with pool.acquire() as db:
        deleted = await told.delete_old(db, {"closed": timedelta(days=8)})

    assert (1, 2, [("late", "taken")]) == (deleted["complaints"], deleted["arrivals"], await states(pool))


@connected
async def test_lost_delivery_states_are_rebuilt_from_the_topics(
    pool: Pool, rules: Rules, arrive: Arrive, tell: Tell
) -> None:
    step = BatchHandler(pool, handler(rules))
    routed = UnitRouted(why="routed", unit="PUPR", complaint=a_snapshot(complaint_id="c1", unit="PUPR", seq=1))
    records = [
        record(topics.TOLD, a_message(state="taken"), 0, "t0", "c1", NOW),
        record("unit.pupr.routed.v1", routed, 0, "r0", "c1", NOW),
        record(topics.TOLD, a_message(state="delivered"), 1, "t1", "c1", NOW + timedelta(minutes=1)),
    ]
    for each in records:
        await step([each])
    before = [dict(row) for row in await pool.fetch("SELECT * FROM arrivals")]
    await pool.execute("TRUNCATE arrivals, complaints, events, log, log_heads, inbox, notices CASCADE")
    await step(records)

    after = [dict(row) for row in await pool.fetch("SELECT * FROM arrivals")]
    assert ("delivered", before) == (after[0]["state"], after)


@connected
async def test_operator_has_an_undelivered_message_resent_once(
    pool: Pool, log_in: LogIn, tell: Tell, arrive: Arrive
) -> None:
    await tell(complaint_id="c1", ticket=NUMBER)
    await arrive(a_message(state="not_delivered", because="refused"), a_message(message_id="m2"))
    await arrive(a_message(complaint_id="unknown", message_id="m3", state="perhaps_sent"))
    operator, clerk = await log_in(unit="DISKOMINFO", role="operator"), await log_in()

    async with pool.acquire() as db:
        assert 1 == await arrivals.how_many_missing(db)
    listed, of_clerk = await operator.get("/kabar/warga"), await clerk.get(PAGE)
    assert (1, NUMBER in listed.text) == (listed.text.count("Kirim lagi"), True)
    assert ("Belum sampai" in of_clerk.text, "Kirim lagi" in of_clerk.text) == (True, False)
    assert 1 == (await operator.get(f"{PAGE}?unit=PUPR")).text.count("Kirim lagi")

    asked = await operator.post("/kabar/warga/m1/lagi", data={"laporan": NUMBER})
    assert f"{PAGE}#riwayat" == asked.headers["location"]
    for message in ("m1", "m2", "none"):
        assert "/kabar/warga" == (await operator.post(f"/kabar/warga/{message}/lagi")).headers["location"]

    wish = ResendAsked(complaint_id="c1", ticket=NUMBER, message_id="m1")
    assert [(topics.RESEND_ASKED, wish)] == [*await sent(pool)]
    again = (await operator.get("/kabar/warga")).text
    assert ("Diminta dikirim lagi" in again, "Kirim lagi" in again) == (True, False)
    assert ["kirim lagi ke warga"] == [
        row["act"] for row in await pool.fetch("SELECT act FROM audit WHERE about = 'm1'")
    ]

    await arrive(a_message(state="not_delivered", because="refused"), minute=60 * 24 * 365)
    assert "Kirim lagi" in (await operator.get("/kabar/warga")).text


@connected
@pytest.mark.parametrize(("unit", "role"), [("PUPR", "petugas"), ("PUPR", "pimpinan"), ("SETDA", "pemantau")])
async def test_nobody_else_has_a_message_sent_again(
    pool: Pool, log_in: LogIn, tell: Tell, arrive: Arrive, unit: str, role: str
) -> None:
    await tell(complaint_id="c1", ticket=NUMBER)
    await arrive(a_message(state="not_delivered", because="refused"))
    client = await log_in(unit=unit, role=role)

    answers = [await client.get("/kabar/warga"), await client.post("/kabar/warga/m1/lagi")]

    assert [403, 403] == [each.status_code for each in answers]
    assert [] == await sent(pool)


@connected
async def test_operators_list_omits_complaints_that_accuse_their_own_unit(
    pool: Pool, log_in: LogIn, tell: Tell, arrive: Arrive
) -> None:
    await tell("INSPEKTORAT", complaint_id="c1", ticket=NUMBER, about_units=["DISKOMINFO"], accuses=["DISKOMINFO"])
    await arrive(a_message(state="not_delivered", because="refused"))
    operator = await log_in(unit="DISKOMINFO", role="operator")

    assert NUMBER not in (await operator.get("/kabar/warga")).text
    await operator.post("/kabar/warga/m1/lagi")
    assert [] == await sent(pool)


@connected
async def test_foreign_event_on_the_message_topic_becomes_a_dead_letter(pool: Pool, rules: Rules) -> None:
    order = ComplaintErased(
        complaint_id="c1", ticket=NUMBER, origin="intake-sms", by="DISKOMINFO", reason="permintaan", asked_at=NOW
    )

    await BatchHandler(pool, handler(rules))([record(topics.TOLD, order, 0, "order", "c1")])

    assert "unit-desk.dlq" == await pool.fetchval("SELECT topic FROM outbox")


def row(**facts: Any) -> dict[str, Any]:
    usual = {"message_id": "m", "kind": "step", "seq": 2, "channel": "sms", "why": None, "at": NOW, "until": None}
    return {**usual, "state": "taken", "again": None, **facts}


@pytest.mark.parametrize(
    ("facts", "text", "failed"),
    [
        ({}, "Terkirim lewat SMS, belum ada kabar sampai", False),
        ({"state": "not_delivered", "why": "refused", "again": True}, "Diminta dikirim lagi", False),
        ({"channel": "email"}, "Terkirim lewat surel", False),
        ({"channel": "x"}, "Terkirim lewat X", False),
        ({"channel": None}, "Terkirim", False),
        ({"state": "delivered"}, "Terkirim lewat SMS, sampai di ponsel", False),
        ({"state": "waits"}, "Menunggu dikirim lewat SMS", False),
        ({"state": "waits", "until": NOW + timedelta(hours=9)}, "Menunggu jam kirim (besok 07.00)", False),
        ({"state": "waits", "until": NOW + timedelta(minutes=30)}, "Menunggu jam kirim (22.30)", False),
        ({"state": "not_delivered", "why": "unreachable"}, "Belum sampai: nomornya tidak dapat dihubungi", True),
        (
            {"state": "not_delivered", "why": "unreachable", "channel": "email"},
            "Belum sampai: alamat surelnya tidak menerima kiriman",
            True,
        ),
        ({"state": "not_delivered", "why": "refused", "channel": "x"}, "Belum sampai: tidak diterima X", True),
        ({"state": "not_delivered", "why": "refused"}, "Belum sampai: tidak diterima operator seluler", True),
        (
            {"state": "perhaps_sent"},
            "Mungkin sampai lewat SMS: sambungan terputus, dan tidak dikirim dua kali",
            False,
        ),
        (
            {"state": "never_sent", "why": "no_contact", "channel": None},
            "Warga tidak meninggalkan kontak: hanya terbaca di halaman laporannya",
            False,
        ),
        ({"state": "never_sent", "why": "of_later"}, "Tidak dikirim: hanya terbaca di halaman laporannya", False),
    ],
)
def test_delivery_state_is_described_in_words(facts: dict[str, Any], text: str, failed: bool) -> None:
    (line,) = placed([row(**facts)], [], NOW, WITA).others

    assert (text, failed) == (line.text, line.failed)


@pytest.mark.parametrize("why", NoArrival)
@pytest.mark.parametrize("state", Arrival)
def test_each_state_has_words(state: Arrival, why: NoArrival) -> None:
    (line,) = placed([row(state=state.value, why=why.value)], [], NOW, WITA).others

    assert line.text
    assert line.icon


def test_unknown_delivery_state_is_skipped() -> None:
    assert [] == placed([row(state="read")], [], NOW, WITA).others


def test_a_message_stands_where_its_step_was_first_told_of() -> None:
    reply = str(uuid4())
    events = [
        {"n": 4, "seq": 3, "why": "rated", "reply_id": None},
        {"n": 3, "seq": 3, "why": "replied", "reply_id": "refused"},
        {"n": 2, "seq": 3, "why": "replied", "reply_id": reply},
        {"n": 1, "seq": 1, "why": "routed", "reply_id": None},
    ]
    rows = [row(seq=1), row(seq=3), row(seq=3, channel="email"), row(seq=7), row(kind="apology", seq=None)]

    found = placed(rows, events, NOW, WITA)

    assert {"1": 1, reply: 2} == {key: len(lines) for key, lines in found.under.items()}
    assert ["Kabar perkembangan", "Permintaan maaf atas keterlambatan"] == [line.called for line in found.others]


@connected
async def test_delivery_of_a_confidential_answer_is_shown_to_its_unit_alone(
    pool: Pool, arrive: Arrive, tell: Tell, log_in: LogIn, somebody: Callable[..., Awaitable[Person]]
) -> None:
    clerk = await log_in()
    await tell(complaint_id="c1", ticket=NUMBER, seq=1, rahasia=True)
    form = hidden(await clerk.get(f"{PAGE}/terima"))
    await clerk.post(f"{PAGE}/terima", data={**form, "step": "kirim"})
    reply_id = str(await pool.fetchval("SELECT id FROM replies"))
    await tell(
        complaint_id="c1", ticket=NUMBER, seq=2, status="acknowledged", why="replied", rahasia=True,
        reply=ReplyAnswer(event_id=reply_id, accepted=True),
    )  # fmt: skip
    await arrive(
        a_message(state="not_delivered", because="unreachable"), a_message(message_id="m0", kind="receipt", step=0)
    )

    shown = (await clerk.get(PAGE)).text
    assert "Belum sampai: nomornya tidak dapat dihubungi" in shown
    assert "minta Dinas Kominfo mengirimnya lagi" in shown
    assert "Pesan lain kepada warga" in shown
    watcher = await log_in(unit="SETDA", role="pemantau")
    above = (await watcher.get(f"{PAGE}?unit=PUPR")).text
    assert (200, False, False) == (
        *((await watcher.get(f"{PAGE}?unit=PUPR")).status_code, "Belum sampai" in above, "Pesan lain" in above),
    )


@connected
async def test_former_unit_sees_only_deliveries_from_before_the_reassignment(
    pool: Pool, arrive: Arrive, tell: Tell, log_in: LogIn
) -> None:
    clerk = await log_in()
    await tell(complaint_id="c1", ticket=NUMBER, seq=1)
    await arrive(a_message(step=1), a_message(message_id="m7", step=7, state="not_delivered", because="unreachable"))
    before = (await clerk.get(PAGE)).text
    await tell(complaint_id="c1", ticket=NUMBER, seq=2, unit="DLH", why="withdrawn", reader="PUPR")
    after = (await clerk.get(PAGE)).text

    shown = [("Terkirim lewat SMS" in page, "Belum sampai" in page) for page in (before, after)]
    assert [(True, True), (True, False)] == shown


@connected
async def test_the_desk_gives_what_is_stored_the_first_first(pool: Pool, arrive: Arrive) -> None:
    await arrive(a_message(message_id="b", at=NOW + timedelta(minutes=1)), a_message(message_id="a"))

    assert ["a", "b"] == [each["message_id"] for each in await arrivals.of_complaint(pool, "c1")]
