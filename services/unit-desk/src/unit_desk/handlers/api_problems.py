"""The errors of the API for programs of units: RFC 9457, with a code for programs and words for people."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException
from msgspec import UNSET

from chassis.database import OUTAGES, is_outage
from chassis.keys import KeyRefused
from unit_desk.shapes import FieldProblem, ProblemOut

log = logging.getLogger(__name__)

_PROBLEM = "application/problem+json"
#: By kind: status, title, and what to do about it.
_SAID: Mapping[str, tuple[int, str, str]] = {
    "bad-request": (400, "Permintaan keliru", "Periksa alamat, isian dan kepalanya."),
    "key-missing": (401, "Tanpa kunci", "Kirim kunci unit Anda: Authorization: Bearer lapor_…"),
    "key-unknown": (401, "Kunci tidak dikenal", "Periksa apakah kuncinya tersalin utuh, atau minta yang baru."),
    "key-revoked": (401, "Kunci sudah dicabut", "Minta kunci baru kepada pimpinan unit."),
    "key-expired": (401, "Kunci sudah lewat waktunya", "Minta kunci baru kepada pimpinan unit."),
    "key-not-allowed": (403, "Kunci ini tidak berhak", "Kunci berlaku untuk satu unit, dan hanya untuk yang dipilih."),
    "not-found": (404, "Tidak ada", "Alamat itu tidak ada, atau unit itu tidak memakai meja."),
    "unknown-complaint": (404, "Laporan tidak dikenal", "Unit ini tidak pernah mendapat laporan dengan nomor itu."),
    "not-now": (409, "Tidak berlaku sekarang", "Keadaan laporan ini tidak memungkinkannya. Baca kabar terakhirnya."),
    "erased": (409, "Sudah dihapus", "Data laporan ini sudah dihapus. Tidak ada lagi yang dapat dikerjakan."),
    "cursor-lost": (410, "Tempat itu tidak ada lagi", "Baca lagi dari awal, tanpa after; id kabar tetap sama."),
    "too-large": (413, "Terlalu besar", "Balasan paling besar 256 KB."),
    "invalid-fields": (422, "Isian perlu diperbaiki", "Yang salah ada di errors."),
    "key-reused": (422, "Idempotency-Key sudah dipakai", "Itu sudah dipakai untuk balasan lain. Pakai yang baru."),
    "too-often": (429, "Terlalu sering", "Tunggu sesuai Retry-After."),
    "unavailable": (503, "Sedang ada gangguan", "Belum ada yang tersimpan. Kirim lagi yang sama sebentar lagi."),
    "internal": (500, "Ada yang salah di sistem ini", "Sudah dicatat. Coba lagi nanti."),
}  # fmt: skip
_HTTP = {404: "not-found", 405: "not-found", 413: "too-large"}


class Problem(Exception):
    """An answer that reports an error: one of the kinds above."""

    def __init__(self, kind: str, *, errors: Mapping[str, str] | None = None, wait_s: float = 0) -> None:
        super().__init__(kind)
        self.kind, self.errors, self.wait_s = kind, errors or {}, wait_s


def answer(error: Exception) -> Response[bytes]:
    """Make the answer to a request that ended in ``error``; log the error if it is a bug of ours."""
    match error:
        case Problem():
            return _answer(error)
        case KeyRefused():
            return _answer(Problem(error.why.replace("_", "-")))
        case HTTPException() if error.status_code < 500:
            return _answer(Problem(_HTTP.get(error.status_code, "bad-request")))
    if isinstance(error, OUTAGES) and is_outage(error):
        log.warning("database_away", extra={"error": type(error).__name__})
        return _answer(Problem("unavailable", wait_s=5))
    log.error("request_failed", exc_info=error)
    return _answer(Problem("internal"))


def _answer(problem: Problem) -> Response[bytes]:
    status, title, detail = _SAID[problem.kind]
    errors = [FieldProblem(field=field, detail=why) for field, why in problem.errors.items()]
    headers = {"Cache-Control": "no-store"}
    if status == 401:  # https://www.rfc-editor.org/rfc/rfc6750#section-3
        about = "" if problem.kind == "key-missing" else ', error="invalid_token"'
        headers["WWW-Authenticate"] = f'Bearer realm="unit"{about}'
    if problem.wait_s:
        headers["Retry-After"] = str(math.ceil(problem.wait_s))
    body = ProblemOut(
        type=f"urn:lapor:problem:{problem.kind}", title=title, status=status, detail=detail, errors=errors or UNSET
    )
    content: Any = msgspec.json.encode(body)
    return Response(content, status_code=status, headers=headers, media_type=_PROBLEM)
