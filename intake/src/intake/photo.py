"""What a photo or a video may be, and what its first bytes say it is. Pure.

Names and media types that a sender gives are not read. puremagic takes HEIC for a video, and no list of first bytes
finds HTML behind the head of a JPEG: what counts is whether it can be decoded (``decode.py``); this only says early and
clearly what never can.
"""

from __future__ import annotations

from typing import NamedTuple

#: Bytes of a photo. Cameras of phones make 3 to 8 MB.
MAX_BYTES = 10 * 1024 * 1024
#: Bytes and seconds of a video: a minute of 1080p as phones write it.
MAX_VIDEO_BYTES, MAX_VIDEO_S = 100 * 1024 * 1024, 60
#: Seconds of CPU that the making of two new photos may take.
CPU_S = 10
#: So many first bytes tell what it is.
HEAD = 16
#: ISO/IEC 23008-12: what still images in HEIF call themselves.
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
#: What else calls itself in that way and is no video: sound, and AVIF, a picture that nobody here decodes.
_NO_VIDEO = (b"M4A ", b"M4B ", b"M4P ", b"avif", b"avis")
#: Matroska and WebM begin like this, AVI within RIFF like that.
_EBML, _AVI = b"\x1aE\xdf\xa3", b"AVI "


class Place(NamedTuple):
    """Where a photo says that it was taken: WGS 84, in degrees."""

    latitude: float
    longitude: float


class Refused(ValueError):
    """It is no photo or video that we take. ``why`` is what texts.yaml calls it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def is_video(head: bytes) -> bool:
    """Whether what begins with ``head`` may be a video."""
    if head[4:8] == b"ftyp":
        return head[8:12] not in (*_HEIF, *_NO_VIDEO)
    return head[:4] == _EBML or (head[:4] == b"RIFF" and head[8:12] == _AVI)


def refusal_of(head: bytes, *, videos: bool = False) -> str:
    """Why what begins with ``head`` can't be taken, as texts.yaml calls it; empty for what may be a photo, or a video
    where ``videos`` are taken."""
    if is_video(head):
        return "" if videos else "photo_video"
    known = head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
    return "" if known or (head[4:8] == b"ftyp" and head[8:12] in _HEIF) else "photo_kind"
