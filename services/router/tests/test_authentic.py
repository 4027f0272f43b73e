"""No account speaks for another: the router accepts a complaint's events only from the intake that took it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from router_office import (
    AT,
    EVENT_KEYS,
    OTHER,
    RULES,
    STRANGER,
    T,
    breached,
    classified,
    followed_up,
    item,
    received,
    reply,
    signed,
    sla,
    tombstone,
)

from chassis.authentic import verify
from chassis.batch import BatchHandler
from chassis.database import Pool
from chassis.wire import Headers, Message
from contracts import topics
from contracts.events import ComplaintErased, ComplaintFollowedUp, ComplaintReceived, Data
from contracts.signature import HEADER, NotAuthentic, sign
from router.adapters import store
from router.app import handler_of
from testing.fakes import message

ERASED = ComplaintErased(
    complaint_id="c", ticket=T, origin="intake-sms", by="DISKOMINFO", reason="diminta", asked_at=AT
)
CANCEL = followed_up(item("cancel"))


def arrived(data: Data, event_id: str = "e1") -> Message:
    topic = {ComplaintReceived: topics.RECEIVED, ComplaintFollowedUp: topics.FOLLOWED_UP}[type(data)]
    return message(data, topic=topic, event_id=event_id)


def with_headers(event: Message, headers: Headers) -> Message:
    return Message(replace(event.record, headers=headers), event.event)


def by(intake: str, event: Message) -> Message:
    """``event`` as the account of ``intake`` can write it, signed with the only key that it has."""
    record = event.record
    return with_headers(event, [sign(EVENT_KEYS[intake], record.key, record.value)])


@pytest.mark.parametrize("data", [*map(received, (T, OTHER, STRANGER)), received(STRANGER, channel="facebook"), CANCEL])
def test_event_signed_by_the_tickets_intake_is_accepted(data: Data) -> None:
    event = arrived(data)
    verify(EVENT_KEYS, with_headers(event, signed(event).headers))


@pytest.mark.parametrize(
    ("writer", "data"),
    [
        ("intake-web", CANCEL),
        ("intake-web", received(T)),
        ("intake-web", received(T, origin="intake-web", channel="web")),
        ("intake-web", received(OTHER, origin="intake-sms")),
        ("intake-web", received(OTHER, channel="sms")),
        ("intake-web", received(OTHER, channel="telegram")),
        ("intake-sms", followed_up(item("cancel"), ticket=OTHER)),
        ("intake-social", followed_up(item("cancel"), ticket=OTHER)),
        ("intake-web", followed_up(item("cancel"), ticket="SPG-Q000-00007")),
        ("intake-web", received("SPG-S000-00007", origin="nobody", channel="nothing")),
    ],
)
def test_an_intake_says_nothing_of_anothers_complaints(writer: str, data: Data) -> None:
    with pytest.raises(NotAuthentic):
        verify(EVENT_KEYS, by(writer, arrived(data)))


@pytest.mark.parametrize("headers", [(), ((HEADER, b""),), ((HEADER, b"0" * 64),)])
@pytest.mark.parametrize("data", [received(T), CANCEL])
def test_an_unsigned_event_is_nobodys(data: Data, headers: Headers) -> None:
    with pytest.raises(NotAuthentic, match="not signed by intake-sms"):
        verify(EVENT_KEYS, with_headers(arrived(data), headers))


def test_a_signature_is_for_one_record() -> None:
    event = arrived(CANCEL)
    other = arrived(followed_up(item("cancel", 2)))
    for record in (replace(event.record, key=b"another"), replace(other.record, headers=signed(event).headers)):
        with pytest.raises(NotAuthentic):
            verify(EVENT_KEYS, Message(replace(record, headers=signed(event).headers), event.event))


@pytest.mark.parametrize("topic", [topics.RECEIVED, topics.FOLLOWED_UP])
def test_intake_tombstone_must_be_signed_by_the_complaints_own_intake(topic: str) -> None:
    gone = tombstone(topic)
    verify(EVENT_KEYS, with_headers(gone, signed(gone).headers))
    for headers in (gone.record.headers, by("intake-web", gone).record.headers):
        with pytest.raises(NotAuthentic):
            verify(EVENT_KEYS, with_headers(gone, headers))
    verify({}, tombstone(topics.CLASSIFIED))


@pytest.mark.parametrize("ticket", ["", "SPG", "x" * 300])
def test_a_tombstone_of_no_ticket_is_nobodys(ticket: str) -> None:
    with pytest.raises(NotAuthentic):
        verify(EVENT_KEYS, tombstone(topics.RECEIVED, ticket))


@pytest.mark.parametrize("data", [classified(), sla("started"), reply("acknowledge", "x"), ERASED])
def test_on_the_topics_of_the_intakes_nothing_else_is_heard(data: Data) -> None:
    """Otherwise the classifier would delete what a forged order says is erased."""
    with pytest.raises(NotAuthentic, match="not what intakes say"):
        verify(EVENT_KEYS, message(data, topic=topics.RECEIVED))


@pytest.mark.parametrize("data", [classified(), sla("started"), breached(), reply("acknowledge")])
def test_event_of_a_non_intake_service_needs_no_signature(data: Data) -> None:
    verify({}, message(data, topic="any"))


@pytest.mark.connected
async def test_forged_event_becomes_a_dead_letter_and_changes_nothing(pool: Pool) -> None:
    steps = BatchHandler(pool, handler_of(RULES, EVENT_KEYS))
    await steps([signed(arrived(received()))])
    forged = [by("intake-web", arrived(CANCEL, f"forged-{n}")).record for n in range(20)]
    await steps([*forged, arrived(received(STRANGER), "unsigned").record, signed(arrived(CANCEL, "true"))])
    dead = await pool.fetch("SELECT headers::jsonb AS headers FROM outbox WHERE topic = 'router.dlq'")
    assert ([True] * 21, 0) == (['["error", "NotAuthentic"]' in row["headers"] for row in dead], len(steps.streak))
    async with pool.acquire() as db, db.transaction():
        cases = await store.load(db, [T, STRANGER])
    assert {T: "cancelled"} == {ticket: case.status for ticket, case in cases.items()}
    assert ["cancel-1"] == [each.id for each in cases[T].follow_ups]
