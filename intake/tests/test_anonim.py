"""Nothing that an intake stores identifies the sender of an anonymous complaint."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
import pytest

from chassis.database import Pool
from contracts.events import FollowUp
from intake.additions import follow_up
from intake.notices import OutcomeUnknown, Refused, TryLater
from intake.submissions import Accepted, IntakeSettings, KeyReused, Submission, accept, find_same_text_today
from testing.events import NOW
from testing.notices import send_all

NUMBER, NAMESPACE = "+6281234567890", UUID(int=1)
SENT = Submission(
    channel="x", gateway="x", external_id="post-77", text="Ada pungli", address=NUMBER, name="Andi Baso", phone=NUMBER,
    email="andi@contoh.id", thread="x:post-77", anonim=True,
)  # fmt: skip
#: Strings that identify the sender.
TRACES = (NUMBER, NUMBER[3:], "Andi", "andi@", "post-77")
Settings = Callable[..., IntakeSettings]


def with_number(submission: Submission, number: str) -> Submission:
    return replace(submission, address=number, phone=number, name=f"Warga {number}", email=f"{number}@contoh.id")


def numbers() -> list[str]:
    """List all numbers that remain possible when all but the last two digits are known."""
    return [f"{NUMBER[:-2]}{n:02}" for n in range(100)]


def fitting(fingerprint: bytes, submission: Submission, hashes: Callable[[Submission], bytes]) -> list[str]:
    return [number for number in numbers() if hashes(with_number(submission, number)) == fingerprint]


@pytest.mark.parametrize("anonim", [True, False])
def test_fingerprint_without_the_installation_secret_confirms_no_number(anonim: bool) -> None:
    sent = with_number(replace(SENT, anonim=anonim), NUMBER)
    fingerprint = sent.kept().fingerprint(NAMESPACE)
    for guess in (UUID(int=0), UUID(int=2)):
        assert [] == fitting(fingerprint, sent, lambda each, guess=guess: each.kept().fingerprint(guess))  # type: ignore[misc]
    assert [] == fitting(fingerprint, sent, lambda each: hashlib.sha256(msgspec.json.encode(each)).digest())
    assert [] == fitting(fingerprint, sent, lambda each: hashlib.sha256(msgspec.json.encode(each.kept())).digest())


def test_installation_secret_does_not_confirm_an_anonymous_number() -> None:
    def hashes(each: Submission) -> bytes:
        return each.kept().fingerprint(NAMESPACE)

    assert numbers() == fitting(hashes(SENT), SENT, hashes)
    open_ = replace(SENT, anonim=False)
    assert [NUMBER] == fitting(hashes(with_number(open_, NUMBER)), open_, hashes)


async def take(pool: Pool, settings: Settings, submission: Submission = SENT) -> Accepted:
    return await accept(
        pool, settings(receipt_wait_s=0), "intake-x", submission, lambda view: f"{view.ticket} diterima."
    )


async def everything(pool: Pool) -> str:
    """Return all rows of all tables, as text."""
    tables = [
        row["tablename"] for row in await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    rows = [await pool.fetch(f"SELECT t::text FROM {table} t") for table in tables if not table.startswith("_yoyo")]
    readable = [bytes(row[0]).decode() for row in await pool.fetch("SELECT received_event FROM complaints")]
    readable += [bytes(row[0]).decode() for row in await pool.fetch("SELECT value FROM outbox")]
    return "\n".join([*(row[0] for table in rows for row in table), *readable])


@pytest.mark.connected
@pytest.mark.parametrize(
    "outcomes",
    [[None], [Refused("no")], [OutcomeUnknown("?")], [TryLater("away", after_s=0.1), None]],
    ids=["sent", "refused", "unknown", "later"],
)
async def test_once_the_receipt_is_out_nothing_that_is_kept_leads_to_an_anonymous_reporter(
    pool: Pool, make_settings: Settings, outcomes: list[Exception | None]
) -> None:
    accepted = await take(pool, make_settings)
    assert [NUMBER] == [row["address"] for row in await pool.fetch("SELECT address FROM notices")]
    tried = await send_all(pool, *outcomes)
    assert {(NUMBER, "x:post-77", f"{accepted.ticket} diterima.")} == {(n.address, n.thread, n.text) for n in tried}
    kept = await everything(pool)
    assert (True, []) == (accepted.ticket in kept, [trace for trace in TRACES if trace in kept])


@pytest.mark.connected
async def test_non_anonymous_complaint_keeps_the_address_its_receipt_went_to(
    pool: Pool, make_settings: Settings
) -> None:
    await take(pool, make_settings, replace(SENT, anonim=False))
    await send_all(pool)
    assert (NUMBER, "x:post-77") == tuple(await pool.fetchrow("SELECT address, thread FROM notices"))
    kept = await everything(pool)
    assert [trace for trace in TRACES if trace in kept] == list(TRACES)


@pytest.mark.connected
async def test_repeated_anonymous_message_is_the_same_complaint_confirmed_once(
    pool: Pool, make_settings: Settings
) -> None:
    first = await take(pool, make_settings)
    await send_all(pool)
    again = await take(pool, make_settings, with_number(SENT, "+62811"))
    assert (first.ticket, False) == (again.ticket, again.fresh)
    assert 1 == await pool.fetchval("SELECT count(*) FROM notices")
    with pytest.raises(KeyReused):
        await take(pool, make_settings, replace(SENT, text="Lain"))


@pytest.mark.connected
async def test_an_anonymous_complaint_is_nobodys_not_even_by_the_number_that_sent_it(
    pool: Pool, make_settings: Settings
) -> None:
    accepted = await take(pool, make_settings)
    item = FollowUp(id="f", kind="cancel", at=NOW)
    assert not await follow_up(pool, make_settings(), "intake-x", accepted.ticket, item, address=NUMBER)
    assert not await follow_up(pool, make_settings(), "intake-x", accepted.ticket, item, address="")


@pytest.mark.connected
@pytest.mark.parametrize(
    ("before", "again", "same"),
    [
        ({}, {}, True),
        ({"rahasia": True}, {"rahasia": True}, True),
        ({}, {"rahasia": True}, False),
        ({"rahasia": True}, {}, False),
        ({}, {"anonim": True}, False),
        ({"anonim": True}, {}, False),
        ({"anonim": True}, {"anonim": True}, False),
    ],
)
async def test_same_text_counts_as_repeated_only_at_the_same_confidentiality(
    pool: Pool, make_settings: Settings, before: dict[str, Any], again: dict[str, Any], same: bool
) -> None:
    known = replace(SENT, anonim=False)
    accepted = await take(pool, make_settings, replace(known, **before))
    found = await find_same_text_today(pool, replace(known, external_id="post-78", **again))
    assert (accepted.ticket if same else None) == found


@pytest.mark.connected
async def test_a_fingerprint_from_before_there_was_a_key_takes_its_message_again(
    pool: Pool, make_settings: Settings
) -> None:
    first = await take(pool, make_settings)
    await pool.execute("UPDATE complaints SET fingerprint = ''")
    assert (first.ticket, False) == ((again := await take(pool, make_settings)).ticket, again.fresh)
