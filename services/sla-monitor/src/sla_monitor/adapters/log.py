"""How far the topic of the stories goes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.publish import kafka_client, start
from chassis.settings import ServiceSettings
from contracts.topics import UPDATED

#: Asks for the end of each partition that has a record to be read.
Ends = Callable[[], Awaitable[dict[int, int]]]


@contextlib.asynccontextmanager
async def story_ends(settings: ServiceSettings) -> AsyncIterator[Ends]:
    """Asks the broker; reads nothing and belongs to no group.

    Raises:
        aiokafka.errors.KafkaError, TimeoutError: no broker, or no such topic; asking raises them too.
    """
    # Subscribed, because only so aiokafka learns which partitions the topic has; paused, because it shall not read.
    client = AIOKafkaConsumer(UPDATED, **kafka_client(settings), auto_offset_reset="latest")
    await start(client, settings.publish_timeout_s)
    try:
        async with asyncio.timeout(settings.publish_timeout_s):
            while not client.assignment():
                await asyncio.sleep(0.05)
        partitions = sorted(client.assignment())
        client.pause(*partitions)

        async def ends() -> dict[int, int]:
            async with asyncio.timeout(settings.publish_timeout_s):
                begins = await client.beginning_offsets(partitions)  # first: what expires meanwhile is not passed over
                return readable(begins, await client.end_offsets(partitions))

        yield ends
    finally:
        await client.stop()


def readable(begins: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]) -> dict[int, int]:
    """How far each partition goes; one whose records have all expired has nothing that could be waited for."""
    return {tp.partition: end for tp, end in ends.items() if begins[tp] < end}
