"""The door through which the gateway brings citizens' SMS."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Litestar, MediaType, Request, Response, get
from litestar.exceptions import HTTPException

from chassis import metrics
from chassis.database import OUTAGES, is_outage
from chassis.intake.accept import KeyReused, TextProblem
from intake_sms.adapters.kannel import Unreadable, fields, read_mo, without_token
from intake_sms.domain import Mo
from intake_sms.settings import SmsSettings

log = logging.getLogger(__name__)

#: The longest SMS has 255 parts; percent-encoded, twice, it stays below this.
MAX_REQUEST_BYTES = 512 * 1024

Take = Callable[[Mo], Awaitable[None]]
Bury = Callable[[bytes, Exception], Awaitable[None]]


def door(settings: SmsSettings, take: Take, bury: Bury) -> Litestar:
    """The application. It answers 200 for what ``take`` or ``bury`` have stored, 503 for what is to come again.

    The token is the query's ``token`` or, without one, the end of the path.

    Every body is empty: Kannel would send one on to the citizen.
    """
    token = settings.sms_mo_token.get_secret_value().encode()

    @get(["/sms/kannel/mo", "/sms/kannel/mo/{secret:str}"], media_type=MediaType.TEXT)
    async def mo(request: Request[Any, Any, Any], secret: str = "") -> Response[bytes]:
        query: bytes = request.scope["query_string"]
        if not hmac.compare_digest(fields(query).get("token", secret.encode()), token):
            metrics.INTAKE_REQUESTS.labels("sms", "not_authentic").inc()
            log.warning("mo_not_authentic", extra={"client": request.client.host if request.client else None})
            return Response(b"", status_code=403, media_type=MediaType.TEXT)
        try:
            async with asyncio.timeout(settings.sms_door_timeout_s):
                await _store(query)
        except OUTAGES as error:
            metrics.INTAKE_REQUESTS.labels("sms", "unavailable").inc()
            log.warning("mo_not_stored", extra={"error": repr(error)})
            return Response(b"", status_code=503, media_type=MediaType.TEXT, headers={"Retry-After": "10"})
        return Response(b"", status_code=200, media_type=MediaType.TEXT)

    async def _store(query: bytes) -> None:
        try:
            await take(read_mo(query, settings.sms_region))
        except Exception as error:
            if is_outage(error):
                raise
            # Bringing it again can't help; where the bug is ours, the gateway would drop it before we have mended that.
            if not isinstance(error, (Unreadable, KeyReused, TextProblem)):
                log.exception("mo_failed")
            await bury(without_token(query), error)

    return Litestar([mo], openapi_config=None, logging_config=None, exception_handlers={Exception: _failed})


def _failed(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Another address or method is the gateway's mistake, anything else a bug of ours; either way it comes again."""
    if isinstance(error, HTTPException):
        log.error("not_the_mo_request", extra={"method": request.method, "status": error.status_code})
        return Response(b"", status_code=error.status_code, media_type=MediaType.TEXT)
    log.error("door_failed", exc_info=error)
    return Response(b"", status_code=500, media_type=MediaType.TEXT)
