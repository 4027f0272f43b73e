"""Attachments, for their reporter or for the unit that has the complaint now; to anybody else they do not exist."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException

from contracts import ticket
from contracts.evidence_links import PATHS
from intake.evidence import Kept
from intake.opening import SMALLER, Barred, not_with, shown, unit_of
from intake_web.domain import say
from intake_web.handlers.api import Config, Visiting
from intake_web.handlers.problems import Problem
from intake_web.handlers.visit import Visit


@get(PATHS["intake-web"] + "{name:str}")
async def for_unit(request: Request[Any, Any, Any], name: str, visit: Visiting, settings: Config) -> Response[bytes]:
    """Show a file to the unit in its signed link, while that unit has the complaint or helps with it."""
    try:
        unit = unit_of(settings.signing_key, name, request.query_params)
        if unit is None:
            raise NotFoundException
        kept = await visit.store.uploads.kept(name)
        if kept is None:  # it was erased
            raise NotFoundException
        if not await visit.store.uploads.is_with(unit, kept.ticket):
            raise not_with(unit, kept)
    except Barred as barred:
        raise Problem(403, barred.kind, barred.name, say(barred.name, **barred.values)) from barred
    small = SMALLER in request.query_params
    answer = await _file(request, visit, kept, small=small, elsewhere=small)
    await visit.store.uploads.note_opening(kept, unit, small=small)
    return answer


@get("/laporan/{number:str}/bukti/{name:str}")
async def for_reporter(request: Request[Any, Any, Any], number: str, name: str, visit: Visiting) -> Response[bytes]:
    """Show a file to the browser that sent it, or was given the access code."""
    canonical = ticket.parse(number)
    if not canonical or not await visit.sees(canonical):
        raise NotFoundException
    return await _of_complaint(request, canonical, name, visit)


@get("/v1/complaints/{number:str}/evidence/{name:str}")
async def for_program(request: Request[Any, Any, Any], number: str, name: str, visit: Visiting) -> Response[bytes]:
    """Show a file to a caller with the access code."""
    canonical = ticket.parse(number)
    if not canonical or not await visit.is_owner(canonical, request.headers.get("access-secret")):
        raise NotFoundException
    return await _of_complaint(request, canonical, name, visit)


async def _of_complaint(request: Request[Any, Any, Any], number: str, name: str, visit: Visit) -> Response[bytes]:
    kept = await visit.store.uploads.kept(name)
    if kept is None or kept.ticket != number:
        raise NotFoundException
    return await _file(request, visit, kept, small=SMALLER in request.query_params)


async def _file(
    request: Request[Any, Any, Any], visit: Visit, kept: Kept, *, small: bool, elsewhere: bool = False
) -> Response[bytes]:
    content = await visit.store.uploads.read(kept, small=small)
    if content is None:
        raise NotFoundException
    return shown(kept, content, small=small, wanted=request.headers.get("range", ""), elsewhere=elsewhere)
