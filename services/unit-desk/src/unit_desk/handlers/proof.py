"""Photos of repairs: taken one at a time by a page with a script, shown to the unit and to anybody with the address."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.exceptions import NotFoundException
from litestar.params import Dependency

from intake.files import StoreDown, StoreFull
from intake.photo import MAX_BYTES, Refused
from unit_desk.adapters.complaints import Row
from unit_desk.adapters.proofs import MEDIA_TYPE, MOST, name_of
from unit_desk.handlers.complaint import found, hides
from unit_desk.handlers.visit import Desk, NotAllowed
from unit_desk.people import Person

ME = Annotated[Person, Dependency(skip_validation=True)]
A_DESK = Annotated[Desk, Dependency(skip_validation=True)]
#: The most bytes of a form with as many photos as it may have, and of one with a single photo.
MAX_FORM, MAX_ONE = (MOST + 1) * MAX_BYTES, MAX_BYTES + 1024 * 1024
#: Even our own files are sent like a stranger's, so that they can do nothing. The citizen's page shows them, too.
_HARMLESS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Robots-Tag": "noindex",
}
_WHY = {
    "photo_size": "lebih dari 10 MB. Pilih ukuran yang lebih kecil di kamera",
    "photo_video": "sebuah video. Kirim fotonya",
    "photo_kind": "bukan foto JPEG, PNG, WebP, atau HEIC",
    "photo_pixels": "terlalu besar, lebih dari 40 megapiksel",
    "photo_unreadable": "rusak, atau tidak sampai utuh. Ambil atau pilih lagi",
}
NO_ROOM = "Foto belum dapat disimpan sekarang. Coba lagi sebentar lagi, atau kirim tanpa foto."


async def taken(desk: Desk, row: Row, person: Person, file: UploadFile) -> tuple[Any, str]:
    """Store a photo; return its evidence, or in words why it was not stored."""
    try:
        return await desk.photos.take(row, person, await file.read()), ""
    except Refused as error:
        return None, f"{file.filename[:60] or 'Berkas ini'} {_WHY[error.why]}."
    except (StoreDown, StoreFull):
        return None, NO_ROOM


@post("/laporan/{number:str}/bukti", status_code=200, request_max_body_size=MAX_ONE)
async def upload(request: Request[Any, Any, Any], desk: A_DESK, person: ME, number: str) -> Response[dict[str, str]]:
    """Store one photo while its page stays open; return its name, or the ``problem``."""
    row = await found(desk, person, number)
    if row.unit != person.unit or not person.answers or row.complaint.rahasia or row.complaint.erased:
        raise NotAllowed
    file = (await request.form()).get("photos")
    if not isinstance(file, UploadFile):
        return Response({"problem": "Pilih sebuah foto."}, status_code=422)
    photo, problem = await taken(desk, row, person, file)
    return Response({"problem": problem}, status_code=422) if problem else Response({"name": name_of(photo)})


@get("/laporan/{number:str}/bukti/{name:str}")
async def of_unit(
    request: Request[Any, Any, Any], desk: A_DESK, person: ME, number: str, name: str, unit: str = ""
) -> Response[bytes]:
    """Show a photo to a person who may see its complaint, also before it is sent."""
    row = await found(desk, person, number, unit)
    if hides(row, person) or not await desk.photos.of(row, [name]):
        raise NotFoundException
    return await _file(request, desk, name, {"Cache-Control": "private, max-age=600"})


@get("/bukti/{name:str}")
async def public(request: Request[Any, Any, Any], desk: A_DESK, name: str) -> Response[bytes]:
    """Show a photo to anybody with its address, if it was sent and its complaint is not confidential."""
    if not await desk.photos.is_public(name):
        raise NotFoundException
    return await _file(request, desk, name, {"Cache-Control": "public, max-age=300"})


async def _file(request: Request[Any, Any, Any], desk: Desk, name: str, more: dict[str, str]) -> Response[bytes]:
    content = await desk.photos.read(name, small="kecil" in request.query_params)
    if content is None:
        raise NotFoundException
    headers = {**_HARMLESS, **more, "Content-Disposition": f'inline; filename="bukti-{name[:6]}.jpg"'}
    return Response(content, headers=headers, media_type=MEDIA_TYPE)
