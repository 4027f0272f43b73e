"""The two drivers that read topics: Faust for stream processors, plain aiokafka for services that are web servers.

The only place that touches Faust. Faust acknowledges an event whose handler raised, together with all that is
already fetched behind it, so nothing may ever leave an agent: a batch that is not finished ends the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.exceptions import ConsumerNotStarted

from chassis import metrics
from chassis.crash import EXIT_TEMPORARY, leave_now
from chassis.publish import kafka_client, start, tls
from chassis.settings import ServiceSettings
from chassis.wire import Record

log = logging.getLogger(__name__)

Step = Callable[[Sequence[Record]], Awaitable[None]]
Start = Callable[[], Awaitable[Step]]
#: The end offset of each (topic, partition) assigned now.
Ends = Callable[[], dict[tuple[str, int], int]]


class Progress:
    """How far a consumer has got, for readiness, lag and the watchdog: the event loop writes it, threads read it.

    ``ends`` gives the end offsets of the partitions assigned now; a driver sets it.
    """

    def __init__(self, service: str) -> None:
        self.service = service
        self.looked_at = self.assigned_at = self.finished_at = time.monotonic()
        self.assigned = False
        self.lag = 0
        self.done: dict[tuple[str, int], int] = {}
        self.ends: Ends = dict

    def advance(self, records: Sequence[Record]) -> None:
        """``records`` are handled and committed."""
        self.finished_at = time.monotonic()
        for record in records:
            self.done[record.topic, record.partition] = record.offset + 1

    def look(self) -> None:
        """Take stock. Lag is known for partitions of which a record was handled since they were assigned."""
        ends = self.ends()
        now = time.monotonic()
        self.done = {place: offset for place, offset in self.done.items() if place in ends}
        behind = {place: max(end - self.done.get(place, end), 0) for place, end in ends.items()}
        for place, records in behind.items():
            metrics.LAG.labels(self.service, *place).set(records)
        self.assigned, self.lag, self.looked_at = bool(ends), sum(behind.values()), now
        if self.assigned:
            self.assigned_at = now
        if not self.lag:
            self.finished_at = now

    def unassigned_s(self) -> float:
        """Seconds without a partition; a rebalance takes a few."""
        return time.monotonic() - self.assigned_at

    def stalled_s(self) -> float:
        """Seconds since the event loop last took stock, or since there was lag and no finished batch."""
        return time.monotonic() - min(self.looked_at, self.finished_at)


async def keep_looking(progress: Progress) -> None:
    """For ever: take stock each second."""
    while True:
        # Faust's consumer lives in another thread: it may not be there yet, or lose a partition as we ask.
        with contextlib.suppress(ConsumerNotStarted, AssertionError):
            progress.look()
        await asyncio.sleep(1)


def watch(progress: Progress, settings: ServiceSettings) -> None:
    """A thread that ends the process when the event loop can't: no assignment, or lag without progress.

    Heartbeats run beside the event loop, so Kafka sees a healthy member even when it is blocked.
    """

    def unhealthy() -> str | None:
        if progress.unassigned_s() > settings.assignment_timeout_s:
            return "no partitions assigned: is a topic missing, or READ on it, or is the slot taken?"
        if progress.stalled_s() > settings.stall_timeout_s:
            return "lag and no finished batch, or a blocked event loop"
        return None

    def loop() -> None:
        while not (reason := unhealthy()):
            time.sleep(0.5)
        log.critical("leaving", extra={"reason": reason})
        os._exit(EXIT_TEMPORARY)

    threading.Thread(target=loop, name="watchdog", daemon=True).start()


async def _timed(progress: Progress, settings: ServiceSettings, step: Step, records: Sequence[Record]) -> None:
    with metrics.PROCESS_S.labels(progress.service).time():
        async with asyncio.timeout(settings.batch_timeout_s):
            await step(records)
    progress.advance(records)


def faust_app(settings: ServiceSettings, sources: Sequence[str], start: Start, progress: Progress) -> faust.App:
    """A Faust app with one agent over ``sources``. ``start`` runs once, in its event loop, and gives the step.

    The group id is the service's name; the member is static, so that a restart causes no rebalance.
    """
    service = progress.service
    app = faust.App(
        service,
        broker=[f"aiokafka://{host}" for host in settings.kafka_bootstrap_servers.split(",")],
        broker_credentials=faust.SASLCredentials(
            username=settings.kafka_username,
            password=settings.kafka_password.get_secret_value(),
            mechanism="SCRAM-SHA-512",
            ssl_context=tls(settings),
        ),
        consumer_group_instance_id=f"{service}-{settings.slot}",
        processing_guarantee="at_least_once",
        consumer_auto_offset_reset="earliest",
        key_serializer="raw",
        value_serializer="raw",
        stream_wait_empty=True,
        broker_commit_interval=settings.commit_interval_s,
        broker_session_timeout=settings.session_timeout_s,
        broker_heartbeat_interval=min(3.0, settings.session_timeout_s / 3),
        broker_rebalance_timeout=2 * settings.batch_timeout_s,
        broker_request_timeout=max(2 * settings.batch_timeout_s, settings.session_timeout_s),
        broker_max_poll_records=500,
        stream_buffer_maxsize=4096,
        topic_allow_declare=False,
        topic_disable_leader=True,
        store="memory://",
        datadir=Path(tempfile.gettempdir()) / f"lapor-{os.getuid()}-{service}-{settings.slot}",  # stays empty
        web_enabled=False,
    )
    topic = app.topic(*sources, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    async def agent(stream: Any) -> None:
        looking = asyncio.create_task(keep_looking(progress))
        try:
            step = await start()
            async for events in stream.take_events(settings.batch_max, within=settings.batch_within_s):
                try:
                    await _timed(progress, settings, step, [_record(event.message) for event in events])
                except BaseException as error:  # CancelledError too: this batch is not done
                    leave_now("batch not finished", error)
        except asyncio.CancelledError:  # Faust is stopping, no batch in hand
            raise
        except BaseException as error:  # any other way out would acknowledge unread events
            leave_now("agent stopped", error)
        finally:
            looking.cancel()

    app.agent(topic, name=service, concurrency=1)(agent)

    progress.ends = lambda: {
        (tp.topic, tp.partition): app.consumer.highwater(tp) or 0 for tp in app.consumer.assignment()
    }
    return app


def run_faust(app: faust.App, logging_config: dict[str, Any]) -> None:
    """Run the worker in this process until SIGTERM; finishes the batch in hand."""
    faust.Worker(app, loglevel="INFO", logging_config=logging_config, redirect_stdouts=False).execute_from_commandline()


def _record(message: Any) -> Record:
    headers = message.headers.items() if isinstance(message.headers, dict) else message.headers or ()
    return Record(
        message.topic,
        message.partition,
        message.offset,
        message.key,
        message.value,
        round(message.timestamp * 1000),
        _headers(headers),
    )


def _headers(pairs: Iterable[tuple[str, bytes | None]]) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, value or b"") for name, value in pairs)


async def consume(settings: ServiceSettings, sources: Sequence[str], step: Step, progress: Progress) -> None:
    """Read ``sources`` with a plain consumer, for ever: a batch is committed only after its step.

    Raises:
        aiokafka.errors.KafkaError, TimeoutError, …: anything; nothing unhandled was committed, start again.
    """
    consumer = AIOKafkaConsumer(
        *sources,
        **kafka_client(settings),
        group_id=progress.service,
        group_instance_id=f"{progress.service}-{settings.slot}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=int(settings.session_timeout_s * 1000),
        heartbeat_interval_ms=int(min(3.0, settings.session_timeout_s / 3) * 1000),
    )
    await start(consumer, settings.publish_timeout_s * 2)
    try:
        progress.ends = lambda: {(tp.topic, tp.partition): consumer.highwater(tp) or 0 for tp in consumer.assignment()}
        while True:
            fetched = await consumer.getmany(timeout_ms=500, max_records=settings.batch_max)
            records = [_plain_record(tp, record) for tp, some in fetched.items() for record in some]
            if records:
                await _timed(progress, settings, step, records)
                await consumer.commit()
    finally:
        progress.ends = dict
        async with asyncio.timeout(settings.publish_timeout_s):
            await consumer.stop()


def _plain_record(tp: TopicPartition, record: Any) -> Record:
    return Record(
        tp.topic,
        tp.partition,
        record.offset,
        record.key,
        record.value,
        record.timestamp,
        _headers(record.headers),
    )
