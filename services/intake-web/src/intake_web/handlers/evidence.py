"""What was attached, opened: by its reporter, or by the unit that has the complaint now. To others it is not there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException

from contracts import ticket
from contracts.evidence_links import MARK, UNIT, UNTIL, is_marked
from intake.evidence import Kept
from intake_web.domain import say
from intake_web.handlers.api import Config, Visiting
from intake_web.handlers.problems import Problem
from intake_web.handlers.visit import Visit
from intake_web.photos import EVIDENCE

#: Even what we made ourselves is shown as if a stranger had: it can do nothing, and stays nowhere.
_HARMLESS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


@get(EVIDENCE + "{name:str}")
async def for_unit(request: Request[Any, Any, Any], name: str, visit: Visiting, settings: Config) -> Response[bytes]:
    """Show a file to the unit that its link was signed for, as long as that has the complaint or helps with it."""
    unit, until, mark = (request.query_params.get(each, "") for each in (UNIT, UNTIL, MARK))
    if not mark:
        raise NotFoundException
    if not is_marked(settings.signing_key, name, unit, until, mark):
        raise Problem(403, "link-damaged", "link_damaged")
    if int(until) < datetime.now(UTC).timestamp():
        raise Problem(403, "link-expired", "link_expired")
    kept = await visit.store.uploads.kept(name)
    if kept is None:  # it was erased
        raise NotFoundException
    if not await visit.store.uploads.is_with(unit, kept.ticket):
        raise Problem(403, "link-not-yours", "link_not_yours", say("link_not_yours", unit=unit, ticket=kept.ticket))
    answer = await _file(visit, kept, small=False)
    await visit.store.uploads.note_opening(kept, unit)
    return answer


@get("/laporan/{number:str}/bukti/{name:str}")
async def for_reporter(request: Request[Any, Any, Any], number: str, name: str, visit: Visiting) -> Response[bytes]:
    """Show a file to the browser that sent it, or was given the access code."""
    canonical = ticket.parse(number)
    if not canonical or not visit.has_pass(canonical):
        raise NotFoundException
    return await _of_complaint(request, canonical, name, visit)


@get("/v1/complaints/{number:str}/evidence/{name:str}")
async def for_program(request: Request[Any, Any, Any], number: str, name: str, visit: Visiting) -> Response[bytes]:
    """Show a file to who has the access code."""
    canonical = ticket.parse(number)
    if not canonical or not await visit.is_owner(canonical, request.headers.get("access-secret")):
        raise NotFoundException
    return await _of_complaint(request, canonical, name, visit)


async def _of_complaint(request: Request[Any, Any, Any], number: str, name: str, visit: Visit) -> Response[bytes]:
    kept = await visit.store.uploads.kept(name)
    if kept is None or kept.ticket != number:
        raise NotFoundException
    return await _file(visit, kept, small="kecil" in request.query_params)


async def _file(visit: Visit, kept: Kept, *, small: bool) -> Response[bytes]:
    content = await visit.store.uploads.read(kept, small=small)
    if content is None:
        raise NotFoundException
    headers = {**_HARMLESS, "Content-Disposition": f'inline; filename="{kept.ticket}-{kept.name[:6]}.jpg"'}
    return Response(content, headers=headers, media_type=kept.media_type)
