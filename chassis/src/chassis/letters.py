"""Counts the service's dead letters that wait for a person: nobody had them handled again or dismissed them.

The operator requests both on ``<service>.replay``, so that everybody sees the same count, wherever they look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis import metrics
from chassis.publish import kafka_client, start
from chassis.settings import ServiceSettings
from contracts.topics import dead_letters, replays

#: How a request begins that dismisses the letter at the offset behind it.
DISMISS = b"dismiss "


def settles(request: bytes | None) -> int | None:
    """Return the offset of the letter that a request settles, either way; None if it has no offset."""
    try:
        return int((request or b"").removeprefix(DISMISS))
    except ValueError:
        return None


def dismisses(request: bytes | None) -> bool:
    """Whether a request says that somebody looked, and that the letter need not be handled again."""
    return (request or b"").startswith(DISMISS)


@dataclass(kw_only=True)
class Letters:
    """The content of both topics, read in any order: the letters of each key, and those settled; by offset."""

    there: dict[bytes, set[int]] = field(default_factory=dict)
    settled: set[int] = field(default_factory=set)

    def letter(self, key: bytes | None, offset: int, value: bytes | None) -> None:
        """Read a record of the letters' topic. A record without a value erases the letters of its key."""
        name = key or b""
        if value is None:
            self.there.pop(name, None)
        else:
            self.there.setdefault(name, set()).add(offset)

    def request(self, value: bytes | None) -> None:
        """Read a record of the requests' topic."""
        if (offset := settles(value)) is not None:
            self.settled.add(offset)

    def forget_before(self, first: int) -> None:
        """Forget the letters below ``first``, which are no longer kept."""
        self.settled = {offset for offset in self.settled if offset >= first}
        kept = ((key, {each for each in offsets if each >= first}) for key, offsets in self.there.items())
        self.there = {key: offsets for key, offsets in kept if offsets}

    @property
    def waiting(self) -> int:
        """How many letters wait."""
        return len(set().union(*self.there.values()) - self.settled)


async def count_letters(settings: ServiceSettings, service: str) -> None:
    """Read the service's letters and the requests until cancelled, and show how many letters wait.

    Raises:
        aiokafka.errors.KafkaError, OSError, TimeoutError: no broker; start again.
    """
    places = [TopicPartition(dead_letters(service), 0), TopicPartition(replays(service), 0)]
    letters = Letters()
    # Without a group, since it only looks; it has time.
    consumer = AIOKafkaConsumer(**kafka_client(settings), auto_offset_reset="earliest", fetch_max_wait_ms=5_000)
    await start(consumer, settings.publish_timeout_s)
    try:
        consumer.assign(places)
        while True:
            _read(letters, places[0], await consumer.getmany(timeout_ms=5_000))
            letters.forget_before((await consumer.beginning_offsets(places[:1]))[places[0]])
            if await _at_end(consumer, places):
                metrics.DLQ_PENDING.labels(service).set(letters.waiting)
    finally:
        async with asyncio.timeout(settings.publish_timeout_s):
            await consumer.stop()


def _read(letters: Letters, of_letters: TopicPartition, batches: Mapping[TopicPartition, Iterable[Any]]) -> None:
    for place, records in batches.items():
        for record in records:
            if place == of_letters:
                letters.letter(record.key, record.offset, record.value)
            else:
                letters.request(record.value)


async def _at_end(consumer: Any, places: Iterable[TopicPartition]) -> bool:
    return all([await consumer.position(place) >= (consumer.highwater(place) or 0) for place in places])
