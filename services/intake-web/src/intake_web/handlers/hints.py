"""Answers a form while it is filled in: signs of danger, missing details, similar complaints. Nothing is stored."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.params import Dependency

from intake.files import StoreDown
from intake.submissions import Submission
from intake.texts import Texts
from intake_web.browsing import shown
from intake_web.domain import Draft, Invalid, read_complaint
from intake_web.handlers.api import GATEWAY, Config, Visiting, Words, json_of, submission
from intake_web.handlers.visit import Visit
from intake_web.settings import WebSettings
from intake_web.similar import category_of, sought
from intake_web.tracking import danger_of, stops
from kabupaten.message_kind import kind_of_text, kind_words_of
from kabupaten.subjects import Subjects

Guesses = Annotated[Subjects, Dependency(skip_validation=True)]
#: The fields to read. Names and contacts are not among them.
_READ = ("text", "place", "category")


@post("/v1/hints", status_code=200)
async def hints(
    request: Request[Any, Any, Any], visit: Visiting, texts: Words, settings: Config, subjects: Guesses
) -> Response[bytes]:
    """Return hints on a text that is not sent yet; empty if it can't be accepted.

    They say whom to call in danger, whether place and time are missing, the likely category and kind, and which listed
    complaints may be the same.
    """
    raw = await json_of(request)
    visit.guard.may_ask(visit.client)
    try:
        draft = read_complaint({name: raw.get(name) for name in _READ})
        sent = submission(draft, GATEWAY, None, texts, settings)
    except Invalid:
        return _answer({})
    more = {"stop": bool(stops(sent.text, texts)), **missing(draft, sent, texts)}
    return _answer({**danger_of(sent.danger, texts), **more, **await hinted(draft, visit, texts, settings, subjects)})


def missing(draft: Draft, sent: Submission, texts: Texts) -> dict[str, bool]:
    """Return whether ``draft`` lacks the place where somebody has to look, and whether it lacks the time."""
    timed = bool(draft.occurred) or texts.reader.talk.says_when(draft.text)
    return {"place_missing": sent.place_asked, "time_missing": not timed}


async def hinted(draft: Draft, visit: Visit, texts: Texts, settings: WebSettings, subjects: Subjects) -> dict[str, Any]:
    """Return the likely ``category`` and ``likely_kind`` of ``draft``, and the listed complaints that are ``similar``.

    These are only an aid: without the database they are missing, and nobody has to wait.
    """
    category = category_of(draft.text, draft.category, texts, subjects)
    what = sought(draft.text, draft.place, category["code"] if category else None, texts)
    try:
        rows = await visit.store.similar(what) if what else []
        supporters = await visit.store.supporters([row.ticket for row in rows]) if rows else {}
    except StoreDown:
        rows, supporters = [], {}
    similar = [shown(row, texts, supporters.get(row.ticket, 0)) for row in rows]
    kind = kind_of_text(kind_words_of(settings.region_dir), draft.text)
    return {**({"category": category} if category else {}), "likely_kind": kind, "similar": similar}


def _answer(body: dict[str, Any]) -> Response[bytes]:
    return Response(msgspec.json.encode(body), media_type="application/json")
