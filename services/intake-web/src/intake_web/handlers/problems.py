"""Error answers: RFC 9457 for programs, a page for people."""

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
from chassis.keys import KeyRefused
from intake import metrics
from intake.evidence import EvidenceProblem
from intake.files import StoreDown, StoreFull
from intake.photo import Refused
from intake.submissions import KeyReused, TextProblem
from intake.texts import Texts
from intake_web.domain import Invalid, Said, say
from intake_web.limits import Limited
from intake_web.photos import TooLong
from intake_web.store import Finished

log = logging.getLogger(__name__)

RETRY_AFTER_S = 5
_SOON = {"Retry-After": str(RETRY_AFTER_S)}
#: Longer, because people have to make room.
FULL_AFTER_S = 600
_PROBLEM = "application/problem+json"


class Problem(Exception):
    """An error answer.

    ``kind`` names it for programs, ``name`` in texts.yaml. People read its title and then ``says``, by default the text
    ``name``.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        name: str,
        *says: Said,
        errors: Mapping[str, Said] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind)
        self.status, self.kind, self.name, self.says = status, kind, name, says or (say(name),)
        self.errors, self.headers = dict(errors or {}), dict(headers or {})

    def title(self, texts: Texts) -> str:
        """Return the title: the problem in a few words."""
        return texts.on_web(f"{self.name}_title")

    def detail(self, texts: Texts) -> str:
        """Return what to do about it."""
        return " ".join(worded(said, texts) for said in self.says)

    def body(self, texts: Texts) -> dict[str, Any]:
        """Return the problem document."""
        body: dict[str, Any] = {
            "type": f"urn:lapor:problem:{self.kind}",
            "title": self.title(texts),
            "status": self.status,
            "detail": self.detail(texts),
        }
        if self.errors:
            body["errors"] = [{"field": field, "detail": worded(said, texts)} for field, said in self.errors.items()]
        return body


def worded(said: Said, texts: Texts) -> str:
    """Return the sentence in its language."""
    return texts.on_web(said.name, **said.values)


def unknown_ticket() -> Problem:
    """Return one answer for a number that does not exist, is malformed, or is not the caller's."""
    return Problem(404, "unknown-complaint", "unknown_complaint")


def cross_site() -> Problem:
    """Return the answer to a request from another site."""
    return Problem(403, "cross-site", "cross_site")


def stored(number: str) -> Problem:
    """Return the answer when complaint ``number`` is stored, but its page can't be shown now."""
    return Problem(503, "unavailable", "stored", say("stored", ticket=number), headers=_SOON)


def _not_shown() -> Problem:
    """Return the answer when a page can't be shown now; a read request sent nothing that could be lost."""
    return Problem(503, "unavailable", "not_shown", headers=_SOON)


_HTTP = {
    400: ("bad-request", "bad_request"),
    404: ("not-found", "not_found"),
    405: ("method-not-allowed", "method_not_allowed"),
    413: ("too-large", "too_large"),
}
#: The message for each limit; the time to retry follows it.
_LIMITED = {
    "codes": say("too_often_codes"),
    "misses": say("too_often_misses"),
    "streams": say("too_many_streams"),
    **dict.fromkeys(("at_once", "lists"), say("too_many_at_once")),
    **dict.fromkeys(("account_codes", "account_tries"), say("too_often_account")),
}

#: Clients with too many open requests lose their connection: connections are few, and others need them.
_OPEN = {"streams", "at_once"}


def _limited(error: Limited) -> Problem:
    what = error.what.removeprefix("all_").removeprefix("key_").removeprefix("home_")
    said = _LIMITED.get(what, say("too_often_sent"))
    again = say("again_soon") if error.wait_s < 30 else say("again_later", minutes=math.ceil(error.wait_s / 60))
    headers = {"Retry-After": str(math.ceil(error.wait_s))}
    if what in _OPEN:
        headers["Connection"] = "close"
    return Problem(429, "too-many-requests", "too_often", said, again, headers=headers)


def _of_key(error: KeyRefused) -> Problem:
    if error.why == "key_not_allowed":
        return Problem(403, "key-not-allowed", error.why)
    # https://www.rfc-editor.org/rfc/rfc6750#section-3
    asks = {"WWW-Authenticate": 'Bearer realm="lapor", error="invalid_token"'}
    return Problem(401, error.why.replace("_", "-"), error.why, headers=asks)


def _of_client(error: KeyRefused | Limited) -> Problem:
    return _limited(error) if isinstance(error, Limited) else _of_key(error)


_TEXT = {"too_many": ("too-many-follow-ups", "too_many")}


def _of_photos(error: EvidenceProblem | Refused | TooLong | StoreFull) -> Problem:
    match error:
        case EvidenceProblem():
            errors = {f"uploads/{each}": say(why) for each, why in error.problems.items()}
            return Problem(400, "invalid-fields", "invalid_fields", errors=errors)
        case Refused():
            return Problem(422, "photo-refused", "photo_refused", say(error.why))
        case TooLong() if error.most:
            says = say("photo_too_large", most=error.most // 1024 // 1024)
            return Problem(413, "photo-too-large", "photo_refused", says)
        case TooLong():
            return Problem(413, "photo-too-long", "photo_refused", say("upload_too_long"))
        case _:
            return Problem(507, "photos-full", "photos_full", headers={"Retry-After": str(FULL_AFTER_S)})


def problem_of(error: Exception) -> Problem:
    """Return the answer to ``error``; log it if it is a bug of ours."""
    match error:
        case Problem():
            return error
        case Invalid():
            return Problem(400, "invalid-fields", "invalid_fields", errors=error.problems)
        case KeyReused():
            return Problem(422, "idempotency-key-reused", "key_reused")
        case Finished():
            return Problem(422, "complaint-finished", "finished")
        case TextProblem():
            kind, name = _TEXT.get(error.code, ("text-refused", "refused"))
            return Problem(422, kind, name, Said(error.code, error.values))
        case EvidenceProblem() | Refused() | TooLong() | StoreFull():
            return _of_photos(error)
        case StoreDown():
            return Problem(503, "unavailable", "unavailable", headers=_SOON)
        case KeyRefused() | Limited():
            return _of_client(error)
        case HTTPException() if error.status_code < 500:
            kind, name = _HTTP.get(error.status_code, _HTTP[400])
            return Problem(error.status_code, kind, name, headers=error.headers)
    log.error("request_failed", exc_info=error)
    return Problem(500, "internal", "internal")


#: A retry a moment later may succeed after these.
_PASSING = (429, 500, 503)
_RESULTS = {400: "invalid", 413: "too_large", 422: "refused", 429: "limited", 503: "unavailable"}


def count(status: int) -> None:
    """Count a submission that was not accepted."""
    metrics.REQUESTS.labels("web", _RESULTS.get(status, "refused")).inc()


def answer(texts: Texts, request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer a request that ended in ``error``: JSON under ``/v1/``, else a page.

    Raises:
        ClientGone: the client has gone.
    """
    if isinstance(error, ClientGone):
        raise error
    problem = _not_shown() if isinstance(error, StoreDown) and request.method == "GET" else problem_of(error)
    if request.method == "POST" or problem.status == 429:
        count(problem.status)
    if request.url.path.startswith("/v1/"):
        body = msgspec.json.encode(problem.body(texts))
        return Response(body, status_code=problem.status, headers=problem.headers, media_type=_PROBLEM)
    # A GET can be repeated by a link, a POST cannot.
    again = f"?{request.url.query}" if request.method == "GET" and problem.status in _PASSING else None
    context: dict[str, Any] = {"title": problem.title(texts), "detail": problem.detail(texts), "again": again}
    context["stored"] = problem.name == "stored"
    return Template("galat.html", context=context, status_code=problem.status, headers=problem.headers)
