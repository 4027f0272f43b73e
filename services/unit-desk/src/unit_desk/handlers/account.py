"""A person's own account: their sessions, and a change of the password."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Annotated, Any
from uuid import uuid4

from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, Dependency
from litestar.response import Template

from chassis.database import Connection
from unit_desk import passwords
from unit_desk.adapters import accounts, login_codes
from unit_desk.handlers.entry import soon
from unit_desk.handlers.visit import Desk, NotIn, NotYours, page, place_of, see
from unit_desk.letters import CODE_MINUTES, code_in
from unit_desk.notices import Medium
from unit_desk.people import Person

ME = Annotated[Person, Dependency(skip_validation=True)]
A_DESK = Annotated[Desk, Dependency(skip_validation=True)]
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
_FOR = timedelta(minutes=CODE_MINUTES)


@get("/saya")
async def mine(desk: A_DESK, person: ME, kode: str = "", tersimpan: str = "") -> Template:
    """Show who I am here, and where I am logged in."""
    return await _page(desk, person, asked=kode == "ya", saved=tersimpan == "ya")


async def _page(
    desk: Desk,
    person: Person,
    *,
    asked: bool = False,
    saved: bool = False,
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> Template:
    account = await _account(desk, person)
    context = {
        "sessions": await accounts.sessions(desk.pool, person), "asked": asked, "saved": saved,
        "problems": problems or {}, "by_mail": Medium.EMAIL in desk.settings.media, "minutes": CODE_MINUTES,
        "has_password": account.password is not None, "with_code": account.code_key > 0,
        "least": passwords.BESIDE_A_CODE if account.code_key else passwords.ALONE,
    }  # fmt: skip
    return await page(desk, person, "saya.html", "akun", status=status, **context)


async def _account(desk: Desk, person: Person) -> accounts.Account:
    found = await accounts.account(desk.pool, person.email)
    if found is None:  # removed this very moment
        raise NotIn
    return found


@post("/saya/keluar")
async def end_all(desk: A_DESK, person: ME) -> Response[Any]:
    """End all sessions, also this one."""
    async with desk.pool.acquire() as db:
        await accounts.end_all(db, person)
    answer: Response[Any] = see("/masuk")
    answer.set_cookie(desk.cookie(None))
    return answer


@post("/saya/kode", status_code=200)
async def ask(desk: A_DESK, person: ME) -> Response[Any]:
    """Send a code to the person's own address."""
    if Medium.EMAIL not in desk.settings.media:
        raise NotYours
    asking = (f"sandi {person.email}",) * 2
    if wait := await desk.delays.guess(*asking):
        problems = {"code": f"Terlalu sering meminta kode. Coba lagi {soon(wait)} lagi."}
        return await _page(desk, person, asked=True, problems=problems, status=429)
    async with desk.pool.acquire() as db:
        await login_codes.ask_signed_in(db, person.id, uuid4(), _FOR)
    return see("/saya?kode=ya#sandi")


@post("/saya/sandi", status_code=200)
async def change(request: Request[Any, Any, Any], desk: A_DESK, person: ME, data: Form) -> Response[Any]:
    """Change the password of a person who knows the old one, or reads the code in their mail."""
    account, asked = await _account(desk, person), "code" in data
    name, place = "code" if asked else "old", place_of(request, desk)
    if problems := _wrong(account, data):
        return await _page(desk, person, asked=asked, problems=problems, status=422)
    if wait := await desk.delays.guess(person.email, place):
        problems = {name: f"Terlalu sering salah. Coba lagi {soon(wait)} lagi."}
        return await _page(desk, person, asked=asked, problems=problems, status=429)
    right = asked or await passwords.fits(data.get("old", "")[:1000], account.password)
    hashed = await passwords.hashed(data.get("password", ""))
    async with desk.pool.acquire() as db, db.transaction():
        right = right and (not asked or await _spent(desk, db, person, data.get("code", "")))
        token = await accounts.change_password(db, person, hashed) if right else None
        if not right:
            await accounts.note(db, person, "gagal ganti kata sandi", unit=person.unit)
    if token is None:
        said = "Kode tidak cocok, atau sudah tidak berlaku." if asked else "Bukan kata sandi Anda yang sekarang."
        return await _page(desk, person, asked=asked, problems={name: said}, status=422)
    await desk.delays.right(person.email, place)
    answer: Response[Any] = see("/saya?tersimpan=ya#sandi")
    answer.set_cookie(desk.cookie(token))
    return answer


def _wrong(account: accounts.Account, data: dict[str, str]) -> dict[str, str]:
    """Say what is wrong with the new password, whoever sends it."""
    password, whose = data.get("password", ""), account.person
    about = (whose.name, whose.email)
    if said := passwords.why_not(password, with_code=account.code_key > 0, about=about):
        return {"password": said}
    return {} if password == data.get("again", "") else {"again": "Tidak sama dengan kata sandi baru di atas."}


async def _spent(desk: Desk, db: Connection, person: Person, typed: str) -> bool:
    """Use up the code that was sent, if ``typed`` is that code; count a wrong one."""
    waiting = await login_codes.sent_to(db, person.id)
    if waiting is None:
        return False
    if hmac.compare_digest(code_in(desk.settings.key, waiting.message).encode(), "".join(typed.split())[:20].encode()):
        return await login_codes.spend(db, waiting)
    await login_codes.wrong(db, waiting)
    return False
