"""The choice of a language: a link that works without JavaScript."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from intake_web.handlers.api import Config
from intake_web.language import COOKIE, COOKIE_S, LANGUAGES, is_here


@get("/bahasa/{language:str}")
async def choose(request: Request[Any, Any, Any], language: str, settings: Config) -> Response[Any]:
    """Store the language for a year, and redirect back to the page, never to another site.

    Raises:
        NotFoundException: the language does not exist.
    """
    if language not in LANGUAGES:
        raise NotFoundException
    to = request.query_params.get("ke", "/")
    secure = settings.public_url.startswith("https:")
    kept = Cookie(COOKIE, "/", value=language, max_age=COOKIE_S, httponly=True, samesite="lax", secure=secure)
    return Redirect(to if is_here(to) else "/", status_code=303, cookies=[kept])
