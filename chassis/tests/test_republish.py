"""Events that a broker has lost come again unchanged; erased ones do not."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import typer
from aiokafka import AIOKafkaProducer
from bench import Bench
from relaying import ids, outgoing, put, running, until, waiting

from chassis import republish
from chassis.database import Pool
from chassis.outbox import KEPT_DAYS, Relay
from chassis.publish import publish
from chassis.republish import Waits, moment, publishers
from chassis.wire import Outgoing
from testing.waiting import within

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kemarin", "'kemarin' is not a time with an offset; write it as 2026-03-17T10:00:00+08:00"),
        ("2026-03-17T10:00", "is not a time with an offset"),
        ("2926-03-17T10:00+08:00", "is still to come"),
        ("2026-03-17T10:00+08:00", f"what was published is kept for {KEPT_DAYS} days, that is since 20"),
    ],
)
def test_a_time_that_can_not_be_meant_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(typer.BadParameter) as refused:
        moment(text)

    assert said in str(refused.value)


def test_a_time_is_read_with_any_offset() -> None:
    hour_ago = (datetime.now(UTC) - timedelta(hours=1)).replace(microsecond=0)

    assert hour_ago == moment(hour_ago.isoformat()) == moment(hour_ago.strftime("%Y-%m-%dt%H:%M:%Sz"))


def test_publishers_are_named_for_unit_topics_too() -> None:
    wanted = [("router",), ("PUPR", "unit-desk"), ("sla-monitor",), ()]

    names = ("unit.pupr.routed.v1", "unit.pupr.replied.v1", "complaint.sla-updated.v1", "complaint.nothing.v1")
    assert wanted == [publishers(name) for name in names]


@pytest.mark.connected
async def test_republished_events_keep_their_order_and_precede_waiting_ones(bench: Bench, pool: Pool) -> None:
    other = f"{bench.name}.other"
    bench.create(other)
    header = [("lapor-signature", b"\xff\x00")]
    first = [dataclasses.replace(outgoing(bench, n), headers=header) for n in range(3)]
    await put(pool, *first, outgoing(bench, 3, topic=other))
    relay = Relay(bench.settings(), bench.name)
    async with running(relay, pool):
        assert await until(lambda: waiting(bench) == 0)
    bench.sql("UPDATE published SET at = at - interval '1 day' WHERE seq = (SELECT min(seq) FROM published)")
    since = datetime.now(UTC) - timedelta(hours=1)
    await put(pool, outgoing(bench, 4))
    bench.sql("UPDATE outbox SET parked_reason = 'MessageSizeTooLargeError'")
    progress: list[tuple[int, int]] = []
    again = asyncio.create_task(
        republish.republish(bench.dsn, since, bench.out, lambda out, all_: progress.append((out, all_)))
    )
    assert await until(lambda: waiting(bench) == 3)
    async with running(relay, pool):
        assert 2 == await again

    assert ["e0", "e1", "e2", "e1", "e2", "e4"] == ids(bench)
    assert ["e3"] == [event.id for event in bench.events(other)]
    assert [header] * 5 + [[]] == [list(record.headers() or []) for record in bench.records(bench.out)]
    assert (3, 3) == progress[-1]
    assert [(5,)] == bench.sql("SELECT count(*) FROM published")


@pytest.mark.connected
async def test_event_sent_during_a_republish_is_sent_again_after_the_earlier_ones(bench: Bench, pool: Pool) -> None:
    """The broker has it, and the relay has not noted it yet."""
    await put(pool, outgoing(bench, 0))
    async with running(Relay(bench.settings(), bench.name), pool):
        assert await until(lambda: waiting(bench) == 0)
    sent, put_back = asyncio.Event(), asyncio.Event()

    async def publish_slowly(producer: AIOKafkaProducer, records: Sequence[Outgoing], timeout_s: float) -> None:
        await publish(producer, records, timeout_s)
        sent.set()
        await within(put_back.wait())

    await put(pool, outgoing(bench, 1))
    async with running(Relay(bench.settings(), bench.name, publish_slowly), pool):
        await within(sent.wait())
        again = asyncio.create_task(republish.republish(bench.dsn, SINCE))
        assert await until(lambda: waiting(bench) == 2)
        put_back.set()
        assert 1 == await again

    assert ["e0", "e1", "e0", "e1"] == ids(bench)


@pytest.mark.connected
async def test_republish_reports_waiting_events_when_nothing_goes_out(
    bench: Bench, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(republish, "STILL_S", 0.5)
    await put(pool, outgoing(bench, 0))
    async with running(Relay(bench.settings(), bench.name), pool):
        assert await until(lambda: waiting(bench) == 0)

    with pytest.raises(Waits, match="1 of 1 events wait in the outbox"):
        await republish.republish(bench.dsn, SINCE)
    assert 0 == await republish.republish(bench.dsn, SINCE)
    assert 1 == waiting(bench)
