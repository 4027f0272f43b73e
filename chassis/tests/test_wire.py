"""Ids that repeat, causes that can't be forged, dead letters that don't talk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pytest
from bench import complaint, text_of

from chassis.wire import Emit, Message, Record, Tombstone, dead_letter, outgoing, read_tombstone, tombstone
from contracts import codec
from contracts.codec import InvalidEvent
from testing.events import NOW
from testing.fakes import FakeProducer, message, play


def emits(*texts: str) -> list[Emit]:
    return [Emit(topic="t.out", subject="c1", data=complaint("c1", text)) for text in texts]


def test_the_same_cause_and_emits_give_the_same_bytes() -> None:
    first = outgoing(emits("a", "b"), service="router", cause="e1", now=NOW)
    assert outgoing(emits("a", "b"), service="router", cause="e1", now=NOW) == first
    ids = [codec.decode(each.value or b"").id for each in first]
    assert len(set(ids)) == 2
    other = outgoing(emits("a"), service="router", cause="e2", now=NOW)
    assert codec.decode(other[0].value or b"").id not in ids


def test_an_emitted_event_names_its_cause_its_source_and_its_key() -> None:
    [out] = outgoing(emits("a"), service="router", cause="e1", now=NOW)
    event = codec.decode(out.value or b"")
    assert (event.causationid, event.source, event.time, out.key) == ("e1", "/router", NOW, b"c1")


def test_an_emit_may_bring_its_own_id() -> None:
    emit = Emit(topic="t.out", subject="c1", data=complaint("c1"), event_id="mine")
    [out] = outgoing([emit], service="router", cause="e1", now=NOW)
    assert codec.decode(out.value or b"").id == "mine"


def test_event_that_violates_its_schema_is_not_sent() -> None:
    with pytest.raises(InvalidEvent):
        outgoing(emits("x" * 20_001), service="router", cause="e1", now=NOW)


def test_a_unit_neither_chooses_the_cause_nor_the_time() -> None:
    later = int(NOW.timestamp() * 1000) + 5_000
    event = message(complaint("c1"), topic="complaint.received.v1").event
    from_unit = Message(Record("unit.pu.replied.v1", 0, 0, b"k", b"", later), event)
    ours = Message(Record("complaint.received.v1", 0, 0, b"k", b"", later), event)
    assert (from_unit.cause, ours.cause) == ("unit.pu.replied.v1:e1", "e1")
    assert (from_unit.time - NOW).total_seconds() == 5
    assert ours.time == NOW


def test_a_late_classification_happened_when_it_was_written() -> None:
    later = int(NOW.timestamp() * 1000) + 5_000
    event = message(complaint("c1"), topic="complaint.received.v1").event
    late = Message(Record("complaint.classified.v1", 0, 0, b"k", b"", later), event)
    assert (late.cause, (late.time - NOW).total_seconds()) == ("e1", 5)


def test_tombstones_of_other_topics_or_a_rebuilt_kafka_have_distinct_causes() -> None:
    headers = tombstone("t.out", "c1", Tombstone(ticket="LPR-1")).headers
    places = [("t.one", 1_000), ("t.two", 1_000), ("t.one", 2_000)]
    read = [read_tombstone(Record(topic, 3, 17, b"c1", None, at, headers)) for topic, at in places]
    assert len({each.cause for each in read}) == 3
    again = read_tombstone(Record("t.one", 3, 17, b"c1", None, 1_000, headers))
    assert again.cause == read[0].cause


def test_a_dead_letter_keeps_bytes_key_and_headers_and_tells_the_class_not_the_text() -> None:
    record = Record("t.in", 3, 17, b"c1", b"\xff", 1_000, (("traceparent", b"00"),))
    letter = dead_letter("router", record, ValueError("Pak Andi, 0812"))
    headers = dict(letter.headers)
    assert (letter.topic, letter.key, letter.value) == ("router.dlq", b"t.in:3:17", b"\xff")
    assert headers["source-key"] == b"c1"
    assert headers["traceparent"] == b"00"
    assert headers["error"] == b"ValueError"
    assert (headers["source-topic"], headers["source-partition"], headers["source-offset"]) == (b"t.in", b"3", b"17")
    assert not any(b"Andi" in value for value in headers.values())


def test_rules_are_played_in_memory_one_message_after_the_other() -> None:
    def decide(states: Mapping[str, int], message: Message, now: datetime) -> tuple[dict[str, int], list[Emit]]:
        count = states.get(message.event.subject, 0) + 1
        return {message.event.subject: count}, emits(str(count))

    states, told = play(decide, [message(complaint("c1"), topic="t.in", event_id=f"e{n}") for n in range(3)], {"c2": 9})
    assert states == {"c1": 3, "c2": 9}
    assert [text_of(emit.data) for emit in told] == ["1", "2", "3"]


async def test_the_fake_producer_keeps_what_was_sent_and_fails_when_told() -> None:
    producer = FakeProducer(failures=[ConnectionError()])
    with pytest.raises(ConnectionError):
        await (await producer.send("t", b"v"))
    await (await producer.send("t", b"v", key=b"k"))
    assert [(each.topic, each.key, each.value) for each in producer.sent] == [("t", b"k", b"v")]
