"""Puts intake-sms together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial

from chassis.database import open_pool
from chassis.http_server import Limits, WebServer
from chassis.outbox import Relay
from chassis.service import exit_on, run_intake
from chassis.settings import read_settings
from intake.notices import Bounds, send_notices
from intake.projection import SOURCES, story_handler
from intake.retention import sweep
from intake.submissions import repair
from intake.texts import PARTS, Texts
from intake_sms.adapters import kannel
from intake_sms.adapters.door import MAX_REQUEST_BYTES, door
from intake_sms.handlers import CHANNEL, SERVICE, Desk, bury, elsewhere, take
from intake_sms.settings import SmsSettings
from kabupaten import RegionError, load

#: The gateway is one client, and brings many SMS at once.
LIMITS = Limits(of_one=256)


def run() -> None:
    """Run until SIGTERM."""
    settings = read_settings(SmsSettings)
    with exit_on(SERVICE, RegionError):
        region = load(settings.region_dir, *PARTS, "retention")
    asyncio.run(serve(settings, Texts(region), region.retention))


async def serve(settings: SmsSettings, texts: Texts, kept: Mapping[str, timedelta]) -> None:
    """The gateway's door, and behind it the relay, the listener to the story, the sender, the repair and the sweep."""
    relay = Relay(settings, SERVICE)
    wait_s = settings.receipt_wait_s
    handler = story_handler(SERVICE, texts, notify=True, event_key=settings.signing_key, wait_s=wait_s)
    pool = await open_pool(str(settings.database_url), connected=0)
    desk = Desk(pool=pool, settings=settings, texts=texts, wake=relay.wake.set)
    app = door(settings, partial(take, desk), partial(bury, desk))
    bounds = Bounds(later=texts.sms["later"], last=partial(elsewhere, desk, "last"))
    host, port = settings.sms_listen_host, settings.sms_listen_port
    async with kannel.client(settings) as http:
        send = kannel.sender(settings, http, partial(elsewhere, desk, "more"))
        tasks: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            ("http", WebServer(app, host, port, max_head_bytes=MAX_REQUEST_BYTES, limits=LIMITS).run),
            ("sender", partial(send_notices, pool, CHANNEL, send, bounds)),
            ("repair", partial(repair, pool, settings, relay.wake.set)),
            ("sweep", partial(sweep, pool, SERVICE, settings.signing_key, kept)),
        ]
        await run_intake(SERVICE, settings, handler, SOURCES, pool, relay, tasks)
    pool.terminate()
