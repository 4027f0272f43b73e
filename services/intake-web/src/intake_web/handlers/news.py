"""The links in messages: the secret link, and those that begin and end the messages."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect, Template

from contracts import ticket
from intake.contacts import Contact, mark_in
from intake_web.handlers.api import Config, Visiting
from intake_web.handlers.pages import pass_of
from intake_web.handlers.problems import Problem


@get("/masuk/{number:str}/{token:str}")
async def enter(number: str, token: str, visit: Visiting, settings: Config) -> Response[Any]:
    """Give this browser the reporter's pass, and redirect to an address without the token."""
    canonical = ticket.parse(number)
    if not canonical or not await visit.enters(canonical, token):
        raise Problem(404, "unknown-link", "link_gone")
    return Redirect(f"/laporan/{canonical}", status_code=303, cookies=[pass_of(settings, canonical)])


@get("/berhenti/{token:str}")
async def ask_stop(token: str, visit: Visiting) -> Template:
    """Ask before ending the messages: programs that scan mail open its links."""
    return _page(token, await _found(token, visit))


@get("/kabari/{token:str}")
async def ask_begin(token: str, visit: Visiting) -> Template:
    """Ask the recipient of the first message whether more may follow."""
    return _page(token, await _found(token, visit), begins=True)


@post("/berhenti/{token:str}", status_code=200)
async def stop(request: Request[Any, Any, Any], token: str, visit: Visiting) -> Template:
    """End the messages to a contact with one press, also from a mail program (RFC 8058); or begin them again."""
    await _found(token, visit)
    again = "lagi" in await request.form()
    await visit.store.silence(mark_in(token) or b"", stop=not again)
    return _page(token, await _found(token, visit), done=True)


async def _found(token: str, visit: Visiting) -> Contact:
    found = await visit.marked(mark_in(token))
    if found is None:
        raise Problem(404, "unknown-link", "link_gone")
    return found


def _page(token: str, contact: Contact, *, done: bool = False, begins: bool = False) -> Template:
    return Template("berhenti.html", context={"token": token, "contact": contact, "done": done, "begins": begins})
