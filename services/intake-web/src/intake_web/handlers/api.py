"""The API under ``/v1/``: JSON in, JSON or a problem document out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import Dependency
from msgspec import UNSET

from chassis.keys import KeyRefused
from contracts import ticket
from contracts.events import FollowUp
from contracts.ids import derived_id
from intake.contacts import Medium
from intake.gateway import mobile
from intake.noting import noted, noted_in
from intake.submissions import Accepted, Submission
from intake.texts import Texts
from intake_web.domain import (
    WEB,
    Addition,
    Draft,
    Invalid,
    Said,
    code_for,
    read_addition,
    read_channel,
    read_complaint,
    read_key,
    read_secret,
    read_uploads,
    say,
)
from intake_web.handlers.problems import Problem, unknown_ticket
from intake_web.handlers.visit import Visit
from intake_web.settings import WebSettings
from intake_web.tracking import danger_of, tracking

#: ``app.py`` provides these to every handler.
Visiting = Annotated[Visit, Dependency(skip_validation=True)]
Words = Annotated[Texts, Dependency(skip_validation=True)]
Config = Annotated[WebSettings, Dependency(skip_validation=True)]

GATEWAY = "form"


@post("/v1/complaints", status_code=202)
async def submit(request: Request[Any, Any, Any], visit: Visiting, settings: Config, texts: Words) -> Response[bytes]:
    """Accept a complaint; the same key and body again gets the same answer."""
    problems: dict[str, Said] = {}
    key = _collect(problems, read_key, request.headers.get("idempotency-key"))
    secret = _collect(problems, read_secret, request.headers.get("access-secret"))
    body = await json_of(request)
    draft = _collect(problems, partial(read_complaint, media=settings.media), body)
    uploads, channel = _collect(problems, read_uploads, body), _collect(problems, read_channel, body)
    if draft is None or key is None or problems:
        raise Invalid(problems)
    at_counter = channel == ticket.COUNTER
    if at_counter and not visit.at_counter:
        raise KeyRefused("key_not_allowed")
    sent = submission(draft, key, secret, texts, settings, uploads, visit.source(GATEWAY), channel)
    accepted = await visit.accept(draft, sent)
    location = f"{settings.public_url}/v1/complaints/{accepted.ticket}"
    receipt = {**_receipt(accepted, settings, location), **danger_of(sent.danger, texts)}
    if at_counter:
        receipt |= _to_print(accepted, sent, settings)
    if sent.place_asked:
        receipt["question"] = texts.on_web("where")
    return _answer(receipt, 202, {"Location": location})


@get("/v1/complaints/{number:str}")
async def show(
    request: Request[Any, Any, Any], number: str, visit: Visiting, texts: Words, settings: Config
) -> Response[bytes]:
    """Show what is public about a complaint; a confidential one in full to a caller with its secret."""
    found = await visit.find(number)
    if found is None:
        raise unknown_ticket()
    owner = await visit.is_owner(found.story.ticket, request.headers.get("access-secret"))
    shown = tracking(found, texts, to_reporter=owner)
    if owner:
        shown["attached"] = await _attached(visit, found.story.ticket, settings)
    body = msgspec.json.encode(shown)
    return unless_known(request, body, "application/json")


@post("/v1/complaints/{number:str}/follow-ups", status_code=202)
async def add(request: Request[Any, Any, Any], number: str, visit: Visiting, texts: Words) -> Response[bytes]:
    """Accept an addition from the reporter; strangers learn nothing."""
    problems: dict[str, Said] = {}
    key = _collect(problems, read_key, request.headers.get("idempotency-key"))
    body = await json_of(request)
    addition, uploads = _collect(problems, read_addition, body), _collect(problems, read_uploads, body)
    if addition is None or key is None or problems:
        raise Invalid(problems)
    canonical, secret = ticket.parse(number), request.headers.get("access-secret")
    if not canonical or not await visit.is_owner(canonical, secret):
        raise unknown_ticket()
    item = follow_up(canonical, addition, key, texts)
    taken = await visit.add(canonical, item, uploads)
    if taken is None:
        raise unknown_ticket()
    return _answer({"ticket": canonical, "id": item.id, **({"apart": taken.apart} if taken.apart else {})}, 202, {})


def submission(
    draft: Draft,
    key: str,
    secret: str | None,
    texts: Texts,
    settings: WebSettings,
    uploads: Sequence[str] = (),
    gateway: str = GATEWAY,
    channel: str = WEB,
) -> Submission:
    """Return ``draft`` in the form of every intake; ``key`` identifies it when it comes again.

    Raises:
        Invalid: its number can't receive our SMS, or the category does not exist.
    """
    if draft.category and draft.category not in texts.categories:
        raise Invalid({"category": say("one_of", choices=", ".join(texts.categories))})
    sent = Submission(
        channel=channel,
        gateway=gateway,
        external_id=key,
        secret=secret,
        text=draft.text,
        name=draft.name,
        phone=draft.phone,
        email=draft.email,
        place=draft.place,
        position=draft.position,
        occurred=draft.occurred,
        anonim=draft.anonim,
        rahasia=draft.rahasia,
        suggested_type=draft.kind,
        suggested_category=draft.category,
        uploads=tuple(uploads),
        contacts=contacts_of(draft, settings),
    )
    return noted(sent, texts.reader.read(draft.text), texts.reader)


def contacts_of(draft: Draft, settings: WebSettings) -> dict[str, str]:
    """Return the contacts to notify, by medium; not abroad, or anybody could make us pay for those messages.

    Raises:
        Invalid: its number can't receive our SMS.
    """
    number = mobile(draft.phone, settings.sms_region) if draft.phone else None
    if draft.phone and not (number and number.startswith(settings.sms_reply_prefixes)):
        raise Invalid({"phone": say("phone")})
    given = {Medium.EMAIL: draft.email, Medium.SMS: number}
    return {medium: address for medium, address in given.items() if address}


def follow_up(number: str, addition: Addition, key: str, texts: Texts) -> FollowUp:
    """Build the event of ``addition`` to complaint ``number``; the same key gives the same id."""
    item = FollowUp(
        id=derived_id(number, f"follow-up {key}"),
        kind=addition.kind,
        at=datetime.now(UTC),
        text=addition.text or UNSET,
        rating=addition.rating or UNSET,
        reasons=list(addition.reasons) or UNSET,
        right=addition.right or UNSET,
    )
    return noted_in(item, texts.reader.read(item.text or ""), texts.reader)


def unless_known(request: Request[Any, Any, Any], body: bytes, media_type: str) -> Response[bytes]:
    """Answer with ``body`` and its ETag, or 304 if the caller has it; no proxy may show it to another caller."""
    # Weak, because the body may be sent compressed.
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Cookie, Access-Secret"}
    known = [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]
    if etag in known:
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    return Response(body, headers=headers, media_type=media_type)


async def _attached(visit: Visit, number: str, settings: WebSettings) -> list[dict[str, Any]]:
    """List the reporter's attachments, for the reporter alone."""
    there = f"{settings.public_url}/v1/complaints/{number}/evidence"
    found = await visit.store.uploads.attachments(number)
    return [{"url": f"{there}/{each.name}", "media_type": each.media_type, "bytes": each.bytes} for each in found]


def _receipt(accepted: Accepted, settings: WebSettings, location: str) -> dict[str, Any]:
    return {
        "ticket": accepted.ticket,
        "complaint_id": accepted.complaint_id,
        "received_at": accepted.received_at,
        "status_url": location,
        "tracking_url": f"{settings.public_url}/laporan/{accepted.ticket}",
    }


def _to_print(accepted: Accepted, sent: Submission, settings: WebSettings) -> dict[str, Any]:
    """Return the extra fields of a counter's receipt: the access code, and the media that notify the citizen."""
    code = code_for(settings.installation_namespace, accepted.ticket)
    told = [] if sent.anonim else list(sent.contacts)
    return {"access_code": code, "told_by": told}


def _answer(body: Mapping[str, Any], status: int, headers: dict[str, str]) -> Response[bytes]:
    return Response(msgspec.json.encode(body), status_code=status, headers=headers, media_type="application/json")


async def json_of(request: Request[Any, Any, Any]) -> dict[str, object]:
    """Read the JSON object in ``request``.

    Raises:
        Problem: the body is not a JSON object.
    """
    body = await request.body()
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "invalid-json", "bad_json") from error
    if not isinstance(value, dict):
        raise Problem(400, "invalid-json", "no_object")
    return value


def _collect(problems: dict[str, Said], read: Any, raw: Any) -> Any:
    """Apply ``read`` to ``raw``; collect its errors in ``problems``, so that one answer names all of them."""
    try:
        return read(raw)
    except Invalid as error:
        problems.update(error.problems)
        return None
