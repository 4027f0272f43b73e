"""How a person logs in and out: password and code, the invitation, the end of a session."""

from __future__ import annotations

import time
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, Dependency
from litestar.response import Template

from unit_desk import passwords, qr
from unit_desk.adapters import accounts
from unit_desk.handlers.visit import Desk, Expired, NotYours, place_of, see
from unit_desk.notices import Medium
from unit_desk.passwords import code_address, code_secret, step_of, why_not
from unit_desk.people import WITH_CODE, Person

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
A_DESK = Annotated[Desk, Dependency(skip_validation=True)]


@get("/masuk")
async def login_form(request: Request[Any, Any, Any], desk: A_DESK, lanjut: str = "") -> Template:
    """Show the login form."""
    context = {"next": inside(lanjut), "email": "", "problem": "", "by_mail": Medium.EMAIL in desk.settings.media}
    return Template("masuk.html", context=context)


@post("/masuk", status_code=200)
async def login(request: Request[Any, Any, Any], desk: A_DESK, data: Form) -> Response[Any]:
    """Log a person in; the answer does not tell what was wrong."""
    email, onward = data.get("email", "").strip().lower()[:200], inside(data.get("lanjut", ""))
    place = place_of(request, desk)
    if wait := await desk.delays.guess(email, place):
        problem = f"Terlalu sering salah. Coba lagi {soon(wait)} lagi."
        return _again(desk, email, onward, problem, 429, {"Retry-After": str(int(wait) + 1)})
    found = await accounts.account(desk.pool, email)
    right = await passwords.fits(data.get("password", "")[:1000], found.password if found else None)
    if not (found and right and await _code_fits(desk, found, data.get("code", "")[:20])):
        await accounts.note(desk.pool, found.person if found else None, "gagal masuk")
        return _again(desk, email, onward, "Surel, kata sandi, atau kode tidak cocok.", 422)
    await desk.delays.right(email, place)
    async with desk.pool.acquire() as db, db.transaction():
        token = await accounts.log_in(db, found.person)
    return welcome(desk, token, onward)


async def _code_fits(desk: Desk, account: accounts.Account, code: str) -> bool:
    if not account.code_key:
        return account.person.role not in WITH_CODE
    step = step_of(code_secret(desk.settings.key, account.person.id, account.code_key), code, time.time())
    return step is not None and await accounts.use_code(desk.pool, account.person.id, step)


def welcome(desk: Desk, token: str, onward: str) -> Response[Any]:
    """Lead a person ``onward``, with the cookie of their new session."""
    answer: Response[Any] = see(onward)
    answer.set_cookie(desk.cookie(token))
    return answer


def _again(
    desk: Desk, email: str, onward: str, problem: str, status: int, headers: dict[str, str] | None = None
) -> Template:
    by_mail = Medium.EMAIL in desk.settings.media
    context = {"next": onward, "email": email, "problem": problem, "by_mail": by_mail}
    return Template("masuk.html", context=context, status_code=status, headers=headers)


def inside(path: str) -> str:
    """Return ``path`` if it leads to a page of the desk, or else the first page."""
    return path if path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable() else "/"


def soon(wait_s: float) -> str:
    """Say how long a person has to wait."""
    return f"{int(wait_s) + 1} detik" if wait_s < 60 else f"{int(wait_s // 60) + 1} menit"


@post("/keluar")
async def logout(desk: A_DESK, person: Annotated[Person, Dependency(skip_validation=True)]) -> Response[Any]:
    """End the session."""
    async with desk.pool.acquire() as db:
        await accounts.end(db, person)
    answer: Response[Any] = see("/masuk")
    answer.set_cookie(desk.cookie(None))
    return answer


@get("/undangan/{token:str}")
async def invitation(desk: A_DESK, token: str) -> Template:
    """Show where the invited person chooses a password. A look keeps the link valid: mail programs open links, too."""
    return _invited(desk, token, await _whom(desk, token), {})


async def _whom(desk: Desk, token: str) -> tuple[Person, int]:
    found = await accounts.invited(desk.pool, token)
    if found is None:
        raise Expired if await accounts.is_expired(desk.pool, token) else NotYours
    return found


def _invited(desk: Desk, token: str, whom: tuple[Person, int], problems: dict[str, str]) -> Template:
    person, key = whom
    secret = code_secret(desk.settings.key, person.id, key)
    context = {
        "token": token,
        "invited": person,
        "unit_name": desk.rules.units.get(person.unit, person.unit),
        "secret": " ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
        "picture": qr.draw(code_address(secret, person.email), border=2),
        "needs_code": person.role in WITH_CODE,
        "problems": problems,
    }
    return Template("undangan.html", context=context, status_code=422 if problems else 200)


@post("/undangan/{token:str}", status_code=200)
async def accept(request: Request[Any, Any, Any], desk: A_DESK, token: str, data: Form) -> Response[Any]:
    """Store the password, and check the first code if there is one; then the person is logged in."""
    person, key = whom = await _whom(desk, token)
    password, code = data.get("password", ""), data.get("code", "").strip()[:20]
    with_code = person.role in WITH_CODE or bool(code)
    problems: dict[str, str] = {}
    if said := why_not(password, with_code=with_code, about=(person.name, person.email)):
        problems["password"] = said
    elif password != data.get("again", ""):
        problems["again"] = "Tidak sama dengan kata sandi di atas."
    step = step_of(code_secret(desk.settings.key, person.id, key), code, time.time()) if with_code else 0
    if step is None:
        problems["code"] = "Kode tidak cocok. Isi kode 6 angka yang sekarang tampil di aplikasi, dan periksa jam HP."
    if problems or step is None:
        return _invited(desk, token, whom, problems)
    kept_password = await passwords.hashed(password)
    async with desk.pool.acquire() as db, db.transaction():
        if await accounts.accept(db, token, kept_password, key if with_code else 0, step) is None:
            raise NotYours
        session = await accounts.log_in(db, person)
    return welcome(desk, session, "/")
