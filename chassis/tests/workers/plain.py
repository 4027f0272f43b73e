"""An intake without a door: a plain consumer and a relay, each restarted when it fails."""

import asyncio
import os

import counting

from chassis.database import open_pool
from chassis.outbox import Relay
from chassis.service import run_server
from chassis.settings import DatabaseSettings, read_settings


async def main() -> None:
    name, settings = os.environ["SERVICE"], read_settings(DatabaseSettings)
    pool = await open_pool(str(settings.database_url), timeout_s=float(os.environ.get("POOL_TIMEOUT_S", "3")))
    rules = counting.handler(name, os.environ["OUT"])
    await run_server(name, settings, rules, os.environ["SOURCES"].split(","), pool, Relay(settings, name))


asyncio.run(main())
