"""What a citizen may attach, and what its first bytes say it is. Pure.

Names and media types that a sender gives are not read. puremagic takes HEIC for a video, and no list of first bytes
finds HTML behind the head of a JPEG: what counts is whether it can be decoded (``decode.py``); this only says early and
clearly what never can.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

#: The path below which units open what was attached.
EVIDENCE = "/bukti/"
#: Bytes of a photo. Cameras of phones make 3 to 8 MB.
MAX_BYTES = 10 * 1024 * 1024
#: Photos of one complaint, or of one addition.
MAX_FILES = 5
#: An upload that is not attached is kept so many hours after its last byte.
KEPT_H = 24
#: So many first bytes tell what it is.
HEAD = 16
#: ISO/IEC 23008-12: what still images in HEIF call themselves.
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
#: Matroska and WebM begin like this, AVI within RIFF like that.
_EBML, _AVI = b"\x1aE\xdf\xa3", b"AVI "


class Place(NamedTuple):
    """Where a photo says that it was taken: WGS 84, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One upload: ``received`` of ``length`` bytes; ``refused`` says why, as texts.yaml calls it."""

    id: str
    folder: str
    length: int
    received: int
    parts: list[str]
    state: str
    refused: str | None
    expires_at: datetime
    attached: bool

    @property
    def all_came(self) -> bool:
        """Whether nothing more is to come."""
        return self.received >= self.length


class WrongOffset(ValueError):
    """It has not come so far, or farther: ``upload`` says how far."""

    def __init__(self, upload: Upload) -> None:
        super().__init__(upload.received)
        self.upload = upload


class TooLong(ValueError):
    """More came than was announced, or than a photo may have."""


class WrongChecksum(ValueError):
    """What came is not what was sent; nothing of it is kept."""


class Refused(ValueError):
    """It is no photo that we take. ``why`` is what texts.yaml calls it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def refusal_of(head: bytes) -> str:
    """Why what begins with ``head`` can't be taken, as texts.yaml calls it; empty for what may be a photo."""
    if head[4:8] == b"ftyp":
        return "" if head[8:12] in _HEIF else "photo_video"
    if head[:4] == _EBML or (head[:4] == b"RIFF" and head[8:12] == _AVI):
        return "photo_video"
    known = head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
    return "" if known else "photo_kind"
