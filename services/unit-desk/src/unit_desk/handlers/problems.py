"""The pages for errors."""

from __future__ import annotations

import logging
import re
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Template

from chassis.database import OUTAGES, is_outage
from chassis.http_server import ClientGone
from unit_desk.acts import ACTS
from unit_desk.handlers import api_problems
from unit_desk.handlers.visit import Expired, NotAllowed, NotIn, NotYours, see

log = logging.getLogger(__name__)

_GONE = ("Tidak ditemukan", "Nomor atau tautannya salah, sudah tidak berlaku, atau laporannya bukan milik unit Anda.")
_EXPIRED = (
    "Undangan ini sudah lewat",
    "Undangan berlaku tiga hari. Minta undangan baru kepada yang mengundang Anda: pimpinan unit Anda, atau Diskominfo.",
)
_CLOSED = ("Tidak dapat dilakukan", "Peran Anda di meja ini tidak melakukan hal itu.")
_AWAY = (
    "Sedang ada gangguan",
    "Yang Anda kirim belum tersimpan. Tekan kembali di peramban, dan kirim lagi sebentar lagi.",
)
_AWAY_LOOK = ("Sedang ada gangguan", "Halaman ini belum dapat ditampilkan. Coba lagi sebentar lagi.")
_ELSEWHERE = ("Dikirim dari halaman lain", "Buka meja ini lagi, lalu kirim dari sana.")
_WRONG = ("Tidak dapat dibaca", "Yang dikirim tidak sesuai dengan isian halaman ini. Buka halamannya lagi.")
_BUG = ("Ada yang salah di sistem ini", "Sudah dicatat. Coba lagi; bila tetap begitu, hubungi Diskominfo.")


class FromElsewhere(Exception):
    """Something was sent, but not by a page of the desk."""


_REFUSED = {
    NotYours: (404, *_GONE),
    Expired: (410, *_EXPIRED),
    NotAllowed: (403, *_CLOSED),
    FromElsewhere: (403, *_ELSEWHERE),
}


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Make the answer to a request that ended in ``error``.

    Raises:
        ClientGone: nobody is left to answer.
    """
    if request.url.path.startswith("/api/") and not isinstance(error, ClientGone):
        return api_problems.answer(error)
    if said := _REFUSED.get(type(error)):
        return _page(*said)
    looks = request.method == "GET"
    match error:
        case ClientGone():
            raise error
        case NotIn():
            return see(f"/masuk?lanjut={quote(_path(request) if looks else _form_of(request))}")
        case HTTPException() if error.status_code in (404, 405):
            return _page(error.status_code, *_GONE)
        case HTTPException() if error.status_code < 500:
            return _page(error.status_code, *_WRONG)
    if isinstance(error, OUTAGES) and is_outage(error):
        log.warning("database_away", extra={"error": type(error).__name__})
        return _page(503, *(_AWAY_LOOK if looks else _AWAY), headers={"Retry-After": "5"})
    log.error("request_failed", exc_info=error)
    return _page(500, *_BUG)


def _form_of(request: Request[Any, Any, Any]) -> str:
    """Return the page where the sent words were written: the form of an act, a complaint, or the counter."""
    path = request.url.path
    if found := re.fullmatch(r"(/laporan/[^/]+)/([^/]+)", path):
        return _path(request) if found[2] in ACTS else found[1]
    return "/loket" if path.startswith("/loket") else "/"


def _path(request: Request[Any, Any, Any]) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _page(status: int, title: str, detail: str, headers: dict[str, str] | None = None) -> Template:
    return Template("galat.html", context={"title": title, "detail": detail}, status_code=status, headers=headers)
