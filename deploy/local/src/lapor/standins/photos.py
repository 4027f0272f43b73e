"""Photos that citizens send on networks, which keep them and give out their addresses."""

import time
from typing import Any
from uuid import uuid4

from litestar import Request, Router, get, post
from litestar.response import Redirect, Response

from lapor.standins.faults import Faults
from lapor.standins.settings import Settings

Ask = Request[Any, Any, Any]
Answer = Response[Any]


def kept(settings: Settings, photo: str) -> bytes | None:
    """Return the photo with this id; None if it is unknown."""
    path = settings.photos / photo
    return path.read_bytes() if photo.isalnum() and path.is_file() else None


def addresses(settings: Settings, vendor: str, values: dict[str, str], field: str = "photo") -> tuple[str, ...]:
    """Return the addresses at ``vendor`` of the photos or videos whose ids ``field`` lists, separated by commas.

    An id that nobody uploaded gets an address that leads to nothing.
    """
    named = (each for each in values.get(field, "").split(",") if each)
    return tuple(f"{settings.public_url}/{vendor}/photos/{each}?sig={int(time.time())}" for each in named)


def trouble(faults: Faults, vendor: str) -> Answer | None:
    """Return the answer of a network that refuses a photo, if a fault asked for that."""
    if faults.take(vendor, "photo_redirect"):
        return Redirect("http://127.0.0.1:9/latest/meta-data", status_code=302)
    for kind, status in (("photo_gone", 404), ("photo_throttle", 429), ("photo_away", 503)):
        if faults.take(vendor, kind):
            return Response("", status_code=status, headers={"retry-after": "1"} if status == 429 else {})
    return None


@post("/photos", status_code=201)
async def take(request: Ask, settings: Settings) -> dict[str, str]:
    """Store a citizen's photo, sent as its bytes. Its id goes into the field `photo` of the citizen's post."""
    photo = uuid4().hex
    settings.photos.mkdir(parents=True, exist_ok=True)
    (settings.photos / photo).write_bytes(await request.body())
    return {"id": photo}


@get(["/x/photos/{photo:str}", "/graph/photos/{photo:str}"])
async def show(request: Ask, photo: str, settings: Settings, faults: Faults) -> Answer:
    """Return a photo of X or Facebook; its address is enough to see it."""
    if answer := trouble(faults, request.url.path.split("/")[1]):
        return answer
    content = kept(settings, photo)
    return Response(content or b"", status_code=200 if content else 404, media_type="image/jpeg")


router = Router("/", route_handlers=[take, show])
