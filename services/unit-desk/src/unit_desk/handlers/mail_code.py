"""How a person without a password logs in: by a code that is mailed to them, once, within ten minutes."""

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
from unit_desk.adapters import accounts, login_codes
from unit_desk.handlers.entry import inside, soon, welcome
from unit_desk.handlers.visit import Desk, NotYours, place_of
from unit_desk.letters import CODE_MINUTES, code_in
from unit_desk.notices import Medium

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
A_DESK = Annotated[Desk, Dependency(skip_validation=True)]
_FOR = timedelta(minutes=CODE_MINUTES)
_WRONG = "Kode tidak cocok, atau tidak berlaku lagi. Lihat surel terakhir, atau minta kode baru."


def _sends(desk: Desk) -> None:
    """Refuse if the desk sends no mail.

    Raises:
        NotYours: it sends no mail.
    """
    if Medium.EMAIL not in desk.settings.media:
        raise NotYours


@get("/masuk/kode")
async def form(desk: A_DESK, lanjut: str = "") -> Template:
    """Show the form that asks for a code."""
    _sends(desk)
    return _page(inside(lanjut))


@post("/masuk/kode", status_code=200)
async def ask(desk: A_DESK, data: Form) -> Template:
    """Send a code, if the address belongs to a person who may have one; the answer does not tell that."""
    _sends(desk)
    email, onward = data.get("email", "").strip().lower()[:200], inside(data.get("lanjut", ""))
    # Too many codes would fill somebody's mailbox, wherever the requests come from. Each request counts like a wrong
    # guess, for this address alone: in one office many people ask each morning.
    asking = _asking(email)
    if wait := await desk.delays.guess(*asking):
        problem = f"Terlalu sering meminta kode. Coba lagi {soon(wait)} lagi."
        return _page(onward, email=email, problem=problem, status=429)
    async with desk.pool.acquire() as db:
        await login_codes.ask(db, email, uuid4(), _FOR)
    return _page(onward, email=email, asked=True)


@post("/masuk/kode/isi", status_code=200)
async def enter(request: Request[Any, Any, Any], desk: A_DESK, data: Form) -> Response[Any]:
    """Log in a person who has the code; the answer does not tell what was wrong."""
    _sends(desk)
    email, onward = data.get("email", "").strip().lower()[:200], inside(data.get("lanjut", ""))
    code, place = "".join(data.get("code", "").split())[:20], place_of(request, desk)
    if wait := await desk.delays.guess(email, place):
        problem = f"Terlalu sering salah. Coba lagi {soon(wait)} lagi."
        return _page(onward, email=email, asked=True, problem=problem, status=429)
    async with desk.pool.acquire() as db, db.transaction():
        token = await _session(desk, db, email, code)
    if token is None:
        problem = "Kode tidak cocok, atau sudah tidak berlaku. Periksa kode di surel terakhir, atau minta yang baru."
        return _page(onward, email=email, asked=True, problem=problem, status=422)
    await desk.delays.right(email, place)
    await desk.delays.right(*_asking(email))
    return welcome(desk, token, onward)


async def _session(desk: Desk, db: Connection, email: str, code: str) -> str | None:
    """Use up the code and begin a session, or count a wrong guess of the code and return None.

    Raises:
        NotYours: the person has left meanwhile.
    """
    waiting = await login_codes.waiting(db, email)
    fits = waiting and hmac.compare_digest(code_in(desk.settings.key, waiting.message).encode(), code.encode())
    if waiting is None or not fits or not await login_codes.use(db, waiting):
        if waiting is not None:
            await login_codes.wrong(db, waiting)
        await accounts.note(db, None, "gagal masuk")
        return None
    found = await accounts.account(db, email)
    if found is None:
        raise NotYours
    return await accounts.log_in(db, found.person)


def _asking(email: str) -> tuple[str, str]:
    """Return the keys for counting how often a code is requested."""
    return f"kode {email}", f"kode {email}"


def _page(onward: str, *, email: str = "", asked: bool = False, problem: str = "", status: int = 200) -> Template:
    context = {"next": onward, "email": email, "asked": asked, "problem": problem, "minutes": CODE_MINUTES}
    return Template("kode.html", context=context, status_code=status)
