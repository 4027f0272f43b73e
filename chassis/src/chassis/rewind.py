"""After a restored backup Kafka is ahead of the database: the group goes back to what the database knows."""

from __future__ import annotations

import asyncio
import contextlib

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CommitFailedError

from chassis.publish import kafka_client, start
from chassis.settings import DatabaseSettings

_CONSUMED = "SELECT topic, partition, next_offset FROM consumed"


class StillRunning(Exception):
    """A member of the group is there, or left so lately that Kafka still expects it back."""


async def rewind(settings: DatabaseSettings, service: str) -> dict[str, int]:
    """Set the group's offsets to those in ``consumed``, or to the beginning; gives them by ``topic:partition``.

    Raises:
        StillRunning: the service was not stopped.
        aiokafka.errors.KafkaError, asyncpg.PostgresError, OSError, TimeoutError: one of the two is away.
    """
    client, limit_s = kafka_client(settings), settings.publish_timeout_s * 2
    admin = AIOKafkaAdminClient(**client)
    consumer = AIOKafkaConsumer(**client, group_id=service, enable_auto_commit=False)
    try:
        await start(admin, limit_s)
        await start(consumer, limit_s)
        async with asyncio.timeout(limit_s):
            places = list(await admin.list_consumer_group_offsets(service))
            wanted = await consumer.beginning_offsets(places) | await _consumed(str(settings.database_url))
        if wanted:
            consumer.assign(list(wanted))
            await _commit(consumer, wanted, settings.session_timeout_s + 5)
    finally:
        with contextlib.suppress(Exception):
            await asyncio.gather(consumer.stop(), admin.close())
    return {f"{place.topic}:{place.partition}": offset for place, offset in sorted(wanted.items())}


async def _consumed(dsn: str) -> dict[TopicPartition, int]:
    db = await asyncpg.connect(dsn, timeout=10)
    try:
        rows = await db.fetch(_CONSUMED, timeout=10)
    finally:
        await db.close()
    return {TopicPartition(row["topic"], row["partition"]): row["next_offset"] for row in rows}


async def _commit(consumer: AIOKafkaConsumer, offsets: dict[TopicPartition, int], patience_s: float) -> None:
    """Kafka takes it only while the group is empty: a member that has left is one for its session's time."""
    deadline = asyncio.get_running_loop().time() + patience_s
    while True:
        try:
            await consumer.commit(offsets)
            return
        except CommitFailedError as error:
            if asyncio.get_running_loop().time() > deadline:
                raise StillRunning from error
            await asyncio.sleep(1)
