"""Removes erased complaints from the service's own dead letters."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from chassis.consume import Step
from chassis.publish import kafka_client, start
from chassis.settings import ServiceSettings
from chassis.wire import Record
from contracts import codec
from contracts.events import ComplaintErased
from contracts.topics import ERASED, dead_letters

log = logging.getLogger(__name__)


def erasing_letters(settings: ServiceSettings, service: str, step: Step) -> Step:
    """Extend ``step``: after it, write tombstones for the dead letters of erased complaints.

    Offsets are committed afterwards: an interrupted erasure is done again. A letter that is written only later is found
    when the order is repeated (:mod:`router.erasure`).

    Raises:
        aiokafka.errors.KafkaError, TimeoutError: no broker; do it again.
    """

    async def then_erased(records: Sequence[Record]) -> None:
        await step(records)
        if names := dict(name for record in records if record.topic == ERASED for name in _names(record)):
            gone = await _erase(settings, dead_letters(service), names)
            log.info("dead_letters_erased", extra={"complaints": len(names), "letters": gone})

    return then_erased


def _names(record: Record) -> list[tuple[bytes, bytes]]:
    """Return the complaint's id and its ticket; nothing if the record is not an order: it is a dead letter itself."""
    try:
        data = codec.decode(record.value or b"").data
    except codec.InvalidEvent:
        return []
    return [(data.complaint_id.encode(), data.ticket.encode())] if isinstance(data, ComplaintErased) else []


async def _erase(settings: ServiceSettings, topic: str, names: Mapping[bytes, bytes]) -> int:
    place, keys = TopicPartition(topic, 0), set[bytes]()
    # Without a group, since it only looks; from the beginning, since the default is the end.
    consumer = AIOKafkaConsumer(**kafka_client(settings), auto_offset_reset="earliest")
    await start(consumer, settings.publish_timeout_s)
    try:
        consumer.assign([place])
        async with asyncio.timeout(settings.publish_timeout_s):
            end = (await consumer.end_offsets([place]))[place]
        while True:
            async with asyncio.timeout(settings.publish_timeout_s):
                if await consumer.position(place) >= end:
                    break
                batches = await consumer.getmany(timeout_ms=200)
            for each in chain.from_iterable(batches.values()):
                (keys.add if _holds(each, names) else keys.discard)(each.key)
    finally:
        await consumer.stop()
    if keys:
        await _write_tombstones(settings, topic, keys)
    return len(keys)


def _holds(letter: Any, names: Mapping[bytes, bytes]) -> bool:
    """Whether some part of the letter names one of the complaints ``names``, ticket by id.

    A citizen's own complaint may mention the ticket of another one, so a letter from a topic of complaints must have
    the id. A tombstone names nothing, and a letter without a key can't be erased.
    """
    if letter.value is None or letter.key is None:
        return False
    said = [letter.value, letter.key, *(value for _, value in letter.headers)]
    of_complaints = dict(letter.headers).get("source-topic", b"").startswith(b"complaint.")
    known = names.keys() if of_complaints else {*names.keys(), *names.values()}
    return any(name in part for name in known for part in said)


async def _write_tombstones(settings: ServiceSettings, topic: str, keys: set[bytes]) -> None:
    producer = AIOKafkaProducer(**kafka_client(settings), acks="all")
    await start(producer, settings.publish_timeout_s)
    try:
        async with asyncio.timeout(settings.publish_timeout_s):
            await asyncio.gather(*[await producer.send(topic, None, key) for key in sorted(keys)])
    finally:
        await producer.stop()
