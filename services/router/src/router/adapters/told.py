"""What the router has told of stories, read from the topic where it told them."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.catch_up import beginnings, catch_up
from chassis.settings import ServiceSettings
from chassis.wire import Record
from contracts import codec
from contracts.events import ComplaintUpdated
from contracts.topics import UPDATED
from router.retold import Told


async def read_told(settings: ServiceSettings) -> Told:
    """All that was told and is still there.

    All of it, and not what came since the backup: a catch-up that was broken off has moved what the database knows.

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

    await catch_up(settings, await beginnings(settings, [UPDATED]), keep)
    return Told(seqs=seqs, last=last)
