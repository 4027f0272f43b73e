"""The data that moves through a service: records in, messages decoded from them, emits out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from contracts import codec, topics
from contracts.events import Data
from contracts.ids import derived_id

Headers = Sequence[tuple[str, bytes]]
#: The header of https://www.w3.org/TR/trace-context/: the hop that brought a record about, while that is traced.
TRACEPARENT = "traceparent"


@dataclass(frozen=True, slots=True)
class Record:
    """A record as the broker handed it over. ``timestamp_ms`` is the broker's.

    ``request``: if somebody asked for this dead letter, the record of that request.
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
    """Bytes on their way to a topic; without a value it is a tombstone, which erases earlier records of the key."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A record and its event. ``trace`` is the traceparent of its handling; empty while tracing is off."""

    record: Record
    event: codec.Event
    trace: str = ""

    @property
    def data(self) -> Data:
        return self.event.data

    @property
    def cause(self) -> str:
        """The source of derived ids. A unit picks its own ids, so its topic is part of the source."""
        return f"{self.record.topic}:{self.event.id}" if topics.unit_of(self.record.topic) else self.event.id

    @property
    def time(self) -> datetime:
        """When it happened: the event's own time, or its record's if that tells it."""
        if topics.tells_time(self.record.topic):
            return datetime.fromtimestamp(self.record.timestamp_ms / 1000, UTC)
        return self.event.time


@dataclass(frozen=True, kw_only=True, slots=True)
class Tombstone:
    """A record without a value: it erases earlier records of its key. ``erased`` counts the rows erased, by table."""

    ticket: str
    erased: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Emit:
    """An event that a decision brings about. Its id derives from the cause, unless ``event_id`` is set.

    Its key is its ``subject``, unless ``key`` is set.
    """

    topic: str
    subject: str
    data: Data | Tombstone
    event_id: str | None = None
    key: bytes | None = None


def outgoing(emits: Sequence[Emit], *, service: str, cause: str, now: datetime, trace: str = "") -> list[Outgoing]:
    """Encode ``emits``. The same cause and the same emits give the same bytes; headers tell the ``trace``.

    Raises:
        contracts.codec.InvalidEvent: an event does not fit its schema.
    """
    out = []
    for n, emit in enumerate(emits):
        if isinstance(emit.data, Tombstone):
            out.append(tombstone(emit.topic, (emit.key or emit.subject.encode()).decode(), emit.data))
            continue
        event = codec.envelope(
            emit.data,
            event_id=emit.event_id or derived_id(cause, codec.type_of(emit.data), n),
            source=f"/{service}",
            subject=emit.subject,
            time=now,
            causation_id=cause,
        )
        out.append(Outgoing(emit.topic, emit.key or emit.subject.encode(), codec.encode(event), codec.HEADERS))
    return [traced(each, trace) for each in out] if trace else out


def traced(out: Outgoing, trace: str) -> Outgoing:
    """Name in the headers of ``out`` the hop that brings it about; without a ``trace`` it stays as it is."""
    return replace(out, headers=[*out.headers, (TRACEPARENT, trace.encode())]) if trace else out


def tombstone(topic: str, subject: str, about: Tombstone) -> Outgoing:
    """Make the record that erases ``subject`` on ``topic``; its headers name the ticket and count the erased rows."""
    headers = [("ticket", about.ticket.encode()), ("erased", json.dumps(dict(about.erased)).encode())]
    return Outgoing(topic, subject.encode(), None, headers)


def read_tombstone(record: Record) -> Message:
    """Read a record that :func:`tombstone` made.

    Raises:
        contracts.codec.InvalidEvent: it does not name its ticket.
    """
    headers = dict(record.headers)
    try:
        erased = {str(table): int(rows) for table, rows in json.loads(headers.get("erased", b"{}")).items()}
        about = Tombstone(ticket=headers["ticket"].decode(), erased=erased)
        key = (record.key or b"").decode()
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise codec.InvalidEvent("a tombstone without its ticket") from error
    event: Any = codec.Envelope(
        # The topic is part of it: one place in two topics is two causes. So is the time: a new Kafka counts from 0
        # again.
        id=f"{record.topic}:{record.partition}:{record.offset}:{record.timestamp_ms}",
        source="",
        type=record.topic,
        subject=key,
        time=datetime.fromtimestamp(record.timestamp_ms / 1000, UTC),
        data=about,  # not an event: it has no bytes
        specversion="1.0",
    )
    return Message(record, event)


#: How many bytes of a record a dead letter keeps. A value that the contracts' topics take fits whole.
KEPT_VALUE, KEPT_KEY, KEPT_HEADERS = 1024 * 1024, 1_000, 64 * 1024
#: The headers of a letter that holds only a part of its record.
CUT = frozenset({"original-bytes", "original-key-bytes"})


def dead_letter(service: str, record: Record, error: BaseException) -> Outgoing:
    """Make the record for the service's dead-letter topic: the original bytes, and where they were.

    Its key is the place of the record, whose own key is in the header ``source-key``: so the service can erase the
    letter with a tombstone, and no letter ever replaces another. It carries the error's class and not its text: the
    text may quote a citizen. Anything longer than ``KEPT_…`` is cut, and a header tells its length, ``original-bytes``
    or ``original-key-bytes``; headers that are too large are left out, and ``original-headers`` tells how many there
    were.
    """
    value, key, headers, cut = record.value or b"", record.key, list(record.headers), dict[str, int]()
    if len(value) > KEPT_VALUE:
        value, cut["original-bytes"] = value[:KEPT_VALUE], len(value)
    if key is not None and len(key) > KEPT_KEY:
        key, cut["original-key-bytes"] = key[:KEPT_KEY], len(key)
    if sum(len(name) + len(content) for name, content in headers) > KEPT_HEADERS:
        headers, cut["original-headers"] = [], len(headers)
    if key is not None:
        headers.append(("source-key", key))
    about = {
        **{name: str(many) for name, many in cut.items()},
        "error": type(error).__name__,
        "source-topic": record.topic,
        "source-partition": str(record.partition),
        "source-offset": str(record.offset),
        "failed-at": datetime.now(UTC).isoformat(),
    }
    headers += ((name, text.encode()) for name, text in about.items())
    return Outgoing(topics.dead_letters(service), letter_key(record), bytes(value), headers)


def letter_key(record: Record) -> bytes:
    """Make the key of the dead letter of ``record``: its place, or a hash of its value if it came by no topic."""
    where = f"{record.partition}:{record.offset}"
    if record.partition < 0:
        where = hashlib.sha256(record.value or b"").hexdigest()[:32]
    return f"{record.topic}:{where}".encode()
