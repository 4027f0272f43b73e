"""Puts intake-sms together."""

from __future__ import annotations

import asyncio
import sys
from functools import partial

from chassis.crash import EXIT_SETTINGS
from chassis.intake.accept import repair
from chassis.intake.notices import send_notices
from chassis.intake.pool import patient_pool
from chassis.intake.story import SOURCES, Texts, story_handler
from chassis.outbox import Relay
from chassis.region import RegionError
from chassis.service import run_intake
from chassis.settings import read_settings
from intake_sms.adapters import kannel
from intake_sms.adapters.door import door, listen
from intake_sms.handlers import CHANNEL, SERVICE, Desk, bury, take
from intake_sms.settings import SmsSettings


def run() -> None:
    """Run until SIGTERM."""
    settings = read_settings(SmsSettings)
    try:
        texts = Texts(settings.region_dir)
    except RegionError as error:
        sys.stderr.write(f"{SERVICE} can't start: {error}\n")
        sys.exit(EXIT_SETTINGS)
    asyncio.run(serve(settings, texts))


async def serve(settings: SmsSettings, texts: Texts) -> None:
    """The gateway's door, and behind it the relay, the listener to the story, the sender and the repair sweep."""
    relay = Relay(settings, SERVICE)
    handler = story_handler(SERVICE, texts, notify=True)
    pool = await patient_pool(str(settings.database_url))
    desk = Desk(pool=pool, settings=settings, texts=texts, wake=relay.wake.set)
    app = door(settings, partial(take, desk), partial(bury, desk))
    async with kannel.client(settings) as http:
        tasks = [
            ("http", partial(listen, app, settings.sms_listen_host, settings.sms_listen_port)),
            ("sender", partial(send_notices, pool, CHANNEL, kannel.sender(settings, http))),
            ("repair", partial(repair, pool, settings, relay.wake.set)),
        ]
        await run_intake(SERVICE, settings, handler, SOURCES, pool, relay, tasks)
    pool.terminate()
