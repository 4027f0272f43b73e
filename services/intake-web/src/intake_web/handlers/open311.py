"""Open311 GeoReport v2 for clients that know this standard (https://wiki.open311.org/GeoReport_v2).

One jurisdiction. Complaints show what the public list shows, without anybody's words. A key is optional.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as ET

import msgspec
from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException

from chassis.keys import KeyRefused
from contracts import ticket
from intake.files import StoreDown
from intake.report import area_named, point
from intake.submissions import KeyReused, TextProblem
from intake.texts import Texts
from intake_web.browsing import state_columns
from intake_web.domain import OPEN, Invalid, read_complaint, read_key, say
from intake_web.handlers.api import Config, Visiting, Words, submission
from intake_web.handlers.problems import Problem, problem_of, unknown_ticket, worded
from intake_web.handlers.public import CACHED
from intake_web.handlers.visit import Visit
from intake_web.keys import KeyRight
from intake_web.limits import Limited
from intake_web.listing import Listing

#: The most requests per answer, the most by number, and the days covered without dates (the standard has 90 days,
#: 1000).
MOST, MOST_NAMED, SPAN = 1000, 50, timedelta(days=90)
#: The cost of one such query, in pages of the list.
_COST = 5
_FORMATS = {"json": "application/json", "xml": "text/xml"}
_STATES = {"open": True, "closed": False}
_GATEWAY = "open311"
#: The standard's names of a complaint's fields, and ours.
_FIELDS = {"description": "text", "email": "email", "phone": "phone"}


@get("/open311/v2/{name:str}")
async def show(request: Request[Any, Any, Any], name: str, visit: Visiting, texts: Words, settings: Config) -> Any:
    """Answer with the discovery document, the services, or the requests that match the query."""
    what, form = _named(name)
    match what:
        case "discovery":
            return _answer(form, "discovery", _discovery(settings.public_url))
        case "services":
            return _answer(form, "services", [_service(code, texts) for code in texts.categories], "service")
        case "requests":
            try:
                rows = await _find(request, visit, texts)
            except (Invalid, StoreDown) as error:
                return _refusal(form, error, texts)
            found = [_request(row, texts) for row in rows]
            return _answer(form, "service_requests", found, "request")
    raise NotFoundException


@get("/open311/v2/services/{name:str}")
async def service(name: str, texts: Words) -> Response[bytes]:
    """Describe one service. No service has attributes of its own."""
    code, form = _named(name)
    if code not in texts.categories:
        return _errors(form, 404, [texts.on_web("no_service")])
    return _answer(form, "service_definition", {"service_code": code, "attributes": []})


@get("/open311/v2/requests/{name:str}")
async def one(name: str, visit: Visiting, texts: Words) -> Response[bytes]:
    """Show one request; an unlisted one by its status only, which its page shows to anybody with the number."""
    given, form = _named(name)
    try:
        found = await visit.find(given)
        row = await visit.store.find_listed(found.story.ticket) if found else None
    except (Limited, StoreDown) as error:
        return _refusal(form, error, texts)
    if found is None:
        return _refusal(form, unknown_ticket(), texts)
    status = found.story.status
    bare = {
        "service_request_id": found.story.ticket,
        "status": _state(open_=status in OPEN),
        "status_notes": texts.statuses.get(status, status),
    }
    return _answer(form, "service_requests", [_request(row, texts) if row else bare], "request")


@get("/open311/v2/tokens/{name:str}")
async def token(name: str, texts: Words) -> Response[bytes]:
    """Return the ticket as the token: a complaint has its number as soon as it is stored."""
    given, form = _named(name)
    number = ticket.parse(given)
    if number is None:
        return _refusal(form, unknown_ticket(), texts)
    return _answer(form, "service_requests", [{"token": number, "service_request_id": number}], "request")


@post("/open311/v2/{name:str}", status_code=201)
async def submit(request: Request[Any, Any, Any], name: str, visit: Visiting, texts: Words) -> Response[bytes]:
    """Accept a complaint. The client's category is a wish: the text decides which unit gets it."""
    what, form = _named(name)
    if what != "requests":
        raise NotFoundException
    sent = await request.form()
    given = {key: value for key, value in sent.items() if isinstance(value, str) and value.strip()}
    shown = given.pop("api_key", None)
    try:
        if shown and visit.key is None:
            visit = await visit.with_key(shown, KeyRight.SEND)
        if given.get("service_code") not in texts.categories:
            raise Invalid({"service_code": say("no_service")})
        if "description" not in given:
            raise Invalid({"description": say("empty_description")})
        raw: dict[str, object] = {ours: given.get(theirs) for theirs, ours in _FIELDS.items()}
        names = [given[part] for part in ("first_name", "last_name") if part in given]
        where = point(given["lat"], given["long"]) if {"lat", "long"} <= given.keys() else None
        if where is None and not given.keys().isdisjoint(("lat", "long")):
            raise Invalid({"lat": say("bad_position")})
        place = ", ".join(filter(None, (given.get("address_string"), area_named(where, texts)))) or None
        raw |= {"name": " ".join(names) or None, "place": place, "category": given["service_code"]}
        raw["position"] = where and msgspec.to_builtins(where)
        draft = read_complaint(raw, visit.settings.media)
        day = datetime.now(texts.zone).date()
        accepted = await visit.accept(
            draft,
            submission(
                draft, _key(request, given, str(day)), None, texts, visit.settings, gateway=visit.source(_GATEWAY)
            ),
        )
    except (Invalid, KeyRefused, KeyReused, Limited, StoreDown, TextProblem) as error:
        return _refusal(form, error, texts)
    danger = texts.reader.read(draft.text).danger
    notice = [texts.call_for_help(danger)] if danger else []
    notice.append(texts.on_web("open311_notice"))
    if "media_url" in given or any(not isinstance(value, str) for value in sent.values()):
        notice.append(texts.on_web("open311_no_media"))
    taken = {"service_request_id": accepted.ticket, "service_notice": " ".join(notice)}
    return _answer(form, "service_requests", [{**taken, "account_id": ""}], "request", 201)


def refuse(request: Request[Any, Any, Any], error: Exception, texts: Texts) -> Response[bytes]:
    """Answer a ``request`` that failed before its handler."""
    form = request.url.path.rpartition(".")[2]
    return _refusal(form if form in _FORMATS else "json", error, texts)


def _named(name: str) -> tuple[str, str]:
    what, _, form = name.rpartition(".")
    if form not in _FORMATS:
        raise NotFoundException
    return what, form


def _key(request: Request[Any, Any, Any], given: Mapping[str, str], day: str) -> str:
    """Return the key that identifies a repeated request: the client's, or a hash of sender, content and day."""
    if key := request.headers.get("idempotency-key"):
        return read_key(key)
    who = [given.get(name, "") for name in ("device_id", "account_id", "email", "phone")]
    if not any(who):
        return str(uuid4())
    return hashlib.sha256("\x1f".join((day, *who, *sorted(given.values()))).encode()).hexdigest()


async def _find(request: Request[Any, Any, Any], visit: Visit, texts: Texts) -> list[Listing]:
    """Find the requests by number, or by status, service and dates, the newest first.

    The standard lets a client name several of each, with commas or by repeating the parameter.

    Raises:
        Invalid: names every bad parameter.
    """
    query = {name: ",".join(map(str, values)) for name, values in request.query_params.dict().items()}
    if numbers := query.get("service_request_id"):
        given = [number for each in numbers.split(",")[:MOST_NAMED] if (number := ticket.parse(each))]
        visit.guard.may_list(visit.client, len(given))
        return [row for number in given if (row := await visit.store.find_listed(number))]
    problems = {}
    states, codes = (_several(query.get(name, "")) for name in ("status", "service_code"))
    if not states <= {*_STATES, *texts.statuses}:
        problems["status"] = say("one_of", choices=", ".join((*_STATES, *texts.statuses)))
    if not codes <= texts.categories.keys():
        problems["service_code"] = say("no_service")
    dates = {name: _moment(query[name]) for name in ("start_date", "end_date") if query.get(name)}
    problems |= {name: say("bad_moment") for name, at in dates.items() if at is None}
    if problems:
        raise Invalid(problems)
    some = _narrowings(states, codes)
    visit.guard.may_list(visit.client, _COST * len(some))
    end = dates.get("end_date") or datetime.now(UTC)
    start = dates.get("start_date") or end - SPAN
    found = {row.ticket: row for each in some for row in await visit.store.newest(MOST, each, (end, ""))}
    rows = list(found.values())
    rows.sort(key=lambda row: (row.received_at, row.ticket), reverse=True)
    return [row for row in rows[:MOST] if row.received_at >= start]


def _narrowings(states: set[str], codes: set[str]) -> list[dict[str, Any]]:
    """List the filters for each pair of ``codes`` and ``states``; states may overlap, and an empty set means all."""
    by_state = [{}] if states >= _STATES.keys() else [state_columns(state, _STATES) for state in sorted(states)] or [{}]
    by_code = [{"category": code} for code in sorted(codes)] or [{}]
    return [{**code, **state} for code in by_code for state in by_state]


def _several(text: str) -> set[str]:
    return {each.strip() for each in text.split(",") if each.strip()}


def _moment(text: str) -> datetime | None:
    """Parse a time with its zone, in the form of https://www.w3.org/TR/NOTE-datetime."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    # Other years may not fit into PostgreSQL, or leave no room for 90 days.
    return at if at.tzinfo and 2000 <= at.year < 2100 else None


def _discovery(public_url: str) -> dict[str, Any]:
    return {
        "changeset": "2026-11-27 00:00",
        "contact": f"{public_url}/kontak",
        "key_service": "",
        "endpoints": [
            {
                "specification": "http://wiki.open311.org/GeoReport_v2",
                "url": f"{public_url}/open311/v2",
                "changeset": "2026-11-27 00:00",
                "type": "production",
                "formats": list(_FORMATS.values()),
            }
        ],
    }


def _service(code: str, texts: Texts) -> dict[str, Any]:
    name = texts.categories[code]
    return {
        "service_code": code,
        "service_name": name,
        "description": name,
        "metadata": False,
        "type": "realtime",
        "keywords": "",
        "group": "",
    }


def _state(*, open_: bool) -> str:
    return next(name for name, is_open in _STATES.items() if is_open is open_)


def _request(row: Listing, texts: Texts) -> dict[str, Any]:
    where = ", ".join(filter(None, (row.desa, row.kecamatan)))
    return {
        "service_request_id": row.ticket,
        "status": _state(open_=row.open),
        "status_notes": texts.statuses.get(row.status, row.status),
        "service_name": texts.categories.get(row.category or "", row.category),
        "service_code": row.category,
        "description": "",
        "agency_responsible": texts.units.get(row.unit or "", row.unit),
        "service_notice": "",
        "requested_datetime": _time(row.received_at),
        "updated_datetime": _time(row.answered_at or row.received_at),
        "expected_datetime": _time(row.due_at),
        "address": where,
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def _refusal(form: str, error: Exception, texts: Texts) -> Response[bytes]:
    problem: Problem = problem_of(error)
    said = [f"{field}: {worded(what, texts)}" for field, what in problem.errors.items()] or [problem.detail(texts)]
    return _errors(form, problem.status, said, problem.headers)


def _errors(form: str, status: int, said: Sequence[str], headers: Mapping[str, str] | None = None) -> Response[bytes]:
    rows = [{"code": status, "description": each} for each in said]
    return _answer(form, "errors", rows, "error", status, {"Cache-Control": "no-store", **(headers or {})})


def _answer(
    form: str, root: str, body: Any, item: str = "", status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """Encode ``body`` as JSON, or as XML below ``root``, with each element of a list as an ``item``."""
    content = msgspec.json.encode(body) if form == "json" else _xml(root, body, item)
    usual = {"Cache-Control": "no-store"} if status != 200 else CACHED
    return Response(content, status_code=status, headers={**usual, **(headers or {})}, media_type=_FORMATS[form])


def _xml(root: str, body: Any, item: str) -> bytes:
    element = ET.Element(root)
    _fill(element, body, item)
    written: bytes = ET.tostring(element, encoding="utf-8", xml_declaration=True)
    return written


def _fill(element: ET.Element, value: Any, item: str = "") -> None:
    """Put ``value`` into ``element``; elements of a list are called ``item``, or like their parent without its s."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            _fill(ET.SubElement(element, name), each)
    elif isinstance(value, list):
        for each in value:
            _fill(ET.SubElement(element, item or element.tag.removesuffix("s")), each)
    elif value is not None:
        element.text = str(value).lower() if isinstance(value, bool) else str(value)
