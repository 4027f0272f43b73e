"""The steps that the router has told, read back from its topic."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.catch_up import beginnings, catch_up
from chassis.settings import ServiceSettings
from chassis.wire import Record
from contracts import codec
from contracts.events import ComplaintUpdated
from contracts.topics import UPDATED
from router.renumbering import PublishedNumbers


async def read_published_story(settings: ServiceSettings) -> PublishedNumbers:
    """Read all steps that are still on the topic.

    The steps since the backup are not enough: an interrupted catch-up has already moved the offsets in the database.

    Raises:
        aiokafka.errors.KafkaError, TimeoutError: the broker can't be reached.
    """
    seqs: dict[str, int] = {}
    last: dict[str, int] = {}

    async def keep(records: Sequence[Record]) -> None:
        for record in records:
            try:
                event = codec.decode(record.value or b"")
            except codec.InvalidEvent:  # no reader took it either
                continue
            if isinstance(step := event.data, ComplaintUpdated):
                seqs[event.id] = step.seq
                last[step.ticket] = max(last.get(step.ticket, -1), step.seq)

    await catch_up(settings, await beginnings(settings, [UPDATED]), keep)
    return PublishedNumbers(seqs=seqs, last=last)
