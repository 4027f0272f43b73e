"""One batch of records, handled in one transaction: {inbox, state, outbox, offsets} or nothing.

An error of one record affects that record alone: it goes to the dead-letter topic with its bytes, and without an inbox
row, so that replaying it works. An error of the infrastructure leaves this module as an exception, and nothing is
acknowledged.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic, TypeAlias, TypeVar

from aiokafka import AIOKafkaProducer

from chassis import metrics, outbox, tracing
from chassis.database import Connection, Pool, is_outage
from chassis.faults import crash_point
from chassis.limits import Buckets, Rate, Seldom
from chassis.metrics import MAX_BUGS_IN_A_ROW
from chassis.publish import REFUSED, publish
from chassis.publish import is_outage as is_kafka_outage
from chassis.unreadable import Unreadable
from chassis.wire import Emit, Message, Outgoing, Record, dead_letter, outgoing, read_tombstone, traced
from contracts import codec, topics

log = logging.getLogger(__name__)

S = TypeVar("S")
#: The most dead letters of one unit at once, and per hour. Its topic keeps the records that get none, for 90 days.
UNIT_LETTERS = Rate(burst=60, per_hour=60)

# Locks the keys, whether or not they have a row yet, always in the same order.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest($1::text[]) AS key"
_FRESH = """
INSERT INTO inbox (topic, event_id) SELECT * FROM unnest($1::text[], $2::text[])
ON CONFLICT DO NOTHING RETURNING topic, event_id"""
_FORGET = "DELETE FROM inbox USING unnest($1::text[], $2::text[]) AS f (t, e) WHERE topic = t AND event_id = e"
_CONSUMED = """
INSERT INTO consumed (topic, partition, next_offset) SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[])
ON CONFLICT (topic, partition) DO UPDATE SET next_offset = greatest(consumed.next_offset, excluded.next_offset)"""


_Dead: TypeAlias = tuple[Record, BaseException]
Decide = Callable[[Message], list[Emit]]
Verify = Callable[[Message], None]


class BugsInARow(RuntimeError):
    """Our own rules or tables failed too often in a row: reading further would drain the topic into the DLQ."""


#: The records that failed in a row: by their places, but those of one unit by its topic alone.
Streak = frozenset[str]
NO_STREAK: Streak = frozenset()


def count_failure(service: str, streak: Streak, record: Record, error: BaseException) -> Streak:
    """Add ``record``, on which our rules failed with ``error``, to the failures in a row.

    All records of one unit count as one failure: a unit that has found a bug of ours can repeat it at will, and must
    not stop the service with it.

    Raises:
        BugsInARow: there are too many.
    """
    of_a_unit = topics.unit_of(record.topic) is not None
    streak |= {record.topic if of_a_unit else f"{record.topic} {record.partition} {record.offset}"}
    metrics.DECIDE_BUGS.labels(service).set(len(streak))
    if len(streak) >= MAX_BUGS_IN_A_ROW:
        raise BugsInARow(f"{len(streak)} failures in a row, the last: {type(error).__name__}") from error
    return streak


@dataclass(frozen=True, kw_only=True)
class Handler(Generic[S]):
    """The functions of a service. ``decide`` is pure: no clock, nothing random, no I/O.

    ``keys`` names the states a message touches; ``verify`` raises an InvalidEvent if the sender may not say that;
    ``load`` reads states by key, and other data that belong to them; ``decide`` gets all of them and returns the
    changed ones, and the events to publish; ``save`` writes the states. ``on_committed`` gets the events once they are
    committed. With ``tombstones`` records without a value are messages too, whose data is a
    :class:`chassis.wire.Tombstone`.
    """

    service: str
    keys: Callable[[Message], Sequence[str]]
    load: Callable[[Connection, list[str]], Awaitable[dict[str, S]]]
    decide: Callable[[Mapping[str, S], Message, datetime], tuple[dict[str, S], list[Emit]]]
    save: Callable[[Connection, dict[str, S]], Awaitable[None]]
    on_committed: Callable[[list[Emit]], None] = lambda emits: None
    tombstones: bool = False
    verify: Verify = lambda message: None


@dataclass(kw_only=True)
class _Batch:
    """The effects of a batch: counted and logged only once it is committed, since it may be rolled back."""

    streak: Streak
    out: list[Outgoing] = field(default_factory=list)
    anew: list[Outgoing] = field(default_factory=list)  # published with an erasure, in place of earlier records
    told: list[Emit] = field(default_factory=list)
    counted: list[tuple[str, str]] = field(default_factory=list)  # topic, result
    unknown: list[str] = field(default_factory=list)  # fields with words that the vocabulary lacks
    dead: list[_Dead] = field(default_factory=list)
    written: list[_Dead] = field(default_factory=list)  # those that get a letter
    left_out: Counter[str] = field(default_factory=Counter)  # how many get no letter, by a unit's topic
    redelivered: int = 0
    began_ns: int = field(default_factory=time.time_ns)
    spans: list[tracing.Span] = field(default_factory=list)


class BatchHandler(Generic[S]):
    """Runs ``handler`` over batches on ``pool`` and calls ``after`` when a batch is committed."""

    def __init__(self, pool: Pool, handler: Handler[S], after: Callable[[], None] = lambda: None) -> None:
        self.pool, self.handler, self.after = pool, handler, after
        self.of_units, self.lines = Buckets(UNIT_LETTERS), dict[str, Seldom]()
        self.streak = NO_STREAK

    async def __call__(self, records: Sequence[Record]) -> None:
        """Handle ``records`` in order.

        Raises:
            BugsInARow: nothing was acknowledged; go no further.
            asyncpg.PostgresError, OSError, TimeoutError: the database is in trouble; deliver again.
        """
        try:
            async with self.pool.acquire() as db, db.transaction():
                batch = await self._handle(db, records)
        except Exception as error:
            if is_outage(error) or isinstance(error, BugsInARow):
                raise
            # A value that PostgreSQL refuses, or a stored row that can't be read: halve the batch down to it.
            if len(records) == 1:
                log.exception("batch_failed", extra={"topic": records[0].topic, "offset": records[0].offset})
                self._remember(count_failure(self.handler.service, self.streak, records[0], error))
                await self._dead_letter(records[0], error)
                return
            middle = len(records) // 2
            await self(records[:middle])
            await self(records[middle:])
            return
        service = self.handler.service
        self._remember(batch.streak)
        for topic, result in batch.counted:
            metrics.RECORDS.labels(service, topic, result).inc()
        count_unknown(service, batch.unknown)
        for record, cause in batch.written:
            log_dead_letter(service, record, cause)
        self._log_left_out(batch.left_out)
        metrics.REDELIVERIES.labels(service).inc(batch.redelivered)
        for span in batch.spans:
            span.end()
        self.handler.on_committed(batch.told)
        self.after()

    def _remember(self, streak: Streak) -> None:
        self.streak = streak
        metrics.DECIDE_BUGS.labels(self.handler.service).set(len(streak))

    async def _dead_letter(self, record: Record, error: BaseException) -> None:
        async with self.pool.acquire() as db, db.transaction():
            written, left_out = self._bounded([(record, error)])
            await outbox.put(db, [dead_letter(self.handler.service, *each) for each in written])
            await _mark_consumed(db, [record])
        for each in written:
            log_dead_letter(self.handler.service, *each)
        self._log_left_out(left_out)
        self.after()

    def _bounded(self, dead: Sequence[_Dead]) -> tuple[list[_Dead], Counter[str]]:
        """Choose those of ``dead`` that become letters, and count the others by topic.

        The others are from a unit that sent too many; its topic keeps them.
        """
        written, left_out = list[_Dead](), Counter[str]()
        for record, error in dead:
            if topics.unit_of(record.topic) is not None:
                if self.of_units.wait_s(record.topic):
                    left_out[record.topic] += 1
                    continue
                self.of_units.take(record.topic)
            written.append((record, error))
        return written, left_out

    def _log_left_out(self, left_out: Counter[str]) -> None:
        """Count them, and log that once a minute for each topic: a line for each record would fill the disk."""
        service = self.handler.service
        for topic, count in left_out.items():
            metrics.DLQ_LEFT_OUT.labels(service, topic).inc(count)
            metrics.RECORDS.labels(service, topic, "dead").inc(count)
            if self.lines.setdefault(topic, Seldom()).due():
                log.error("dead_letters_left_out", extra={"topic": topic})

    async def _handle(self, db: Connection, records: Sequence[Record]) -> _Batch:
        batch = _Batch(streak=self.streak)
        messages = self._decode(records, batch)
        fresh = await self._fresh(db, messages)
        batch.redelivered = len(messages) - len(fresh)
        keys = self._keys(fresh)
        states = await self.handler.load(db, keys) if keys else {}
        changed, failed = self._decide(fresh, states, batch)
        if failed:
            await db.execute(_FORGET, [m.record.topic for m in failed], [m.event.id for m in failed])
        if changed:
            await self.handler.save(db, changed)
        batch.written, batch.left_out = self._bounded(batch.dead)
        batch.out += [dead_letter(self.handler.service, *each) for each in batch.written]
        if batch.anew:
            await outbox.forget(db, batch.anew)
        if batch.out:
            await outbox.put(db, batch.out)
        await _mark_consumed(db, records)
        crash_point("inbox.after_effect_before_commit")
        return batch

    def _keys(self, messages: list[Message]) -> list[str]:
        return sorted({key for message in messages for key in self.handler.keys(message)})

    def _decode(self, records: Sequence[Record], batch: _Batch) -> list[Message]:
        messages = []
        for record in records:
            if record.value is None and not self.handler.tombstones:
                batch.counted.append((record.topic, "erased"))
                continue
            if isinstance(record.value, Unreadable):
                batch.dead.append((record, record.value.error))
                continue
            try:
                message = read(record)
                self.handler.keys(message)
                self.handler.verify(message)
            except (codec.InvalidEvent, AttributeError) as error:  # no event, or one that does not belong here
                batch.dead.append((record, error))
            else:
                messages.append(message)
        return messages

    async def _fresh(self, db: Connection, messages: list[Message]) -> list[Message]:
        """Lock the keys of ``messages``, and return the messages not handled before, in order."""
        if not messages:
            return []
        await db.execute(_LOCK, self._keys(messages))
        first: dict[tuple[str, str], Message] = {}
        for message in messages:
            first.setdefault((message.record.topic, message.event.id), message)
        ids = sorted(first)  # sorted: two processes must not deadlock
        rows = await db.fetch(_FRESH, [topic for topic, _ in ids], [event_id for _, event_id in ids])
        new = {tuple(row) for row in rows}
        return [message for id_, message in first.items() if id_ in new]

    def _decide(
        self, messages: list[Message], states: dict[str, S], batch: _Batch
    ) -> tuple[dict[str, S], list[Message]]:
        changed: dict[str, S] = {}
        failed: list[Message] = []
        for message in messages:
            span = tracing.process(message, batch.began_ns)
            batch.spans.append(span)
            try:
                changes, emits = self.handler.decide(states, _traced(message, span), message.time)
                emitted = _told(self.handler.service, message, emits, span)
            except codec.TooLarge as error:
                span.fail(error)
                batch.dead.append((message.record, error))
                failed.append(message)
                continue
            except Exception as error:
                log.exception("decide_failed", extra={"event_id": message.event.id, "type": message.event.type})
                span.fail(error)
                batch.streak = count_failure(self.handler.service, batch.streak, message.record, error)
                batch.dead.append((message.record, error))
                failed.append(message)
                continue
            batch.streak = NO_STREAK
            states |= changes
            changed |= changes
            batch.out += emitted
            if topics.ERASED in {message.record.topic, *(each.topic for each in emitted)}:
                batch.anew += emitted
            batch.told += emits
            batch.counted.append((message.record.topic, "handled"))
            batch.unknown += codec.unknown_words(message.data)
        return changed, failed


class StatelessBatchHandler:
    """Runs a pure ``decide`` over batches, for a service without a database: on return, everything is published."""

    def __init__(
        self,
        producer: AIOKafkaProducer,
        service: str,
        decide: Decide,
        publish_timeout_s: float,
        verify: Verify = lambda message: None,
    ) -> None:
        self.producer, self.service, self.decide, self.publish_timeout_s = producer, service, decide, publish_timeout_s
        self.verify, self.streak = verify, NO_STREAK

    async def __call__(self, records: Sequence[Record]) -> None:
        """Handle ``records`` in order.

        Raises:
            BugsInARow: nothing was acknowledged; go no further.
            aiokafka.errors.KafkaError, TimeoutError: not published; deliver again.
        """
        spans: list[tracing.Span] = []
        handled = [
            (record, self._handle(record, record.value, spans)) for record in records if record.value is not None
        ]
        try:
            await self._publish([each for _, out in handled for each in out])
        except Exception as error:
            if is_kafka_outage(error):
                raise
            await self._one_by_one(handled)
        for span in spans:
            span.end()
        crash_point("classifier.after_publish_before_ack")

    async def _publish(self, out: Sequence[Outgoing]) -> None:
        await publish(self.producer, out, self.publish_timeout_s)

    async def _one_by_one(self, handled: Sequence[tuple[Record, list[Outgoing]]]) -> None:
        """Find the output that the broker never takes; the record that caused it becomes a dead letter."""
        for record, out in handled:
            try:
                await self._publish(out)
            except Exception as error:
                if is_kafka_outage(error) or isinstance(error, REFUSED):
                    raise
                await self._publish([as_dead_letter(self.service, record, error)])

    def _handle(self, record: Record, value: bytes, spans: list[tracing.Span]) -> list[Outgoing]:
        if isinstance(value, Unreadable):
            return [as_dead_letter(self.service, record, value.error)]
        try:
            message = Message(record, codec.decode(value))
            self.verify(message)
        except codec.InvalidEvent as error:
            return [as_dead_letter(self.service, record, error)]
        span = tracing.process(message, time.time_ns())
        spans.append(span)
        try:
            emits = self.decide(_traced(message, span))
            out = _told(self.service, message, emits, span)
        except codec.TooLarge as error:
            span.fail(error)
            return [as_dead_letter(self.service, record, error)]
        except Exception as error:
            log.exception("decide_failed", extra={"event_id": message.event.id, "type": message.event.type})
            span.fail(error)
            self.streak = count_failure(self.service, self.streak, record, error)
            return [as_dead_letter(self.service, record, error)]
        self.streak = NO_STREAK
        metrics.RECORDS.labels(self.service, record.topic, "handled").inc()
        count_unknown(self.service, codec.unknown_words(message.data))
        return out


def _traced(message: Message, span: tracing.Span) -> Message:
    return replace(message, trace=span.traceparent) if span.traceparent else message


def _told(service: str, message: Message, emits: Sequence[Emit], span: tracing.Span) -> list[Outgoing]:
    """Encode the events that ``message`` brings about; they continue the trace of ``span``."""
    span.about([*(emit.subject for emit in emits), message.event.subject])
    return outgoing(emits, service=service, cause=message.cause, now=message.time, trace=span.traceparent)


def read(record: Record) -> Message:
    """Read the event, or the tombstone, that is in ``record``.

    Raises:
        contracts.codec.InvalidEvent: it is neither.
    """
    return read_tombstone(record) if record.value is None else Message(record, codec.decode(record.value))


def count_unknown(service: str, fields: Iterable[str]) -> None:
    """Count words that this version does not know, by their field: their writer is newer than this process."""
    for name in fields:
        metrics.UNKNOWN_WORDS.labels(service, name).inc()


def as_dead_letter(service: str, record: Record, error: BaseException) -> Outgoing:
    """Make, count and log the dead letter of ``record``."""
    log_dead_letter(service, record, error)
    return dead_letter(service, record, error)


def log_dead_letter(service: str, record: Record, error: BaseException) -> None:
    """Count and log a dead letter; the log tells where it was, and never what it said."""
    reason = type(error).__name__
    metrics.DLQ_RECORDS.labels(service, reason).inc()
    metrics.RECORDS.labels(service, record.topic, "dead").inc()
    where = {"topic": record.topic, "partition": record.partition, "offset": record.offset, "error": reason}
    log.error("dead_letter", extra=where)


async def _mark_consumed(db: Connection, records: Sequence[Record]) -> None:
    """Remember how far each partition was read: after restoring the database, groups are rewound to here."""
    ends: dict[tuple[str, int], int] = {}
    for record in (each.request or each for each in records):
        where = (record.topic, record.partition)
        ends[where] = max(ends.get(where, 0), record.offset + 1)
    places = sorted(ends)
    await db.execute(_CONSUMED, [t for t, _ in places], [p for _, p in places], [ends[place] for place in places])


async def on_timer(
    db: Connection,
    handler: Handler[S],
    keys: Sequence[str],
    decide: Callable[[Mapping[str, S]], tuple[dict[str, S], list[Emit]]],
    *,
    cause: str,
    now: datetime,
) -> list[Emit]:
    """Let a timer change states, in the caller's transaction and under the same lock as events; return the events."""
    await db.execute(_LOCK, sorted(keys))
    changes, emits = decide(await handler.load(db, sorted(keys)))
    if changes:
        await handler.save(db, changes)
    # Events of a timer continue no trace: a new one begins for each complaint.
    spans = {subject: tracing.timer(subject) for subject in dict.fromkeys(emit.subject for emit in emits)}
    out = outgoing(emits, service=handler.service, cause=cause, now=now)
    await outbox.put(db, [traced(o, spans[e.subject].traceparent) for o, e in zip(out, emits, strict=True)])
    for span in spans.values():
        span.end()
    return emits
