"""Reads forms with photos; each photo is stored directly, not in memory or in a temporary folder.

After a photo that can't be accepted the rest is still read, so that no typed text is lost.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.exceptions import ClientException, HTTPException
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from intake.files import StoreDown, StoreFull
from intake.photo import MAX_BYTES, Refused
from intake_web.domain import Said, say
from intake_web.handlers.visit import Visit
from intake_web.limits import Limited
from intake_web.photos import MAX_FILES, TooLong

#: The most bytes of typed text, as in any other request.
_TYPED = 64 * 1024
#: The most bytes of a form with photos. Phones make photos beyond our limit, and the form has to say so to their
#: senders.
_MOST = 8 * MAX_FILES * MAX_BYTES
#: The field for new photos, and the field with the ids of photos uploaded before.
PHOTO, UPLOADS = "photo", "uploads"


@dataclass
class Form:
    """The ``typed`` values by field; `uploads` among them holds the ids of stored photos, with blanks between.

    ``problem`` says why a photo is missing.
    """

    typed: dict[str, str] = field(default_factory=dict)
    problem: Said | None = None


async def read_form(request: Request[Any, Any, Any], visit: Visit) -> Form:
    """Read a browser's form, and store its photos.

    Raises:
        litestar.exceptions.HTTPException: the body is not a form (400), or too large (413).
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    try:
        if kind == "multipart/form-data":
            return await _multipart(request, visit, options.get("boundary", ""))
        return Form(
            dict(parse_qsl(b"".join([part async for part in _typed(request)]).decode(), keep_blank_values=True))
        )
    except (UnicodeDecodeError, LookupError) as error:  # not UTF-8, or an unknown charset
        raise ClientException("not UTF-8") from error
    except MultipartError as error:
        raise ClientException("no multipart form") from error


async def _typed(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > _TYPED:
            raise _too_large()
        yield chunk


async def _multipart(request: Request[Any, Any, Any], visit: Visit, boundary: str) -> Form:
    form, typed_bytes = Form(), 0
    parts = _Parts(request, boundary)
    async for segment in parts.segments():
        if segment.filename is not None:
            await _photo(form, segment, parts.content(), visit)
            continue
        text = bytearray()
        async for chunk in parts.content():
            typed_bytes += len(chunk)
            if typed_bytes > _TYPED:
                raise _too_large()
            text += chunk
        form.typed[segment.name] = text.decode(segment.charset or "utf-8")
    return form


async def _photo(form: Form, segment: MultipartSegment, content: AsyncIterator[bytes], visit: Visit) -> None:
    """Store one file of the form, or record why not; the rest of it is skipped."""
    first = await anext(content, b"")
    if not first or segment.name != PHOTO:  # a file field left empty arrives as a nameless file
        return
    ids = form.typed.get(UPLOADS, "").split()
    if len(ids) >= MAX_FILES:
        form.problem = say("photos_too_many", most=MAX_FILES)
        return
    try:
        upload = await visit.upload(_after(first, content))
    except Refused as error:
        form.problem = say(error.why)
    except TooLong as error:
        form.problem = say("photo_too_large", most=error.most // 1024 // 1024)
    except (StoreFull, StoreDown):
        form.problem = say("photo_no_room")
    except Limited:
        form.problem = say("photo_too_often")
    else:
        form.typed[UPLOADS] = " ".join([*ids, upload.id])


async def _after(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk


class _Parts:
    """A multipart body read as a stream, segment by segment (RFC 7578)."""

    def __init__(self, request: Request[Any, Any, Any], boundary: str) -> None:
        self.parser = PushMultipartParser(boundary, max_segment_count=100, max_segment_size=_MOST)
        self.events = self._read(request)
        self.ended = True

    async def segments(self) -> AsyncIterator[MultipartSegment]:
        """Yield each segment; its unread content is skipped."""
        async for event in self.events:
            if isinstance(event, MultipartSegment):
                self.ended = False
                yield event
                async for _ in self.content():
                    pass

    async def content(self) -> AsyncIterator[bytes]:
        """Yield the content of the segment that was not read yet."""
        while not self.ended:
            event = await anext(self.events, None)
            if event is None:
                self.ended = True
            else:
                yield event

    async def _read(self, request: Request[Any, Any, Any]) -> AsyncIterator[Any]:
        size = 0
        with self.parser as parser:
            async for chunk in request.stream():
                size += len(chunk)
                if size > _MOST:
                    raise _too_large()
                for event in parser.parse(chunk):
                    yield bytes(event) if isinstance(event, bytearray) else event


def _too_large() -> HTTPException:
    return HTTPException(status_code=413)
