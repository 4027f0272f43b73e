"""The owner's rights to see, correct, export and delete an account: UU 27/2022, articles 6 to 8 and 13."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.response import Redirect, Template

from contracts.events import FollowUp
from contracts.ids import derived_id
from contracts.vocabulary import FollowUpKind, Right
from intake.contacts import Medium
from intake.submissions import TextProblem
from intake.texts import Texts
from intake_web.account import Account, Kind, Reached, read_contact
from intake_web.handlers.account import attempt_cookie, bad_contact, begin, limited, name_in, over, token_of
from intake_web.handlers.api import Config, Visiting, Words
from intake_web.handlers.forms import read_form
from intake_web.handlers.visit import Visit
from intake_web.limits import Limited
from intake_web.settings import WebSettings

_FRONT = "/akun"
#: The path segments of the contact pages, with their media.
_MEDIA = {"email": Medium.EMAIL, "hp": Medium.SMS}


@get("/akun/data")
async def data(request: Request[Any, Any, Any], visit: Visiting) -> Response[Any]:
    """Show the user's name, contacts and sessions."""
    if visit.account is None:
        return _front()
    sessions = await visit.store.accounts.sessions(visit.account.account_id, token_of(visit))
    context = {
        "account": visit.account,
        "sessions": sessions,
        "places": {place: medium for place, medium in _MEDIA.items() if medium in visit.settings.media},
        "saved": "tersimpan" in request.query_params,
    }
    return Template("akun-data.html", context=context)


@post("/akun/data", status_code=303)
async def rename(request: Request[Any, Any, Any], visit: Visiting) -> Response[Any]:
    """Change the name."""
    typed = (await read_form(request, visit)).typed
    if visit.account is None:
        return _front()
    await visit.store.accounts.rename(visit.account.account_id, name_in(typed))
    return Redirect("/akun/data?tersimpan=1", status_code=303)


@get("/akun/kontak/{place:str}")
async def contact_form(place: str, visit: Visiting, settings: Config) -> Response[Any]:
    """Show the form for a new contact."""
    medium = _MEDIA.get(place)
    if visit.account is None or medium not in settings.media:
        return _front()
    return Template("akun-kontak.html", context=_of_contact(place, visit.account, settings, {}))


@post("/akun/kontak/{place:str}", status_code=303)
async def ask_contact(
    request: Request[Any, Any, Any], place: str, visit: Visiting, settings: Config, texts: Words
) -> Response[Any]:
    """Send codes to the new contact and to a present one: a stolen session alone can't change contacts."""
    typed = (await read_form(request, visit)).typed
    medium = _MEDIA.get(place)
    if visit.account is None or medium not in settings.media:
        return _front()
    context = _of_contact(place, visit.account, settings, typed)
    prefixes = settings.sms_reply_prefixes
    contact = read_contact(typed.get("contact", "")[:400], [medium or ""], settings.sms_region, prefixes)
    if contact is None:
        problems = {"contact": texts.account[bad_contact([medium or ""])]}
        return Template("akun-kontak.html", context={**context, "problems": problems}, status_code=400)
    reached = [each for each in context["reached"] if each in settings.media]
    own = typed["by"] if typed.get("by") in reached else next(iter(reached), None)
    to = [(Kind.NEW, contact)]
    if own:
        to.append((Kind.OWN, Reached(medium=own, address=visit.account.contacts[own])))
    if len({each for _, each in to}) < len(to):
        problems = {"contact": texts.account["same_contact"]}
        return Template("akun-kontak.html", context={**context, "problems": problems}, status_code=400)
    try:
        return await begin(visit, to, visit.account.account_id)
    except Limited as error:
        return limited("akun-kontak.html", error, texts, context)


def _of_contact(place: str, account: Account, settings: WebSettings, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return the data of the page; the contacts that can confirm the change begin with the one of the same medium."""
    medium = _MEDIA[place]
    reached = [each for each in account.contacts if each in settings.media]
    reached.sort(key=lambda each: each != medium)
    return {"place": place, "medium": medium, "account": account, "reached": reached, "typed": typed, "problems": {}}


async def finish(visit: Visit, attempt: str, texts: Texts) -> Response[Any]:
    """Carry out the action whose codes this browser has typed."""
    if visit.account is None:
        return _front()
    if (also := await visit.store.accounts.leaves(attempt, visit.account.account_id)) is not None:
        return await _delete(visit, visit.account, attempt, also=also)
    if await visit.store.accounts.change_contact(attempt, visit.account.account_id, token_of(visit)):
        return Redirect("/akun/data?tersimpan=1", status_code=303, cookies=[attempt_cookie(visit.settings, "", 0)])
    return Template("akun-selesai.html", context={"text": texts.account["taken"]}, status_code=409)


async def _delete(visit: Visit, account: Account, attempt: str, *, also: bool) -> Template:
    """Request the erasure of each complaint, if the owner wishes it, and then delete the account.

    The requests' ids derive from account and ticket: a repetition after a crash sends the same ones.
    """
    left = []
    for number in await visit.store.accounts.tickets(account.account_id) if also else []:
        item = FollowUp(
            id=derived_id(number, f"account {account.account_id}"),
            kind=FollowUpKind.RIGHTS_REQUEST,
            at=datetime.now(UTC),
            right=Right.ERASURE,
        )
        try:
            await visit.store.add(number, item)
        except TextProblem:  # it has as many additions as it may have
            left.append(number)
    await visit.store.accounts.delete(attempt, account.account_id)
    cookies = [over(visit.settings), attempt_cookie(visit.settings, "", 0)]
    return Template(
        "akun-selesai.html", context={"deleted": True, "also": also, "left": left}, cookies=cookies, status_code=200
    )


@get("/akun/data.json")
async def export(visit: Visiting) -> Response[Any]:
    """Export all data about the user; the export is logged."""
    if visit.account is None:
        return _front()
    known = await visit.store.accounts.export(visit.account.account_id)
    body = msgspec.json.format(msgspec.json.encode(known), indent=2)
    headers = {"Content-Disposition": 'attachment; filename="akun-lapor.json"'}
    return Response(body, headers=headers, media_type="application/json")


@get("/akun/hapus")
async def delete_form(visit: Visiting, settings: Config) -> Response[Any]:
    """Explain what deleting an account does."""
    if visit.account is None:
        return _front()
    return Template("akun-hapus.html", context=await _of_deletion(visit, visit.account, settings))


@post("/akun/hapus", status_code=303)
async def ask_deletion(
    request: Request[Any, Any, Any], visit: Visiting, settings: Config, texts: Words
) -> Response[Any]:
    """Send a fresh code before anything is deleted."""
    typed = (await read_form(request, visit)).typed
    if visit.account is None:
        return _front()
    context = await _of_deletion(visit, visit.account, settings)
    reached = context["reached"]
    by = typed["by"] if typed.get("by") in reached else next(iter(reached), "")
    to = [(Kind.LEAVE, Reached(medium=by, address=visit.account.contacts.get(by, "")))]
    try:
        return await begin(visit, to, visit.account.account_id, also="also" in typed)
    except Limited as error:
        return limited("akun-hapus.html", error, texts, {**context, "typed": typed})


async def _of_deletion(visit: Visit, account: Account, settings: WebSettings) -> dict[str, Any]:
    reached = [each for each in account.contacts if each in settings.media]
    count = len(await visit.store.accounts.tickets(account.account_id))
    return {"account": account, "reached": reached, "count": count, "typed": {}, "problems": {}}


def _front() -> Redirect:
    return Redirect(_FRONT, status_code=303)


HANDLERS = (data, rename, contact_form, ask_contact, export, delete_form, ask_deletion)
