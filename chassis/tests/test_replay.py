"""Requests to handle a dead letter again, and the records that a service makes of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bench import Bench

from chassis.publish import publish, start_producer
from chassis.replay import _letters, put_back
from chassis.wire import KEPT_HEADERS, KEPT_KEY, KEPT_VALUE, Outgoing, Record, dead_letter

REQUEST = Record("router.replay", 0, 5, b"router:3", b"3", 9_000)
BAD = Record("unit.pu.replied.v1", 0, 7, b"k", b"bytes", 1_000, (("content-type", b"json"), ("h", b"\x00\xff")))
SOURCES = ["complaint.received.v1", "unit.pu.replied.v1"]


def letter(record: Record) -> Record:
    out = dead_letter("router", record, ValueError("quotes a citizen"))
    return Record(out.topic, 0, 3, out.key, out.value, 2_000, tuple(out.headers))


def test_it_is_what_it_was_but_for_the_time() -> None:
    again = put_back(REQUEST, letter(BAD), SOURCES)
    assert Record(BAD.topic, 0, 7, BAD.key, BAD.value, 9_000, BAD.headers, REQUEST) == again


def test_forged_source_headers_do_not_change_where_a_letter_came_from() -> None:
    """Anybody may put these headers on a record; the service's own come behind them."""
    forged = tuple(
        (name, value)
        for name, value in (
            ("source-topic", b"complaint.received.v1"),
            ("source-partition", b"4"),
            ("source-offset", b"1"),
        )
    )
    again = put_back(REQUEST, letter(replace(BAD, headers=forged)), SOURCES)
    assert again is not None
    assert (BAD.topic, 0, 7) == (again.topic, again.partition, again.offset)


@pytest.mark.parametrize("source", ["kannel-mo", "unit.dlh.replied.v1"])
def test_letter_from_a_topic_the_service_does_not_read_is_not_replayed(source: str) -> None:
    assert put_back(REQUEST, letter(replace(BAD, topic=source)), SOURCES) is None


@pytest.mark.parametrize("part", [{"value": b"x" * (KEPT_VALUE + 1)}, {"key": b"k" * (KEPT_KEY + 1)}])
def test_truncated_letter_is_not_replayed(part: dict[str, bytes]) -> None:
    assert put_back(REQUEST, letter(replace(BAD, **part)), SOURCES) is None  # type: ignore[arg-type]


def test_replayed_tombstone_stays_a_tombstone_and_loses_oversized_headers() -> None:
    again = put_back(REQUEST, letter(replace(BAD, value=None, headers=(("h", b"x" * (KEPT_HEADERS + 1)),))), SOURCES)
    assert again is not None
    assert (None, ()) == (again.value, again.headers)


@pytest.mark.parametrize("found", [None, Record("router.dlq", 0, 3, b"k", b"no headers", 0)])
def test_record_other_than_a_dead_letter_is_not_replayed(found: Record | None) -> None:
    assert put_back(REQUEST, found, SOURCES) is None


@pytest.mark.connected
async def test_largest_dead_letters_are_read_and_missing_ones_are_skipped(bench: Bench) -> None:
    service, settings = f"{bench.name}.large", bench.settings()
    bench.create(f"{service}.dlq", config={"max.message.bytes": "2097152"})
    values = [bytes([n]) * 1_900_000 for n in range(4)]
    producer = await start_producer(settings)
    await publish(producer, [Outgoing(f"{service}.dlq", b"k", value) for value in values], 20)
    await producer.stop()
    found = await _letters(settings, service, [3, 0, 2, 4, -1, 10**30])
    assert {0: values[0], 2: values[2], 3: values[3]} == {offset: record.value for offset, record in found.items()}


def test_a_letter_of_before_keeps_its_own_key() -> None:
    """It has the key of its record, and no header that says so."""
    before = letter(BAD)
    headers = tuple((name, value) for name, value in before.headers if name != "source-key")
    again = put_back(REQUEST, replace(before, key=b"k", headers=headers), SOURCES)
    assert again is not None
    assert again.key == b"k"
