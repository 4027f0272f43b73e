"""Taking complaints and additions: all of it in one transaction, or nothing."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from msgspec import UNSET
from prometheus_client import REGISTRY

from chassis.database import Pool
from contracts import canary, codec, ticket, topics
from contracts.events import CanaryPassed, ComplaintFollowedUp, ComplaintReceived, FollowUp
from contracts.signature import is_signed
from intake.additions import follow_up
from intake.submissions import (
    MAX_TEXT,
    Accepted,
    IntakeSettings,
    KeyReused,
    Submission,
    TextProblem,
    accept,
    is_owner,
    republish_unregistered,
)
from testing.fixtures import texts_of
from testing.waiting import finish, within

TEXTS = texts_of(Path(__file__).parents[2] / "region" / "soppeng")
pytestmark = pytest.mark.connected
Settings = Callable[..., IntakeSettings]
EVENT_KEY = b"key-of-the-intake-of-the-test"
AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
SMS = Submission(
    channel="sms",
    gateway="kannel",
    external_id="mo-1",
    text="Jalan rusak, hubungi 0812-3456-7890",
    address="+6281234567890",
)

WEB = Submission(channel="web", gateway="form", external_id="key-1", text="Jalan rusak", name="Warga")
WEB_TOLD = replace(WEB, email="a@contoh.id", contacts={"email": "a@contoh.id"})


async def take(pool: Pool, settings: Settings, submission: Submission = SMS, **more: Any) -> Accepted:
    receipt = more.pop("receipt", lambda view: f"{view.ticket} diterima")
    return await accept(pool, settings(), "intake-sms", submission, receipt, **more)


async def published(pool: Pool) -> list[codec.Event]:
    return [codec.decode(row["value"]) for row in await pool.fetch("SELECT value FROM outbox ORDER BY seq")]


async def stored(pool: Pool) -> dict[str, int]:
    tables = ("reporters", "complaints", "outbox", "notices")
    return {table: await pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables}


def addition(number: int, text: str = "depan masjid") -> FollowUp:
    return FollowUp(id=f"a{number}", kind="addition", at=AT, text=text)


async def test_a_complaint_its_event_and_its_receipt_are_stored_together(pool: Pool, make_settings: Settings) -> None:
    accepted = await take(pool, make_settings)
    (event,) = await published(pool)
    assert isinstance(event.data, ComplaintReceived)
    assert dict.fromkeys(("reporters", "complaints", "outbox", "notices"), 1) == await stored(pool)
    assert (accepted.ticket, accepted.complaint_id, accepted.received_at, True) == (
        event.data.ticket,
        event.subject,
        event.data.received_at,
        accepted.fresh,
    )
    notice = await pool.fetchrow("SELECT ticket, kind, address, text FROM notices")
    assert (accepted.ticket, "receipt", SMS.address, f"{accepted.ticket} diterima") == tuple(notice)


async def test_when_the_last_complaint_of_a_channel_came_is_shown(pool: Pool, make_settings: Settings) -> None:
    def last() -> float | None:
        return REGISTRY.get_sample_value("lapor_intake_last_complaint_timestamp_seconds", {"channel": "sms"})

    before = time.time()
    await take(pool, make_settings)
    came = last()
    assert came is not None
    assert before <= came <= time.time()
    await take(pool, make_settings)  # the gateway repeats it
    assert came == last()


async def test_the_number_of_an_office_that_a_citizen_quotes_stays(pool: Pool, make_settings: Settings) -> None:
    office = "0484-21001"
    said = replace(SMS, text=f"Kami telepon {office}, hubungi 0812-3456-7890", place=office, occurred=office)
    accepted = await take(pool, make_settings, said, keep=[office])
    await follow_up(
        pool, make_settings(), "intake-sms", accepted.ticket, addition(1, f"{office} tidak diangkat"), keep=[office]
    )
    received, followed_up = (event.data for event in await published(pool))
    assert isinstance(received, ComplaintReceived)
    assert isinstance(followed_up, ComplaintFollowedUp)
    assert f"Kami telepon {office}, hubungi [TELEPON]" == received.text
    assert (office, office) == (received.place, received.occurred)
    assert f"{office} tidak diangkat" == followed_up.items[0].text


async def test_published_events_are_signed_with_the_intake_key(pool: Pool, make_settings: Settings) -> None:
    made = await take(pool, make_settings)
    await follow_up(pool, make_settings(), "intake-sms", made.ticket, addition(1))
    await pool.execute("UPDATE complaints SET received_at = now() - interval '2 s'")
    await repaired(pool, make_settings)
    rows = await pool.fetch("SELECT topic, key, value, headers FROM outbox ORDER BY seq")
    assert [topics.RECEIVED, topics.FOLLOWED_UP, topics.RECEIVED] == [row["topic"] for row in rows]
    for row in rows:
        headers = [(name, value.encode()) for name, value in json.loads(row["headers"])]
        assert set(codec.HEADERS) < set(headers)
        assert [True, False] == [is_signed(key, row["key"], row["value"], headers) for key in (EVENT_KEY, b"x" * 16)]


async def test_late_failure_of_a_submission_leaves_nothing_behind(pool: Pool, make_settings: Settings) -> None:
    await pool.execute("ALTER TABLE notices ADD CONSTRAINT never CHECK (kind <> 'receipt')")
    with pytest.raises(asyncpg.CheckViolationError):
        await take(pool, make_settings)
    assert dict.fromkeys(("reporters", "complaints", "outbox", "notices"), 0) == await stored(pool)


async def test_identifiers_are_masked_before_the_outbox_and_the_original_stays(
    pool: Pool, make_settings: Settings
) -> None:
    await take(pool, make_settings, replace(SMS, place="rumah 0812-3456-7890", name="Andi"))
    (event,) = await published(pool)
    assert isinstance(event.data, ComplaintReceived)
    assert ("Jalan rusak, hubungi [TELEPON]", "rumah [TELEPON]") == (event.data.text, event.data.place)
    assert SMS.text == await pool.fetchval("SELECT text FROM complaints")
    value = await pool.fetchval("SELECT value FROM outbox")
    assert not [secret for secret in (b"3456", b"Andi") if secret in value]


async def test_the_same_message_again_gets_the_same_ticket_and_nothing_more(
    pool: Pool, make_settings: Settings
) -> None:
    first = await take(pool, make_settings)
    assert replace(first, fresh=False) == await take(pool, make_settings)
    assert dict.fromkeys(("reporters", "complaints", "outbox", "notices"), 1) == await stored(pool)


@pytest.mark.parametrize("change", [{"text": "lain"}, {"anonim": True}, {"secret": "x" * 32}, {"place": "Lalabata"}])
async def test_the_same_key_with_another_content_is_refused(
    pool: Pool, make_settings: Settings, change: dict[str, Any]
) -> None:
    await take(pool, make_settings)
    with pytest.raises(KeyReused):
        await take(pool, make_settings, replace(SMS, **change))
    assert 1 == (await stored(pool))["complaints"]


@pytest.mark.parametrize("sent", [WEB, WEB_TOLD], ids=["untold", "told"])
async def test_one_without_an_address_is_whole_as_well(pool: Pool, make_settings: Settings, sent: Submission) -> None:
    accepted = await take(pool, make_settings, sent)
    again = await take(pool, make_settings, sent)
    with pytest.raises(KeyReused):
        await take(pool, make_settings, replace(sent, text="lain"))

    (event,) = await published(pool)
    row = await pool.fetchrow(
        "SELECT c.ticket, c.text, r.name, r.email FROM complaints c JOIN reporters r USING (reporter_ref)"
    )
    told = 1 if sent.contacts else 0
    assert {"reporters": 1, "complaints": 1, "outbox": 1, "notices": told} == await stored(pool)
    assert (accepted.ticket, sent.text, sent.name, sent.email) == tuple(row)
    assert (accepted.ticket, accepted.complaint_id) == (event.data.ticket, event.subject)  # type: ignore[union-attr]
    assert (accepted.ticket, False) == (again.ticket, again.fresh)
    assert told == await pool.fetchval("SELECT count(*) FROM contacts")


@pytest.mark.parametrize(
    ("sent", "steps"),
    [(WEB, 1), (SMS, 5)],  # with an address: begin, reporter, complaint and event, receipt, commit
    ids=["nobody to tell", "an address"],
)
async def test_new_complaint_uses_only_the_necessary_database_queries(
    pool: Pool, make_settings: Settings, sent: Submission, steps: int
) -> None:
    asked: list[str] = []
    async with pool.acquire() as db:

        class One:
            acquire = staticmethod(lambda: contextlib.nullcontext(db))

        await take(One(), make_settings, replace(sent, external_id="before"))  # asyncpg looks up types at first use
        db.add_query_logger(lambda query: asked.append(query.query))
        await take(One(), make_settings, sent)

    assert steps == len(asked)


async def test_repeated_complaint_leaves_no_extra_reporter(pool: Pool, make_settings: Settings) -> None:
    first = await take(pool, make_settings)
    await pool.execute("UPDATE reporters SET address = 'another'")

    assert replace(first, fresh=False) == await take(pool, make_settings)
    assert 1 == (await stored(pool))["reporters"]


@pytest.mark.parametrize("sent", [WEB, WEB_TOLD], ids=["untold", "told"])
async def test_one_without_an_address_that_fails_at_the_end_leaves_nothing_behind(
    pool: Pool, make_settings: Settings, sent: Submission
) -> None:
    await pool.execute("ALTER TABLE outbox ADD CONSTRAINT never CHECK (topic = '')")

    with pytest.raises(asyncpg.CheckViolationError):
        await take(pool, make_settings, sent)

    assert dict.fromkeys(("reporters", "complaints", "outbox", "notices"), 0) == await stored(pool)


@pytest.mark.parametrize("sent", [SMS, WEB, WEB_TOLD], ids=["address", "no address", "contact"])
async def test_the_same_message_many_times_at_once_is_one_complaint(
    pool: Pool, make_settings: Settings, sent: Submission
) -> None:
    taken = await within(asyncio.gather(*(take(pool, make_settings, sent) for _ in range(12))))

    told = 1 if sent.address or sent.contacts else 0
    assert (1, 1) == (len({each.ticket for each in taken}), sum(each.fresh for each in taken))
    assert {"reporters": 1, "complaints": 1, "outbox": 1, "notices": told} == await stored(pool)


async def test_two_complaints_of_one_citizen_have_one_reporter(pool: Pool, make_settings: Settings) -> None:
    await take(pool, make_settings)
    await take(pool, make_settings, replace(SMS, external_id="mo-2"))
    first, second = [event.data.reporter_ref for event in await published(pool)]  # type: ignore[union-attr]
    assert (first, 1) == (second, (await stored(pool))["reporters"])


async def test_an_anonymous_complaint_leaves_no_contact(pool: Pool, make_settings: Settings) -> None:
    facts: dict[str, Any] = {"name": "Andi", "phone": "0812", "email": "a@b.id"}
    await take(pool, make_settings, replace(SMS, anonim=True, **facts))
    await take(pool, make_settings, replace(SMS, external_id="mo-2", anonim=True, **facts))
    contacts = await pool.fetch("SELECT address, name, phone, email FROM reporters")
    assert [(None,) * 4] * 2 == [tuple(row) for row in contacts]


async def test_nul_and_half_characters_in_any_field_are_dropped(pool: Pool, make_settings: Settings) -> None:
    odd: dict[str, Any] = {
        name: f"a\x00b\ud83d{name}" for name in ("text", "name", "phone", "email", "place", "occurred")
    }
    await take(pool, make_settings, replace(SMS, **odd))
    (event,) = await published(pool)
    assert isinstance(event.data, ComplaintReceived)
    assert ("ab?text", "ab?place", "ab?occurred") == (event.data.text, event.data.place, event.data.occurred)
    assert b"\\u0000" not in await pool.fetchval("SELECT value FROM outbox")
    again = await take(pool, make_settings, replace(SMS, **odd))
    assert not again.fresh


@pytest.mark.parametrize(
    ("text", "says"), [("", "masih kosong"), (" \n\x00 ", "masih kosong"), ("x" * (MAX_TEXT + 1), "10001 huruf")]
)
async def test_a_text_that_cannot_be_taken_is_explained(
    pool: Pool, make_settings: Settings, text: str, says: str
) -> None:
    with pytest.raises(TextProblem) as refused:
        await take(pool, make_settings, replace(SMS, text=text))
    assert says in TEXTS.refusal(refused.value)
    assert 0 == (await stored(pool))["complaints"]


async def test_the_longest_text_is_taken(pool: Pool, make_settings: Settings) -> None:
    assert (await take(pool, make_settings, replace(SMS, text="x" * MAX_TEXT))).fresh


@pytest.mark.parametrize("sent", [SMS, WEB], ids=["address", "no address"])
async def test_a_ticket_that_exists_is_not_minted_again(
    pool: Pool, make_settings: Settings, monkeypatch: pytest.MonkeyPatch, sent: Submission
) -> None:
    numbers = [ticket.mint("sms") for _ in range(2)]
    minted = iter([numbers[0], numbers[0], numbers[1]])
    monkeypatch.setattr(ticket, "mint", lambda channel: next(minted))
    first, second = [await take(pool, make_settings, replace(sent, external_id=key)) for key in ("a", "b")]
    assert numbers == [first.ticket, second.ticket]


async def test_only_the_secret_it_was_made_with_owns_a_complaint(pool: Pool, make_settings: Settings) -> None:
    made = await take(pool, make_settings, replace(SMS, secret="s" * 32))
    plain = await take(pool, make_settings, replace(SMS, external_id="mo-2"))
    assert [True, False, False, False] == [
        await is_owner(pool, make_settings(), number, secret)
        for number, secret in [(made.ticket, "s" * 32), (made.ticket, "t"), (plain.ticket, ""), ("SPG-?", "")]
    ]


async def test_secret_cannot_be_guessed_from_its_stored_hash_alone(pool: Pool, make_settings: Settings) -> None:
    made = await take(pool, make_settings, replace(SMS, secret="s" * 32))
    stored = await pool.fetchval("SELECT secret_hash FROM complaints")

    assert stored != hashlib.sha256(b"s" * 32).digest()
    elsewhere = make_settings(installation_namespace=UUID(int=2))
    assert not await is_owner(pool, elsewhere, made.ticket, "s" * 32)


async def test_additions_are_published_as_the_whole_list_so_far(pool: Pool, make_settings: Settings) -> None:
    made = await take(pool, make_settings)
    woken: list[int] = []
    for n, text in enumerate(("depan masjid", "telepon 0812-3456-7890")):
        here = (pool, make_settings(), "intake-sms")
        assert await follow_up(*here, made.ticket, addition(n, text), address=SMS.address, wake=lambda: woken.append(1))
    _, first, second = await published(pool)
    assert isinstance(second.data, ComplaintFollowedUp)
    assert (made.complaint_id, ["depan masjid", "telepon [TELEPON]"]) == (
        second.subject,
        [item.text for item in second.data.items],
    )
    assert (first.data.items, 2) == (second.data.items[:1], len(woken))  # type: ignore[union-attr]


async def test_an_addition_repeated_changes_nothing(pool: Pool, make_settings: Settings) -> None:
    made = await take(pool, make_settings)
    for _ in range(2):
        assert await follow_up(pool, make_settings(), "intake-sms", made.ticket, addition(1))
    assert 2 == (await stored(pool))["outbox"]


async def test_additions_made_at_once_are_all_kept_in_order(pool: Pool, make_settings: Settings) -> None:
    made = await take(pool, make_settings)
    await within(
        asyncio.gather(*(follow_up(pool, make_settings(), "intake-sms", made.ticket, addition(n)) for n in range(8)))
    )
    lists = [event.data.items for event in (await published(pool))[1:]]  # type: ignore[union-attr]
    assert list(range(1, 9)) == [len(items) for items in lists]
    assert all(longer[: len(shorter)] == shorter for shorter, longer in itertools.pairwise(lists))


async def test_strangers_and_unknown_tickets_are_told_apart_from_nothing(pool: Pool, make_settings: Settings) -> None:
    made = await take(pool, make_settings)
    anonymous = await take(pool, make_settings, replace(SMS, external_id="mo-2", anonim=True))
    tried = [(made.ticket, "+62811"), (ticket.mint("sms"), SMS.address), (anonymous.ticket, SMS.address)]
    for number, who in tried:
        assert not await follow_up(pool, make_settings(), "x", number, addition(1), address=who)
    assert 2 == (await stored(pool))["outbox"]


async def test_an_addition_without_words_is_refused_but_a_wish_needs_none(pool: Pool, make_settings: Settings) -> None:
    made = await take(pool, make_settings)
    with pytest.raises(TextProblem):
        await follow_up(pool, make_settings(), "intake-sms", made.ticket, addition(1, " \x00"))
    assert await follow_up(pool, make_settings(), "intake-sms", made.ticket, FollowUp(id="c", kind="cancel", at=AT))
    assert UNSET == (await published(pool))[-1].data.items[0].text  # type: ignore[union-attr]


async def test_additions_end_before_they_outgrow_an_event(pool: Pool, make_settings: Settings) -> None:
    made = await take(pool, make_settings)
    many = [addition(n, "é" * 10_000) for n in range(32)]
    kept = msgspec.json.encode(many).decode()
    await pool.execute("UPDATE complaints SET follow_ups = $1", kept)
    assert await follow_up(pool, make_settings(), "intake-sms", made.ticket, addition(98, "é"))
    with pytest.raises(TextProblem, match="too_many"):
        await follow_up(pool, make_settings(), "intake-sms", made.ticket, addition(99, "é" * 10_000))


async def repaired(pool: Pool, make_settings: Settings) -> None:
    """Run the repair until it has published something."""
    woken = asyncio.Event()
    sweep = asyncio.create_task(republish_unregistered(pool, make_settings(repair_after_s=1), woken.set))
    await asyncio.wait_for(woken.wait(), 10)
    sweep.cancel()
    await finish(sweep)


async def test_the_repair_publishes_only_what_is_overdue_and_once_each_time(
    pool: Pool, make_settings: Settings
) -> None:
    overdue, fresh, known = [await take(pool, make_settings, replace(SMS, external_id=f"m{n}")) for n in range(3)]
    old = "UPDATE complaints SET received_at = now() - interval '2 s' WHERE ticket = ANY($1)"
    await pool.execute(old, [overdue.ticket, known.ticket])
    await pool.execute("UPDATE complaints SET registered_at = now() WHERE ticket = $1", known.ticket)
    bytes_of = "SELECT topic, key, value, headers FROM outbox WHERE key = $1"
    before = await pool.fetch(bytes_of, overdue.complaint_id.encode())
    await pool.execute("UPDATE complaints SET received_at = now() + interval '1 h' WHERE ticket = $1", fresh.ticket)
    await pool.execute("DELETE FROM outbox")
    await repaired(pool, make_settings)
    again = await pool.fetch("SELECT topic, key, value, headers FROM outbox")
    assert [tuple(row) for row in before] == [tuple(row) for row in again]
    assert topics.RECEIVED == again[0]["topic"]


async def test_the_repair_waits_twice_as_long_each_time_and_six_hours_at_most(
    pool: Pool, make_settings: Settings
) -> None:
    soon, due, old = [await take(pool, make_settings, replace(SMS, external_id=f"m{n}")) for n in range(3)]
    for complaint, ago, waited in ((soon, 1, 1000), (due, 1001, 1000), (old, 6 * 3600 + 1, 100 * 3600)):
        await pool.execute(
            """UPDATE complaints SET received_at = now() - make_interval(secs => $1::float8 + $2::float8),
                                     republished_at = now() - make_interval(secs => $1) WHERE ticket = $3""",
            ago,
            waited,
            complaint.ticket,
        )
    await pool.execute("DELETE FROM outbox")
    await repaired(pool, make_settings)
    assert {due.complaint_id, old.complaint_id} == {event.subject for event in await published(pool)}


CANARY_KEY = "key-of-the-prober-of-the-test"


def acknowledged() -> float | None:
    return REGISTRY.get_sample_value("lapor_intake_acknowledged_total", {"channel": "sms"})


async def test_a_canary_goes_its_way_and_nothing_is_kept_of_it(pool: Pool, make_settings: Settings) -> None:
    text = canary.write(CANARY_KEY.encode(), "sms", datetime.now(UTC))
    before = acknowledged()

    accepted = await accept(
        pool, make_settings(canary_key=CANARY_KEY), "intake-sms", replace(SMS, text=text), lambda view: "diterima"
    )

    (event,) = await published(pool)
    assert isinstance(event.data, CanaryPassed)
    assert ("sms", "intake-sms") == (event.data.channel, event.data.by)
    assert text.startswith(f"CANARY {event.data.canary} ")
    assert {"reporters": 0, "complaints": 0, "outbox": 1, "notices": 0} == await stored(pool)
    assert ticket.parse(accepted.ticket)
    assert before == acknowledged()


@pytest.mark.parametrize("key", [None, "key-of-another-prober-here"])
async def test_a_canary_that_is_not_our_probers_goes_nowhere(
    pool: Pool, make_settings: Settings, key: str | None
) -> None:
    text = canary.write(CANARY_KEY.encode(), "sms", datetime.now(UTC))

    await accept(pool, make_settings(canary_key=key), "intake-sms", replace(SMS, text=text))

    assert {"reporters": 0, "complaints": 0, "outbox": 0, "notices": 0} == await stored(pool)


def test_a_field_that_came_later_changes_no_fingerprint_where_it_says_nothing() -> None:
    sent = Submission(channel="web", gateway="form", external_id="k", text="Lampu padam", place="Cabenge")
    before = "1cc07a78de77ed6a08b32d43d2d7aa4a58d34dd225d98f307a21c3631394cea2"  # made before the field existed

    assert before == sent.fingerprint(UUID(int=1)).hex()
    assert before != replace(sent, suggested_type="aspirasi").fingerprint(UUID(int=1)).hex()
    assert before != replace(sent, suggested_category="penerangan_jalan").fingerprint(UUID(int=1)).hex()
