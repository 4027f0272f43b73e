"""What is said when something is wrong: RFC 9457 for programs, a page for people."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Template

from chassis.http_server import ClientGone
from intake import metrics
from intake.submissions import KeyReused, TextProblem
from intake.texts import Texts
from intake_web.domain import Invalid
from intake_web.limits import Limited
from intake_web.store import Finished, StoreDown

log = logging.getLogger(__name__)

RETRY_AFTER_S = 5
_ONCE = "laporan yang sama tidak akan terhitung dua kali."
_PROBLEM = "application/problem+json"


class Problem(Exception):
    """An answer that is not what was asked for. ``kind`` names it for programs, the rest is Indonesian."""

    def __init__(
        self,
        status: int,
        kind: str,
        title: str,
        detail: str,
        *,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind)
        self.status, self.kind, self.title, self.detail = status, kind, title, detail
        self.errors, self.headers = dict(errors or {}), dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The problem document."""
        body: dict[str, Any] = {
            "type": f"urn:lapor:problem:{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = [{"field": field, "detail": detail} for field, detail in self.errors.items()]
        return body


def unknown_ticket() -> Problem:
    """The same for a number that does not exist, is written wrongly, or is not the caller's."""
    return Problem(
        404,
        "unknown-complaint",
        "Laporan tidak ditemukan",
        "Periksa lagi nomor laporan dan kode aksesnya. Nomor laporan tampak seperti SPG-W0AB-12CDS.",
    )


def cross_site() -> Problem:
    """Something was sent from another site."""
    detail = "Kiriman ini datang dari situs lain, jadi tidak kami terima. Tulislah di formulir kami sendiri."
    return Problem(403, "cross-site", "Kiriman dari situs lain", detail)


_HTTP = {
    400: (
        "bad-request",
        "Permintaan tidak terbaca",
        "Kiriman ini tidak dapat dibaca. Muat ulang halaman, lalu kirim lagi.",
    ),
    404: ("not-found", "Halaman tidak ditemukan", "Alamat ini tidak ada. Mulailah dari halaman depan."),
    405: ("method-not-allowed", "Cara tidak didukung", "Alamat ini tidak menerima permintaan seperti itu."),
    413: ("too-large", "Kiriman terlalu besar", "Kiriman paling besar 64 KiB. Ringkas isi laporan, lalu kirim lagi."),
}


#: What is said to whoever did too much of it, and then when to try again.
_LIMITED = {
    "codes": "Terlalu banyak kode akses yang salah untuk laporan ini. Peramban yang mengirim laporan tidak perlu kode.",
    "misses": "Terlalu banyak nomor yang tidak ditemukan dicari dari jaringan ini.",
    "sent": "Sedang terlalu banyak kiriman, dan yang ini BELUM kami terima. Simpan dulu tulisan Anda.",
}


def _limited(error: Limited) -> Problem:
    said = _LIMITED.get(error.what.removeprefix("all_"), _LIMITED["sent"])
    minutes = math.ceil(error.wait_s / 60)
    again = "sebentar lagi" if error.wait_s < 30 else f"{minutes} menit lagi"
    headers = {"Retry-After": str(math.ceil(error.wait_s))}
    return Problem(429, "too-many-requests", "Terlalu sering", f"{said} Silakan coba {again}.", headers=headers)


def problem_of(error: Exception, texts: Texts) -> Problem:
    """Make what to say about ``error``; logs it if it is a bug of ours."""
    match error:
        case Problem():
            return error
        case Invalid():
            detail = "Perbaiki bagian yang disebut, lalu kirim lagi."
            return Problem(400, "invalid-fields", "Ada isian yang perlu diperbaiki", detail, errors=error.problems)
        case KeyReused():
            detail = "Kunci ini sudah dipakai untuk kiriman lain. Untuk kiriman baru, buat Idempotency-Key yang baru."
            return Problem(422, "idempotency-key-reused", "Idempotency-Key sudah dipakai", detail)
        case Finished():
            detail = (
                "Laporan ini sudah selesai dan tidak dapat ditambah lagi. Bila masih ada masalah, kirim laporan baru."
            )
            return Problem(422, "complaint-finished", "Laporan sudah selesai", detail)
        case TextProblem(code="too_many"):
            return Problem(422, "too-many-follow-ups", "Tambahan sudah terlalu banyak", texts.refusal(error))
        case TextProblem():
            return Problem(422, "text-refused", "Isi tidak dapat diterima", texts.refusal(error))
        case StoreDown():
            detail = f"Kiriman Anda BELUM kami terima. Kirim lagi sebentar lagi; {_ONCE}"
            headers = {"Retry-After": str(RETRY_AFTER_S)}
            return Problem(503, "unavailable", "Layanan sedang terganggu", detail, headers=headers)
        case Limited():
            return _limited(error)
        case HTTPException() if error.status_code < 500:
            kind, title, detail = _HTTP.get(error.status_code, _HTTP[400])
            return Problem(error.status_code, kind, title, detail, headers=error.headers)
    log.error("request_failed", exc_info=error)
    detail = f"Terjadi kesalahan di pihak kami. Coba lagi; {_ONCE}"
    return Problem(500, "internal", "Kesalahan di pihak kami", detail)


_RESULTS = {400: "invalid", 413: "too_large", 422: "refused", 429: "limited", 503: "unavailable"}


def count(status: int) -> None:
    """Count something sent that was not taken."""
    metrics.REQUESTS.labels("web", _RESULTS.get(status, "refused")).inc()


def answer(texts: Texts, request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Give the answer to a request that ended in ``error``: JSON under ``/v1/``, else a page.

    Raises:
        ClientGone: nobody is left to answer.
    """
    if isinstance(error, ClientGone):
        raise error
    problem = problem_of(error, texts)
    if request.method == "POST" or problem.status == 429:
        count(problem.status)
    if request.url.path.startswith("/v1/"):
        body = msgspec.json.encode(problem.body())
        return Response(body, status_code=problem.status, headers=problem.headers, media_type=_PROBLEM)
    return Template("galat.html", context={"problem": problem}, status_code=problem.status, headers=problem.headers)
