"""Handles a dead letter again: the operator names it, and the service reads it where nobody else can write.

So the operator need not be able to write others' events: a request on ``<service>.replay`` is the offset of a record in
``<service>.dlq``, and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis import metrics
from chassis.consume import Step, _plain_record
from chassis.letters import dismisses, settles
from chassis.publish import kafka_client, start
from chassis.settings import ServiceSettings
from chassis.wire import CUT, Record, letter_key
from contracts.topics import dead_letters, replays

log = logging.getLogger(__name__)

#: The headers that chassis.wire.dead_letter adds behind those of the record.
_ABOUT = CUT | {
    "source-key",
    "error",
    "source-topic",
    "source-partition",
    "source-offset",
    "failed-at",
    "original-headers",
}


def replaying(settings: ServiceSettings, service: str, sources: Sequence[str], step: Step) -> Step:
    """Extend ``step``: in place of the requests it gets the records that were asked for.

    They are unchanged but for their time, which is the request's, as if they had come just now. The inbox knows which
    have been handled since, and a record that fails again becomes a new dead letter. A request is ignored if its letter
    is not there, or did not come from one of ``sources``.
    """
    topic = replays(service)

    async def resolved(records: Sequence[Record]) -> None:
        if any(record.topic == topic for record in records):
            records = await _resolve(settings, service, sources, records)
        await step(records)

    return resolved


async def _resolve(
    settings: ServiceSettings, service: str, sources: Sequence[str], records: Sequence[Record]
) -> list[Record]:
    topic, resolved = replays(service), []
    letters = await _letters(settings, service, {_asked(record) for record in records if record.topic == topic})
    for record in records:
        if record.topic != topic:
            resolved.append(record)
        elif dismisses(record.value):
            continue
        elif again := put_back(record, letters.get(_asked(record)), sources):
            resolved.append(again)
        else:
            metrics.RECORDS.labels(service, topic, "ignored").inc()
            log.warning("replay_ignored", extra={"offset": record.offset, "asked": _asked(record)})
    return resolved


def _asked(request: Record) -> int:
    """Return the offset that ``request`` names; -1, where nothing is, if it names none, or dismisses the letter."""
    offset = settles(request.value)
    return -1 if offset is None or dismisses(request.value) else offset


def put_back(request: Record, letter: Record | None, sources: Sequence[str]) -> Record | None:
    """Restore the record of ``letter``, as if it came with ``request``.

    Return None if it did not come from ``sources``, or is only a part of the record. A letter without a value was a
    tombstone.
    """
    about = dict(letter.headers) if letter else {}  # if the record had such a header too, ours is the last
    topic = about.get("source-topic", b"").decode(errors="replace")
    if letter is None or topic not in sources or about.keys() & CUT:
        return None
    record = Record(
        topic,
        int(about["source-partition"]),
        int(about["source-offset"]),
        about.get("source-key"),
        letter.value or None,
        request.timestamp_ms,
        tuple((name, value) for name, value in letter.headers if name not in _ABOUT),
        request,
    )
    # A letter from before these keys has the key of its record.
    return record if letter.key == letter_key(record) else replace(record, key=letter.key)


async def _letters(settings: ServiceSettings, service: str, offsets: Iterable[int]) -> dict[int, Record]:
    """Read the dead letters of ``service`` at ``offsets``, if they are (still) there.

    Raises:
        aiokafka.errors.KafkaError, TimeoutError: no broker; ask again.
    """
    place, found = TopicPartition(dead_letters(service), 0), {}
    consumer = AIOKafkaConsumer(**kafka_client(settings))  # without a group: it only looks
    await start(consumer, settings.publish_timeout_s)
    try:
        async with asyncio.timeout(settings.publish_timeout_s):
            consumer.assign([place])
            first, end = [
                (await offsets_of([place]))[place] for offsets_of in (consumer.beginning_offsets, consumer.end_offsets)
            ]
            position = None
            for offset in sorted(each for each in offsets if first <= each < end):
                if offset != position:
                    consumer.seek(place, offset)
                record = _plain_record(place, await consumer.getone(place))
                found[record.offset] = record
                position = record.offset + 1
    finally:
        await consumer.stop()
    return found
