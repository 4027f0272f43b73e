"""Makes two new photos from one: ``python -m intake.decode``, in a process of its own (``adapters/decoder.py``).

Reads the photo from stdin. Writes to stdout a line of JSON, ``{"sizes": [large, small], "place": [lat, lon]}``,
followed by both JPEGs, or ``{"why": …}``. The place may be null; ``cpu_s`` is the CPU time used. The code that decodes
a stranger's bytes can open neither a file nor a connection, because it may have no further descriptor (setrlimit(2),
RLIMIT_NOFILE).
"""

from __future__ import annotations

import io
import json
import math
import os
import re
import resource
import sys
import warnings
from time import process_time
from typing import Any

import pi_heif
from PIL import ExifTags, Image, ImageOps

from intake.photo import CPU_S

#: Above this it is a bomb: https://pillow.readthedocs.io/en/stable/reference/Image.html#PIL.Image.MAX_IMAGE_PIXELS.
MAX_PIXELS = 40_000_000
#: Pixels of the longer side: for a clerk to look at, and for a list.
LARGE, SMALL = 1280, 320
#: ITU-T T.81, B.1.1.3: a segment begins with 0xFF and its marker. In coded data each 0xFF is followed by a zero or by
#: the number of a restart.
_MARKER = re.compile(rb"\xff([\xc0-\xcf\xd8-\xfe])")
_SCAN, _END, _JPEG = b"\xda", b"\xd9", b"\xff\xd8\xff"
_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
#: Bytes of memory. With 40 million pixels a JPEG took 290 MB, a PNG 390, a WebP 690.
MEMORY = 900_000_000
#: Passes that a progressive JPEG may have. Cameras and editors write about ten. Each is decoded in full, however short
#: it is (https://libjpeg-turbo.org/pmwiki/uploads/About/TwoIssueswiththeJPEGStandard.pdf).
MAX_SCANS = 100


def main() -> None:
    """Decode stdin to stdout, within the limits."""
    _prepare()
    content = sys.stdin.buffer.read()
    _confine()
    try:
        large, small, place = derive(content)
    except (TooManyPixels, Image.DecompressionBombWarning, Image.DecompressionBombError):
        _say({"why": "photo_pixels"})
    except Exception:  # a decoder may raise anything on bytes of another format
        _say({"why": "photo_unreadable"})
    else:
        _say({"sizes": [len(large), len(small)], "place": place}, large, small)


class TooManyPixels(ValueError):
    """The photo would take too much memory."""


def derive(content: bytes) -> tuple[bytes, bytes, tuple[float, float] | None]:
    """Return the large and the small JPEG of ``content``, stripped of everything invisible, and the place of the photo.

    Raises:
        TooManyPixels: more than ``MAX_PIXELS``.
        Exception: not a photo, damaged, or made to take long.
    """
    if _has_too_many_scans(content):
        raise ValueError
    with Image.open(io.BytesIO(content), formats=_FORMATS) as photo:
        if photo.width * photo.height > MAX_PIXELS:
            raise TooManyPixels
        place = _place(photo)
        photo.draft("RGB", (LARGE, LARGE))  # a JPEG need not be decoded in full
        photo.load()
        photo.thumbnail((LARGE, LARGE))
        upright = _opaque(ImageOps.exif_transpose(photo))
    large = _jpeg(upright, 82)
    upright.thumbnail((SMALL, SMALL))
    return large, _jpeg(upright, 75), place


def _has_too_many_scans(content: bytes) -> bool:
    """Whether it is a JPEG with more than ``MAX_SCANS`` passes. Some phones append whole videos after its end."""
    scans, at = 0, len(_JPEG) - 1
    while content.startswith(_JPEG) and (found := _MARKER.search(content, at)) and found[1] != _END:
        scans += found[1] == _SCAN
        if scans > MAX_SCANS:
            return True
        at = found.end() + int.from_bytes(content[found.end() : found.end() + 2])
    return False


def _opaque(photo: Image.Image) -> Image.Image:
    """Return the photo as if printed on white paper."""
    if photo.has_transparency_data:
        layers = photo.convert("RGBA")
        paper = Image.new("RGBA", layers.size, "white")
        photo = Image.alpha_composite(paper, layers)
    # A new image leaves the old one's comments, profiles and thumbnails behind.
    plain = Image.new("RGB", photo.size)
    plain.paste(photo.convert("RGB"))
    return plain


def _jpeg(photo: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=quality, progressive=True)
    return out.getvalue()


def _place(photo: Image.Image) -> tuple[float, float] | None:
    """Return where the photo was taken, if its EXIF has a place on Earth."""
    try:
        gps: Any = photo.getexif().get_ifd(ExifTags.IFD.GPSInfo)
        south, west = gps[ExifTags.GPS.GPSLatitudeRef] == "S", gps[ExifTags.GPS.GPSLongitudeRef] == "W"
        latitude, longitude = (_degrees(gps[tag]) for tag in (ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLongitude))
    except Exception:  # EXIF may contain anything
        return None
    place = round(-latitude if south else latitude, 5), round(-longitude if west else longitude, 5)
    real = all(map(math.isfinite, place)) and abs(place[0]) <= 90 and abs(place[1]) <= 180
    return place if real and place != (0, 0) else None


def _degrees(parts: Any) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    return degrees + minutes / 60 + seconds / 3600


def _prepare() -> None:
    """Load all code that will be needed, while files can still be opened."""
    pi_heif.options.DECODE_THREADS = 1
    pi_heif.register_heif_opener(thumbnails=False)
    Image.init()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    blank = Image.new("RGBA", (8, 8))
    for kind in ("JPEG", "PNG", "WEBP"):  # each loads its codec at its first use
        out = io.BytesIO()
        (blank.convert("RGB") if kind == "JPEG" else blank).save(out, kind)
        derive(out.getvalue())


def _confine() -> None:
    for what, most in (
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _say(said: dict[str, Any], *files: bytes) -> None:
    """Write ``said`` and ``files`` to stdout, a pipe."""
    left = memoryview(b"".join((json.dumps({**said, "cpu_s": process_time()}).encode(), b"\n", *files)))
    while left:
        left = left[os.write(1, left) :]


if __name__ == "__main__":
    main()
