"""Shared by the benchmarks of services: printing progress, and running the service itself on a real broker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from statistics import quantiles
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord

from chassis.publish import kafka_client, publish, start, start_producer
from chassis.settings import ServiceSettings
from chassis.wire import Outgoing

#: Seconds, longer than any benchmark should take for one more record.
_PATIENCE_S = 120


def say(**what: Any) -> None:
    """Print one line of JSON: the progress (``phase``, ``done``, ``of``), or the result at the end."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def percentiles(spans: Sequence[float]) -> dict[str, float]:
    """Return p50, p95 and p99 of ``spans`` (seconds), in milliseconds; 0 for fewer than two."""
    cuts = quantiles(spans, n=100) if len(spans) > 1 else [0.0] * 99
    return {f"p{p}_ms": round(cuts[p - 1] * 1000, 2) for p in (50, 95, 99)}


class StageClock:
    """The service ``module`` as its supervisor starts it, in this process's environment."""

    def __init__(self, module: str) -> None:
        self._process = subprocess.Popen([sys.executable, "-m", module, "run"], stdout=subprocess.DEVNULL)  # noqa: S603

    def kill(self) -> None:
        """Kill it by SIGKILL: anything that it leaves behind is removed with its servers."""
        self._process.kill()
        self._process.wait()


def spent() -> tuple[float, float]:
    """Return the CPU seconds of all killed services, and the resident MB of the largest one."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(usage.ru_utime + usage.ru_stime, 2), round(usage.ru_maxrss / 1024, 1)


async def produce(settings: ServiceSettings, records: Iterable[Outgoing]) -> int:
    """Publish ``records`` as fast as the broker takes them. Return how many there were."""
    producer, waiting, count = await start_producer(settings), list[Outgoing](), 0
    for record in records:
        waiting.append(record)
        count += 1
        if len(waiting) == 1_000:
            await publish(producer, waiting, _PATIENCE_S)
            waiting.clear()
    await publish(producer, waiting, _PATIENCE_S)
    await producer.stop()
    return count


class Arrivals:
    """Reads topics from where they end now. ``until`` is called with one record after the other."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def until(self, count: int, phase: str, counts: Callable[[ConsumerRecord], bool] = lambda _: True) -> None:
        """Wait for ``count`` records that ``counts`` accepts.

        Raises:
            TimeoutError: no record came for two minutes.
        """
        done, told = 0, 0.0
        while done < count:
            async with asyncio.timeout(_PATIENCE_S):
                found = await self._consumer.getmany(timeout_ms=int(_PATIENCE_S * 1000))
            done += sum(counts(record) for records in found.values() for record in records)
            if (now := time.perf_counter()) - told > 0.2 or done >= count:
                say(phase=phase, done=done, of=count)
                told = now


@contextlib.asynccontextmanager
async def arrivals(settings: ServiceSettings, *topics: str) -> AsyncIterator[Arrivals]:
    """Yield a reader of everything that is published on ``topics`` from now on."""
    consumer = AIOKafkaConsumer(*topics, **kafka_client(settings), auto_offset_reset="latest")
    await start(consumer, _PATIENCE_S)
    try:
        await consumer.seek_to_end()
        yield Arrivals(consumer)
    finally:
        await consumer.stop()
