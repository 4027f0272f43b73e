"""Wires the prober's parts together: the only module that knows all of them."""

from __future__ import annotations

import asyncio
import logging
import signal
from datetime import UTC, datetime
from functools import partial

import httpx
from aiokafka import AIOKafkaConsumer

from chassis.progress import Progress, blocked, keep_observing, start_watchdog
from chassis.publish import kafka_client, start
from chassis.service import keep_running, start_health
from chassis.settings import read_settings
from contracts import canary
from contracts.codec import InvalidEvent, decode
from contracts.events import CanaryPassed
from contracts.topics import CANARY
from prober import cluster, metrics
from prober.canaries import LAST, Canaries
from prober.doors import Door, doors
from prober.settings import Settings

SERVICE = "prober"
log = logging.getLogger(__name__)


def run() -> None:
    """Run the prober until SIGTERM."""
    asyncio.run(_serve(read_settings(Settings)))


async def _serve(settings: Settings) -> None:
    progress, reading = Progress(SERVICE), asyncio.Event()
    health = start_health(SERVICE, settings, [CANARY], progress)
    health.ready = {"broker": reading.is_set}
    start_watchdog(partial(blocked, progress, settings))
    canaries = Canaries(lost_after_s=settings.canary_lost_s)
    async with httpx.AsyncClient(timeout=settings.canary_lost_s, trust_env=False) as http:
        work = {
            "cluster": partial(cluster.watch, settings),
            "progress": partial(keep_observing, progress),
            "reader": partial(_read, settings, canaries, reading),
            "lost": partial(_count_lost, canaries),
        }
        for channel, door in doors(settings, http).items():
            metrics.ARRIVED.labels(channel).set_to_current_time()
            work[channel] = partial(_send, settings, canaries, reading, channel, door)
        running = [asyncio.create_task(keep_running(name, each), name=name) for name, each in work.items()]
        stop = asyncio.Event()
        for sig in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sig, stop.set)
        await stop.wait()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    log.info("stopped")


async def _send(settings: Settings, canaries: Canaries, reading: asyncio.Event, channel: str, door: Door) -> None:
    """Send one canary after the other until cancelled, but only while the reader can see them arrive."""
    while True:
        await reading.wait()
        text = canary.write(settings.canary_key.get_secret_value().encode(), channel, datetime.now(UTC))
        name = text.split()[1]
        canaries.sent(name, channel, asyncio.get_running_loop().time())
        try:
            await door(name, text)
        except httpx.HTTPError as error:
            canaries.refused(name)
            metrics.CANARIES.labels(channel, "refused").inc()
            # Log only the error's class: its message has the address, which contains the token of the gateway's door.
            log.warning("canary_refused", extra={"channel": channel, "error": type(error).__name__})
        await asyncio.sleep(settings.canary_every_s)


async def _read(settings: Settings, canaries: Canaries, reading: asyncio.Event) -> None:
    """Record until cancelled which canary passed which service, reading from now on and without a consumer group."""
    consumer = AIOKafkaConsumer(CANARY, **kafka_client(settings), auto_offset_reset="latest", enable_auto_commit=False)
    try:
        await start(consumer, settings.publish_timeout_s)
        await consumer.seek_to_end()
        for place in consumer.assignment():
            await consumer.position(place)  # no canary sent from here on is missed
        reading.set()
        async for record in consumer:
            try:
                data = decode(record.value).data
            except InvalidEvent:
                continue
            if isinstance(data, CanaryPassed):
                _show(canaries, data)
    finally:
        reading.clear()
        await consumer.stop()


def _show(canaries: Canaries, passed: CanaryPassed) -> None:
    hop = canaries.passed(passed.canary, passed.by, asyncio.get_running_loop().time())
    if hop is None:
        return
    metrics.HOP_S.labels(hop.channel, _hop(hop.by)).observe(hop.after_s)
    if hop.by == LAST:
        metrics.CANARIES.labels(hop.channel, "arrived").inc()
        metrics.ARRIVED.labels(hop.channel).set_to_current_time()


def _hop(by: str) -> str:
    """Return the name of a hop, the same for all intakes, so that channels can be compared."""
    return "intake" if by.startswith("intake-") else by


async def _count_lost(canaries: Canaries) -> None:
    while True:
        for channel in canaries.lost(asyncio.get_running_loop().time()):
            metrics.CANARIES.labels(channel, "lost").inc()
            log.error("canary_lost", extra={"channel": channel})
        await asyncio.sleep(1)
