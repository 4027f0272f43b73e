"""Puts intake-sms together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from chassis.http_server import Limits, WebServer
from intake import kannel
from intake.notices import Bounds, send_notices
from intake.service import Context, Parts, run_intake
from intake_sms.adapters.door import MAX_REQUEST_BYTES, door
from intake_sms.handlers import CHANNEL, SERVICE, Desk, bury, elsewhere, take
from intake_sms.settings import SmsSettings

#: The gateway is one client, and brings many SMS at once.
LIMITS = Limits(of_one=256)


def run() -> None:
    """Run until SIGTERM."""
    run_intake(SERVICE, SmsSettings, parts, notify=True)


@asynccontextmanager
async def parts(context: Context[SmsSettings]) -> AsyncIterator[Parts]:
    """Give the gateway's door, and the sender."""
    settings = context.settings
    desk = Desk(pool=context.pool, settings=settings, texts=context.texts, wake=context.wake)
    app = door(settings, partial(take, desk), partial(bury, desk))
    bounds = Bounds(later=context.texts.sms["later"], last=partial(elsewhere, desk, "last"))
    host, port = settings.sms_listen_host, settings.sms_listen_port
    async with kannel.client(settings) as http:
        send = kannel.sender(settings, http, partial(elsewhere, desk, "more"))
        web = WebServer(app, host, port, max_head_bytes=MAX_REQUEST_BYTES, limits=LIMITS)
        yield Parts(tasks=[("http", web.run), ("sender", partial(send_notices, context.pool, CHANNEL, send, bounds))])
