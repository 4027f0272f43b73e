"""Photos for tests, made on the spot; the one that Pillow can't make, a HEIC of 64 x 48 pixels, as text."""

from __future__ import annotations

import base64
import io
from functools import cache
from typing import Any

from PIL import Image

#: Made with pillow-heif 1.8.1. Its EXIF has a camera and the same place as below.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9jAAAA"
    "AERAAAIAAQAAAAAB4gABAAAAAAAAABkAAgAAAAAB+wABAAAAAAAAAKIAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZl"
    "AgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH/"
    "/wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29s"
    "cm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBpeGkAAAAA"
    "AwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAABppcmVmAAAAAAAAAA5jZHNjAAIAAQABAAAAw21kYXQAAAAVKAGvC2D15YOv//LK9+oog6FX"
    "T/UOAAAABkV4aWYAAE1NACoAAAAIAAIBDwACAAAACwAAACaIJQAEAAAAAQAAADIAAAAAS2FtZXJhIFVqaQAAAAQAAQACAAAAAlMAAAAAAgAFAAAA"
    "AwAAAGgAAwACAAAAAkUAAAAABAAFAAAAAwAAAIAAAAAAAAAABAAAAAEAAAAUAAAAAQAAACoAAAABAAAAdwAAAAEAAAA1AAAAAQAAAAYAAAAB"
)
#: Where it was taken: Watansoppeng, 4 degrees 20 minutes 42 seconds south, 119 degrees 53 minutes 6 seconds east.
PLACE = (-4.345, 119.885)
#: Words that no new photo may contain.
SECRETS = (b"Kamera Uji", b"catatan rahasia", b"Exif")
POLYGLOT = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01<html><script>alert(document.cookie)</script></html>"


def exif(rotated: int = 1) -> Image.Exif:
    """Return EXIF with a camera, a place, and the orientation (6: a quarter turn)."""
    found = Image.Exif()
    found[0x010F], found[0x0112] = "Kamera Uji", rotated
    gps = found.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "S", (4.0, 20.0, 42.0), "E", (119.0, 53.0, 6.0)
    return found


@cache
def photo(kind: str = "JPEG", width: int = 1600, height: int = 1200, rotated: int = 1) -> bytes:
    """Make a grainy photo with EXIF and, if the format has comments, a comment."""
    out, more = io.BytesIO(), dict[str, Any]()
    if kind == "JPEG":
        more["comment"] = b"catatan rahasia"
    picture = Image.effect_noise((width, height), 60).convert("RGB")
    picture.save(out, kind, exif=exif(rotated), **more)
    return out.getvalue()


@cache
def of_size(least: int) -> bytes:
    """Make a JPEG of at least ``least`` bytes."""
    out, side = io.BytesIO(), 3000
    picture = Image.effect_noise((side, side), 100).convert("RGB")
    for quality in range(60, 100, 3):
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality, exif=exif())
        if out.tell() >= least:
            break
    return out.getvalue()


@cache
def endless(scans: int, size: int = 0, side: int = 6300) -> bytes:
    """Make a progressive JPEG with its last scan ``scans`` times, each decoded in full; pad it to ``size`` bytes."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), (90, 120, 40)).save(out, "JPEG", progressive=True, quality=30)
    whole = out.getvalue()
    last, end = whole.rindex(b"\xff\xda"), whole.rindex(b"\xff\xd9")
    made = whole[:last] + whole[last:end] * scans + whole[end:]
    return made + bytes(max(0, size - len(made)))


def blank(kind: str, mode: str, width: int, height: int) -> bytes:
    """Make a picture of one colour, which takes few bytes however large it is."""
    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, kind)
    return out.getvalue()


def opened(content: bytes) -> Image.Image:
    """Open the picture in ``content``."""
    found = Image.open(io.BytesIO(content))
    found.load()
    return found
