"""The outbox, and the one relay per database that publishes it in order, and keeps published rows for some days."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import UnknownTopicOrPartitionError

from chassis import metrics
from chassis.database import RELAY_LOCK, Connection, Pool, hide_size, holding, show_size
from chassis.faults import crash_point
from chassis.publish import PERMANENT, REFUSED, absent, is_outage, publish, start_producer
from chassis.settings import ServiceSettings
from chassis.wire import Outgoing
from contracts.topics import CANARY, WORDLESS, comes_again, kept_together

log = logging.getLogger(__name__)

#: Seconds without a publish until a stream processor is not ready: a killed broker is back sooner.
FAILING_S = 60
#: Seconds between looks for rows of other processes; the second figure holds after as many seconds without any as the
#: third.
LOOK_S, LOOK_SELDOM_S, _QUIET_S = 0.25, 1.0, 60.0
#: Seconds between measurements of the outbox while nothing comes: shorter than between scrapes.
MEASURE_SELDOM_S = 5.0
#: Seconds between measurements of the database's size: PostgreSQL has to ask for each of its files.
SIZE_S = 60
#: How long published rows are kept: longer than a broker stands still, and shorter than any topic keeps them.
KEPT_DAYS = 7
#: The columns of a row in the outbox.
COLUMNS = "topic, key, value, headers, kept"
_INSERT = f"INSERT INTO outbox ({COLUMNS}) VALUES ($1, $2, $3, $4, $5)"
# In this order: a row that the relay moves in between is then found where it has come to.
_KEEP_NOT = """
UPDATE outbox SET kept = false FROM unnest($1::text[], $2::bytea[]) AS anew (t, k) WHERE topic = t AND key = k"""
_FORGET = "DELETE FROM published USING unnest($1::text[], $2::bytea[]) AS anew (t, k) WHERE topic = t AND key = k"
# A dead letter keeps a stranger's headers: latin-1 maps every byte to a character and back.
_ANY = "latin-1"
_REFUSED, _PERMANENT = ([error.__name__ for error in kind] for kind in (REFUSED, PERMANENT))
# Rows of the same story wait behind a parked row, and all of a topic behind a row whose topic is refused; the others go
# on. Parked rows are few: no index finds them by story. At most 8 MB and a row: 500 large ones fill memory.
_TOGETHER = "split_part(encode({0}.key, 'escape'), '/', 1)"
_NEXT = f"""
SELECT seq, topic, key, value, headers FROM (
    SELECT *, sum(size) OVER (ORDER BY seq) - size AS before FROM (
        SELECT seq, topic, key, value, headers, coalesce(octet_length(value), 0) AS size FROM outbox o
        WHERE parked_reason IS NULL
          AND NOT EXISTS (SELECT FROM outbox p WHERE p.parked_reason IS NOT NULL AND p.topic = o.topic
                            AND ({_TOGETHER.format("p")} = {_TOGETHER.format("o")} OR p.parked_reason = ANY($1)))
        ORDER BY seq LIMIT 500) AS first) AS sized
WHERE before < 8000000 ORDER BY seq"""
# In random order: each is the first of its key, and none must wait behind others that are refused again.
_OFFER_AGAIN = """
SELECT seq, topic, key, value, headers FROM outbox
WHERE parked_reason IS NOT NULL AND parked_reason <> ALL($1) ORDER BY random() LIMIT 20"""
# By list, never "seq <= max": a row with a lower seq may commit later.
_MOVE = """
WITH out AS (DELETE FROM outbox WHERE seq = ANY($1) RETURNING seq, topic, key, value, headers, kept)
INSERT INTO published (seq, topic, key, value, headers) SELECT seq, topic, key, value, headers FROM out WHERE kept"""
_PARK = "UPDATE outbox SET parked_reason = $2 WHERE seq = $1 AND parked_reason IS DISTINCT FROM $2 RETURNING seq"
# Longer than any replay: topics keep 90 days, dead letters 30 more. This many at a time, so that records wait only
# briefly.
_AT_ONCE = 2_000
_PRUNE = f"""
DELETE FROM inbox WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM inbox WHERE at < now() - interval '130 days' ORDER BY at LIMIT {_AT_ONCE}))"""
# Their topic keeps canaries for a day, and there are more of them than of all other events.
_PRUNE_CANARIES = f"""
DELETE FROM inbox WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM inbox WHERE topic = '{CANARY}' AND at < now() - interval '2 days' LIMIT {_AT_ONCE}))"""
# The lowest numbers are the oldest, except for rows that committed late; those go with the next batch.
_PRUNE_PUBLISHED = f"""
DELETE FROM published WHERE seq = ANY(ARRAY(
    SELECT seq FROM (SELECT seq, at FROM published ORDER BY seq LIMIT {_AT_ONCE}) AS first
    WHERE at < now() - interval '{KEPT_DAYS} days'))"""
_PRUNES = (_PRUNE, _PRUNE_CANARIES, _PRUNE_PUBLISHED)
_STATE = """
SELECT count(*) FILTER (WHERE parked_reason IS NULL) AS pending,
       coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE parked_reason IS NULL)), 0) AS oldest_s,
       count(*) FILTER (WHERE parked_reason IS NOT NULL) AS parked
FROM outbox"""

Publish = Callable[[AIOKafkaProducer, Sequence[Outgoing], float], Awaitable[None]]


async def put(db: Connection, records: Sequence[Outgoing]) -> None:
    """Add ``records`` to the outbox, in the caller's transaction. Nothing erased by a tombstone is published again."""
    if erased := [record for record in records if record.value is None]:
        await forget(db, erased)
    await db.executemany(_INSERT, map(row_of, records))


def row_of(record: Outgoing) -> tuple[str, bytes | None, bytes | None, str, bool]:
    """Return the values of ``COLUMNS`` for ``record``: for a statement that stores something else, too.

    Such a statement may not store a tombstone, since only :func:`put` forgets the erased records.
    """
    headers = json.dumps([[name, value.decode(_ANY)] for name, value in record.headers])
    return record.topic, record.key, record.value, headers, comes_again(record.topic)


async def forget(db: Connection, anew: Sequence[Outgoing]) -> None:
    """Keep no record that ``anew`` replaces: one with its topic and key, published or still in the outbox.

    For an erasure, before ``anew`` is put. Topics without anybody's words keep all.
    """
    places = sorted({(each.topic, each.key) for each in anew if each.key and each.topic not in WORDLESS})
    topics, keys = [topic for topic, _ in places], [key for _, key in places]
    for statement in (_KEEP_NOT, _FORGET):
        await db.execute(statement, topics, keys)


class Relay:
    """Publishes the outbox of ``pool``. ``wake`` makes it look immediately; else it looks every ``LOOK_S``, or rarer.

    Refused rows are offered again every ``refused_again_s``, except rows that are too large.
    """

    def __init__(
        self, settings: ServiceSettings, service: str, publish_: Publish = publish, refused_again_s: float = 10
    ) -> None:
        self.settings, self.service, self.publish, self.refused_again_s = settings, service, publish_, refused_again_s
        self.wake = asyncio.Event()
        self.producer: AIOKafkaProducer | None = None
        self.there: set[str] = set()  # topics that this producer has seen
        self.failing: tuple[float, str] | None = None  # since when (monotonic) nothing goes out, and the error's class

    def goes_out(self) -> bool | str:
        """Return True while records go out, or else say for how long they have not, and why; a minute is tolerated."""
        since, error = self.failing or (time.monotonic(), "")
        failing_s = time.monotonic() - since
        return f"nothing published for {failing_s:.0f} s: {error}" if failing_s > FAILING_S else True

    async def run(self, pool: Pool) -> None:
        """Publish until cancelled. It holds one connection, whose advisory lock makes this the database's only relay.

        Raises:
            asyncpg.PostgresError, OSError: the database is gone; start again.
        """
        async with holding(pool, RELAY_LOCK) as db:
            try:
                await self._drain(db)
            finally:
                self._hide()
                await self._drop_producer()

    async def _drain(self, db: Connection) -> None:
        pause_s = 0.1
        looked = sized = pruned = offered = sent = -math.inf  # the loop's clock counts from the machine's start
        while True:
            now = asyncio.get_running_loop().time()
            if now - looked > (1 if self.failing or now - sent < _QUIET_S else MEASURE_SELDOM_S):
                looked = now
                await self._measure(db)
            if now - sized > SIZE_S:
                sized = now
                await show_size(db, self.service)
            if now - pruned > 3600:
                gone = [await db.execute(statement) for statement in _PRUNES]
                if f"DELETE {_AT_ONCE}" not in gone:
                    pruned = now
            again = now - offered > self.refused_again_s
            if again:
                offered = now
            self.wake.clear()
            rows = (again and await db.fetch(_OFFER_AGAIN, _PERMANENT)) or await db.fetch(_NEXT, _REFUSED)
            if not rows:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S if now - sent < _QUIET_S else LOOK_SELDOM_S):
                        await self.wake.wait()
                continue
            try:
                await self._send(db, rows)
                pause_s, self.failing, sent = 0.1, None, now
            except Exception as error:  # the outcome is unknown: the same rows go out again, with the same ids
                self.failing = (self.failing or (time.monotonic(), ""))[0], type(error).__name__
                log.warning("publish_failed", extra={"error": repr(error), "rows": len(rows)})
                await self._drop_producer()
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, 5)

    async def _send(self, db: Connection, rows: list[Any]) -> None:
        if self.producer is None:
            self.producer = await start_producer(self.settings)
        rows = await self._without_absent_topics(db, self.producer, rows)
        if not rows:
            return
        try:
            await self.publish(self.producer, [_outgoing(row) for row in rows], self.settings.publish_timeout_s)
        except Exception as error:
            if is_outage(error):
                raise
            await self._send_one_by_one(db, self.producer, rows)
            return
        crash_point("relay.after_publish_before_mark")
        await db.execute(_MOVE, [row["seq"] for row in rows])

    async def _without_absent_topics(self, db: Connection, producer: AIOKafkaProducer, rows: list[Any]) -> list[Any]:
        """Return the ``rows`` whose topic exists; park the first of each other topic, and the rest wait behind it."""
        topics = {row["topic"] for row in rows}
        gone = await absent(producer.client, topics - self.there, self.settings.publish_timeout_s)
        self.there |= topics - gone
        first = {row["topic"]: row["seq"] for row in reversed(rows) if row["topic"] in gone}
        for topic, seq in first.items():
            await self._park(db, seq, topic, UnknownTopicOrPartitionError(topic))
        return [row for row in rows if row["topic"] not in gone]

    async def _send_one_by_one(self, db: Connection, producer: AIOKafkaProducer, rows: list[Any]) -> None:
        """Find the row that can't go out and park it, so that only its story waits, or the topic that is refused."""
        refused: set[str] = set()
        waiting: set[tuple[str, bytes]] = set()
        for row in rows:
            where = (row["topic"], kept_together(row["key"] or b""))
            if row["topic"] in refused or where in waiting:
                continue
            try:
                await self.publish(producer, [_outgoing(row)], self.settings.publish_timeout_s)
            except Exception as error:
                if is_outage(error):
                    raise
                waiting.add(where)
                if isinstance(error, REFUSED):
                    refused.add(row["topic"])
                await self._park(db, row["seq"], row["topic"], error)
            else:
                await db.execute(_MOVE, [row["seq"]])

    async def _park(self, db: Connection, seq: int, topic: str, error: Exception) -> None:
        if await db.fetchval(_PARK, seq, type(error).__name__):
            log.error("parked", extra={"topic": topic, "seq": seq, "error": repr(error)})

    async def _drop_producer(self) -> None:
        producer, self.producer, self.there = self.producer, None, set()
        if producer is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(5):
                    await producer.stop()
            # stop() waits for records that can't be sent. A sender that went on later would break the order of a key.
            with contextlib.suppress(Exception):
                async with asyncio.timeout(5):
                    await producer._sender.close()
                    await producer.client.close()
            # What can't go out would keep the task that waits for it, with its records.
            left = producer._message_accumulator
            for batch in (*chain.from_iterable(left._batches.values()), *left._pending_batches):
                batch.future.cancel()

    async def _measure(self, db: Connection) -> None:
        state = await db.fetchrow(_STATE)
        metrics.OUTBOX_PENDING.labels(self.service).set(state["pending"])
        metrics.OUTBOX_OLDEST_S.labels(self.service).set(state["oldest_s"])
        metrics.OUTBOX_PARKED.labels(self.service).set(state["parked"])
        metrics.OUTBOX_FAILING_S.clear()
        if self.failing:
            since, error = self.failing
            metrics.OUTBOX_FAILING_S.labels(self.service, error).set(time.monotonic() - since)

    def _hide(self) -> None:
        """Stop showing metrics: the next relay may be another process, and these figures would stay forever."""
        for gauge in (metrics.OUTBOX_PENDING, metrics.OUTBOX_OLDEST_S, metrics.OUTBOX_PARKED, metrics.OUTBOX_FAILING_S):
            gauge.clear()
        hide_size()
        self.failing = None


def _outgoing(row: Any) -> Outgoing:
    headers = [(name, value.encode(_ANY)) for name, value in json.loads(row["headers"])]
    return Outgoing(row["topic"], row["key"], row["value"], headers)
