"""Lets visitors support a listed complaint that affects them too, and leave a contact for its news."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import partial
from typing import Any

from litestar import Request, Response, post
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template

from contracts import ticket
from intake.contacts import Medium
from intake.files import StoreDown
from intake.texts import Texts
from intake_web.domain import Draft, Invalid, Said, read_complaint, say
from intake_web.handlers.api import Config, Visiting, Words, contacts_of
from intake_web.handlers.forms import read_form
from intake_web.handlers.problems import Problem, count, problem_of, unknown_ticket, worded
from intake_web.handlers.visit import SUPPORTER, Visit
from intake_web.language import kept
from intake_web.limits import Limited
from intake_web.messages import followed

SUPPORTER_S = 365 * 24 * 3600
_CONTACT = ("email", "phone")
_FIELDS = {Medium.EMAIL: "email", Medium.SMS: "phone"}
#: The field that tells the form for a contact from the bare button.
_ASKS = "kabari"


@post("/laporan/{number:str}/dukung", status_code=303)
async def support(
    request: Request[Any, Any, Any], number: str, visit: Visiting, settings: Config, texts: Words
) -> Response[Any]:
    """Count the visitor as a supporter, and notify the contact, if any, of later changes."""
    canonical = ticket.parse(number)
    if not canonical:
        raise unknown_ticket()
    typed = (await read_form(request, visit)).typed
    try:
        draft = read_complaint({"text": canonical, **{name: typed.get(name) for name in _CONTACT}}, settings.media)
        contacts = contacts_of(draft, settings)
        if _ASKS in typed and settings.media and not contacts:
            raise Invalid({_FIELDS[settings.media[0]]: say("follow_empty")})
        own = await _count(request, canonical, visit)
        if contacts:
            await _follow(canonical, draft, contacts, visit, texts)
    except Invalid as error:
        return _again(canonical, typed, _worded(error.problems, texts), 400)
    except (Limited, StoreDown) as error:
        problem = problem_of(error)
        return _again(canonical, typed, {"form": problem.detail(texts)}, problem.status, problem)
    cookie = Cookie(
        SUPPORTER,
        value=own,
        max_age=SUPPORTER_S,
        httponly=True,
        samesite="lax",
        secure=settings.public_url.startswith("https:"),
    )
    told = "kabar" if contacts else "1"
    return Redirect(f"/laporan/{canonical}?didukung={told}", status_code=303, cookies=[cookie])


async def _count(request: Request[Any, Any, Any], number: str, visit: Visit) -> str:
    """Count the browser, and return the number that its cookie keeps.

    Raises:
        Problem: no listed complaint has that number.
    """
    known = request.cookies.get(SUPPORTER, "")
    own = known if len(known) == 22 else secrets.token_urlsafe(16)
    if not await visit.support(number, visit.supporter(number, own)):
        raise unknown_ticket()
    return own


async def _follow(number: str, draft: Draft, contacts: Mapping[str, str], visit: Visit, texts: Texts) -> None:
    if not await visit.follow(number, draft, contacts, partial(followed, kept(texts), "followed")):
        raise unknown_ticket()


def _again(
    number: str, typed: Mapping[str, str], problems: Mapping[str, str], status: int, problem: Problem | None = None
) -> Template:
    """Ask for the contact again."""
    count(status)
    context = {"ticket": number, "typed": typed, "problems": problems}
    return Template("dukung.html", context=context, status_code=status, headers=problem.headers if problem else None)


def _worded(problems: Mapping[str, Said], texts: Texts) -> dict[str, str]:
    return {field: worded(said, texts) for field, said in problems.items()}
