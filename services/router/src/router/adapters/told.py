"""What the router has told of stories, read from the topic where it told them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from aiokafka import AIOKafkaConsumer

from chassis.catch_up import Places, beginnings, catch_up
from chassis.publish import kafka_client, start
from chassis.settings import ServiceSettings
from chassis.wire import Record
from contracts import codec
from contracts.events import ComplaintUpdated
from contracts.topics import UPDATED
from router.retold import Told

#: By so much the clocks of database and broker may differ, and what is told is written so much later than handled.
_MARGIN = timedelta(minutes=15)


async def read_told(settings: ServiceSettings, since: datetime | None) -> Told:
    """All that was told since shortly before ``since``; if that is None, all there is.

    Raises:
        aiokafka.errors.KafkaError, TimeoutError: no broker.
    """
    seqs: dict[str, int] = {}
    last: dict[str, int] = {}

    async def keep(records: Sequence[Record]) -> None:
        for record in records:
            try:
                event = codec.decode(record.value or b"")
            except codec.InvalidEvent:  # nothing that a reader would have taken
                continue
            if isinstance(step := event.data, ComplaintUpdated):
                seqs[event.id] = step.seq
                last[step.ticket] = max(last.get(step.ticket, -1), step.seq)

    await catch_up(settings, await _since(settings, since), keep)
    return Told(seqs=seqs, last=last)


async def _since(settings: ServiceSettings, since: datetime | None) -> Places:
    begins = await beginnings(settings, [UPDATED])
    if since is None:
        return begins
    consumer = AIOKafkaConsumer(**kafka_client(settings))
    await start(consumer, settings.publish_timeout_s)
    try:
        async with asyncio.timeout(settings.publish_timeout_s):
            ends = await consumer.end_offsets(list(begins))
            at = int((since - _MARGIN).timestamp() * 1000)
            found = await consumer.offsets_for_times(dict.fromkeys(begins, at))
        return {place: found[place].offset if found.get(place) else ends[place] for place in begins}
    finally:
        await consumer.stop()
