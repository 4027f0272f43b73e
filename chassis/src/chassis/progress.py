"""How far a consumer has got, and the watchdog that ends a process without progress."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence, Set

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from faust.exceptions import ConsumerNotStarted

from chassis import metrics
from chassis.exits import EXIT_TEMPORARY
from chassis.publish import absent
from chassis.settings import ServiceSettings
from chassis.wire import Record

log = logging.getLogger(__name__)

#: The end offset of each (topic, partition) assigned now.
Ends = Callable[[], dict[tuple[str, int], int]]


class Progress:
    """How far a consumer has got, for readiness, lag and the watchdog: the event loop writes it, threads read it.

    ``ends`` gives the end offsets of the partitions assigned now; a driver sets it.
    """

    def __init__(self, service: str) -> None:
        self.service = service
        self.looked_at = self.assigned_at = self.complete_at = self.finished_at = time.monotonic()
        self.assigned = False
        self.missing: frozenset[str] = frozenset()
        self.lag = 0
        self.done: dict[tuple[str, int], int] = {}
        self.read_until: dict[tuple[str, int], float] = {}  # all records written by then are handled
        self.ends: Ends = dict
        self._shown: dict[tuple[str, int], int] = {}

    def advance(self, records: Sequence[Record]) -> None:
        """Note that ``records`` are handled and committed."""
        self.finished_at = time.monotonic()
        for record in records:
            place = record.topic, record.partition
            self.done[place] = record.offset + 1
            self.read_until[place] = max(record.timestamp_ms / 1000, self.read_until.get(place, 0))

    def observe(self) -> None:
        """Take stock. The lag of a partition is known once a record of it was handled after its assignment."""
        ends = self.ends()
        now = time.monotonic()
        self.done = {place: offset for place, offset in self.done.items() if place in ends}
        behind = {place: max(end - self.done.get(place, end), 0) for place, end in ends.items()}
        self._show(behind)
        metrics.PARTITIONS.labels(self.service).set(len(ends))
        self.assigned, self.lag, self.looked_at = bool(ends), sum(behind.values()), now
        if self.assigned:
            self.assigned_at = now
        if not self.lag:
            self.finished_at = now

    def _show(self, behind: Mapping[tuple[str, int], int]) -> None:
        """Show how many records are unread, and the greatest age that they can have.

        They came after the last record that was handled, and after the last moment without unread records. Another
        process shows the partitions that it reads now.
        """
        if not behind:  # between two assignments, or nobody reads: the last figures are the best known
            return
        now, oldest_s = time.time(), dict.fromkeys((topic for topic, _ in behind), 0.0)
        for place in self._shown.keys() - behind.keys():
            metrics.LAG.remove(self.service, *place)
        for topic in {topic for topic, _ in self._shown} - oldest_s.keys():
            metrics.LAG_S.remove(self.service, topic)
        before, self._shown = self._shown, dict(behind)
        for (topic, partition), records in behind.items():
            if before.get((topic, partition)) != records:  # most of hundreds stand at 0 for days
                metrics.LAG.labels(self.service, topic, partition).set(records)
            if records:
                age_s = now - self.read_until.get((topic, partition), now)
                oldest_s[topic] = max(oldest_s[topic], age_s)
            else:
                self.read_until[topic, partition] = now
        for topic, age_s in oldest_s.items():
            metrics.LAG_S.labels(self.service, topic).set(age_s)

    def set_missing_topics(self, topics: Set[str]) -> None:
        """Note the topics that should be read and do not exist now. The others are read all the same."""
        if topics and topics != self.missing:
            log.error("topics_missing", extra={"topics": sorted(topics)})
        metrics.MISSING.labels(self.service).set(len(topics))
        self.missing = frozenset(topics)
        if not topics:
            self.complete_at = time.monotonic()

    def start_over(self) -> None:
        """Restart the time limits, since a consumer has just been started."""
        self.assigned_at = self.complete_at = time.monotonic()

    def unassigned_s(self) -> float:
        """Return the seconds without a partition; a rebalance takes a few."""
        return time.monotonic() - self.assigned_at

    def incomplete_s(self) -> float:
        """Return the seconds since no topic was missing."""
        return time.monotonic() - self.complete_at if self.missing else 0

    def stalled_s(self) -> float:
        """Return the seconds since the event loop last took stock, or since there was lag and no finished batch."""
        return time.monotonic() - min(self.looked_at, self.finished_at)


async def keep_observing(progress: Progress) -> None:
    """Take stock each second until cancelled; more often until there are partitions, since readiness waits for them."""
    while True:
        # Faust's consumer lives in another thread: it may not be there yet, or lose a partition as we ask.
        with contextlib.suppress(ConsumerNotStarted, AssertionError):
            progress.observe()
        await asyncio.sleep(1 if progress.assigned else 0.1)


async def watch_topics(
    progress: Progress, settings: ServiceSettings, sources: Sequence[str], client: AIOKafkaClient
) -> None:
    """Check until cancelled that the cluster has all of ``sources``, and lets us see them; ``client`` is running."""
    while True:
        with contextlib.suppress(KafkaError, OSError, TimeoutError):  # no broker: unknown
            progress.set_missing_topics(await absent(client, set(sources), settings.publish_timeout_s))
        await asyncio.sleep(min(settings.assignment_timeout_s / 4, 10))


def idle(progress: Progress, settings: ServiceSettings) -> str | None:
    """Say why a consumer must be started again: its topics or partitions were missing for too long."""
    if progress.incomplete_s() > settings.assignment_timeout_s:
        return f"no such topic, or no READ on it: {', '.join(sorted(progress.missing))}"
    if progress.unassigned_s() > settings.assignment_timeout_s:
        return "no partitions assigned: is a topic missing, or READ on it, or is the slot taken?"
    return None


def stuck(progress: Progress, settings: ServiceSettings) -> str | None:
    """Say why a stream processor must be started again."""
    if progress.stalled_s() > settings.stall_timeout_s:
        return "lag and no finished batch, or a blocked event loop"
    return idle(progress, settings)


def blocked(progress: Progress, settings: ServiceSettings) -> str | None:
    """Say why an intake must be started again: it recovers from all else by itself, and goes on taking complaints."""
    if time.monotonic() - progress.looked_at > settings.stall_timeout_s:
        return "a blocked event loop"
    return None


def start_watchdog(why: Callable[[], str | None]) -> None:
    """Start a thread that ends the process when ``why`` gives a reason: the event loop itself may not be able to.

    Heartbeats run beside the event loop, so Kafka sees a healthy member even when it is blocked.
    """

    def loop() -> None:
        while not (reason := why()):
            time.sleep(0.5)
        log.critical("leaving", extra={"reason": reason})
        os._exit(EXIT_TEMPORARY)

    threading.Thread(target=loop, name="watchdog", daemon=True).start()
