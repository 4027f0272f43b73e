"""What a form asks while it is filled in: does this tell of danger, and what does it leave open? Nothing is kept."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, post

from intake_web.domain import Invalid, read_complaint
from intake_web.handlers.api import GATEWAY, Config, Visiting, Words, json_of, submission
from intake_web.tracking import danger_of, stops


@post("/v1/hints", status_code=200)
async def hints(request: Request[Any, Any, Any], visit: Visiting, texts: Words, settings: Config) -> Response[bytes]:
    """Say of a text that is not sent yet whom to call in the danger it tells of, and whether it says not where.

    ``{"danger"?: {"text", "call"}, "stop": bool, "place_missing": bool}``; empty for a text that can't be taken.
    """
    raw = await json_of(request)
    visit.guard.may_ask(visit.client)
    try:
        sent = submission(read_complaint({"text": raw.get("text")}), GATEWAY, None, texts, settings)
    except Invalid:
        return _answer({})
    more = {"stop": bool(stops(sent.text, texts)), "place_missing": sent.place_asked}
    return _answer({**danger_of(sent.danger, texts), **more})


def _answer(body: dict[str, Any]) -> Response[bytes]:
    return Response(msgspec.json.encode(body), media_type="application/json")
