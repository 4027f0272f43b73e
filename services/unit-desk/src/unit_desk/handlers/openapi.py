"""The OpenAPI document of the API for programs of units, made from the types in ``shapes.py``.

``make schemas`` writes it to ``docs/agencies/openapi.json``.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

import msgspec
from litestar import Response, get

from unit_desk import shapes
from unit_desk.adapters.log import START

_REF = "#/components/schemas/{name}"
_PROBLEM = "application/problem+json"
_UNIT = {
    "name": "unit", "in": "path", "required": True, "schema": {"type": "string"},
    "description": "The code of the unit, such as PUPR.",
}  # fmt: skip
_READ = [
    _UNIT,
    {
        "name": "after", "in": "query", "schema": {"type": "string", "default": START},
        "description": "What `next` was; without it from the beginning.",
    },
    {
        "name": "limit", "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": shapes.MOST_EVENTS, "default": shapes.USUAL_EVENTS},
    },
    {
        "name": "wait", "in": "query",
        "schema": {"type": "integer", "minimum": 0, "maximum": shapes.MOST_WAIT_S, "default": 0},
        "description": "If there is nothing yet, wait so many seconds for it.",
    },
]  # fmt: skip
_REPLY = [
    _UNIT,
    {
        "name": "Idempotency-Key", "in": "header", "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
        "description": "One for each reply: repeat it when you repeat the request, and nothing is sent twice.",
    },
]  # fmt: skip
_ENDS = {
    400: "No JSON, or a parameter of the wrong kind.",
    401: "The key in `Authorization: Bearer` is missing, unknown, expired or revoked.",
    403: "The key is of another unit, or does not allow this.",
    404: "The unit has no desk, or was never told of the complaint.",
    409: "The action is not possible as the complaint stands, or it is erased.",
    410: "The cursor is not known any more: read from the beginning.",
    413: "Too large.",
    422: "Fields need mending, which `errors` names; or the Idempotency-Key was used for another reply.",
    429: "Too often; `Retry-After` says when to try again.",
    503: "The database is away; nothing was taken, send the same again.",
}


@get("/api/v1/openapi.json")
async def document() -> Response[bytes]:
    """Return the document."""
    return Response(written(), headers={"Cache-Control": "max-age=300"}, media_type="application/json")


@cache
def written() -> bytes:
    """Write the document."""
    types = [shapes.EventsOut, shapes.Accepted, shapes.ReplyIn, shapes.ProblemOut]
    _, schemas = msgspec.json.schema_components(types, ref_template=_REF)
    read = {
        "operationId": "readEvents",
        "summary": "What the unit was told, in order, from a cursor on; the right `read`.",
        "parameters": _READ,
        "responses": _responses(200, shapes.EventsOut, (400, 401, 403, 404, 410, 422, 429, 503)),
    }
    reply = {
        "operationId": "sendReply",
        "summary": "Reply to a complaint; the right `reply`. The router decides, and its answer is among the events.",
        "parameters": _REPLY,
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(shapes.ReplyIn)}}},
        "responses": _responses(202, shapes.Accepted, (400, 401, 403, 404, 409, 413, 422, 429, 503)),
    }
    body = {
        "openapi": "3.1.0",
        "info": {"title": "LAPOR! unit", "version": "1", "summary": "What programs of units read and send."},
        "paths": {"/api/v1/units/{unit}/events": {"get": read}, "/api/v1/units/{unit}/replies": {"post": reply}},
        "components": {"schemas": schemas, "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        "security": [{"key": []}],
    }
    return msgspec.json.format(msgspec.json.encode(body, order="sorted"), indent=2) + b"\n"


def _responses(status: int, gives: type, ends: tuple[int, ...]) -> dict[str, Any]:
    problem = {_PROBLEM: {"schema": _ref(shapes.ProblemOut)}}
    done = {"description": "Done.", "content": {"application/json": {"schema": _ref(gives)}}}
    return {str(status): done} | {str(each): {"description": _ENDS[each], "content": problem} for each in ends}


def _ref(shape: type) -> dict[str, str]:
    return {"$ref": _REF.format(name=shape.__name__)}


if __name__ == "__main__":
    sys.stdout.buffer.write(written())
