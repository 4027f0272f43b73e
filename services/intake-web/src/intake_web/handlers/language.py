"""The choice of a language: a link that works without script."""

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
    """Keep the language for a year, and go back to the page; never to another site.

    Raises:
        NotFoundException: there is no such language.
    """
    if language not in LANGUAGES:
        raise NotFoundException
    to = request.query_params.get("ke", "/")
    secure = settings.public_url.startswith("https:")
    kept = Cookie(COOKIE, "/", value=language, max_age=COOKIE_S, httponly=True, samesite="lax", secure=secure)
    return Redirect(to if is_here(to) else "/", status_code=303, cookies=[kept])
