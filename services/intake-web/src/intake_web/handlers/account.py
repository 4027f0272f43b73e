"""The account's front page: sign-in by code, and the user's complaints. No cache stores any of it."""

from __future__ import annotations

import math
import secrets
from collections.abc import Collection, Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template

from contracts import ticket
from contracts.codec import plain
from intake.contacts import Medium
from intake.texts import Texts
from intake_web.account import (
    ATTEMPT,
    GO_ON_MINUTES,
    SESSION,
    SESSION_DAYS,
    Kind,
    Reached,
    cookie,
    read_contact,
)
from intake_web.domain import OPEN
from intake_web.handlers.api import Config, Visiting, Words
from intake_web.handlers.forms import read_form
from intake_web.handlers.problems import problem_of, unknown_ticket
from intake_web.handlers.visit import PASS, Visit
from intake_web.limits import Limited
from intake_web.settings import WebSettings

#: The most letters of a name.
_NAME = 200
#: Complaints whose passes a browser deletes in one response: a proxy accepts only some kilobytes of headers.
_FORGOTTEN = 20


@get("/akun")
async def front(visit: Visiting, texts: Words) -> Response[Any]:
    """Show the user's complaints; to others, how to sign in."""
    if visit.account is None:
        return Template("akun-masuk.html", context={"typed": {}, "problems": {}})
    if visit.account.consent != texts.account["consent_version"]:
        return Redirect("/akun/setuju", status_code=303)
    return await mine(visit, texts)


async def mine(
    visit: Visit, texts: Texts, typed: Mapping[str, str] | None = None, problems: Mapping[str, str] | None = None
) -> Template:
    """Render the page of the complaints, with the errors of one that the user tried to add."""
    account_id = visit.account.account_id if visit.account else ""
    rows = [
        {"mine": each, "status": texts.status(each.view, to_reporter=True), "due": texts.due(each.view)}
        for each in await visit.store.accounts.complaints(account_id)
    ]
    context = {"rows": rows, "account": visit.account, "open": OPEN, "typed": typed or {}, "problems": problems or {}}
    return Template("akun.html", context=context, status_code=400 if problems else 200)


@post("/akun", status_code=303)
async def ask(request: Request[Any, Any, Any], visit: Visiting, settings: Config, texts: Words) -> Response[Any]:
    """Send a code to a contact. No account is looked up, so no answer can reveal whether one exists."""
    typed = (await read_form(request, visit)).typed
    contact = read_contact(
        typed.get("contact", "")[:400], settings.media, settings.sms_region, settings.sms_reply_prefixes
    )
    if contact is None:
        problems = {"contact": texts.account[bad_contact(settings.media)]}
        return Template("akun-masuk.html", context={"typed": typed, "problems": problems}, status_code=400)
    try:
        return await begin(visit, [(Kind.ENTER, contact)])
    except Limited as error:
        return limited("akun-masuk.html", error, texts, {"typed": typed})


def bad_contact(media: Collection[str]) -> str:
    """Name the error text for a contact that none of ``media`` can reach."""
    return "bad_contact" if len(media) > 1 else f"bad_contact_{next(iter(media))}"


async def begin(
    visit: Visit, to: list[tuple[Kind, Reached]], account_id: str | None = None, *, also: bool = False
) -> Redirect:
    """Send codes, and redirect to the page where they are typed.

    Raises:
        Limited: too many codes were requested from this address or for one of the contacts.
    """
    visit.guard.ask_account_code(visit.client)
    attempt = secrets.token_urlsafe(32)
    if wait := await visit.store.accounts.ask(attempt, to, account_id, also=also):
        raise Limited("account_codes", wait)
    return Redirect("/akun/kode", status_code=303, cookies=[attempt_cookie(visit.settings, attempt)])


@get("/akun/setuju")
async def consent_form(visit: Visiting) -> Response[Any]:
    """Show the consent text to somebody who has typed a code or is signed in, before anything is stored."""
    if visit.account is None and not await _shown(visit):
        return Redirect("/akun", status_code=303)
    return _consent(visit, {}, {})


def _consent(visit: Visit, typed: Mapping[str, str], problems: Mapping[str, str]) -> Template:
    context = {"typed": typed, "problems": problems, "begun": visit.account is not None}
    return Template("akun-setuju.html", context=context, status_code=400 if problems else 200)


@post("/akun/setuju", status_code=303)
async def agree(request: Request[Any, Any, Any], visit: Visiting, texts: Words) -> Response[Any]:
    """Begin an account, or record that its owner agreed to the current consent text."""
    typed = (await read_form(request, visit)).typed
    if visit.account is None and not await _shown(visit):
        return Redirect("/akun", status_code=303)
    if "agreed" not in typed:
        return _consent(visit, typed, {"agreed": texts.account["not_agreed"]})
    agreed = texts.account["consent_version"], texts.account["consent"]
    if visit.account is not None:
        await visit.store.accounts.agree(visit.account.account_id, *agreed)
        return Redirect("/akun", status_code=303)
    token = await visit.store.accounts.enter(attempt_of(visit), (name_in(typed), *agreed))
    return signed_in(visit.settings, token) if token else Redirect("/akun", status_code=303)


async def _shown(visit: Visit) -> bool:
    sent = await visit.store.accounts.sent(attempt_of(visit))
    return any(each.kind == Kind.ENTER and each.used for each in sent)


def name_in(typed: Mapping[str, str]) -> str | None:
    """Return the typed name on one line and without control characters."""
    return " ".join(plain(typed.get("name", "")).split())[:_NAME] or None


@post("/akun/keluar", status_code=303)
async def leave(request: Request[Any, Any, Any], visit: Visiting) -> Response[Any]:
    """End this session, or all of the account; this browser also forgets the passes of the newest complaints.

    So the next user of a shared phone sees nothing.
    """
    typed = (await read_form(request, visit)).typed
    cookies = [over(visit.settings)]
    if visit.account:
        sent = (await visit.store.accounts.tickets(visit.account.account_id))[-_FORGOTTEN:]
        cookies += [Cookie(PASS, f"/laporan/{number}", value="", max_age=0) for number in sent]
    if visit.account and "semua" in typed:
        await visit.store.accounts.leave_all(visit.account.account_id)
    elif token := token_of(visit):
        await visit.store.accounts.leave(token)
    return Redirect("/akun?keluar=1", status_code=303, cookies=cookies)


@post("/akun/laporan", status_code=303)
async def add(request: Request[Any, Any, Any], visit: Visiting, texts: Words) -> Response[Any]:
    """Add an older complaint to the account of somebody who has its access code."""
    typed = (await read_form(request, visit)).typed
    if visit.account is None:
        return Redirect("/akun", status_code=303)
    try:
        found = await visit.find(typed.get("number", "")[:200])
        known = found is not None and await visit.is_owner(found.story.ticket, typed.get("secret", "").strip())
    except Limited as error:
        return await mine(visit, texts, typed, {"form": problem_of(error).detail(texts)})
    if found is None or not known:
        return await mine(visit, texts, typed, {"secret": texts.account["wrong_pair"]})
    if not await visit.store.accounts.keep(visit.account.account_id, found.story.ticket):
        return await mine(visit, texts, typed, {"number": texts.account["not_kept"]})
    return Redirect("/akun", status_code=303)


@post("/laporan/{number:str}/akun", status_code=303)
async def keep(number: str, visit: Visiting) -> Response[Any]:
    """Add a complaint to the account, if this browser sent it earlier."""
    canonical = ticket.parse(number)
    if visit.account is None or not canonical or not visit.has_pass(canonical):
        raise unknown_ticket()
    await visit.store.accounts.keep(visit.account.account_id, canonical)
    return Redirect(f"/laporan/{canonical}", status_code=303)


def limited(template: str, error: Limited, texts: Texts, context: Mapping[str, Any]) -> Template:
    """Render the page again, and say when to retry."""
    problem = problem_of(error)
    headers = {**problem.headers, "Retry-After": str(math.ceil(error.wait_s))}
    given = {**context, "problems": {"form": problem.detail(texts)}}
    return Template(template, context=given, status_code=problem.status, headers=headers)


def token_of(visit: Visit) -> str:
    """Return this browser's session token; empty: no session."""
    return visit.cookies.get(cookie(SESSION, visit.settings.public_url), "")


def attempt_of(visit: Visit) -> str:
    """Return this browser's token for the code it asked for; empty: no code."""
    return visit.cookies.get(cookie(ATTEMPT, visit.settings.public_url), "")


def signed_in(settings: WebSettings, token: str) -> Redirect:
    cookies = [_session(settings, token, SESSION_DAYS * 24 * 3600), attempt_cookie(settings, "", 0)]
    return Redirect("/akun", status_code=303, cookies=cookies)


def over(settings: WebSettings) -> Cookie:
    """Build the cookie that deletes the session cookie."""
    return _session(settings, "", 0)


def _session(settings: WebSettings, token: str, max_age: int) -> Cookie:
    return _cookie(settings, SESSION, token, max_age)


def attempt_cookie(settings: WebSettings, attempt: str, max_age: int = GO_ON_MINUTES * 60) -> Cookie:
    """Build the cookie for the browser that asked for a code."""
    return _cookie(settings, ATTEMPT, attempt, max_age)


def _cookie(settings: WebSettings, name: str, value: str, max_age: int) -> Cookie:
    # Lax: visitors who follow a link in a message stay signed in. `app` refuses requests sent from other sites' pages.
    given = {"value": value, "max_age": max_age, "httponly": True, "secure": settings.public_url.startswith("https:")}
    return Cookie(cookie(name, settings.public_url), "/", samesite="lax", **given)  # type: ignore[arg-type]


def field_of(medium: str) -> str:
    """Name the field of the report form for a contact by ``medium``."""
    return "email" if medium == Medium.EMAIL else "phone"


def filled_in(visit: Visit) -> dict[str, str]:
    """Return the signed-in user's name and contacts to fill the report form with; the user can change them."""
    if visit.account is None:
        return {}
    given = {field_of(medium): address for medium, address in visit.account.contacts.items()}
    return {**({"name": visit.account.name} if visit.account.name else {}), **given}


HANDLERS = (front, ask, consent_form, agree, leave, add, keep)
