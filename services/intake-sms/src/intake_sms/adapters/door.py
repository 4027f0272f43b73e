"""The door through which the gateway brings citizens' SMS."""

from __future__ import annotations

import asyncio
import hmac
import logging
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Litestar, MediaType, Request, Response, get
from litestar.exceptions import HTTPException

from chassis.database import OUTAGES, is_outage
from chassis.limits import Buckets, Clock, Rate, Seldom, network_of
from intake import metrics
from intake.submissions import KeyReused, TextProblem
from intake_sms.adapters.kannel import Unreadable, fields, read_mo, without_token
from intake_sms.domain import Mo
from intake_sms.settings import SmsSettings

log = logging.getLogger(__name__)

#: The longest SMS has 255 parts; percent-encoded, twice, it stays below this.
MAX_REQUEST_BYTES = 512 * 1024
#: Of one address, at once and in an hour; then it hears 429.
WRONG_TOKENS = Rate(burst=20, per_hour=20 * 60)
#: Seconds at full rate that the gateway may bring at once.
BURST_S = 10

Take = Callable[[Mo], Awaitable[None]]
Bury = Callable[[bytes, Exception], Awaitable[None]]


class _Keeper:
    """Knows the token, and counts: wrong ones by address, and what comes in altogether."""

    def __init__(self, settings: SmsSettings, clock: Clock) -> None:
        self.token = settings.sms_mo_token.get_secret_value().encode()
        self.wrong, self.lines, self.strays = Buckets(WRONG_TOKENS, clock), Seldom(clock=clock), Seldom(clock=clock)
        per_s = settings.sms_takes_per_s
        self.takes = Buckets(Rate(burst=round(per_s * BURST_S), per_hour=per_s * 3600), clock)

    def refuses(self, token: bytes, client: str) -> Response[bytes] | None:
        """What ``client`` hears instead of being let in; None if it is."""
        if not hmac.compare_digest(token, self.token):
            metrics.REQUESTS.labels("sms", "not_authentic").inc()
            if count := self.lines.due():
                log.warning("mo_not_authentic", extra={"client": client, "count": count})
            if wait_s := self.wrong.wait_s(client):
                return _empty(429, wait_s)
            self.wrong.take(client)
            return _empty(403)
        if wait_s := self.takes.wait_s(""):
            metrics.REQUESTS.labels("sms", "limited").inc()
            return _empty(503, wait_s)
        self.takes.take("")
        return None

    def failed(self, request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        """Another address or method is the gateway's mistake, anything else a bug of ours; it comes again."""
        if isinstance(error, HTTPException):
            if count := self.strays.due():
                facts = {"method": request.method, "status": error.status_code, "count": count}
                log.error("not_the_mo_request", extra=facts)
            return _empty(error.status_code)
        log.error("door_failed", exc_info=error)
        return _empty(500)


def door(settings: SmsSettings, take: Take, bury: Bury, clock: Clock = time.monotonic) -> Litestar:
    """The application. It answers 200 for what ``take`` or ``bury`` have stored, 503 for what is to come again.
    That is what it says to too many at once, too: Kannel goes on bringing all that did not hear 200 or 202.

    The token is the query's ``token`` or, without one, the end of the path.

    Every body is empty: Kannel would send one on to the citizen.
    """
    keeper = _Keeper(settings, clock)

    @get(["/sms/kannel/mo", "/sms/kannel/mo/{secret:str}"], media_type=MediaType.TEXT)
    async def mo(request: Request[Any, Any, Any], secret: str = "") -> Response[bytes]:
        query: bytes = request.scope["query_string"]
        client = network_of(request.client.host if request.client else "")
        if refused := keeper.refuses(fields(query).get("token", secret.encode()), client):
            return refused
        try:
            async with asyncio.timeout(settings.sms_door_timeout_s):
                await _store(query)
        except OUTAGES as error:
            metrics.REQUESTS.labels("sms", "unavailable").inc()
            log.warning("mo_not_stored", extra={"error": repr(error)})
            return _empty(503, 10)
        return _empty(200)

    async def _store(query: bytes) -> None:
        try:
            await take(read_mo(query, settings))
        except Exception as error:
            if is_outage(error):
                raise
            # Bringing it again can't help; where the bug is ours, the gateway would drop it before we have mended that.
            if not isinstance(error, (Unreadable, KeyReused, TextProblem)):
                log.exception("mo_failed")
            await bury(without_token(query), error)

    return Litestar([mo], openapi_config=None, logging_config=None, exception_handlers={Exception: keeper.failed})


def _empty(status: int, retry_after_s: float = 0) -> Response[bytes]:
    headers = {"Retry-After": str(math.ceil(retry_after_s))} if retry_after_s else {}
    return Response(b"", status_code=status, media_type=MediaType.TEXT, headers=headers)
