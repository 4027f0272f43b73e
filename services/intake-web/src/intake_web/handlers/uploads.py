"""Uploads of photos and videos in pieces, by the subset of https://tus.io/protocols/resumable-upload in README.md."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from email.utils import format_datetime
from typing import Any

import msgspec
from litestar import HttpMethod, Request, Response, delete, patch, post, route

from chassis.http_server import while_there
from intake.photo import Place
from intake.texts import Texts
from intake_web.domain import say
from intake_web.handlers.api import Config, Visiting, Words
from intake_web.handlers.problems import Problem, worded
from intake_web.handlers.visit import Visit
from intake_web.photos import LEAST, TooSmall, Upload, WrongChecksum, WrongOffset

VERSION = "1.0.0"
_RESUMABLE = {"Tus-Resumable": VERSION}
_HASHES = ("sha256", "sha1")
_ABLE = {
    **_RESUMABLE,
    "Tus-Version": VERSION,
    "Tus-Extension": "creation,expiration,checksum,termination",
    "Tus-Checksum-Algorithm": ",".join(_HASHES),
}
_CHUNK = "application/offset+octet-stream"


@route("/v1/uploads", http_method=HttpMethod.OPTIONS, status_code=204)
async def able(visit: Visiting) -> Response[None]:
    """State which parts of tus this server supports."""
    return Response(None, headers={**_ABLE, "Tus-Max-Size": str(visit.store.uploads.most_bytes)}, status_code=204)


@post("/v1/uploads", status_code=201)
async def create(request: Request[Any, Any, Any], visit: Visiting, settings: Config) -> Response[bytes]:
    """Begin an upload. Only the length is read from the client's metadata."""
    _check_version(request)
    length = _number(request, "upload-length")
    if length > (most := visit.store.uploads.most_bytes):
        raise _too_large(most)
    if not length:
        raise Problem(400, "upload-empty", "upload_empty")
    upload = await visit.begin_upload(length)
    headers = {**_shown(upload), "Location": f"{settings.public_url}/v1/uploads/{upload.id}"}
    return _answer({"id": upload.id}, headers, 201)


@route("/v1/uploads/{id_:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], status_code=200)
async def show(request: Request[Any, Any, Any], id_: str, visit: Visiting, texts: Words) -> Response[bytes]:
    """Show how much of an upload has arrived, and its result."""
    if request.headers.get("tus-resumable"):
        _check_version(request)
    upload = await _find(visit, id_)
    return _answer(_state(upload, texts), _shown(upload), 200)


@patch("/v1/uploads/{id_:str}", status_code=204, request_max_body_size=None)
async def append(request: Request[Any, Any, Any], id_: str, visit: Visiting) -> Response[None]:
    """Append to an upload; the last piece is answered once the new photo or video is ready."""
    _check_version(request)
    if request.headers.get("content-type", "") != _CHUNK:
        raise Problem(415, "upload-content-type", "upload_content_type")
    visit.guard.may_append(visit.client)
    offset, upload = _number(request, "upload-offset"), await _find(visit, id_)
    checksum = _checksum(request)
    try:
        upload = await visit.store.uploads.append(upload, offset, request.stream(), checksum)
    except WrongOffset as error:
        raise Problem(409, "upload-offset", "upload_offset", headers=_shown(error.upload)) from error
    except TooSmall as error:
        says = say("upload_piece", least=LEAST // 1024)
        raise Problem(400, "upload-piece", "upload_piece", says, headers=_shown(error.upload)) from error
    except WrongChecksum as error:
        raise Problem(460, "upload-checksum", "upload_checksum", headers=_RESUMABLE) from error
    upload, place = await while_there(request.receive, visit.finish(upload))
    return Response(None, headers={**_shown(upload), **_suggested(place)}, status_code=204)


@delete("/v1/uploads/{id_:str}", status_code=204)
async def terminate(request: Request[Any, Any, Any], id_: str, visit: Visiting) -> Response[None]:
    """Discard an upload that is not attached to a complaint."""
    _check_version(request)
    upload = await _find(visit, id_)
    if upload.attached or not await visit.store.uploads.discard(id_):
        raise Problem(409, "upload-attached", "upload_attached", headers=_RESUMABLE)
    return Response(None, headers=_RESUMABLE, status_code=204)


def _check_version(request: Request[Any, Any, Any]) -> None:
    if request.headers.get("tus-resumable") != VERSION:
        raise Problem(412, "tus-version", "tus_version", headers={"Tus-Version": VERSION, **_RESUMABLE})


def _number(request: Request[Any, Any, Any], header: str) -> int:
    given = request.headers.get(header, "")
    if not (given.isascii() and given.isdigit()) or len(given) > 15:
        raise Problem(400, "bad-request", "bad_request", errors={header.title(): say("upload_number")})
    return int(given)


async def _find(visit: Visit, id_: str) -> Upload:
    upload = await visit.store.uploads.find(id_)
    if upload is None:
        raise Problem(404, "unknown-upload", "upload_unknown", headers=_RESUMABLE)
    return upload


def _too_large(most: int) -> Problem:
    says = say("photo_too_large", most=most // 1024 // 1024)
    return Problem(413, "photo-too-large", "photo_refused", says, headers=_RESUMABLE)


class _Checksum:
    """A piece's checksum, as its header Upload-Checksum states it."""

    def __init__(self, algorithm: str, expected: bytes) -> None:
        self.hash, self.expected = hashlib.new(algorithm, usedforsecurity=False), expected

    def update(self, data: bytes, /) -> None:
        self.hash.update(data)

    def agrees(self) -> bool:
        return hmac.compare_digest(self.hash.digest(), self.expected)


def _checksum(request: Request[Any, Any, Any]) -> _Checksum | None:
    given = request.headers.get("upload-checksum")
    if given is None:
        return None
    algorithm, _, encoded = given.partition(" ")
    try:
        expected = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        expected = b""
    if algorithm not in _HASHES or not expected:
        raise Problem(400, "bad-request", "bad_request", errors={"Upload-Checksum": say("upload_hash")})
    return _Checksum(algorithm, expected)


def _shown(upload: Upload) -> dict[str, str]:
    expires = {} if upload.attached else {"Upload-Expires": format_datetime(upload.expires_at, usegmt=True)}
    return {
        **_RESUMABLE,
        "Upload-Offset": str(upload.received),
        "Upload-Length": str(upload.length),
        "Cache-Control": "no-store",
        **expires,
    }


def _suggested(place: Place | None) -> dict[str, str]:
    """Return the place of the photo: told once to its uploader, and stored nowhere."""
    return {"Photo-Place": f"{place.latitude},{place.longitude}"} if place else {}


def _state(upload: Upload, texts: Texts) -> dict[str, Any]:
    why = {"detail": worded(say(upload.refused), texts)} if upload.refused else {}
    return {"id": upload.id, "state": upload.state, "received": upload.received, "length": upload.length, **why}


def _answer(body: Mapping[str, Any], headers: dict[str, str], status: int) -> Response[bytes]:
    return Response(msgspec.json.encode(body), headers=headers, status_code=status, media_type="application/json")
