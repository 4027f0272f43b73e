"""Finds the ends of topics, and waits until all records before them have been taken in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.database import Connection
from chassis.publish import kafka_client, start
from chassis.settings import ServiceSettings

#: Topic and partition, to the offset of the next record.
Ends: TypeAlias = Mapping[tuple[str, int], int]
_CONSUMED = "SELECT topic, partition, next_offset FROM consumed"


@contextlib.asynccontextmanager
async def log_ends(settings: ServiceSettings, topics: Sequence[str]) -> AsyncIterator[Callable[[], Awaitable[Ends]]]:
    """Yield a function that asks the broker for the ends of ``topics``; it reads nothing and belongs to no group.

    Raises:
        aiokafka.errors.KafkaError, TimeoutError: no broker, or no such topics; asking raises them too.
    """
    # Subscribed, since only then aiokafka learns the partitions of a topic; paused, since it must not read.
    client = AIOKafkaConsumer(*topics, **kafka_client(settings), auto_offset_reset="latest")
    await start(client, settings.publish_timeout_s)
    try:
        async with asyncio.timeout(settings.publish_timeout_s):
            while not client.assignment():
                await asyncio.sleep(0.05)
        partitions = sorted(client.assignment())
        client.pause(*partitions)

        async def ends() -> Ends:
            async with asyncio.timeout(settings.publish_timeout_s):
                begins = await client.beginning_offsets(partitions)  # first: records that expire in between still count
                return readable(begins, await client.end_offsets(partitions))

        yield ends
    finally:
        await client.stop()


def readable(begins: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]) -> Ends:
    """Leave out partitions whose records have all expired: there is nothing to wait for."""
    return {(tp.topic, tp.partition): end for tp, end in ends.items() if begins[tp] < end}


async def caught_up(db: Connection, ends: Ends, timeout_s: float) -> None:
    """Wait until the database of ``db`` has taken in each partition as far as ``ends``.

    Raises:
        TimeoutError: nothing was taken in for ``timeout_s`` seconds.
    """
    loop = asyncio.get_running_loop()
    behind, until = sum(ends.values()) + 1, loop.time() + timeout_s
    while True:
        taken = {(row["topic"], row["partition"]): row["next_offset"] for row in await db.fetch(_CONSUMED)}
        left = sum(max(end - taken.get(place, 0), 0) for place, end in ends.items())
        if left == 0:
            return
        if left < behind:
            behind, until = left, loop.time() + timeout_s
        if loop.time() >= until:
            raise TimeoutError(f"{left} records wait unread, and none was taken in for {timeout_s} s")
        await asyncio.sleep(0.1)
