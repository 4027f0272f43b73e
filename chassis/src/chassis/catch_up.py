"""Handles the records of several topics in the order in which they were written.

A running service takes each topic as it comes: it writes some of them itself, and so no topic gets ahead of the others.
After its database was restored nothing keeps that order: a unit's reply would be read before the complaint that it is
about.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from chassis.consume import Step, _plain_record
from chassis.publish import kafka_client, start
from chassis.settings import ServiceSettings
from chassis.wire import Record

#: An offset for each partition: that of the first record, or the one behind the last.
Places = Mapping[TopicPartition, int]


async def beginnings(settings: ServiceSettings, topics: Sequence[str]) -> Places:
    """Find where every partition of ``topics`` begins now.

    Raises:
        aiokafka.errors.KafkaError, TimeoutError: no broker.
    """
    admin, consumer = AIOKafkaAdminClient(**kafka_client(settings)), AIOKafkaConsumer(**kafka_client(settings))
    try:
        await start(admin, settings.publish_timeout_s)
        await start(consumer, settings.publish_timeout_s)
        async with asyncio.timeout(settings.publish_timeout_s):
            described = await admin.describe_topics(list(topics))
            places = [TopicPartition(each["topic"], n["partition"]) for each in described for n in each["partitions"]]
            begins: Places = await consumer.beginning_offsets(places)
        return begins
    finally:
        await asyncio.gather(consumer.stop(), admin.close())


async def catch_up(settings: ServiceSettings, places: Places, step: Step) -> Places:
    """Pass all records from ``places`` to the present ends to ``step``, the oldest first; return those ends.

    Records of a partition keep their order.

    Raises:
        aiokafka.errors.KafkaError, TimeoutError: no broker. And any error of ``step``. Do it again.
    """
    consumer = AIOKafkaConsumer(**kafka_client(settings), enable_auto_commit=False, auto_offset_reset="earliest")
    await start(consumer, settings.publish_timeout_s)
    try:
        consumer.assign(list(places))
        for place, offset in places.items():
            consumer.seek(place, offset)
        async with asyncio.timeout(settings.publish_timeout_s):
            ends: Places = await consumer.end_offsets(list(places))
        batch: list[Record] = []
        async for record in _oldest_first(consumer, ends, settings.batch_max):
            batch.append(record)
            if len(batch) == settings.batch_max:
                await step(batch)
                batch = []
        if batch:
            await step(batch)
        return ends
    finally:
        await consumer.stop()


async def _oldest_first(consumer: AIOKafkaConsumer, ends: Places, at_once: int) -> AsyncIterator[Record]:
    """Yield all records before ``ends``, by their time; some of each partition are held in memory."""
    waiting: dict[TopicPartition, deque[Record]] = {place: deque() for place in ends}
    while True:
        for place in [place for place, records in waiting.items() if not records]:
            if not await _fill(consumer, place, ends[place], waiting[place], at_once):
                del waiting[place]
        if not waiting:
            return
        place = min(waiting, key=lambda place: waiting[place][0].timestamp_ms)
        yield waiting[place].popleft()


async def _fill(consumer: AIOKafkaConsumer, place: TopicPartition, end: int, into: deque[Record], at_once: int) -> bool:
    """Whether ``place`` had more records before ``end``; they are in ``into`` now."""
    while not into and await consumer.position(place) < end:
        fetched = await consumer.getmany(place, timeout_ms=500, max_records=at_once)
        into.extend(_plain_record(place, each) for each in fetched.get(place, []) if each.offset < end)
    return bool(into)
