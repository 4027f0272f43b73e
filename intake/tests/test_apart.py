"""Additions that may accuse the people working on a complaint become complaints of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chassis.database import Pool
from contracts import codec
from contracts.events import ComplaintFollowedUp, ComplaintReceived, FollowUp
from intake.additions import Taken, follow_up
from intake.complaint_view import ComplaintView, SentWith, load_views
from intake.effects import save_decided
from intake.erasure import erase
from intake.noting import accuses, taken_apart
from intake.own import find_own, find_sender
from intake.projection import ComplaintProjection
from intake.submissions import Accepted, IntakeSettings, KeyReused, Submission, accept, is_owner
from intake.texts import ONE_SMS
from testing.events import an_updated
from testing.fixtures import texts_of
from testing.waiting import within

TEXTS = texts_of(Path(__file__).parents[2] / "region" / "soppeng")
Settings = Callable[..., IntakeSettings]
APART = SentWith(part_of="SPG-W000-00004")
AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
#: It accuses somebody of asking for money, and gives their number.
ACCUSES = "petugas PUPR Pak Baso minta uang 200 ribu, nomornya 0812-1111-2222"
SMS = Submission(
    channel="sms", gateway="kannel", external_id="mo-1", text="Jalan rusak di Botto", address="+6281234567890"
)


async def a_complaint(pool: Pool, settings: Settings, sent: Submission = SMS) -> Accepted:
    return await accept(pool, settings(), "intake-sms", sent)


async def add(
    pool: Pool, settings: Settings, number: str, text: str = ACCUSES, *, kind: str = "addition", n: int = 1, **more: Any
) -> Taken | None:
    item = FollowUp(id=f"a{n}", kind=kind, at=AT, text=text, **more)
    return await follow_up(pool, settings(), "intake-sms", number, item, apart=taken_apart(TEXTS, "intake-sms"))


async def published(pool: Pool) -> list[Any]:
    return [codec.decode(row["value"]).data for row in await pool.fetch("SELECT value FROM outbox ORDER BY seq")]


async def tell(pool: Pool, number: str, kind: str, seq: int = 0, **facts: Any) -> None:
    """Apply a further step to the story of ``number``."""
    projection = ComplaintProjection(service="intake-sms", texts=TEXTS, notify=True)
    async with pool.acquire() as db, db.transaction():
        view = (await load_views(db, [number])).get(number) or ComplaintView(ticket=number)
        data = an_updated(seq, kind, ticket=number, origin="intake-sms", **{"status": kind, **facts})
        await save_decided(db, {number: projection.on_step(view, data, AT)})


async def told(pool: Pool) -> list[tuple[str, str, str]]:
    rows = await pool.fetch("SELECT ticket, kind, text FROM notices ORDER BY id")
    return [(row["ticket"], row["kind"], row["text"]) for row in rows]


@pytest.mark.connected
async def test_accusing_addition_becomes_a_complaint_of_its_own(pool: Pool, make_settings: Settings) -> None:
    made = await a_complaint(pool, make_settings)

    taken = await add(pool, make_settings, made.ticket)

    first, second = await published(pool)
    assert isinstance(second, ComplaintReceived)
    assert taken == Taken(apart=second.ticket)
    assert (made.ticket, first.reporter_ref) == (second.part_of, second.reporter_ref)
    assert "petugas PUPR Pak Baso minta uang 200 ribu, nomornya [TELEPON]" == second.text
    assert [(made.ticket, first.text), (second.ticket, ACCUSES)] == [
        tuple(row) for row in await pool.fetch("SELECT ticket, text FROM complaints ORDER BY received_at")
    ]
    assert "Baso" not in await pool.fetchval("SELECT follow_ups::text FROM complaints WHERE ticket = $1", made.ticket)


@pytest.mark.connected
async def test_harmless_addition_is_added_without_revealing_the_separated_accusation(
    pool: Pool, make_settings: Settings
) -> None:
    made = await a_complaint(pool, make_settings)
    await add(pool, make_settings, made.ticket)

    taken = await add(pool, make_settings, made.ticket, "petugas PUPR sudah datang, terima kasih", n=2)

    last = (await published(pool))[-1]
    assert isinstance(last, ComplaintFollowedUp)
    assert taken == Taken()
    assert [("a2", "petugas PUPR sudah datang, terima kasih")] == [(item.id, item.text) for item in last.items]


@pytest.mark.connected
async def test_the_same_addition_again_is_the_same_complaint_also_at_once(pool: Pool, make_settings: Settings) -> None:
    made = await a_complaint(pool, make_settings)

    taken = await within(asyncio.gather(*(add(pool, make_settings, made.ticket) for _ in range(4))))

    assert 1 == len({each.apart for each in taken if each})
    assert 2 == len(await published(pool))
    with pytest.raises(KeyReused):
        await add(pool, make_settings, made.ticket, ACCUSES + " lagi")


@pytest.mark.connected
async def test_addition_made_before_separation_existed_stays_an_addition(pool: Pool, make_settings: Settings) -> None:
    made = await a_complaint(pool, make_settings)
    item = FollowUp(id="a1", kind="addition", at=AT, text=ACCUSES)
    await follow_up(pool, make_settings(), "intake-sms", made.ticket, item)

    taken = await add(pool, make_settings, made.ticket)

    assert taken == Taken()
    assert 2 == len(await published(pool))


@pytest.mark.connected
@pytest.mark.parametrize(("kind", "more"), [("reopen", {}), ("rating", {"rating": 1})])
async def test_a_wish_goes_on_without_its_words(
    pool: Pool, make_settings: Settings, kind: str, more: dict[str, Any]
) -> None:
    made = await a_complaint(pool, make_settings)

    taken = await add(pool, make_settings, made.ticket, kind=kind, **more)

    _, own, wish = await published(pool)
    assert taken == Taken(apart=own.ticket)
    assert [FollowUp(id="a1", kind=kind, at=AT, **more)] == wish.items


@pytest.mark.connected
@pytest.mark.parametrize("kind", ["appeal", "cancel"])
async def test_an_appeal_goes_to_who_decides_and_a_withdrawal_is_one(
    pool: Pool, make_settings: Settings, kind: str
) -> None:
    made = await a_complaint(pool, make_settings)

    taken = await add(pool, make_settings, made.ticket, kind=kind)

    assert taken == Taken()


@pytest.mark.connected
async def test_separated_accusation_inherits_confidentiality_and_access_code(
    pool: Pool, make_settings: Settings
) -> None:
    web = Submission(
        channel="web", gateway="form", external_id="k", text="Jalan rusak", anonim=True, rahasia=True, secret="s" * 20
    )
    made = await a_complaint(pool, make_settings, web)

    taken = await add(pool, make_settings, made.ticket)

    assert taken
    own = (await published(pool))[-1]
    assert (True, True) == (own.anonim, own.rahasia)
    assert await is_owner(pool, make_settings(), taken.apart, "s" * 20)
    rows = await pool.fetch("SELECT external_id, complaint_id FROM complaints WHERE ticket = $1", taken.apart)
    assert [(row["complaint_id"],) for row in rows] == [(row["external_id"],) for row in rows]


@pytest.mark.connected
async def test_its_reporter_is_told_in_one_sms_who_has_it_and_that_the_others_do_not(
    pool: Pool, make_settings: Settings
) -> None:
    made = await a_complaint(pool, make_settings)
    taken = await add(pool, make_settings, made.ticket)
    assert taken

    await tell(pool, taken.apart, "routed", 1, unit="INSPEKTORAT", lane="triage")
    await tell(
        pool, taken.apart, "deadline_set", 2, status="routed", unit="INSPEKTORAT", lane="triage", stage="completion",
        deadline_at=datetime(2026, 3, 5, 15, 59, tzinfo=UTC), round=1, received_at=AT,
    )  # fmt: skip

    said = [text for number, kind, text in await told(pool) if (number, kind) == (taken.apart, "receipt")]
    assert len(said) == 1
    assert said[0].startswith(f"Tambahan {made.ticket} ditangani Inspektorat Daerah, bukan kantor semula.")
    assert taken.apart in said[0]
    assert len(said[0]) <= ONE_SMS


@pytest.mark.connected
async def test_an_answer_that_accuses_leaves_the_question_open_and_its_reporter_is_told_so(
    pool: Pool, make_settings: Settings
) -> None:
    made = await a_complaint(pool, make_settings)
    await tell(pool, made.ticket, "waiting_for_reporter", unit="PUPR", lane="unit", message="Di mana tepatnya?")

    await add(pool, make_settings, made.ticket)

    assert (made.ticket, "added", f"Pertanyaan tentang {made.ticket} masih menunggu jawaban Anda.") in await told(pool)
    sender = await find_sender(pool, SMS)
    assert sender.known
    assert [False, True] == [each.apart for each in reversed(await find_own(pool, "sms", str(SMS.address), "x"))]


@pytest.mark.connected
async def test_the_place_that_was_asked_for_is_still_asked_for(pool: Pool, make_settings: Settings) -> None:
    made = await a_complaint(pool, make_settings, replace(SMS, place_asked=True))

    await add(pool, make_settings, made.ticket)

    asked = {each.ticket: each.place_asked for each in await find_own(pool, "sms", str(SMS.address), "x")}
    assert asked[made.ticket]


@pytest.mark.connected
async def test_accusing_addition_stays_with_a_complaint_that_judges_officials(
    pool: Pool, make_settings: Settings
) -> None:
    made = await a_complaint(pool, make_settings)
    await tell(pool, made.ticket, "routed", unit="INSPEKTORAT", lane="triage")

    taken = await add(pool, make_settings, made.ticket)

    assert taken == Taken()


@pytest.mark.connected
async def test_addition_to_a_separated_accusation_stays_until_a_unit_works_on_it(
    pool: Pool, make_settings: Settings
) -> None:
    made = await a_complaint(pool, make_settings)
    own = await add(pool, make_settings, made.ticket)
    assert own

    more = await add(pool, make_settings, own.apart, "dia minta uang lagi tadi", n=2)
    await tell(pool, own.apart, "routed", unit="PUPR", lane="unit")
    after = await add(pool, make_settings, own.apart, "dia minta uang lagi, sekarang 300 ribu", n=3)

    assert (True, True) == (more == Taken(), bool(after and after.apart))


@pytest.mark.connected
async def test_to_erase_the_first_leaves_what_was_taken_apart_and_the_other_way_round(
    pool: Pool, make_settings: Settings
) -> None:
    made = await a_complaint(pool, make_settings)
    own = await add(pool, make_settings, made.ticket)
    assert own
    cid = await pool.fetchval("SELECT complaint_id FROM complaints WHERE ticket = $1", own.apart)

    async with pool.acquire() as db, db.transaction():
        await erase(db, "intake-sms", b"k" * 16, made.complaint_id, made.ticket, tell=False)
    left = await pool.fetchval("SELECT text FROM complaints WHERE ticket = $1", own.apart)
    async with pool.acquire() as db, db.transaction():
        await erase(db, "intake-sms", b"k" * 16, cid, own.apart, tell=False)

    assert ACCUSES == left
    rows = await pool.fetch("SELECT text, follow_ups::text AS added, received_event FROM complaints")
    assert not any("Baso" in str(dict(row)) for row in rows)


@pytest.mark.connected
async def test_contact_is_kept_until_both_separated_complaints_are_erased(pool: Pool, make_settings: Settings) -> None:
    mail = "a@contoh.id"
    web = Submission(
        channel="web", gateway="form", external_id="k", text="Jalan rusak", email=mail, contacts={"email": mail}
    )
    made = await a_complaint(pool, make_settings, web)
    own = await add(pool, make_settings, made.ticket)
    assert own
    cid = await pool.fetchval("SELECT complaint_id FROM complaints WHERE ticket = $1", own.apart)

    left = []
    for each, number in ((made.complaint_id, made.ticket), (cid, own.apart)):
        async with pool.acquire() as db, db.transaction():
            await erase(db, "intake-web", b"k" * 16, each, number, tell=False)
        left.append(await pool.fetchval("SELECT count(*) FROM contacts"))

    assert [1, 0] == left


@pytest.mark.parametrize(
    ("facts", "kept_away"),
    [
        ({}, True),
        ({"unit": "DISKOMINFO"}, True),
        ({"unit": "PUPR", "lane": "unit"}, True),
        ({"unit": "INSPEKTORAT"}, False),
        ({"unit": "SETDA"}, False),
        # On an appeal the supervisor decides about PUPR; a merged complaint is in the hands of its parent's unit.
        ({"unit": "SETDA", "status": "appealed"}, True),
        ({"unit": "INSPEKTORAT", "status": "merged"}, True),
        ({"unit": "DISKOMINFO", "sent": APART}, False),
        ({"unit": "DISKOMINFO", "sent": APART, "status": "merged"}, True),
        ({"unit": "PUPR", "lane": "unit", "sent": APART}, True),
    ],
)
def test_accusation_stays_only_where_officials_are_judged(facts: dict[str, Any], *, kept_away: bool) -> None:
    view = ComplaintView(**{"ticket": "SPG-S000-00007", "lane": "triage", "status": "routed", **facts})

    assert kept_away == accuses(TEXTS.reader, TEXTS.triage, view, ACCUSES)


#: A victim's report of the offender may name officials, and money.
WHO_DID_IT = (
    "pelakunya pak Rudi, dia guru honorer",
    "pelakunya anak pak desa",
    "nama gurunya Pak Anwar",
    "keluarga pelaku kasih uang 5 juta supaya diam",
)
OF_VICTIM: dict[str, Any] = {"unit": "DP3AP2KB", "lane": "unit"}


@pytest.mark.parametrize("text", WHO_DID_IT)
@pytest.mark.parametrize(
    "facts", [OF_VICTIM, {"sent": SentWith(danger=["abuse"])}], ids=["at its unit", "not routed yet"]
)
def test_the_unit_for_victims_reads_who_did_it(facts: dict[str, Any], text: str) -> None:
    view = ComplaintView(ticket="SPG-S000-00007", status="routed", **facts)
    elsewhere = ComplaintView(ticket="SPG-S000-00007", status="routed", unit="DLH", lane="unit")

    assert (False, True) == (
        accuses(TEXTS.reader, TEXTS.triage, view, text),
        accuses(TEXTS.reader, TEXTS.triage, elsewhere, text),
    )


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (OF_VICTIM, "petugas dp3a minta uang 200 ribu dulu"),
        (OF_VICTIM | {"support": ["DISDIKBUD"]}, "nama gurunya Pak Anwar"),
        ({"sent": SentWith(danger=["abuse"])}, "petugas dp3a minta uang 200 ribu dulu"),
        # There is no victim, or another unit has it.
        ({"sent": SentWith(danger=["fire"])}, "pelakunya anak pak desa"),
        ({"sent": SentWith(danger=["abuse"]), "unit": "DISKOMINFO", "lane": "triage"}, "pelakunya anak pak desa"),
        # The unit of the parent works on it.
        (OF_VICTIM | {"status": "merged", "parent": "SPG-S000-00008"}, "pelakunya anak pak desa"),
    ],
)
def test_accused_unit_that_reads_of_a_victim_does_not_read_the_accusation(facts: dict[str, Any], text: str) -> None:
    assert accuses(
        TEXTS.reader, TEXTS.triage, ComplaintView(**{"ticket": "SPG-S000-00007", "status": "routed"} | facts), text
    )


@pytest.mark.connected
async def test_accusation_separated_from_a_victims_complaint_is_confidential_too(
    pool: Pool, make_settings: Settings
) -> None:
    made = await a_complaint(pool, make_settings)
    await tell(pool, made.ticket, "routed", unit="DP3AP2KB", lane="unit", rahasia=True)

    taken = await add(pool, make_settings, made.ticket, "petugas dp3a minta uang 200 ribu dulu")

    assert taken
    own = (await published(pool))[-1]
    assert (taken.apart, True) == (own.ticket, own.rahasia)
    receipt = next(text for number, kind, text in await told(pool) if (number, kind) == (own.ticket, "receipt"))
    assert receipt.startswith("Rahasia, hanya bagi petugas.")
