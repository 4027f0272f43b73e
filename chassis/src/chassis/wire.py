"""What moves through a service: records in, messages decoded from them, emits out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from contracts import codec, topics
from contracts.events import Data
from contracts.ids import derived_id

Headers = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Record:
    """A record as the broker handed it over. ``timestamp_ms`` is the broker's.

    ``request``: the record that was read in its place, if it was a dead letter and somebody asked for it.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int
    headers: Headers = ()
    request: Record | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Bytes on their way to a topic."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A record and the event that was in it."""

    record: Record
    event: codec.Event

    @property
    def data(self) -> Data:
        return self.event.data

    @property
    def cause(self) -> str:
        """What derived ids derive from. A unit picks its own ids, so its topic is part of them."""
        return f"{self.record.topic}:{self.event.id}" if topics.unit_of(self.record.topic) else self.event.id

    @property
    def time(self) -> datetime:
        """When it happened: the event's own time, but the broker's for a unit, which can't backdate."""
        if topics.unit_of(self.record.topic):
            return datetime.fromtimestamp(self.record.timestamp_ms / 1000, UTC)
        return self.event.time


@dataclass(frozen=True, kw_only=True, slots=True)
class Emit:
    """An event that a decision brings about. Its id derives from the cause, unless it has an ``event_id``."""

    topic: str
    subject: str
    data: Data
    event_id: str | None = None


def outgoing(emits: Sequence[Emit], *, service: str, cause: str, now: datetime) -> list[Outgoing]:
    """The bytes of ``emits``. The same cause and the same emits give the same bytes.

    Raises:
        contracts.codec.InvalidEvent: an event does not fit its schema.
    """
    out = []
    for n, emit in enumerate(emits):
        event = codec.envelope(
            emit.data,
            event_id=emit.event_id or derived_id(cause, codec.type_of(emit.data), n),
            source=f"/{service}",
            subject=emit.subject,
            time=now,
            causation_id=cause,
        )
        out.append(Outgoing(emit.topic, emit.subject.encode(), codec.encode(event), codec.HEADERS))
    return out


def dead_letter(service: str, record: Record, error: BaseException) -> Outgoing:
    """The original bytes for the service's dead-letter topic.

    Carries the error's class and not its text: the text may quote a citizen.
    """
    about = {
        "error": type(error).__name__,
        "source-topic": record.topic,
        "source-partition": str(record.partition),
        "source-offset": str(record.offset),
        "failed-at": datetime.now(UTC).isoformat(),
    }
    headers = [*record.headers, *((name, value.encode()) for name, value in about.items())]
    return Outgoing(topics.dead_letters(service), record.key, record.value or b"", headers)
