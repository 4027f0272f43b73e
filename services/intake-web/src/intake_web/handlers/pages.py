"""The pages for people: they work without JavaScript, and keep the typed text when something needs correction."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Template

from contracts import ticket
from contracts.vocabulary import BAD, CONTENT, DangerKind, FollowUpKind, MarkReason, Right
from intake.complaint_view import ComplaintView
from intake.contacts import Contact
from intake.evidence import Attachment, EvidenceProblem
from intake.files import StoreDown
from intake.report import CONTACT, complaint_of
from intake.submissions import KeyReused, TextProblem
from intake.texts import Texts
from intake_web.domain import (
    FINISHED,
    KINDS,
    MAX_TEXT,
    PASS_DAYS,
    Draft,
    Invalid,
    Said,
    code_for,
    is_mistyped,
    kinds_for,
    number_in,
    pass_for,
    read_addition,
    read_complaint,
    read_key,
    read_secret,
    read_uploads,
    say,
    sent_as,
    trace_of,
)
from intake_web.handlers.account import filled_in
from intake_web.handlers.api import GATEWAY, Config, Visiting, Words, contacts_of, follow_up, submission, unless_known
from intake_web.handlers.forms import PHOTO, UPLOADS, Form, read_form
from intake_web.handlers.hints import Guesses, hinted, missing
from intake_web.handlers.problems import count, problem_of, stored, worded
from intake_web.handlers.visit import PASS, Visit
from intake_web.language import kept
from intake_web.limits import Limited
from intake_web.page import asked, history, is_appealed, linked, mark_given, sms_to, stands
from intake_web.settings import WebSettings
from intake_web.store import Finished, Found, Written
from intake_web.tracking import asks_place, danger_of, stops, tracking, version
from kabupaten.subjects import Subjects

PASS_S = PASS_DAYS * 24 * 3600
TRACE = "terkirim"
#: The letters of a key that identify a draft on the device; receipt.js has the same number.
MARK = 8
#: Only the form may ask a device for its position, and it does so when its button is pressed.
LOCATES = {"Permissions-Policy": "camera=(), geolocation=(self), microphone=()"}
#: A field invisible to people; programs that fill in every field give themselves away.
_TRAP = "situs_web"
#: The path segments of the forms below a complaint, with their topics.
_TOPICS = {
    "tambahan": FollowUpKind.ADDITION,
    "batal": FollowUpKind.CANCEL,
    "data-pribadi": FollowUpKind.RIGHTS_REQUEST,
}
_RATINGS = ("1", "2", "3", "4", "5")
#: The choices of the form about personal data, with their kinds.
_OWN_DATA: dict[str, str] = {
    FollowUpKind.CONFIDENTIAL: FollowUpKind.CONFIDENTIAL,
    **dict.fromkeys(Right, FollowUpKind.RIGHTS_REQUEST),
}


@get("/")
async def form(visit: Visiting) -> Template:
    """Show an empty form. Its key makes a double click one complaint, its secret identifies the sender.

    For a signed-in user, name and contacts are filled in.
    """
    return _form({**filled_in(visit), **_fresh()}, {}, 200)


@post("/", status_code=303, request_max_body_size=None)
async def submit(
    request: Request[Any, Any, Any], visit: Visiting, settings: Config, texts: Words, subjects: Guesses
) -> Response[Any]:
    """Accept a complaint and redirect to its page; or show whom to call in danger, or the form with its errors."""
    sent = await read_form(request, visit)
    typed = sent.typed
    if "change" in typed:
        return _form(typed, {}, 200)
    try:
        if typed.get(_TRAP):
            raise Invalid({_TRAP: say("trap")})
        if "called" not in typed and (danger := stops(typed.get("text", "")[:MAX_TEXT], texts)):
            # A photo must not delay somebody in danger; that page says why one is missing.
            return _ask_first("bahaya.html", typed, {**danger, "photo_problem": _photo_said(sent, texts)})
        draft = _read(typed, texts, settings)
        key, secret = read_key(typed.get("key")), read_secret(typed.get("secret"))
        attached = _attached(sent)
        if asked := _ask_back(request, typed, draft, key, settings, texts):
            return asked
        if "check" in typed:
            visit.guard.may_list(visit.client)
            return await _check(typed, draft, visit, settings, texts, subjects)
        with _photos_said(sent):
            accepted = await visit.accept(draft, submission(draft, key, secret, texts, settings, attached))
    except Invalid as error:
        # The form made key and secret, not the sender: if they can't be read, the next try gets new ones.
        renewed = _fresh() if {"Idempotency-Key", "Access-Secret"} & error.problems.keys() else {}
        return _form({**typed, **renewed}, _worded({**error.problems, **_photo_problem(sent)}, texts), 400)
    except KeyReused:
        return _form({**typed, **_fresh()}, {"form": texts.on_web("sent_before")}, 422)
    except (Limited, StoreDown) as error:
        problem = problem_of(error)
        return _form(typed, {"form": problem.detail(texts)}, problem.status, problem.headers)
    cookies = [pass_of(settings, accepted.ticket), _trace(settings, accepted.ticket, key, draft)]
    # The page finds the sent draft by the first letters of its key, and deletes no other.
    return Redirect(f"/laporan/{accepted.ticket}?baru={quote(key[:MARK])}", status_code=303, cookies=cookies)


def _ask_back(
    request: Request[Any, Any, Any], typed: dict[str, str], draft: Draft, key: str, settings: WebSettings, texts: Texts
) -> Template | None:
    """Ask back if the text is only a courtesy, or if the same was sent already."""
    if "sure" not in typed and texts.reader.is_no_report(draft.text):
        return _form({**typed, "sure": "1"}, {}, 422)
    if "check" in typed:
        return None
    # Going back in the browser gets a new form with the old text.
    if earlier := sent_as(settings.installation_namespace, request.cookies.get(TRACE), key, draft):
        again = str(uuid4())
        asked = _form({**typed, "key": again}, {}, 422, earlier=earlier)
        asked.cookies = [_trace(settings, earlier, again, draft)]
        return asked
    return None


async def _check(
    typed: dict[str, str], draft: Draft, visit: Visit, settings: WebSettings, texts: Texts, subjects: Subjects
) -> Template:
    """Show the answers for confirmation, and complaints that may be the same."""
    sent = submission(draft, GATEWAY, None, texts, settings)
    try:
        visit.guard.may_ask(visit.client)
        more = await hinted(draft, visit, texts, settings, subjects)
    except Limited:
        more = {}
    shown = {"draft": draft, **missing(draft, sent, texts)}
    return _ask_first("periksa.html", typed, {**shown, **more})


@get("/lacak")
async def look_up(texts: Words, nomor: str | None = None) -> Response[Any]:
    """Redirect from a number, in any form, to its page."""
    if not nomor:
        return _not_found(texts, "", 200)
    number = number_in(nomor)
    return Redirect(f"/laporan/{number}", status_code=303) if number else _not_found(texts, nomor)


@get("/laporan/{number:str}")
async def track(
    request: Request[Any, Any, Any], number: str, visit: Visiting, texts: Words, settings: Config
) -> Response[Any]:
    """Show a complaint's page to anyone with its number; its reporter's browser may also rate and reopen there."""
    try:
        found = await visit.find(number)
    except StoreDown:
        # After a submission the address says that the complaint was accepted, and the browser has its pass.
        if "baru" in request.query_params and visit.has_pass(number):
            raise stored(number) from None
        raise
    if found is None:
        return _not_found(texts, number)
    if number != found.story.ticket:  # the pass cookie is bound to the canonical address
        return Redirect(f"/laporan/{found.story.ticket}", status_code=303)
    known = visit.has_pass(found.story.ticket)
    photos = await visit.store.uploads.attachments(found.story.ticket) if known else []
    told = await visit.store.contacts(found.story.ticket) if known and found.received_at else []
    written = await visit.written(found.story.ticket)
    page = _page(
        request,
        found,
        texts,
        settings,
        known=known,
        written=written,
        photos=photos,
        told=told,
        # A visitor who follows somebody else's thank-you link has not supported it, and is not thanked.
        supported="didukung" in request.query_params and await visit.supports(found.story.ticket),
        keepable=bool(known and found.received_at and visit.account and not visit.owned),
    )
    answer = unless_known(request, page.encode(), "text/html")
    # No "back" may show it after the owner signed out, and a page with the access code must not be stored.
    if visit.owned or (known and "baru" in request.query_params):
        answer.headers["Cache-Control"] = "no-store"
    return answer


@post("/laporan/{number:str}", status_code=303)
async def unlock(
    request: Request[Any, Any, Any], number: str, visit: Visiting, texts: Words, settings: Config
) -> Response[Any]:
    """Give the pass of a complaint to a browser whose user knows the access code."""
    found = await visit.find(number)
    if found is None:
        return _not_found(texts, number)
    canonical, typed = found.story.ticket, (await read_form(request, visit)).typed
    if not await visit.is_owner(canonical, typed.get("secret", "").strip()):
        count(404)
        problems = {"secret": texts.on_web("wrong_code")}
        if not found.story.rahasia:
            return Template("buka.html", context={"ticket": canonical, "problems": problems}, status_code=404)
        page = _page(request, found, texts, settings, known=False, problems=problems)
        return Response(page, status_code=404, media_type="text/html")
    return Redirect(f"/laporan/{canonical}", status_code=303, cookies=[pass_of(settings, canonical)])


def _page(
    request: Request[Any, Any, Any],
    found: Found,
    texts: Texts,
    settings: WebSettings,
    *,
    known: bool,
    written: Written | None = None,
    problems: dict[str, str] | None = None,
    photos: Sequence[Attachment] = (),
    told: Sequence[Contact] = (),
    keepable: bool = False,
    supported: bool = False,
) -> str:
    query = request.query_params
    story, complaint = found.story, tracking(found, texts, to_reporter=known)
    place_asked = known and "terkirim" not in query and asks_place(story)
    # An addition may also tell of danger, and the story does not have it. A forged address only shows emergency
    # numbers.
    added = _dangers(query.get("bahaya"))
    danger = [*(story.sent.danger if known else ()), *added]
    hidden, mine = story.rahasia and not known, found.received_at is not None
    by_sms = ticket.DOORS["sms"] == ticket.door(story.ticket)
    context = {
        "complaint": complaint,
        "hidden": hidden,
        "stand": stands(story, texts),
        "history": history(story, texts, to_reporter=known),
        "question": asked(story, written, texts) if known else None,
        "written": written,
        "mark": mark_given(story, written),
        "content_from": CONTENT,
        "handed": linked(story.contact) if story.contact and not hidden else [],
        "live": story.status not in FINISHED,
        "by_sms": sms_to(texts.on_web("sms_number"), f"{story.ticket} ") if by_sms else "",
        "address": f"{settings.public_url}/laporan/{story.ticket}",
        "printed": texts.dates.date_in_words(datetime.now(texts.zone).date()),
        "version": version(story, complaint, hidden=hidden),
        "danger": danger_of(danger, texts).get("danger"),
        "despair": known and DangerKind.DESPAIR in danger,
        "undated": story.undated or bool(added),
        "place_asked": place_asked,
        "problems": problems or {},
        "fresh": known and "baru" in query,
        "thanks": sent if (sent := query.get("terkirim")) in (*KINDS, "apart", "answer") else None,
        "kinds": kinds_for(complaint["status"], appealed=is_appealed(story), rahasia=story.rahasia),
        "bad_to": BAD,
        "known": known,
        # Shown once, and only to the browser that sent it.
        "code": code_for(settings.installation_namespace, story.ticket) if known and "baru" in query else None,
        "tracking_url": f"{settings.public_url}/laporan/{story.ticket}",
        "mine": mine,
        "supportable": story.listed and not hidden and not known and complaint["open"],
        "supported": query.get("didukung") if supported else None,
        "seq": story.seq,
        "photos": photos,
        "told": told,
        "anonim": story.sent.anonim,
        "keepable": keepable and not story.sent.anonim,
    }
    engine: Any = request.app.template_engine
    page: str = engine.get_template("laporan.html").render(**context)
    return page


def _dangers(named: str | None) -> list[DangerKind]:
    return [kind for kind in DangerKind if kind in (named or "").split(",")]


@get("/laporan/{number:str}/buka")
async def code_form(number: str) -> Template:
    """Show the page that a secret link opens: the code is behind the #, which no server sees, and its user submits it.

    Raises:
        NotFoundException: ``number`` is not a ticket. Its existence is not checked.
    """
    if not (canonical := ticket.parse(number)):
        raise NotFoundException
    return Template("buka.html", context={"ticket": canonical, "problems": {}})


@get([f"/laporan/{{number:str}}/{place}" for place in _TOPICS])
async def addition_form(request: Request[Any, Any, Any], number: str, visit: Visiting, texts: Words) -> Response[Any]:
    """Show the form for an addition; cancelling and personal data have forms of their own."""
    found = await visit.find(number)
    if found is None:
        return _not_found(texts, number)
    known, topic = visit.has_pass(found.story.ticket), _TOPICS[request.url.path.rpartition("/")[2]]
    return _addition(found, texts, {"key": str(uuid4())}, {}, 200, known, topic=topic)


@post("/laporan/{number:str}/tambahan", status_code=303, request_max_body_size=None)
async def add(
    request: Request[Any, Any, Any], number: str, visit: Visiting, texts: Words, settings: Config
) -> Response[Any]:
    """Accept an addition from a browser with the pass, or from a visitor with the access code."""
    canonical = ticket.parse(number)
    if canonical is None:
        return _not_found(texts, number)
    # Read the form before any query: without a database, the form shows the typed text again.
    sent, known = await read_form(request, visit), visit.has_pass(canonical)
    typed = sent.typed
    try:
        found = await visit.find(number)
    except (Limited, StoreDown) as error:
        problem = problem_of(error)
        unseen, said = Found(story=ComplaintView(ticket=canonical), received_at=None), {"form": problem.detail(texts)}
        return _addition(unseen, texts, typed, said, problem.status, known, problem.headers, seen=False)
    if found is None:
        return _not_found(texts, number)
    rating = typed.get("rating", "")
    kind = typed.get("kind", "")
    raw = {
        "kind": _OWN_DATA.get(kind, kind),
        "right": kind,
        "text": typed.get("text"),
        "rating": int(rating) if rating in _RATINGS else None,
        "reasons": [each for each in MarkReason if f"why_{each}" in typed],
        UPLOADS: typed.get(UPLOADS),
    }
    try:
        item = follow_up(canonical, read_addition(raw), read_key(typed.get("key")), texts)
        attached = _attached(sent)
        owner = known or await visit.is_owner(canonical, typed.get("secret", "").strip())
        with _photos_said(sent):
            taken = await visit.add(canonical, item, attached) if owner else None
        if taken is None:
            return _addition(found, texts, typed, {"secret": texts.on_web("wrong_code")}, 404, known)
    except Invalid as error:
        renewed = {"key": str(uuid4())} if "Idempotency-Key" in error.problems else {}
        # A browser sends no kind if nothing is chosen; the list of valid kinds is for programs.
        mend = {**error.problems, "kind": say("choose")} if "kind" in error.problems else error.problems
        mend |= _photo_problem(sent)
        return _addition(found, texts, {**typed, **renewed}, _worded(mend, texts), 400, known)
    except KeyReused:
        return _addition(
            found, texts, {**typed, "key": str(uuid4())}, {"form": texts.on_web("sent_before")}, 422, known
        )
    except (Finished, Limited, TextProblem, StoreDown) as error:
        problem = problem_of(error)
        return _addition(found, texts, typed, {"form": problem.detail(texts)}, problem.status, known, problem.headers)
    danger = texts.reader.read(item.text or "").danger
    told = f"&bahaya={','.join(danger)}" if danger else ""
    # Decide now: a moment later the question no longer waits.
    was_asked = item.kind == FollowUpKind.ADDITION and asked(found.story, None, texts)
    thanks = "apart" if taken.apart else "answer" if was_asked else item.kind
    # A browser with the pass for the one complaint gets the other's as well.
    cookies = [pass_of(settings, taken.apart)] if taken.apart else []
    return Redirect(f"/laporan/{canonical}?terkirim={thanks}{told}", status_code=303, cookies=cookies)


def _worded(problems: Mapping[str, Said], texts: Texts) -> dict[str, str]:
    return {field: worded(said, texts) for field, said in problems.items()}


def _fresh() -> dict[str, str]:
    return {"key": str(uuid4()), "secret": secrets.token_urlsafe(16)}


def _attached(sent: Form) -> list[str]:
    """Return the uploads of the form, provided that all photos were accepted.

    Raises:
        Invalid: one was not accepted; the others stay in the form for the next try.
    """
    if problem := _photo_problem(sent):
        raise Invalid(problem)
    try:
        return read_uploads(sent.typed)
    except Invalid as error:
        sent.typed[UPLOADS] = ""
        raise Invalid({PHOTO: error.problems["uploads"]}) from error


def _photo_said(sent: Form, texts: Texts) -> str:
    return worded(sent.problem, texts) if sent.problem else ""


def _photo_problem(sent: Form) -> dict[str, Said]:
    return {PHOTO: sent.problem} if sent.problem else {}


@contextmanager
def _photos_said(sent: Form) -> Iterator[None]:
    """Turn an upload that can't be attached into a form error; the other uploads stay in the form.

    Raises:
        Invalid: an upload can't be attached.
    """
    try:
        yield
    except EvidenceProblem as error:
        sent.typed[UPLOADS] = " ".join(each for each in sent.typed[UPLOADS].split() if each not in error.problems)
        raise Invalid({PHOTO: say(next(iter(error.problems.values())))}) from error


def _trace(settings: WebSettings, number: str, key: str, draft: Draft) -> Cookie:
    return _cookie(settings, TRACE, "/", trace_of(settings.installation_namespace, number, key, draft))


def pass_of(settings: WebSettings, number: str) -> Cookie:
    """Build the cookie that gives a browser the reporter's access to complaint ``number``."""
    shown = pass_for(settings.installation_namespace, number)
    return _cookie(settings, PASS, f"/laporan/{number}", shown, PASS_S)


def _cookie(settings: WebSettings, name: str, path: str, value: str, max_age: int | None = None) -> Cookie:
    # Lax: visitors who follow a link in a message keep their pass. `app` refuses requests sent from other sites' pages.
    secure = settings.public_url.startswith("https:")
    return Cookie(name, path, value=value, max_age=max_age, httponly=True, samesite="lax", secure=secure)


def _form(
    typed: dict[str, str],
    problems: dict[str, str],
    status: int,
    headers: dict[str, str] | None = None,
    earlier: str | None = None,
) -> Template:
    if problems or earlier:
        count(status)
    context = {"typed": typed, "problems": problems, "earlier": earlier}
    return Template("lapor.html", context=context, status_code=status, headers={**LOCATES, **(headers or {})})


def _ask_first(template: str, typed: dict[str, str], more: dict[str, Any]) -> Template:
    """Show a page before anything is stored; it carries all typed values on."""
    return Template(template, context={"typed": typed, **more}, status_code=200)


def _read(typed: Mapping[str, str], texts: Texts, settings: WebSettings) -> Draft:
    """Read the typed complaint; after the emergency page, drop an invalid contact rather than delay the sender."""
    raw = complaint_of(typed, kept(texts))  # a unit reads place and time: in Indonesian
    try:
        draft = read_complaint(raw, settings.media)
        contacts_of(draft, settings)
    except Invalid as error:
        if "called" not in typed or not error.problems.keys() <= set(CONTACT):
            raise
        return read_complaint({**raw, **dict.fromkeys(error.problems)}, settings.media)
    return draft


def _addition(
    found: Found,
    texts: Texts,
    typed: dict[str, str],
    problems: dict[str, str],
    status: int,
    known: bool,
    headers: dict[str, str] | None = None,
    topic: str = "",
    seen: bool = True,
) -> Template:
    """Render the form for an addition. If the complaint could not be ``seen``, it offers only the kind just sent."""
    if problems:
        count(status)
    story = found.story
    kinds = kinds_for(story.status, appealed=is_appealed(story), rahasia=story.rahasia) if seen else _meant(typed)
    topic = topic or _topic_of(typed.get("kind", ""))
    offered = [kind for kind in kinds if _topic_of(kind) == topic]
    if topic == FollowUpKind.ADDITION and not offered:  # it is closed: only the rights are left
        topic, offered = FollowUpKind.RIGHTS_REQUEST, [kind for kind in kinds if kind in _OWN_DATA]
    context = {
        "ticket": found.story.ticket,
        "topic": topic,
        "kinds": kinds,
        "offered": offered,
        "question": asked(found.story, None, texts) if known and topic == FollowUpKind.ADDITION else None,
        "content_from": CONTENT,
        "known": known,
        "mine": found.received_at is not None or not seen,
        "typed": typed,
        "problems": problems,
    }
    return Template("tambahan.html", context=context, status_code=status, headers=headers)


def _meant(typed: Mapping[str, str]) -> list[str]:
    kind = typed.get("kind", "")
    return [kind if kind in {*KINDS, *_OWN_DATA} - {FollowUpKind.RIGHTS_REQUEST} else FollowUpKind.ADDITION]


def _topic_of(kind: str) -> str:
    if kind in _OWN_DATA:
        return FollowUpKind.RIGHTS_REQUEST
    return FollowUpKind.CANCEL if kind == FollowUpKind.CANCEL else FollowUpKind.ADDITION


def _not_found(texts: Texts, number: str, status: int = 404) -> Template:
    said = "no_number" if number_in(number) else "mistyped_number" if is_mistyped(number) else "bad_number"
    problem = texts.on_web(said) if number else None
    context = {"number": number, "problem": problem}
    return Template("lacak.html", context=context, status_code=status)
