"""What a form asks while it is filled in: does this tell of danger, what does it leave open, and is it known already?
Nothing is kept."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.params import Dependency

from intake.files import StoreDown
from intake.texts import Texts
from intake_web.browsing import shown
from intake_web.domain import Draft, Invalid, read_complaint
from intake_web.handlers.api import GATEWAY, Config, Visiting, Words, json_of, submission
from intake_web.handlers.visit import Visit
from intake_web.similar import category_of, sought
from intake_web.tracking import danger_of, stops
from kabupaten.subjects import Subjects

Guesses = Annotated[Subjects, Dependency(skip_validation=True)]
#: What is read of what is asked about. A name or a contact is never part of it.
_READ = ("text", "place", "category")


@post("/v1/hints", status_code=200)
async def hints(
    request: Request[Any, Any, Any], visit: Visiting, texts: Words, settings: Config, subjects: Guesses
) -> Response[bytes]:
    """Say of a text that is not sent yet whom to call in the danger it tells of, whether it says not where, what it is
    likely about, and which listed complaints may be the same; empty for a text that can't be taken.
    """
    raw = await json_of(request)
    visit.guard.may_ask(visit.client)
    try:
        draft = read_complaint({name: raw.get(name) for name in _READ})
        sent = submission(draft, GATEWAY, None, texts, settings)
    except Invalid:
        return _answer({})
    more = {"stop": bool(stops(sent.text, texts)), "place_missing": sent.place_asked}
    return _answer({**danger_of(sent.danger, texts), **more, **await hinted(draft, visit, texts, subjects)})


async def hinted(draft: Draft, visit: Visit, texts: Texts, subjects: Subjects) -> dict[str, Any]:
    """Give the ``category`` that ``draft`` is likely about, and the listed complaints that are ``similar``.

    They only help: without the database there are none, and nobody is held up.
    """
    category = category_of(draft.text, draft.category, texts, subjects)
    what = sought(draft.text, draft.place, category["code"] if category else None, texts)
    try:
        rows = await visit.store.similar(what) if what else []
        supporters = await visit.store.supporters([row.ticket for row in rows]) if rows else {}
    except StoreDown:
        rows, supporters = [], {}
    similar = [shown(row, texts, supporters.get(row.ticket, 0)) for row in rows]
    return {**({"category": category} if category else {}), "similar": similar}


def _answer(body: dict[str, Any]) -> Response[bytes]:
    return Response(msgspec.json.encode(body), media_type="application/json")
