"""The two drivers that read topics: Faust for stream processors, plain aiokafka for services that are web servers.

Only this module runs Faust. Faust acknowledges an event whose handler raised, together with all events already fetched
behind it, so no exception may ever leave an agent: a batch that is not finished ends the process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer, TopicPartition
from faust.tables.manager import TableManager
from faust.transport.drivers.aiokafka import Consumer

# fair: no unit holds up others; group_exit: a stopped process leaves its group; unreadable: bad bytes stop nobody.
from chassis import fair, group_exit, metrics, unreadable  # noqa: F401 - imported for their effect
from chassis.exits import leave_now
from chassis.progress import Progress, idle, keep_observing, watch_topics
from chassis.publish import kafka_client, start, tls
from chassis.settings import ServiceSettings
from chassis.wire import Record

log = logging.getLogger(__name__)

#: How soon a process hears that another one came or left; until then nobody reads the partitions given away.
HEARTBEAT_S = 1.0
#: Milliseconds that a consumer waits for records until it checks that it still has its partitions.
_LOOK_MS = 5_000
Step = Callable[[Sequence[Record]], Awaitable[None]]
Start = Callable[[], Awaitable[Step]]


async def _timed(progress: Progress, settings: ServiceSettings, step: Step, records: Sequence[Record]) -> None:
    with metrics.PROCESS_S.labels(progress.service).time():
        async with asyncio.timeout(settings.batch_timeout_s):
            await step(records)
    progress.advance(records)


class _Consumer(Consumer):
    """Faust's consumer, without its look at each of some hundred partitions every 2.5 s.

    That only logs partitions that seem to stand still; :mod:`chassis.progress` ends a process because of them.
    """

    async def verify_all_partitions_active(self) -> None:
        """Check no partition."""


class _App(faust.App):
    """Faust without its data folder: there are no tables, and a stranger could create a predictable folder in /tmp."""

    def _create_directories(self) -> None:
        """Create no folder."""

    def _new_transport(self) -> Any:
        transport: Any = super()._new_transport()
        transport.Consumer = _Consumer
        return transport


class _NoTables(TableManager):
    """Faust's table manager, without the second that it gives an app to name its tables."""

    async def on_start(self) -> None:
        """Go on immediately, as Faust does after that second."""
        await self._update_channels()
        await self.recovery.start()


class _Worker(faust.Worker):
    """Faust's worker, without the two seconds that it waits at its end for tasks that nobody tells to stop."""

    def _gather_all(self) -> None:
        """Cancel the tasks that still run, such as the relay, and let them end: the batch in hand is finished."""
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self.loop.run_until_complete(asyncio.wait(tasks, timeout=1))

    async def _sentinel_task(self) -> None:
        """Wait for nothing."""


def faust_app(settings: ServiceSettings, sources: Sequence[str], start: Start, progress: Progress) -> faust.App:
    """Build a Faust app with one agent over ``sources``. ``start`` runs once, in its event loop, and returns the step.

    The group id is the service's name; the member is static, so that one that crashes and comes back causes no
    rebalance.
    """
    service = progress.service
    app = _App(
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
        broker_heartbeat_interval=min(HEARTBEAT_S, settings.session_timeout_s / 3),
        broker_rebalance_timeout=2 * settings.batch_timeout_s,
        broker_request_timeout=max(2 * settings.batch_timeout_s, settings.session_timeout_s),
        broker_max_poll_records=500,
        stream_buffer_maxsize=4096,
        topic_allow_declare=False,
        topic_disable_leader=True,
        store="memory://",
        TableManager=_NoTables,
        web_enabled=False,
    )
    topic = app.topic(*sources, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    async def agent(stream: Any) -> None:
        producer: Any = app.producer  # Faust starts one before its agents, in this event loop
        works = keep_observing(progress), watch_topics(progress, settings, sources, producer._producer.client)
        beside = [asyncio.create_task(work) for work in works]
        try:
            step, taken = await start(), _wait_for_records(stream)
            async for events in stream.take_events(settings.batch_max, within=settings.batch_within_s):
                taken(events)
                try:
                    await _timed(progress, settings, step, [_record(event.message) for event in events])
                except BaseException as error:  # CancelledError too: this batch is not done
                    leave_now("batch not finished", error)
        except asyncio.CancelledError:  # Faust is stopping, no batch in hand
            raise
        except BaseException as error:  # any other way out would acknowledge unread events
            leave_now("agent stopped", error)
        finally:
            for task in beside:
                task.cancel()

    app.agent(topic, name=service, concurrency=1)(agent)

    progress.ends = lambda: {
        (tp.topic, tp.partition): app.consumer.highwater(tp) or 0 for tp in app.consumer.assignment()
    }
    return app


def _wait_for_records(stream: Any) -> Callable[[Sequence[Any]], None]:
    """Make ``stream.take_events`` wait for a record before it times a batch; return a function to call with each batch.

    Otherwise it would look for a record 20 times a second.
    """
    waiting, arrived, wait = 0, asyncio.Event(), stream.wait_for_stopped

    def arrives(value: Any) -> Any:
        nonlocal waiting
        waiting += 1
        arrived.set()
        return value

    async def wait_for_batch(*full: Any, **limits: Any) -> Any:
        while waiting <= 0 and not stream.should_stop:
            arrived.clear()
            await wait(arrived)
        return await wait(*full, **limits)

    def taken(events: Sequence[Any]) -> None:
        nonlocal waiting
        waiting -= len(events)

    stream.add_processor(arrives)
    stream.wait_for_stopped = wait_for_batch
    return taken


def run_faust(app: faust.App, logging_config: dict[str, Any]) -> None:
    """Run the worker in this process until SIGTERM; finish the batch in hand."""
    worker = _Worker(app, loglevel="INFO", logging_config=logging_config, redirect_stdouts=False)
    try:
        worker.execute_from_commandline()
    finally:
        log.info("stopped")


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


class Idle(RuntimeError):
    """The consumer waits for something that was missing when it started; a new one may find it."""


async def consume(settings: ServiceSettings, sources: Sequence[str], step: Step, progress: Progress) -> None:
    """Read ``sources`` with a plain consumer until cancelled; commit a batch only after its step.

    Raises:
        Idle: it reads nothing, or not all of ``sources``.
        aiokafka.errors.KafkaError, TimeoutError, …: anything; nothing unhandled was committed, start again.
    """
    progress.start_over()
    consumer = AIOKafkaConsumer(
        *sources,
        **kafka_client(settings),
        group_id=progress.service,
        group_instance_id=f"{progress.service}-{settings.slot}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=1500,  # as in Faust: how often an idle consumer asks
        session_timeout_ms=int(settings.session_timeout_s * 1000),
        heartbeat_interval_ms=int(min(HEARTBEAT_S, settings.session_timeout_s / 3) * 1000),
    )
    comparing = asyncio.create_task(watch_topics(progress, settings, sources, consumer._client))
    try:
        await start(consumer, settings.publish_timeout_s * 2)
        progress.ends = lambda: {(tp.topic, tp.partition): consumer.highwater(tp) or 0 for tp in consumer.assignment()}
        while not (reason := idle(progress, settings)):
            fetched = await consumer.getmany(timeout_ms=_LOOK_MS, max_records=settings.batch_max)
            records = [_plain_record(tp, record) for tp, some in fetched.items() for record in some]
            if records:
                await _timed(progress, settings, step, records)
                await consumer.commit()
        raise Idle(reason)
    finally:
        comparing.cancel()
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
