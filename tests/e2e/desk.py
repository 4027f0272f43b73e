"""One Kafka user at its desk: what it may read and write, and a unit's answers to complaints."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from harness import SERVICES

from testing.waiting import until


@dataclass(frozen=True)
class Seen:
    """A record as it lies in a topic; ``at`` is the record's timestamp."""

    topic: str
    at: datetime
    value: bytes
    headers: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def event(self) -> dict[str, Any]:
        """The CloudEvent in it."""
        event: dict[str, Any] = json.loads(self.value)
        return event


def cloud_event(kind: str, data: dict[str, Any], *, source: str = "/test", subject: str = "test") -> dict[str, Any]:
    """``data`` as the event ``kind``, with an id of its own."""
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": source,
        "type": kind,
        "subject": subject,
        "time": datetime.now(UTC).isoformat(),
        "data": data,
    }


@dataclass
class Desk:
    """The Kafka user ``name``; ``env`` is what ``lapor env --json`` prints. Reads from the first record on."""

    env: dict[str, Any] = field(repr=False)
    name: str
    seen: list[Seen] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        account = self.env["principals"][self.name]
        self.client = {
            "bootstrap.servers": self.env["bootstrap"],
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": account["username"],
            "sasl.password": account["password"],
            "log_level": 2,
        }
        # Group names are rights, too. A desk joins and commits nothing: it only assigns itself partitions.
        group = f"unit.{self.name.lower()}.desk" if self.name.isupper() else f"{self.name}.desk"
        group = self.name if self.name in SERVICES else group
        self.consumer = Consumer({**self.client, "group.id": group, "enable.auto.commit": False})
        self.producer = Producer({**self.client, "message.timeout.ms": 20_000})

    def open(self, *topics: str) -> None:
        """Begin to read ``topics``.

        Raises:
            KafkaException: this user may not even know of them.
        """
        known, places = self.consumer.list_topics(timeout=20).topics, []
        for name in topics:
            topic = known.get(name) or self.consumer.list_topics(name, timeout=20).topics[name]
            if topic.error:
                raise KafkaException(topic.error)
            places += [TopicPartition(name, partition, 0) for partition in topic.partitions]
        # Ask for offsets before reading begins: behind a waiting fetch each request takes half a second.
        marks = [self.consumer.get_watermark_offsets(place, timeout=20) for place in places]
        self.there = sum(high - low for low, high in marks)
        self.consumer.assign(places)

    def look(self) -> list[Seen]:
        """Return everything read so far, including new records.

        Raises:
            KafkaException: the broker refuses.
        """
        for message in self.consumer.consume(1000, 0.2):
            if message.error():
                raise KafkaException(message.error())
            at = datetime.fromtimestamp(message.timestamp()[1] / 1000, UTC)
            headers: Any = dict(message.headers() or ())
            self.seen.append(Seen(str(message.topic()), at, message.value() or b"", headers))
        return self.seen

    def read_all(self, *topics: str) -> list[Seen]:
        """Return everything that ``topics`` hold now."""
        self.open(*topics)
        until(lambda: len(self.look()) >= self.there, 60, f"{self.there} records")
        return self.seen

    def write(self, topic: str, value: bytes, key: bytes = b"test", headers: Sequence[tuple[str, bytes]] = ()) -> None:
        """Write one record and wait until the broker has it.

        Raises:
            KafkaException: the broker refuses.
        """
        failed: list[Any] = []
        hears: Any = lambda error, _: failed.append(error) if error else None  # noqa: E731
        self.producer.produce(topic, value, key, headers=list(headers), on_delivery=hears)
        assert not self.producer.flush(30), f"{topic}: no answer from Kafka"
        if failed:
            raise KafkaException(failed[0])

    def close(self) -> None:
        """Close the consumer."""
        self.consumer.close()


@dataclass
class Unit(Desk):
    """A unit: reads its own topic, answers on its own topic, as any agency's program would."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.replies = f"unit.{self.name.lower()}.replied.v1"
        self.open(f"unit.{self.name.lower()}.routed.v1")

    def about(self, ticket: str) -> list[dict[str, Any]]:
        """Return the records about ``ticket``; the same event delivered twice counts once."""
        events = {seen.event["id"]: seen.event["data"] for seen in self.look()}
        return [data for data in events.values() if data.get("complaint", {}).get("ticket") == ticket]

    def get(self, ticket: str, why: str, seconds: float = 60) -> dict[str, Any]:
        """Return the first record about ``ticket`` because of ``why``, as soon as it is there."""

        def find() -> dict[str, Any] | None:
            return next((data for data in self.about(ticket) if data["why"] == why), None)

        return until(find, seconds, f"{self.name} has {ticket} ({why})")

    def deadline(self, ticket: str, seconds: float = 60) -> str:
        """Return the deadline of ``ticket`` once the unit knows it: the clock may precede the routing or follow it."""

        def find() -> str | None:
            return next((due for data in self.about(ticket) if (due := data["complaint"].get("deadline_at"))), None)

        return until(find, seconds, f"{self.name} knows when {ticket} is due")

    def say(self, ticket: str, action: str, **fields: str) -> str:
        """Write a reply. Return its id."""
        data = {"ticket": ticket, "action": action, **fields}
        event = cloud_event("unit.replied.v1", data, source=f"/unit/{self.name}", subject=ticket)
        self.write(self.replies, json.dumps(event).encode(), ticket.encode())
        return str(event["id"])

    def answer_to(self, reply_id: str) -> dict[str, Any]:
        """Return the router's answer to a reply: ``accepted``, and the ``reason`` of a refusal."""

        def find() -> dict[str, Any] | None:
            answers = (seen.event["data"].get("reply", {}) for seen in self.look())
            return next((answer for answer in answers if answer.get("event_id") == reply_id), None)

        return until(find, 60, f"an answer to {self.name}'s reply")

    def reply(self, ticket: str, action: str, **fields: str) -> dict[str, Any]:
        """Reply, and wait for the router's answer."""
        return self.answer_to(self.say(ticket, action, **fields))

    def must(self, ticket: str, action: str, **fields: str) -> None:
        """Reply, and check that it is accepted."""
        answer = self.reply(ticket, action, **fields)
        assert answer["accepted"], f"{self.name} can't {action} {ticket}: {answer.get('reason')}"


@contextmanager
def units(env: dict[str, Any]) -> Iterator[Callable[[str], Unit]]:
    """Yield a function that returns a unit by its code; all are closed at the end."""
    there: dict[str, Unit] = {}

    def unit(code: str) -> Unit:
        if code not in there:
            there[code] = Unit(env, code)
        return there[code]

    try:
        yield unit
    finally:
        for each in there.values():
            each.close()
