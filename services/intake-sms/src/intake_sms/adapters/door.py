"""The door: the HTTP server that takes citizens' SMS from the gateway."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from litestar import Litestar, MediaType, Request, Response, route
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from chassis.database import OUTAGES, is_outage
from chassis.limits import Buckets, Clock, Rate, Seldom, network_of
from intake import metrics
from intake.dialect import Auth, Dialect, Message, ReportForm, read_dialect
from intake.reports import Report
from intake.submissions import KeyReused, TextProblem
from intake_sms.adapters.gateway import Asked, Unreadable, one_by_one, read_messages, read_reports
from intake_sms.adapters.signatures import is_authentic
from intake_sms.domain import Mo
from intake_sms.settings import SmsSettings

log = logging.getLogger(__name__)

#: The longest SMS has 255 parts; even percent-encoded twice it stays below this.
MAX_REQUEST_BYTES = 512 * 1024
#: For one address, at once and in an hour; beyond that it gets 429.
WRONG_TOKENS = Rate(burst=20, per_hour=20 * 60)
#: The gateway may bring this many seconds' worth of the full rate at once.
BURST_S = 10

Take = Callable[[Mo], Awaitable[None]]
#: Called with the name of a door, the bytes that came there, and the reason why they can't be taken.
Bury = Callable[[str, bytes, Exception], Awaitable[None]]
Note = Callable[[Report], Awaitable[Any]]


class _Keeper:
    """Decides who may come in, and counts: wrong tokens by address, and SMS altogether."""

    def __init__(self, settings: SmsSettings, clock: Clock) -> None:
        self.settings = settings
        self.wrong, self.lines, self.strays = Buckets(WRONG_TOKENS, clock), Seldom(clock=clock), Seldom(clock=clock)
        per_s = settings.sms_takes_per_s
        self.takes = Buckets(Rate(burst=round(per_s * BURST_S), per_hour=per_s * 3600), clock)

    def refuses(self, asked: Asked, auth: Auth, client: str, *, counts: bool) -> Response[bytes] | None:
        """Return the answer that keeps ``client`` out; None lets it in. ``counts``: it counts towards the rate."""
        if not is_authentic(asked, auth, self.settings):
            metrics.REQUESTS.labels("sms", "not_authentic").inc()
            if count := self.lines.due():
                log.warning("mo_not_authentic", extra={"client": client, "count": count})
            if wait_s := self.wrong.wait_s(client):
                return _empty(429, wait_s)
            self.wrong.take(client)
            return _empty(403)
        if not counts:
            return None
        if wait_s := self.takes.wait_s(""):
            metrics.REQUESTS.labels("sms", "limited").inc()
            return _empty(503, wait_s)
        self.takes.take("")
        return None

    def failed(self, request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        """Answer an error. A wrong path or method is the gateway's mistake, anything else our bug, and retried."""
        if isinstance(error, HTTPException):
            if count := self.strays.due():
                facts = {"method": request.method, "status": error.status_code, "count": count}
                log.error("not_the_mo_request", extra=facts)
            return _empty(error.status_code)
        log.error("door_failed", exc_info=error)
        return _empty(500)


def door(settings: SmsSettings, take: Take, bury: Bury, note: Note, clock: Clock = time.monotonic) -> Litestar:
    """Build the application. It answers with the dialect's success once ``take``, ``note`` or ``bury`` have stored
    everything, and with 503 if the gateway shall bring it again, also above the rate: gateways retry what was not
    taken.

    It speaks the gateway's dialect, and Kannel's for the prober. The token is the query's ``token`` or, without one,
    the end of the path. Bodies are empty unless the dialect wants one: Kannel would send it on to the citizen.
    """
    keeper = _Keeper(settings, clock)
    doors: list[HTTPRouteHandler] = []
    for name in dict.fromkeys((settings.sms_dialect, "kannel")):
        dialect = settings.dialect if name == settings.sms_dialect else read_dialect(name)
        messages = partial(_messages, name, dialect, settings, take)
        doors.append(_handler(f"/sms/{name}/mo", dialect.message, keeper, dialect, messages, bury))
        if dialect.report:
            reports = partial(_reports, dialect.report, note)
            doors.append(_handler(f"/sms/{name}/dlr", dialect.report, keeper, dialect, reports, bury))
    return Litestar(doors, openapi_config=None, logging_config=None, exception_handlers={Exception: keeper.failed})


async def _messages(name: str, dialect: Dialect, settings: SmsSettings, take: Take, asked: Asked) -> None:
    for mo in read_messages(asked, name, dialect, settings):
        await take(mo)


async def _reports(form: ReportForm, note: Note, asked: Asked) -> None:
    for report in read_reports(asked, form):
        await note(report)


def _handler(
    path: str,
    form: Message | ReportForm,
    keeper: _Keeper,
    dialect: Dialect,
    store: Callable[[Asked], Awaitable[None]],
    bury: Bury,
) -> HTTPRouteHandler:
    """Build the handler of ``path``."""
    kind = path.removeprefix("/sms/").replace("/", "-")

    async def answer(request: Request[Any, Any, Any], secret: str = "") -> Response[bytes]:
        query: bytes = request.scope["query_string"]
        raw = request.scope.get("raw_path") or request.url.path.encode()
        asked = Asked(
            method=request.method,
            target=(raw.partition(b"?")[0] + (b"?" + query if query else b"")).decode("latin-1"),
            query=query,
            body=await request.body(),
            content_type=request.headers.get("content-type", ""),
            signature=request.headers.get("x-twilio-signature", ""),
            secret=secret.encode(),
        )
        client = network_of(request.client.host if request.client else "")
        if refused := keeper.refuses(asked, form.auth, client, counts=kind.endswith("mo")):
            return refused
        try:
            async with asyncio.timeout(keeper.settings.sms_door_timeout_s):
                await _store(asked)
        except OUTAGES as error:
            metrics.REQUESTS.labels("sms", "unavailable").inc()
            log.warning("mo_not_stored", extra={"error": repr(error)})
            return _empty(503, 10)
        taken = dialect.answer
        return Response(taken.body.encode(), status_code=taken.status, media_type=taken.media_type)

    async def _store(asked: Asked) -> None:
        """Store each SMS or report of the request on its own: one that can't be taken holds up no other."""
        strays: list[tuple[Asked, Exception]] = []
        for one in one_by_one(asked, form.listed):
            try:
                await store(one)
            except Exception as error:
                if is_outage(error):
                    raise
                # A retry can't help. If the bug is ours, the gateway would give up before we have fixed it.
                if not isinstance(error, (Unreadable, KeyReused, TextProblem)):
                    log.exception("mo_failed")
                strays.append((one, error))
        # Last: after an outage everything comes again, and a stray put aside twice would be read twice.
        for one, why in strays:
            await bury(kind, one.content, why)

    return route([path, f"{path}/{{secret:str}}"], http_method=list(form.methods), media_type=MediaType.TEXT)(answer)


def _empty(status: int, retry_after_s: float = 0) -> Response[bytes]:
    headers = {"Retry-After": str(math.ceil(retry_after_s))} if retry_after_s else {}
    return Response(b"", status_code=status, media_type=MediaType.TEXT, headers=headers)
