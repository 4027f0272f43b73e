"""Puts intake-sms together. Without a gateway its door still opens, for the prober, but nothing is sent."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import quote

from chassis.http_server import Limits, WebServer
from intake import gateway
from intake.bounds import Bounds
from intake.reports import note_report
from intake.sending import send_notices
from intake.service import Context, Parts, Task, run_intake
from intake_sms.adapters.door import MAX_REQUEST_BYTES, door
from intake_sms.adapters.parts import take_late, take_part
from intake_sms.handlers import CHANNEL, SERVICE, Desk, bury, elsewhere, take
from intake_sms.settings import SmsSettings, settings_of

log = logging.getLogger(__name__)
#: The gateway is one client, and brings many SMS concurrently.
LIMITS = Limits(of_one=256)


def run() -> None:
    """Run until SIGTERM."""
    run_intake(SERVICE, settings_of(), parts, notify=True)


@asynccontextmanager
async def parts(context: Context[SmsSettings]) -> AsyncIterator[Parts]:
    """Build the gateway's door, and the sender."""
    settings = context.settings
    desk = Desk(pool=context.pool, settings=settings, texts=context.texts, wake=context.wake)
    take_whole, put_aside = partial(take, desk), partial(bury, desk)
    app = door(
        settings,
        partial(take_part, context.pool, settings, take_whole, put_aside),
        put_aside,
        partial(note_report, context.pool, CHANNEL),
    )
    reports = report_url(settings)
    bounds = Bounds(later=context.texts.sms["later"], last=partial(elsewhere, desk, "last"))
    host, port = settings.sms_listen_host, settings.sms_listen_port
    async with gateway.client(settings) as http:
        send = gateway.sender(settings, http, partial(elsewhere, desk, "more"), reports)
        web = WebServer(app, host, port, max_head_bytes=MAX_REQUEST_BYTES, limits=LIMITS)
        sender = partial(
            send_notices,
            context.pool,
            CHANNEL,
            send,
            bounds,
            pace=gateway.pace(settings, reports),
            quiet_until=context.texts.quiet_until if settings.quiet_hours else None,
        )
        late = partial(take_late, context.pool, settings, take_whole, put_aside)
        sending: list[Task] = [("sender", sender)] if settings.sends_sms else []
        if not sending:
            log.warning("sms_is_off", extra={"why": "KANNEL_SEND_URL is empty: no SMS is sent until it is not"})
        yield Parts(tasks=[("http", web.run), *sending, ("parts", late)])


def report_url(settings: SmsSettings) -> str:
    """Return the URL for the gateway's reports, ready for our id at the end; empty if no reports are requested."""
    form = settings.dialect.report
    if not settings.sms_report_url or form is None:
        return ""
    token = f"token={quote(settings.sms_mo_token.get_secret_value())}&" if form.auth == "token" else ""
    return f"{settings.sms_report_url}?{token}"
