"""The limits of photos and videos, and their formats by the first bytes. Pure.

File names and media types from the sender are ignored. puremagic takes HEIC for a video, and no list of first bytes
finds HTML behind the head of a JPEG. Only decoding decides (``decode.py``); this module just refuses early and clearly
what can never be decoded.
"""

from __future__ import annotations

from typing import NamedTuple

#: Bytes of a photo. Phone cameras make 3 to 8 MB.
MAX_BYTES = 10 * 1024 * 1024
#: Bytes and seconds of a video: a minute of 1080p as phones write it.
MAX_VIDEO_BYTES, MAX_VIDEO_S = 100 * 1024 * 1024, 60
#: CPU seconds for making two new photos.
CPU_S = 10
#: How many first bytes tell the format.
HEAD = 16
#: ISO/IEC 23008-12: the brands of still images in HEIF.
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
#: Other brands that are no video: sound, and AVIF, a picture that we don't decode.
_NO_VIDEO = (b"M4A ", b"M4B ", b"M4P ", b"avif", b"avis")
#: The first bytes of Matroska and WebM; the name of AVI within RIFF.
_EBML, _AVI = b"\x1aE\xdf\xa3", b"AVI "


class Place(NamedTuple):
    """Where a photo says it was taken: WGS 84, in degrees."""

    latitude: float
    longitude: float


class Refused(ValueError):
    """We don't take this photo or video. ``why`` is the reason's name in texts.yaml."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def is_video(head: bytes) -> bool:
    """Whether a file that begins with ``head`` may be a video."""
    if head[4:8] == b"ftyp":
        return head[8:12] not in (*_HEIF, *_NO_VIDEO)
    return head[:4] == _EBML or (head[:4] == b"RIFF" and head[8:12] == _AVI)


def refusal_of(head: bytes, *, videos: bool = False) -> str:
    """Return why a file that begins with ``head`` can't be taken, by its name in texts.yaml; empty for a possible
    photo, or a possible video where ``videos`` are taken."""
    if is_video(head):
        return "" if videos else "photo_video"
    known = head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
    return "" if known or (head[4:8] == b"ftyp" and head[8:12] in _HEIF) else "photo_kind"
