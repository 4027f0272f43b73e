"""The records of several topics are handled in the order in which they were written."""

import asyncio
import time
from collections.abc import Sequence

import pytest
from aiokafka import TopicPartition
from bench import Bench

from chassis.catch_up import beginnings, catch_up
from chassis.wire import Record

pytestmark = pytest.mark.connected

NOW_MS = round(time.time() * 1000)


def everything(bench: Bench) -> dict[TopicPartition, int]:
    topics = {bench.source: bench.partitions, bench.replay: 1, bench.dlq: 1}
    return {TopicPartition(topic, n): 0 for topic, count in topics.items() for n in range(count)}


def numbers(records: list[Record]) -> list[int]:
    return [int(record.value or b"-1") for record in records]


def put(bench: Bench, topic: str, n: int, at_ms: int) -> None:
    bench.producer.produce(topic, str(n).encode(), str(n).encode(), timestamp=at_ms)
    bench.producer.poll(0)


def caught_up(
    bench: Bench, places: dict[TopicPartition, int], batch_max: int = 7
) -> tuple[list[Record], list[int], dict]:  # type: ignore[type-arg]
    seen: list[Record] = []
    sizes: list[int] = []

    async def step(records: Sequence[Record]) -> None:
        seen.extend(records)
        sizes.append(len(records))

    ends = asyncio.run(catch_up(bench.settings(batch_max=batch_max), places, step))
    return seen, sizes, dict(ends)


def test_the_oldest_comes_first_whatever_topic_it_is_in(bench: Bench) -> None:
    for n in range(60):
        put(bench, (bench.source, bench.replay, bench.dlq)[n % 3], n, NOW_MS + n * 10)
    bench.flush()

    seen, sizes, ends = caught_up(bench, everything(bench))

    assert numbers(seen) == list(range(60))
    assert sizes == [7] * 8 + [4]
    assert sum(ends.values()) == 60


def test_a_partition_keeps_its_order_also_where_its_times_do_not(bench: Bench) -> None:
    for n, at in ((0, 50), (1, 10), (2, 60)):
        put(bench, bench.replay, n, NOW_MS + at)
    put(bench, bench.dlq, 3, NOW_MS + 20)
    bench.flush()

    seen, _, _ = caught_up(bench, everything(bench))

    assert numbers(seen) == [3, 0, 1, 2]


def test_only_what_lies_between_the_places_and_the_ends_is_handled(bench: Bench) -> None:
    for n in range(5):
        put(bench, bench.replay, n, NOW_MS)
    bench.flush()
    place = TopicPartition(bench.replay, 0)

    seen, _, ends = caught_up(bench, {place: 3})
    assert (numbers(seen), ends) == ([3, 4], {place: 5})

    seen, _, ends = caught_up(bench, {place: 5})
    assert (seen, ends) == ([], {place: 5})


def test_every_partition_has_a_beginning_whoever_has_read_it(bench: Bench) -> None:
    put(bench, bench.replay, 0, NOW_MS)
    bench.flush()
    found = asyncio.run(beginnings(bench.settings(), [bench.source, bench.replay, bench.dlq]))
    assert found == everything(bench)
