"""Limits for attachments, and the state of an upload. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from intake.photo import HEAD

#: Photos and videos of one complaint, or of one addition.
MAX_FILES = 5
#: An upload that is not attached is deleted this many hours after its last byte.
KEPT_H = 24


#: The least bytes of a piece, except the last. A broken connection may leave smaller ones: at most SPARE pieces more
#: than with whole ones. An upload of 10 MB has at most 164 pieces, and the updates of its row write a tenth of its
#: bytes.
LEAST, SPARE = 64 * 1024, 4


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One upload: ``received`` of ``length`` bytes; ``refused`` is the reason, as texts.yaml names it."""

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
        """Whether all bytes have arrived."""
        return self.received >= self.length

    def may_grow_by(self, size: int) -> bool:
        """Check whether a piece of ``size`` bytes may come next."""
        is_large = size >= LEAST or self.received + size >= self.length
        return is_large or (size >= HEAD and len(self.parts) < SPARE + self.received // LEAST)


class WrongOffset(ValueError):
    """The piece does not begin where the upload ends: ``upload`` has its real offset."""

    def __init__(self, upload: Upload) -> None:
        super().__init__(upload.received)
        self.upload = upload


class TooLong(ValueError):
    """More came than was announced, or than a photo or video may have: then ``most`` is that limit in bytes."""

    def __init__(self, most: int = 0) -> None:
        super().__init__(most)
        self.most = most


class TooSmall(ValueError):
    """A piece is smaller than ``LEAST``, and not the last: each is a file, and makes its row longer.

    ``upload`` has the offset after the earlier pieces of the same request.
    """

    def __init__(self, upload: Upload) -> None:
        super().__init__(upload.received)
        self.upload = upload


class WrongChecksum(ValueError):
    """The bytes received don't match their checksum; they are discarded."""
