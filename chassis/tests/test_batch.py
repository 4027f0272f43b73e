"""One batch in one transaction, on a real PostgreSQL."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping

import counting
import pytest
from bench import Bench, encoded, newer, text_of
from counting import Count
from prometheus_client import REGISTRY

from chassis.batch import UNIT_LETTERS, BatchHandler, BugsInARow, on_timer
from chassis.database import Pool
from chassis.metrics import MAX_BUGS_IN_A_ROW
from chassis.wire import Emit, Record
from testing.events import NOW

pytestmark = pytest.mark.connected


def records(*values: bytes | None, topic: str = "t.in", first: int = 0) -> list[Record]:
    return [Record(topic, 0, first + n, b"k", value, 1_000, ()) for n, value in enumerate(values)]


def events(*texts: str, key: str = "c1", first: int = 0) -> list[Record]:
    return records(*(encoded(key, f"e{first + n}", text) for n, text in enumerate(texts)), first=first)


@pytest.fixture
def step(bench: Bench, pool: Pool) -> BatchHandler[Count]:
    return BatchHandler(pool, counting.handler(bench.name, bench.out))


@pytest.fixture
def bug(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("BUG", "bug")
    return monkeypatch


def outbox(bench: Bench) -> list[tuple[str, bytes]]:
    return bench.sql("SELECT topic, value FROM outbox ORDER BY seq")


def dead(bench: Bench) -> list[bytes]:
    return [value for topic, value in outbox(bench) if topic == bench.dlq]


async def test_state_inbox_outbox_and_offset_come_in_one_transaction(bench: Bench, step: BatchHandler[Count]) -> None:
    await step(events("jalan", "lampu"))
    assert {"c1": 2} == bench.counts()
    assert [("t.in", "e0"), ("t.in", "e1")] == bench.sql("SELECT topic, event_id FROM inbox ORDER BY 2")
    assert [bench.out, bench.out] == [topic for topic, _ in outbox(bench)]
    assert [("t.in", 0, 2)] == bench.sql("SELECT * FROM consumed")


async def test_an_event_is_handled_once_however_often_it_comes(bench: Bench, step: BatchHandler[Count]) -> None:
    await step(events("jalan", "lampu"))
    await step([*events("jalan", "lampu"), *events("jalan", "lampu"), *events("air", first=2)])
    assert {"c1": 3} == bench.counts()
    assert 3 == len(outbox(bench))
    assert [(3,)] == bench.sql("SELECT next_offset FROM consumed")


async def test_the_same_id_on_two_topics_is_two_events(bench: Bench, step: BatchHandler[Count]) -> None:
    event = encoded("c1", "e0")
    await step([*records(event, topic="unit.pu.replied.v1"), *records(event, topic="unit.dlh.replied.v1")])
    assert {"c1": 2} == bench.counts()


async def test_an_older_batch_does_not_turn_the_consumed_offset_back(bench: Bench, step: BatchHandler[Count]) -> None:
    await step(events("lampu", first=7))
    await step(events("jalan"))
    assert [(8,)] == bench.sql("SELECT next_offset FROM consumed")


async def test_event_refused_only_by_postgresql_is_found_by_halving_the_batch(
    bench: Bench, step: BatchHandler[Count]
) -> None:
    await step(events("a", "b", "c", "refused", "d", "e", "f"))
    assert [encoded("c1", "e3", "refused")] == dead(bench)
    assert {"c1": 6} == bench.counts()
    assert ["1", "2", "3", "4", "5", "6"] == [
        json.loads(value)["data"]["text"] for topic, value in outbox(bench) if topic == bench.out
    ]
    assert [(7,)] == bench.sql("SELECT next_offset FROM consumed")


async def test_records_are_counted_once_when_their_batch_is_rolled_back_and_halved(bench: Bench, pool: Pool) -> None:
    told: list[str] = []
    handler = dataclasses.replace(
        counting.handler(bench.name, bench.out),
        on_committed=lambda emits: told.extend(text_of(emit.data) for emit in emits),
    )
    batch = [*events("a", "b", "refused", "c"), *records(b"no event", first=4), *events("a")]
    await BatchHandler(pool, handler)(batch)
    assert ["1", "2", "3"] == told
    counted = [
        REGISTRY.get_sample_value(
            "lapor_consumer_records_total", {"service": bench.name, "topic": "t.in", "result": result}
        )
        for result in ("handled", "dead")
    ]
    assert [3, 2] == counted
    letters = [each for metric in REGISTRY.collect() if metric.name == "lapor_dlq_records" for each in metric.samples]
    assert 2 == sum(
        each.value
        for each in letters
        if each.name == "lapor_dlq_records_total" and each.labels["service"] == bench.name
    )
    assert 1 == REGISTRY.get_sample_value("lapor_redeliveries_total", {"service": bench.name})


async def test_an_event_with_control_characters_is_handled_without_them(
    bench: Bench, step: BatchHandler[Count]
) -> None:
    await step([*events("a"), *records(encoded("c1", "e1\x00", "nul\x00"), first=1), *events("b", first=2)])
    assert [] == dead(bench)
    assert [("e0",), ("e1",), ("e2",)] == bench.sql("SELECT event_id FROM inbox ORDER BY 1")
    assert {"c1": 3} == bench.counts()


async def test_a_dead_letter_has_no_inbox_row_so_that_its_replay_is_handled(
    bench: Bench, step: BatchHandler[Count], bug: pytest.MonkeyPatch
) -> None:
    await step(events("a", "bug", "b"))
    assert [("e0",), ("e2",)] == bench.sql("SELECT event_id FROM inbox ORDER BY 1")
    bug.delenv("BUG")
    await step(records(*dead(bench), first=3))
    assert {"c1": 3} == bench.counts()


async def test_bytes_that_are_no_event_are_dead_letters_with_whatever_headers_they_have(
    bench: Bench, step: BatchHandler[Count]
) -> None:
    headers = (("h", b"\x00\xff"), ("name\x00", b"x"))
    await step([Record("t.in", 0, 0, b"k", b"\xff", 1_000, headers), *events("a", first=1)])
    [(value, kept)] = bench.sql("SELECT value, headers FROM outbox WHERE topic = %s", bench.dlq)
    assert b"\xff" == value
    assert ["h", "\x00\xff"] == kept[0]
    assert {"c1": 1} == bench.counts()


async def test_an_erasure_and_an_event_of_another_kind_do_not_disturb(bench: Bench, pool: Pool) -> None:
    handler = dataclasses.replace(
        counting.handler(bench.name, bench.out),
        keys=lambda message: [message.data.nothing_of_the_kind],  # type: ignore[union-attr]
    )
    await BatchHandler(pool, handler)([*records(None), *events("a", first=1)])
    assert [encoded("c1", "e1", "a")] == dead(bench)
    assert [(2,)] == bench.sql("SELECT next_offset FROM consumed")


async def test_the_dead_letters_of_one_unit_are_bounded_and_the_others_are_kept(
    bench: Bench, step: BatchHandler[Count], caplog: pytest.LogCaptureFixture
) -> None:
    flood, other = "unit.pupr.replied.v1", "unit.pdam.replied.v1"
    await step(records(*[b"rubbish"] * 100, topic=flood))
    await step([*records(b"rubbish", topic=flood, first=100), *records(b"rubbish", topic=other), *events("jalan")])
    assert UNIT_LETTERS.burst + 1 == len(dead(bench))
    labels = {"service": bench.name, "topic": flood}
    assert 101 - UNIT_LETTERS.burst == REGISTRY.get_sample_value("lapor_dlq_left_out_total", labels)
    lines = Counter(each.getMessage() for each in caplog.records)
    assert {"dead_letter": UNIT_LETTERS.burst + 1, "dead_letters_left_out": 1} == lines
    assert {"c1": 1} == bench.counts()
    assert [(101,)] == bench.sql("SELECT next_offset FROM consumed WHERE topic = %s", flood)


async def test_repeated_failures_of_one_unit_count_as_one_failure_in_a_row(
    bench: Bench, step: BatchHandler[Count], bug: pytest.MonkeyPatch
) -> None:
    bug.setenv("BUG", "everywhere")
    for n in range(3 * MAX_BUGS_IN_A_ROW):
        await step([dataclasses.replace(*events("x", first=n), topic="unit.pupr.replied.v1")])
    for n in range(MAX_BUGS_IN_A_ROW - 2):
        await step([dataclasses.replace(*events("x", first=100 + n), offset=n)])
    with pytest.raises(BugsInARow):
        await step([dataclasses.replace(*events("x", first=200), offset=200)])


async def test_ten_bugs_in_a_row_stop_the_service_and_nothing_of_the_batch_is_kept(
    bench: Bench, step: BatchHandler[Count], bug: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BugsInARow):
        await step(events("a", *["bug"] * MAX_BUGS_IN_A_ROW))
    assert {} == bench.counts()
    assert [] == outbox(bench)
    assert [] == bench.sql("SELECT * FROM inbox")


async def test_bugs_in_a_row_are_counted_across_batches_until_one_success(
    bench: Bench, step: BatchHandler[Count], bug: pytest.MonkeyPatch
) -> None:
    await step(events(*["bug"] * 9, "a", *["bug"] * 9))
    with pytest.raises(BugsInARow):
        await step(events("bug", first=19))
    assert 18 == len(dead(bench))


async def test_ten_refusals_of_postgres_in_a_row_stop_the_service_too(bench: Bench, step: BatchHandler[Count]) -> None:
    """A broken migration refuses everything: no topic may drain into the dead letters because of it."""
    await step(events(*["refused"] * 9, "a", *["refused"] * 9))
    with pytest.raises(BugsInARow, match="CheckViolationError"):
        await step(events(*["refused"] * 5, first=19))
    assert 18 == len(dead(bench))
    assert [(19,)] == bench.sql("SELECT next_offset FROM consumed")


async def test_invalid_records_never_count_as_bugs(
    bench: Bench, step: BatchHandler[Count], bug: pytest.MonkeyPatch
) -> None:
    await step(events(*["bug"] * 9))
    await step(records(*[b"rubbish"] * 20, first=9))
    assert 29 == len(dead(bench))


async def test_oversized_output_is_a_dead_letter_and_does_not_count_as_a_bug(
    bench: Bench, step: BatchHandler[Count], bug: pytest.MonkeyPatch
) -> None:
    await step(events(*["bug"] * 9, *["huge"] * 20, "a"))
    assert 29 == len(dead(bench))
    assert {"c1": 1} == bench.counts()


async def test_a_timer_changes_state_and_tells_under_the_same_lock(
    bench: Bench, pool: Pool, step: BatchHandler[Count]
) -> None:
    await step(events("a"))

    def decide(states: Mapping[str, Count]) -> tuple[dict[str, Count], list[Emit]]:
        return {"c1": Count(states["c1"].n + 1)}, []

    async with pool.acquire() as db, db.transaction():
        await on_timer(db, step.handler, ["c1"], decide, cause="timer", now=NOW)
        async with pool.acquire() as other:
            locked = "SELECT pg_try_advisory_xact_lock(hashtextextended('c1', 0))"
            assert not await other.fetchval(locked)
    assert {"c1": 2} == bench.counts()


async def test_words_that_came_later_are_counted_once_and_no_dead_letter(bench: Bench, pool: Pool) -> None:
    handler = dataclasses.replace(counting.handler(bench.name, bench.out), decide=lambda states, message, now: ({}, []))
    step = BatchHandler(pool, handler)
    for _ in range(2):
        await step(records(newer("e1")))
    assert [] == outbox(bench)
    labels = {"service": bench.name, "field": "FollowUp.kind"}
    assert 1 == REGISTRY.get_sample_value("lapor_unknown_words_total", labels)
