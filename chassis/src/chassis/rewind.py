"""Rewinds a group after a restored backup, when Kafka is ahead of the database, to the database's own offsets.

A service that was not rewound refuses to run: the records between the two would be lost, and nobody would know.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    CommitFailedError,
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NotCoordinatorForGroupError,
)
from aiokafka.structs import OffsetAndMetadata

from chassis.catch_up import Places
from chassis.database import Connection, Pool
from chassis.publish import kafka_client, start
from chassis.settings import DatabaseSettings

#: Handles the records between the first places and the ends, and returns the ends; the second places are how far the
#: group had read.
CatchUp = Callable[[Places, Places], Awaitable[Places]]
_CONSUMED = "SELECT topic, partition, next_offset FROM consumed"
_FORGET = """
DELETE FROM consumed USING unnest($1::text[], $2::int[]) AS gone (t, p) WHERE topic = t AND partition = p"""
#: Stands beside the group's offsets until all is handled: where a rewind began. `consumed` knows what it has handled.
_BEGAN = "rewind from "


class StillRunning(Exception):
    """A member of the group is there, or died so recently that Kafka still expects it back."""


class Diverged(Exception):
    """The database and the log are of different times: one of the two was restored, emptied or recreated."""


async def refuse_diverged(settings: DatabaseSettings, service: str, sources: Sequence[str], pool: Pool) -> None:
    """Check that the database knows all records of ``sources`` that its group has read, and none that do not exist.

    In normal operation it always does, since the effect is committed before the offset.

    Raises:
        Diverged: it does not.
        aiokafka.errors.KafkaError, asyncpg.PostgresError, OSError, TimeoutError: one of the two is away.
    """
    admin, consumer = AIOKafkaAdminClient(**kafka_client(settings)), AIOKafkaConsumer(**kafka_client(settings))
    try:
        await start(admin, settings.batch_timeout_s)
        await start(consumer, settings.batch_timeout_s)
        async with asyncio.timeout(settings.batch_timeout_s):
            there = await consumer.topics()
            group = await _read_by(admin, service)
            read = {place: it.offset for place, it in group.items() if place.topic in sources}
            # In this order: another process of the service may go on in between.
            async with pool.acquire() as db:
                known = {place: at for place, at in (await _consumed(db)).items() if place.topic in sources}
            places = [place for place in {*read, *known} if place.topic in there]
            begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
    finally:
        await _close(consumer.stop(), admin.close())
    for place in sorted(places):
        knows, was_read = known.get(place, 0), read.get(place, 0)
        if place in group and _began(group[place]) is not None:
            raise Diverged(f"{service} was rewound, and that did not end. Stop {service}, then again: {service} rewind")
        # Nobody can read expired records, and `rewind` sets a group to where a topic begins.
        if was_read > max(knows, begins[place]) or knows > ends[place]:
            raise Diverged(
                f"{service}'s database knows {place.topic}:{place.partition} up to {knows}, {was_read} was read, and "
                f"it ends at {ends[place]}: the database or the log was restored, or is another. Stop {service}, "
                f"restore the database if it is not what it should be, then: {service} rewind"
            )


async def rewind(settings: DatabaseSettings, service: str, catch_up: CatchUp | None = None) -> dict[str, int]:
    """Set the group's offsets to those in ``consumed``, or to the beginning; return them by ``topic:partition``.

    With ``catch_up`` the records between them and the ends are handled here, and the service goes on from those ends.
    Until then the group's offsets stay, with a note where the rewind began: if it is interrupted and repeated,
    ``catch_up`` gets the same places, and the inbox knows which of their records are handled already.

    Kafka accepts offsets only for an empty group, so this waits for a member that has just died, at most for its
    session timeout. A log that ends before what the database knows is a new one, made after the old one was lost: it is
    read from its beginning, and ``consumed`` forgets the old one.

    Raises:
        StillRunning: the service was not stopped.
        aiokafka.errors.KafkaError, asyncpg.PostgresError, OSError, TimeoutError: one of the two is away. And any error
            of ``catch_up``; do it again.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it reports each try while the group is not empty yet
    client, limit_s = kafka_client(settings), settings.publish_timeout_s * 2
    admin = AIOKafkaAdminClient(**client)
    consumer = AIOKafkaConsumer(**client, group_id=service, enable_auto_commit=False)
    db = await asyncpg.connect(str(settings.database_url), timeout=10)
    try:
        await start(admin, limit_s)
        await start(consumer, limit_s)
        known = await _consumed(db)
        async with asyncio.timeout(limit_s):
            there = await consumer.topics()
            group = await _read_by(admin, service)
            every = {*group, *known}
            places = [place for place in every if place.topic in there]
            begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        lost = [place for place in places if known.get(place, 0) > ends[place]]
        wanted = begins | {place: known[place] for place in places if place in known and place not in lost}
        read = {
            place: group[place].offset
            for place in wanted
            if place in group and place not in lost and group[place].offset <= ends[place]
        }
        if catch_up:
            for place in {*wanted} & {*group} - {*lost}:
                if (began := _began(group[place])) is not None:
                    wanted[place] = max(begins[place], min(wanted[place], began))
        if wanted:
            consumer.assign(list(wanted))
            offsets = {place: (read.get(place, at), f"{_BEGAN}{at}") for place, at in wanted.items()}
            await _commit(consumer, offsets if catch_up else wanted, settings.session_timeout_s + 5)
        await db.execute(_FORGET, [place.topic for place in lost], [place.partition for place in lost], timeout=10)
        if catch_up:
            ends = await catch_up(wanted, read)
            consumer.assign(list(ends))
            await consumer.commit(ends)
    finally:
        await _close(consumer.stop(), admin.close(), db.close())
    return {f"{place.topic}:{place.partition}": offset for place, offset in sorted(wanted.items())}


async def _read_by(admin: AIOKafkaAdminClient, service: str) -> Mapping[TopicPartition, OffsetAndMetadata]:
    """Read the group's offsets. A broker that was just started must first find, or make, the topic that holds them."""
    while True:
        try:
            offsets: Mapping[TopicPartition, OffsetAndMetadata] = await admin.list_consumer_group_offsets(service)
            return offsets
        except (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError):
            await asyncio.sleep(0.2)


def _began(kept: OffsetAndMetadata) -> int | None:
    """Return where an unfinished rewind began, or None."""
    at = kept.metadata.removeprefix(_BEGAN)
    return int(at) if at != kept.metadata and at.isdecimal() else None


async def _close(*closing: Any) -> None:
    with contextlib.suppress(Exception):
        await asyncio.gather(*closing)


async def _consumed(db: Connection) -> Mapping[TopicPartition, int]:
    rows = await db.fetch(_CONSUMED, timeout=10)
    return {TopicPartition(row["topic"], row["partition"]): row["next_offset"] for row in rows}


async def _commit(consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, Any], patience_s: float) -> None:
    """Commit ``offsets``. Kafka takes them only while the group is empty: a dead member counts for its session."""
    deadline = asyncio.get_running_loop().time() + patience_s
    while True:
        try:
            await consumer.commit(offsets)
            return
        except CommitFailedError as error:
            if asyncio.get_running_loop().time() > deadline:
                raise StillRunning from error
            await asyncio.sleep(1)
