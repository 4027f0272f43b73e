"""The pages for people: they work without JavaScript, and keep what was typed when something needs mending."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import uuid4

from chassis.intake.accept import KeyReused
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template

from contracts import ticket
from intake_web import words
from intake_web.domain import (
    Invalid,
    is_pass,
    kinds_for,
    pass_for,
    read_addition,
    read_complaint,
    read_key,
    read_secret,
)
from intake_web.handlers.api import Config, Kept, Words, find, follow_up, submission, unless_known
from intake_web.handlers.problems import answer, problem_of, unknown_ticket
from intake_web.store import StoreDown, TooMany

PASS = "akses"  # noqa: S105
REFRESH_S = 5
#: A field people don't see and programs that fill in everything do.
_TRAP = "situs_web"
_SENT_BEFORE = (
    "Formulir ini sudah pernah terkirim dengan isi lain. Bila yang di bawah ini laporan baru, tekan Kirim sekali lagi."
)


@get("/")
async def form() -> Template:
    """An empty form. Its key makes a double click one complaint, its secret makes it the sender's."""
    return _form({**_fresh(), **dict.fromkeys(_FIELDS, "")}, {}, 200)


_FIELDS = ("text", "place", "occurred", "name", "phone", "email")


@post("/", status_code=303)
async def submit(request: Request[Any, Any, Any], store: Kept, settings: Config) -> Response[Any]:
    """Take a complaint and lead to its page."""
    typed = await _typed(request)
    raw = {**{field: typed.get(field) for field in _FIELDS}, "anonim": "anonim" in typed, "rahasia": "rahasia" in typed}
    try:
        if typed.get(_TRAP):
            raise Invalid({_TRAP: "Kosongkan kolom ini."})
        draft = read_complaint(raw)
        accepted = await store.accept(submission(draft, read_key(typed.get("key")), read_secret(typed.get("secret"))))
    except Invalid as error:
        # A key or secret that can't be read was not typed by anybody: the next try gets good ones.
        renewed = _fresh() if {"Idempotency-Key", "Access-Secret"} & error.problems.keys() else {}
        return _form({**typed, **renewed}, error.problems, 400)
    except KeyReused:
        return _form({**typed, **_fresh()}, {"form": _SENT_BEFORE}, 422)
    except StoreDown as error:
        problem = problem_of(error)
        response = _form(typed, {"form": problem.detail}, 503)
        response.headers.update(problem.headers)
        return response
    path = f"/laporan/{accepted.ticket}"
    shown = pass_for(settings.installation_namespace, accepted.ticket)
    cookie = Cookie(
        PASS, path, value=shown, httponly=True, samesite="strict", secure=settings.public_url.startswith("https:")
    )
    return Redirect(f"{path}?baru=1", status_code=303, cookies=[cookie])


@get("/lacak")
async def look_up(nomor: str | None = None) -> Response[Any]:
    """From a number, however it is written, to its page."""
    if not nomor:
        return Template("lacak.html", context={"number": "", "problem": None})
    number = ticket.parse(nomor)
    if number is None:
        return Template("lacak.html", context={"number": nomor, "problem": _NO_NUMBER}, status_code=404)
    return Redirect(f"/laporan/{number}", status_code=303)


_NO_NUMBER = "Nomor ini salah tulis. Nomor laporan tampak seperti SPG-W0AB-12CD9: periksa lagi huruf dan angkanya."


@get("/laporan/{number:str}")
async def track(request: Request[Any, Any, Any], number: str, store: Kept, texts: Words) -> Response[Any]:
    """The page of a complaint, for anyone who has its number."""
    try:
        found = await find(store, number)
    except Exception as error:
        if problem_of(error).status != 404:
            raise
        context = {"number": number, "problem": "Nomor ini tidak kami temukan. Periksa lagi huruf dan angkanya."}
        return Template("lacak.html", context=context, status_code=404)
    query = request.query_params
    complaint = words.tracking(found, texts)
    context = {
        "complaint": complaint,
        "fresh": "baru" in query,
        "thanks": "terkirim" in query,
        "refresh_s": REFRESH_S if complaint["open"] and "diam" not in query else None,
    }
    page = request.app.template_engine.get_template("laporan.html").render(**context)  # type: ignore[union-attr]
    return unless_known(request, page.encode(), "text/html")
