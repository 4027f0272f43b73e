"""The OpenAPI document of the public API, made from the types in ``shapes.py``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec
from litestar import Response, get

from intake_web import shapes
from intake_web.browsing import MOST_ROWS, PAGE_ROWS
from intake_web.handlers.api import Config
from intake_web.handlers.public import CACHED

_REF = "#/components/schemas/{name}"
_PROBLEM = "application/problem+json"
_KEY = {
    "name": "Idempotency-Key", "in": "header", "required": True,
    "description": "One for each thing sent: repeat it when you repeat the request, and the answer repeats itself.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}  # fmt: skip
_SECRET = {
    "name": "Access-Secret", "in": "header", "required": False,
    "description": "The reporter's own: with it complaints are sent, added to, and confidential ones read.",
    "schema": {"type": "string", "minLength": 16, "maxLength": 200, "pattern": "^[!-~]+$"},
}  # fmt: skip
_NUMBER = {"name": "ticket", "in": "path", "required": True, "schema": {"type": "string"}}
_WHAT = {
    "kecamatan": "Only of this kecamatan.",
    "category": "Only of this category.",
    "unit": "Only of this unit.",
    "after": "Behind the last of a page: what its `next` has.",
}
_TEXT = {"type": "string"}
_LISTED = [
    *({"name": name, "in": "query", "description": about, "schema": _TEXT} for name, about in _WHAT.items()),
    {"name": "state", "in": "query", "schema": {"type": "string", "enum": ["open", "done"]}},
    {
        "name": "limit", "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": PAGE_ROWS},
    },
]  # fmt: skip
_MONTHS = [
    {
        "name": name,
        "in": "query",
        "description": about,
        "schema": {"type": "string", "pattern": r"^2\d{3}-(0[1-9]|1[0-2])$"},
    }
    for name, about in (("from", "First month."), ("to", "Last month."))
]


@dataclass(frozen=True, kw_only=True)
class _Operation:
    """One operation: what it takes, what it gives when all is well, and how else it may end."""

    id: str
    about: str
    gives: tuple[int, type]
    takes: type | None = None
    parameters: Sequence[dict[str, Any]] = ()
    ends: Sequence[int] = field(default=(429, 503))


OPERATIONS: dict[tuple[str, str], _Operation] = {
    ("/v1/complaints", "post"): _Operation(
        id="sendComplaint", about="Send a complaint; its ticket comes after it is stored.", gives=(202, shapes.Receipt),
        takes=shapes.ComplaintIn, parameters=[_KEY, _SECRET], ends=(400, 413, 422, 429, 503),
    ),
    ("/v1/complaints", "get"): _Operation(
        id="listComplaints", about="The public list, the newest first.", gives=(200, shapes.Page), parameters=_LISTED,
        ends=(400, 503),
    ),
    ("/v1/complaints/{ticket}", "get"): _Operation(
        id="showComplaint", about="How a complaint stands, and its story.", gives=(200, shapes.Complaint),
        parameters=[_NUMBER, _SECRET], ends=(404, 429, 503),
    ),
    ("/v1/complaints/{ticket}/follow-ups", "post"): _Operation(
        id="addToComplaint", about="Add, rate, reopen, cancel, or ask for a right.", gives=(202, shapes.Added),
        takes=shapes.FollowUpIn, parameters=[_NUMBER, _KEY, _SECRET], ends=(400, 404, 413, 422, 429, 503),
    ),
    ("/v1/figures", "get"): _Operation(
        id="figures", about="How many complaints, by month.", gives=(200, shapes.FiguresOut), parameters=_MONTHS,
        ends=(400, 503),
    ),
}  # fmt: skip
_ENDS = {
    400: "Fields, JSON or a header need mending; `errors` names them.",
    404: "There is no such complaint, or it is not yours.",
    413: "Too large.",
    422: "The key was used for something else, or nothing more can be added.",
    429: "Too often; `Retry-After` says when to try again.",
    503: "The database is away; nothing was taken, send the same again.",
}


@get("/v1/openapi.json")
async def document(settings: Config) -> Response[bytes]:
    """The document itself."""
    return Response(_document(settings.public_url), headers=CACHED, media_type="application/json")


@cache
def _document(public_url: str) -> bytes:
    types = [shapes.ProblemOut, *(each.gives[1] for each in OPERATIONS.values())]
    types += [each.takes for each in OPERATIONS.values() if each.takes]
    _, schemas = msgspec.json.schema_components(types, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for (path, method), operation in OPERATIONS.items():
        paths.setdefault(path, {})[method] = _described(operation)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "LAPOR!",
                "version": "1",
                "summary": "Complaints of a kabupaten: send them, follow them, count them.",
                "license": {"name": "CC BY 4.0 (data)", "identifier": "CC-BY-4.0"},
            },
            "servers": [{"url": public_url}],
            "paths": paths,
            "components": {"schemas": schemas},
        }
    )


def _described(operation: _Operation) -> dict[str, Any]:
    status, gives = operation.gives
    problem = {_PROBLEM: {"schema": _ref(shapes.ProblemOut)}}
    responses = {str(status): {"description": "Done.", "content": {"application/json": {"schema": _ref(gives)}}}}
    responses |= {str(each): {"description": _ENDS[each], "content": problem} for each in operation.ends}
    described = {
        "operationId": operation.id,
        "summary": operation.about,
        "parameters": list(operation.parameters),
        "responses": responses,
    }
    if operation.takes:
        body = {"required": True, "content": {"application/json": {"schema": _ref(operation.takes)}}}
        described["requestBody"] = body
    return described


def _ref(shape: type) -> dict[str, str]:
    return {"$ref": _REF.format(name=shape.__name__)}
