"""Puts an intake together: the parts of all three, and the doors and senders of this one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Generic, TypeAlias, TypeVar

from chassis.database import Pool, open_pool
from chassis.metrics import Check
from chassis.outbox import Relay
from chassis.retention import Once
from chassis.service import exit_on, run_server
from chassis.settings import read_settings
from intake.arrivals import keep_saying
from intake.complaint_view import Also
from intake.projection import SOURCES, story_handler
from intake.retention import sweep
from intake.submissions import IntakeSettings, republish_unregistered
from intake.texts import PARTS, Texts
from kabupaten import RegionError, load

#: A name, and a function that runs until cancelled; it is restarted when it fails.
Task: TypeAlias = tuple[str, Callable[[], Awaitable[None]]]
Settings = TypeVar("Settings", bound=IntakeSettings)


@dataclass(frozen=True, kw_only=True)
class Context(Generic[Settings]):
    """The dependencies of an intake's own parts. ``wake`` tells the relay to publish."""

    pool: Pool
    settings: Settings
    texts: Texts
    wake: Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts that an intake adds to the common ones; ``ready`` are checks of /ready, called from another thread.

    ``also`` stores more about the views that a batch changed, in its transaction; ``forget`` deletes a batch of expired
    data that only this intake has.
    """

    tasks: Sequence[Task]
    ready: Mapping[str, Check] = field(default_factory=dict)
    also: Also | None = None
    forget: Once | None = None


Build: TypeAlias = Callable[[Context[Settings]], AbstractAsyncContextManager[Parts]]


def run_intake(
    service: str, kind: type[Settings], build: Build[Settings], *, notify: bool, connections: int = 8
) -> None:
    """Run ``service`` until SIGTERM: relay, consumer of the story, repair, sweep, and what ``build`` adds.

    With ``notify`` reporters are told each change. It opens at most ``connections`` to its database. A wrong setting or
    region ends it with exit code 78.
    """
    settings = read_settings(kind, service)
    with exit_on(service, RegionError):
        region = load(settings.region_dir, *PARTS)
    texts = Texts(region)
    texts.reader.learn()
    asyncio.run(_serve(service, settings, texts, region.retention, build, notify=notify, connections=connections))


async def _serve(
    service: str,
    settings: Settings,
    texts: Texts,
    kept: Mapping[str, timedelta],
    build: Build[Settings],
    *,
    notify: bool,
    connections: int,
) -> None:
    relay, key = Relay(settings, service), settings.signing_key
    pool = await open_pool(str(settings.database_url), connected=0, most=connections)
    async with build(Context(pool=pool, settings=settings, texts=texts, wake=relay.wake.set)) as parts:
        handler = story_handler(
            service, texts, notify=notify, event_key=key, wait_s=settings.receipt_wait_s, also=parts.also
        )
        tasks: list[Task] = [
            *parts.tasks,
            ("repair", partial(republish_unregistered, pool, settings, relay.wake.set)),
            ("arrivals", partial(keep_saying, pool, service, relay.wake.set)),
            ("sweep", partial(sweep, pool, service, key, kept, parts.forget)),
        ]
        await run_server(service, settings, handler, SOURCES, pool, relay, tasks, parts.ready)
    pool.terminate()
