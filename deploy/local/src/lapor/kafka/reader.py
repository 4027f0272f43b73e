"""Reading topics from the command line, each time as one principal and with its rights only."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from contracts import codec
from contracts import ticket as tickets
from contracts.events import UnitReplied, UnitRouted
from contracts.topics import unit_of
from lapor.errors import Refused
from lapor.kafka.principal import Principal

_BEGINNING = -2
#: Seconds without a record until reading to the end of a topic is given up.
SILENT_S = 60


@dataclass(frozen=True, kw_only=True)
class Found:
    """A record of a topic; ``at`` is its own timestamp, and ``headers`` are empty for units' topics."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    headers: dict[str, str]
    at: datetime

    @cached_property
    def event(self) -> codec.Event | None:
        """The event in the record; None if it is not a valid one."""
        try:
            return codec.decode(self.value)
        except codec.InvalidEvent:
            return None


def marks(who: Principal, consumer: Consumer, topics: Iterable[str]) -> dict[tuple[str, int], tuple[int, int]]:
    """Return by topic and partition the first offset and the end offset. Raises: Refused, KafkaException."""
    known, topics = consumer.list_topics(timeout=10).topics, list(topics)
    if hidden := [name for name in topics if name not in known]:
        raise Refused(f"{who.name} may not read {', '.join(hidden)}, or there is no such topic.")
    places = [(name, partition) for name in topics for partition in known[name].partitions]
    return {place: consumer.get_watermark_offsets(TopicPartition(*place), timeout=10) for place in places}


def read_to_end(
    who: Principal, topics: Iterable[str], after: dict[tuple[str, int], int] | None = None
) -> Iterator[Found]:
    """Read everything in ``topics`` up to their present ends, in the order in which it arrives.

    ``after`` has offsets by topic and partition to start at; at the end it has those for the next call.

    Raises:
        Refused: there is no such topic for this principal, or nothing came for ``SILENT_S`` seconds.
        KafkaException: Kafka refuses.
    """
    with closing(who.consumer()) as consumer:
        from_ = {} if after is None else after
        known = marks(who, consumer, topics)
        begins = {place: max(low, from_.get(place, 0)) for place, (low, _) in known.items()}
        ends = {place: high for place, (_, high) in known.items() if high > begins[place]}
        waiting = set(ends)
        if not waiting:
            return
        consumer.assign([TopicPartition(*place, begins[place] if after else _BEGINNING) for place in waiting])
        silent_at = time.monotonic() + SILENT_S
        while waiting:
            for message in consumer.consume(500, 0.1):
                silent_at = time.monotonic() + SILENT_S
                found = _found(message)
                place = (found.topic, found.partition)
                if found.offset >= ends[place] - 1:
                    waiting.discard(place)
                if found.offset < ends[place]:
                    yield found
            for place in list(waiting):  # compaction or retention may have deleted the last record before the end
                (position,) = consumer.position([TopicPartition(*place)])
                if position.offset >= ends[place]:
                    waiting.discard(place)
            if waiting and time.monotonic() > silent_at:
                names = ", ".join(sorted({name for name, _ in waiting}))
                raise Refused(
                    f"Kafka delivered nothing more of {names} for {SILENT_S} s: `lapor logs kafka` tells more."
                )
        from_.update(ends)


def follow(
    who: Principal,
    topics: Iterable[str],
    *,
    stop: threading.Event | None = None,
    listening: Callable[[], object] = lambda: None,
) -> Iterator[Found]:
    """Read what is written to ``topics`` from now on, until ``stop``; call ``listening`` when reading has begun.

    Raises:
        Refused: there is no such topic for this principal.
        KafkaException: its rights were taken away since.
    """
    with closing(who.consumer()) as consumer:
        # From the present ends, so that no record written after ``listening`` is missed.
        ends = [TopicPartition(*place, high) for place, (_, high) in marks(who, consumer, topics).items()]
        consumer.assign(ends)
        listening()
        while not (stop and stop.is_set()):
            for message in consumer.consume(500, 0.05):
                yield _found(message)


def _found(message: Any) -> Found:
    if error := message.error():
        raise KafkaException(error)
    # A unit may name a header by bytes that are not text, and confluent-kafka 2.16 ends the whole process when asked
    # for such a header. We need no headers of units' topics, and only our own services write to the others.
    given = () if unit_of(message.topic()) else message.headers() or ()
    headers = {name: (value or b"").decode(errors="replace") for name, value in given}
    return Found(
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        key=message.key(),
        value=message.value() or b"",
        headers=headers,
        at=datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC),
    )


def ticket_of(event: codec.Event) -> str | None:
    """Return the ticket that an event is about."""
    data: Any = event.data
    if isinstance(data, UnitRouted):
        return data.complaint.ticket if data.complaint else None
    if isinstance(data, UnitReplied):
        return tickets.parse(data.ticket)
    number: str = data.ticket
    return number


def story_topics(names: Iterable[str]) -> list[str]:
    """Select the topics that hold a complaint's story."""
    return [name for name in names if name.startswith("complaint.") or unit_of(name)]
