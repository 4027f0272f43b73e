"""Show units the photos that came from the networks, at the same address as the networks' webhooks."""

from __future__ import annotations

import logging
from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.handlers import HTTPRouteHandler

from chassis.database import OUTAGES, Pool
from contracts.evidence_links import PATHS
from intake.evidence import LARGE, SMALL, find, note_opening
from intake.files import Files, StoreDown
from intake.opening import SMALLER, Barred, is_with, not_with, shown, unit_of
from intake.texts import Texts

log = logging.getLogger(__name__)


def opening(pool: Pool, files: Files, event_key: bytes, texts: Texts) -> HTTPRouteHandler:
    """Make the handler that shows a file to the unit that its link was signed for, while that unit has the complaint or
    helps with it."""

    async def opened(request: Request[Any, Any, Any], name: str) -> Response[Any] | None:
        unit = unit_of(event_key, name, request.query_params)
        kept = await find(pool, name) if unit is not None else None
        if unit is None or kept is None:  # the link is not a unit's, or the file was erased
            return None
        if not await is_with(pool, unit, kept.ticket):
            raise not_with(unit, kept)
        small = SMALLER in request.query_params
        content = await files.get(f"{kept.folder}/{SMALL if small else LARGE[kept.media_type]}")
        if content is None:
            return None
        await note_opening(pool, kept, unit, small=small)
        return shown(kept, content, small=small, wanted=request.headers.get("range", ""), elsewhere=small)

    @get(PATHS["intake-social"] + "{name:str}")
    async def for_unit(request: Request[Any, Any, Any], name: str) -> Response[Any]:
        try:
            return await opened(request, name) or _said(texts.on_web("not_found"), 404)
        except Barred as barred:
            return _said(texts.on_web(barred.name, **barred.values), 403)
        except (StoreDown, *OUTAGES) as error:
            log.warning("photo_not_opened", extra={"error": type(error).__name__})
            return _said(texts.on_web("not_shown"), 503, {"Retry-After": "5"})

    return for_unit


def _said(text: str, status: int, more: dict[str, str] | None = None) -> Response[str]:
    return Response(
        text, status_code=status, media_type=MediaType.TEXT, headers={"Cache-Control": "no-store", **(more or {})}
    )
