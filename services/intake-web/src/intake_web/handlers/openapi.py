"""The OpenAPI document of the public API, made from the types in ``shapes.py``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import msgspec
from litestar import Response, get

from contracts.vocabulary import Status
from intake.photo import MAX_VIDEO_BYTES
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
    {"name": "state", "in": "query", "schema": {"type": "string", "enum": ["open", "done", *Status]}},
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
_NAME = {"name": "name", "in": "path", "required": True, "schema": _TEXT}
_SMALL = {"name": "kecil", "in": "query", "description": "A small one.", "schema": _TEXT}
_LAST = {
    "name": "Last-Event-ID", "in": "header", "description": "The id of the event after which to go on.", "schema": _TEXT
}  # fmt: skip
_ID = {"name": "id", "in": "path", "required": True, "schema": _TEXT}
_TUS = {"name": "Tus-Resumable", "in": "header", "required": True, "schema": {"type": "string", "enum": ["1.0.0"]}}
_RANGE = {"name": "Range", "in": "header", "description": "A part of it: `bytes=0-99`.", "schema": _TEXT}
#: The size of the largest file; the smaller limit for photos applies once the first bytes are known.
_BYTES = {"type": "integer", "minimum": 0, "maximum": MAX_VIDEO_BYTES}
_LENGTH = {"name": "Upload-Length", "in": "header", "required": True, "schema": {**_BYTES, "minimum": 1}}
_OFFSET = {"name": "Upload-Offset", "in": "header", "required": True, "schema": _BYTES}
_CHECKSUM = {
    "name": "Upload-Checksum", "in": "header", "schema": _TEXT,
    "description": "`sha256` or `sha1`, a blank, and the hash of the piece in base64.",
}  # fmt: skip
_BINARY = {"type": "string", "format": "binary"}
_UPLOAD = ("Tus-Resumable", "Upload-Offset", "Upload-Length", "Upload-Expires")


@dataclass(frozen=True, kw_only=True)
class _Operation:
    """One operation: its input, its output on success, and its other results.

    ``takes`` is a type, or the media type of bytes. If ``gives`` has no type, only ``media`` is documented, and nothing
    for 204. ``also`` are other successful results, ``headers`` those of the main one.
    """

    id: str
    about: str
    gives: tuple[int, type | None]
    takes: type | str | None = None
    media: Sequence[str] = ("application/json",)
    also: Mapping[int, str] = field(default_factory=dict)
    headers: Sequence[str] = ()
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
        id="addToComplaint", about="Add, rate, reopen, appeal, cancel, or ask for a right.", gives=(202, shapes.Added),
        takes=shapes.FollowUpIn, parameters=[_NUMBER, _KEY, _SECRET], ends=(400, 404, 413, 422, 429, 503),
    ),
    ("/v1/complaints/{ticket}/events", "get"): _Operation(
        id="followComplaint", about="The same as it goes on: server-sent events, each with a Complaint.",
        gives=(200, None), media=("text/event-stream",), parameters=[_NUMBER, _SECRET, _LAST],
        also={204: "Nothing follows: don't ask again."}, ends=(404, 429, 503),
    ),
    ("/v1/complaints/{ticket}/evidence/{name}", "get"): _Operation(
        id="showEvidence", about="A photo or video of it, for its reporter.", gives=(200, None),
        media=("image/jpeg", "video/mp4"), parameters=[_NUMBER, _NAME, _SECRET, _SMALL, _RANGE],
        also={206: "The part that `Range` asks for.", 416: "It has no such part."}, ends=(404, 429, 503),
    ),
    ("/v1/uploads", "options"): _Operation(
        id="uploadAbilities", about="What of tus 1.0.0 is spoken.", gives=(204, None), ends=(),
        headers=("Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm"),
    ),
    ("/v1/uploads", "post"): _Operation(
        id="beginUpload", about="Begin a photo or video of so many bytes; its id is the right to go on with it.",
        gives=(201, shapes.UploadBegun), parameters=[_TUS, _LENGTH], ends=(400, 412, 413, 429, 503, 507),
        headers=("Location", *_UPLOAD),
    ),
    ("/v1/uploads/{id}", "get"): _Operation(
        id="showUpload", about="How far it has come, and what became of it.", gives=(200, shapes.UploadState),
        parameters=[_ID], ends=(404, 412, 503), headers=_UPLOAD,
    ),
    ("/v1/uploads/{id}", "head"): _Operation(
        id="uploadOffset", about="How far it has come.", gives=(200, None), media=(), parameters=[_ID],
        ends=(404, 412, 503), headers=_UPLOAD,
    ),
    ("/v1/uploads/{id}", "patch"): _Operation(
        id="appendToUpload", about="Go on with it; the last piece is answered when it was looked at.",
        gives=(204, None), takes="application/offset+octet-stream", parameters=[_ID, _TUS, _OFFSET, _CHECKSUM],
        ends=(400, 404, 409, 412, 413, 415, 422, 429, 460, 503, 507), headers=(*_UPLOAD, "Photo-Place"),
    ),
    ("/v1/uploads/{id}", "delete"): _Operation(
        id="endUpload", about="Let go of it, if no complaint has it.", gives=(204, None), parameters=[_ID, _TUS],
        ends=(404, 409, 412, 503), headers=("Tus-Resumable",),
    ),
    ("/v1/hints", "post"): _Operation(
        id="hints", about="What a text that is not sent yet tells of; nothing is kept.", gives=(200, shapes.Hints),
        takes=shapes.HintIn, ends=(400, 413, 429),
    ),
    ("/v1/figures", "get"): _Operation(
        id="figures", about="How many complaints, by month.", gives=(200, shapes.FiguresOut), parameters=_MONTHS,
        ends=(400, 503),
    ),
}  # fmt: skip
_SCHEMES = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "Optional. A system that has a key has limits of its own; ask for one at the contact page.",
    }
}
_ENDS = {
    400: "Fields, JSON or a header need mending; `errors` names them.",
    401: "The key in `Authorization: Bearer` is unknown, expired or revoked; without one it works as well.",
    403: "The key does not allow this.",
    404: "There is no such complaint, or it is not yours.",
    409: "Another offset, or a complaint has it already.",
    412: "Another version of tus.",
    413: "Too large.",
    415: "Another content type.",
    422: "The key was used for something else, or nothing more can be added.",
    460: "The piece is not what its checksum says; it is not kept.",
    507: "There is no room for photos now; `Retry-After` says when to try again.",
    429: "Too often; `Retry-After` says when to try again.",
    503: "The database is away; nothing was taken, send the same again.",
}


@get("/v1/openapi.json")
async def document(settings: Config) -> Response[bytes]:
    """Serve the document."""
    return Response(_document(settings.public_url), headers=CACHED, media_type="application/json")


@cache
def _document(public_url: str) -> bytes:
    every = [each for operation in OPERATIONS.values() for each in (operation.gives[1], operation.takes)]
    types = [shapes.ProblemOut, *(each for each in every if isinstance(each, type))]
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
            "components": {"schemas": schemas, "securitySchemes": _SCHEMES},
            "security": [{}, {"key": []}],
        }
    )


def _described(operation: _Operation) -> dict[str, Any]:
    status, gives = operation.gives
    problem = {_PROBLEM: {"schema": _ref(shapes.ProblemOut)}}
    content = {each: {"schema": _ref(gives)} if gives else {} for each in operation.media if status != 204}
    done: dict[str, Any] = {"description": "Done.", **({"content": content} if content else {})}
    if operation.headers:
        done["headers"] = {name: {"schema": {"type": "string"}} for name in operation.headers}
    responses = {str(status): done} | {str(each): {"description": why} for each, why in operation.also.items()}
    responses |= {str(each): {"description": _ENDS[each], "content": problem} for each in (*operation.ends, 401, 403)}
    described = {
        "operationId": operation.id,
        "summary": operation.about,
        "parameters": list(operation.parameters),
        "responses": responses,
    }
    if operation.takes:
        takes = operation.takes
        media, shape = (takes, _BINARY) if isinstance(takes, str) else ("application/json", _ref(takes))
        body = {"required": True, "content": {media: {"schema": shape}}}
        described["requestBody"] = body
    return described


def _ref(shape: type) -> dict[str, str]:
    return {"$ref": _REF.format(name=shape.__name__)}
