"""Puts a service together from its parts: the health door, and the tasks that must not stop."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from chassis import certificates, metrics, tracing
from chassis.batch import BatchHandler, BugsInARow, Decide, Handler, StatelessBatchHandler, Verify
from chassis.consume import Start, Step, consume, faust_app, run_faust
from chassis.database import Pool, open_pool
from chassis.erased_letters import erasing_letters
from chassis.exits import EXIT_SETTINGS, leave_now
from chassis.letters import count_letters
from chassis.logs import logging_config, set_up_logging
from chassis.outbox import Relay
from chassis.progress import Progress, blocked, keep_observing, start_watchdog, stuck
from chassis.publish import start_producer
from chassis.replay import replaying
from chassis.rewind import refuse_diverged
from chassis.settings import DatabaseSettings, ServiceSettings
from contracts.topics import replays

log = logging.getLogger(__name__)
_PING = "SELECT 1"

S = TypeVar("S")
T = TypeVar("T")
#: A task that runs beside the consumer: it gets the pool, and a function that wakes the relay.
Task = Callable[[Pool, Callable[[], None]], Awaitable[None]]


def start_health(service: str, settings: ServiceSettings, sources: Sequence[str], progress: Progress) -> metrics.Health:
    """Start logs, traces and the health door: every ``run`` does this first."""
    set_up_logging(service, settings.log_level)
    tracing.start(service, settings)
    log.info("started", extra={"version": _version(service), "slot": settings.slot, "topics": list(sources)})
    metrics.BUILD.labels(service, _version(service)).set(1)
    health = metrics.Health()
    health.ready["partitions"] = lambda: progress.assigned
    health.ready["topics"] = lambda: not progress.missing
    health.live["progress"] = lambda: progress.stalled_s() < settings.stall_timeout_s
    metrics.serve(settings.http_host, settings.http_port, health)
    return health


@contextlib.contextmanager
def exit_on(service: str, *errors: type[Exception]) -> Iterator[None]:
    """Exit 78 with the error's text on stderr when the body raises one of ``errors``: a restart does not help."""
    try:
        yield
    except errors as error:
        sys.stderr.write(f"{service} can't start: {error}\n")
        sys.exit(EXIT_SETTINGS)


def _version(service: str) -> str:
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(service)
    return "none"


def step_of(
    service: str,
    settings: DatabaseSettings,
    handler: Handler[S],
    sources: Sequence[str],
    pool: Pool,
    after: Callable[[], None] = lambda: None,
) -> Step:
    """Build the step that handles a batch of records of ``sources``, or of requests for dead letters."""
    step = replaying(settings, service, sources, BatchHandler(pool, handler, after=after))
    return erasing_letters(settings, service, step)


def run_processor(
    service: str,
    settings: DatabaseSettings,
    handler: Handler[S],
    sources: Sequence[str],
    tasks: Sequence[Task] = (),
) -> None:
    """Run a stream processor with state: Faust reads, PostgreSQL decides, the relay publishes."""
    progress, relay = Progress(service), Relay(settings, service)
    running: list[asyncio.Task[None]] = []  # the event loop itself keeps none of them

    async def start() -> Step:
        pool = await open_pool(str(settings.database_url), timeout_s=settings.batch_timeout_s / 2)
        await refuse_diverged(settings, service, sources, pool)
        look = partial(certificates.watch_database, settings)
        running.append(asyncio.create_task(keep_running("certificates", look)))
        for task in (lambda pool, _: relay.run(pool), *tasks):
            running.append(asyncio.create_task(_must_not_end(task(pool, relay.wake.set))))
        return step_of(service, settings, handler, sources, pool, relay.wake.set)

    _run_faust(service, settings, sources, start, progress, {"outbox": relay.goes_out})


def run_stateless(
    service: str,
    settings: ServiceSettings,
    decide: Decide,
    sources: Sequence[str],
    verify: Verify = lambda message: None,
) -> None:
    """Run a stream processor without state: Faust reads, ``decide`` makes the events, the broker acknowledges."""
    progress = Progress(service)

    async def start() -> Step:
        producer = await start_producer(settings)
        step = StatelessBatchHandler(producer, service, decide, settings.publish_timeout_s, verify)
        return erasing_letters(settings, service, replaying(settings, service, sources, step))

    _run_faust(service, settings, sources, start, progress)


def _run_faust(
    service: str,
    settings: ServiceSettings,
    sources: Sequence[str],
    start: Start,
    progress: Progress,
    ready: Mapping[str, metrics.Check] = MappingProxyType({}),
) -> None:
    reads = [*sources, replays(service)]
    health = start_health(service, settings, reads, progress)
    health.ready |= ready
    start_watchdog(partial(stuck, progress, settings))
    running: list[asyncio.Task[None]] = []  # the event loop itself keeps none of them

    async def start_all() -> Step:
        running.append(asyncio.create_task(keep_running("letters", partial(count_letters, settings, service))))
        return await start()

    try:
        run_faust(faust_app(settings, reads, start_all, progress), logging_config(service, settings.log_level))
    finally:
        tracing.stop()


async def _must_not_end(work: Awaitable[None]) -> None:
    try:
        await work
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        leave_now("a task of the service failed", error)
    leave_now("a task of the service ended")


async def keep_running(name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Run ``work`` forever, restarting it when it fails: a server neither exits nor refuses requests because of it."""
    pause_s = 0.5
    while True:
        started = asyncio.get_running_loop().time()
        try:
            await work()
        except Exception as error:
            log.log(
                logging.CRITICAL if isinstance(error, BugsInARow) else logging.WARNING,
                "task_failed",
                extra={"task": name, "error": repr(error)},
            )
        if asyncio.get_running_loop().time() - started > 30:
            pause_s = 0.5
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, 10)


async def finished(work: Coroutine[Any, Any, T]) -> T:
    """Return the result of ``work``; a task that is cancelled during it finishes it first.

    So finished work is marked, and the next start does not repeat it. Nor can a library keep the task from ending:
    before Python 3.12 a `wait_for` whose answer comes at that moment swallows the cancellation (CPython issue 86296).
    """
    running = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        with contextlib.suppress(Exception):
            await running
        raise


def answers(pool: Pool, loop: asyncio.AbstractEventLoop, within_s: float = 3) -> bool:
    """Whether the database answers; called from another thread than that of ``loop``."""
    asked = asyncio.run_coroutine_threadsafe(pool.fetchval(_PING, timeout=within_s), loop)
    try:
        return bool(asked.result(within_s + 1) == 1)
    except Exception:
        asked.cancel()
        return False


async def run_server(
    service: str,
    settings: DatabaseSettings,
    handler: Handler[S],
    sources: Sequence[str],
    pool: Pool,
    relay: Relay,
    tasks: Sequence[tuple[str, Callable[[], Awaitable[None]]]] = (),
    ready: Mapping[str, metrics.Check] | None = None,
) -> None:
    """Run a server that also reads topics: consumer, relay and ``tasks``, until SIGTERM.

    Each is started again when it fails.

    ``ready`` are the checks of /ready; they are called from another thread.
    """
    progress, reads = Progress(service), [*sources, replays(service)]
    health = start_health(service, settings, reads, progress)
    # It is ready and live when it can take requests: neither Kafka nor its consumer is needed for that.
    loop = asyncio.get_running_loop()
    health.ready = {"database": partial(answers, pool, loop), **(ready or {})}
    health.live = {"event loop": lambda: blocked(progress, settings) is None}
    start_watchdog(partial(blocked, progress, settings))
    step = step_of(service, settings, handler, sources, pool, relay.wake.set)

    async def read() -> None:
        await refuse_diverged(settings, service, sources, pool)
        await consume(settings, reads, step, progress)

    everything: list[tuple[str, Callable[[], Awaitable[None]]]] = [
        ("consumer", read),
        ("progress", lambda: keep_observing(progress)),
        ("relay", lambda: relay.run(pool)),
        ("letters", partial(count_letters, settings, service)),
        ("certificates", partial(certificates.watch_database, settings)),
        *tasks,
    ]
    running = [asyncio.create_task(keep_running(name, work), name=name) for name, work in everything]
    stop = asyncio.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sig, stop.set)
    await stop.wait()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    tracing.stop()
    log.info("stopped")
